"""Run the pipeline in two clean clones and compare: `forger check_reproducible`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from forger.core.errors import UserError, run
from forger.core.stage import LOCK
from jobs.shared.arguments import nothing
from jobs.shared.checkout import call
from jobs.shared.git import clone
from jobs.shared.lock import comparison, hashes


def main() -> None:
    """Print the comparison, artefact by artefact; exit 2 if a byte differs."""
    nothing("check_reproducible", __doc__)
    with TemporaryDirectory() as scratch:
        locks = [reproduce(Path(scratch, name)) for name in ("first", "second")]
    print(comparison(hashes(locks[1]), hashes(locks[0]), "the first clone's dvc.lock"))
    if locks[0] != locks[1]:
        raise UserError("the two clones' dvc.lock differ")
    print("dvc.lock is byte-identical.")


def reproduce(folder: Path) -> str:
    """Clone what is committed, run `dvc repro` in the clone, and return its dvc.lock.

    The clone has its own cache folder, so it can't take over a training of the other clone.
    """
    project = clone(folder)
    (project / LOCK).unlink(missing_ok=True)
    call(project, "dvc", "repro", "--quiet", XDG_CACHE_HOME=f"{folder}.cache")
    return (project / LOCK).read_text(encoding="utf-8")


if __name__ == "__main__":
    run(main)
