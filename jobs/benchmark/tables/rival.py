"""The package `ctgan`, run by whatever Python has it, and data that other packages come with."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from forger.core.errors import UserError
from forger.core.files import read_json, whole, write_json
from jobs.benchmark.tables.project import run
from jobs.benchmark.worker import MissingError

SCRIPT = Path(__file__).with_name("ctgan_fit.py")
KEPT = Path(".dvc/tmp/benchmark")  # samples of earlier fits, which take minutes each
FIND = """\
import importlib.util, sys
found = importlib.util.find_spec(sys.argv[1])
print(found.submodule_search_locations[0] if found else "")
"""


@dataclass(frozen=True)
class Fitted:
    """What a fit has brought.

    Attributes:
        samples: the CSV file of the rows that it made.
        seconds: processor time of the fit alone.
        version: the package's.
    """

    samples: Path
    seconds: float
    version: str


@dataclass(frozen=True)
class Rival:
    """`ctgan.CTGAN` with the package's own settings, in one thread.

    Attributes:
        python: the interpreter that has the package.
    """

    python: str = sys.executable

    def find(self, package: str) -> Path:
        """Return where a package lies, without importing it. Raises MissingError."""
        try:
            place = run([self.python, "-I", "-c", FIND, package], Path.cwd())[0].strip()
        except OSError as error:
            raise UserError(f"--python: {self.python}: {error.strerror}") from None
        if not place:
            raise MissingError(
                f"{package} is not installed; `make bench-tables` installs it, or name a Python "
                "that has it: --python"
            )
        return Path(place)

    def fit(self, train: Path, discrete: Sequence[str], rows: int, seed: int) -> Fitted:
        """Fit it to the rows of a CSV file and draw some, unless that has been done before.

        Args:
            train: the file.
            discrete: the columns that have a few values only.
            rows: how many to draw.
            seed: of all that is random.

        Raises:
            MissingError: the package is not installed.
            UserError: it failed.
        """
        words = [str(rows), str(seed), *discrete]
        key = blake2b(train.read_bytes() + "\n".join(words).encode(), digest_size=8).hexdigest()
        kept = KEPT / f"ctgan-{key}"
        if not kept.exists():
            self.find("ctgan")
            kept.parent.mkdir(parents=True, exist_ok=True)
            with whole(kept) as folder:
                folder.mkdir()
                made = folder / "samples.csv"
                told, _ = run([self.python, "-I", str(SCRIPT), str(train), str(made), *words],
                              Path.cwd())  # fmt: skip
                write_json(folder / "spent.json", json.loads(told.splitlines()[-1]))
        spent = read_json(kept / "spent.json")
        return Fitted(kept / "samples.csv", spent["seconds"], spent["version"])

    def bring_network(self, name: str, folder: Path) -> None:
        """Copy a Bayesian network to data/raw of a project: a person's own, or that of pgmpy.

        Raises MissingError if there is neither.
        """
        file = f"{name}.bif.gz"
        own = Path("data/raw", file)
        source = own if own.exists() else self.find("pgmpy") / "utils/example_models" / file
        (folder / "data/raw").mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / "data/raw" / file)
