"""A trained generator's folder: where it is, and what its model.json says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from forger.config.section import RECIPES, parse
from forger.core.errors import UserError
from forger.core.files import refused
from forger.core.text import allowed
from forger.data.description import Description
from forger.methods.latent import Joint
from forger.methods.products import Given, joint
from forger.models import folder as models
from forger.models.generator import Sampler
from forger.parameters import read
from jobs.generate.scratch import scratch
from jobs.shared.revisions import AbsentError, Revision

MODELS = Path("models")


@dataclass(frozen=True)
class Trained:
    """What model.json says about a generator.

    Attributes:
        latent: the law of its latents.
        data: what it imitates, but without a law.
        conditional: whether it must be given labels.
    """

    folder: Path
    latent: Joint
    data: Description
    conditional: bool

    @classmethod
    def read(cls, folder: Path) -> Trained:
        """Read a folder that `models.save` wrote. Raises UserError."""
        path, about = folder / models.ABOUT, models.read_about(folder)
        inputs = models.read_inputs(folder, "generator")
        try:
            data = about["data"]
        except (KeyError, TypeError) as error:
            raise refused(path, error) from None
        described = parse(Description, data, "data", file=str(path))
        return cls(folder, joint(inputs), described, Given("labels") in inputs.values())

    def sampler(self) -> Sampler:
        """Load the generator itself. Keras must be set up. Raises UserError."""
        product = models.load(self.folder, "generator")
        if product.network.output_shape != (None, *self.data.real.shape):
            why = f"its output does not fit {models.ABOUT}"
            raise refused(self.folder / "generator.keras", ValueError(why))
        return Sampler(product, self.data)


@contextmanager
def located(recipe: str, rev: str | None) -> Iterator[Path]:
    """Yield the folder of a trained model: models/R, or a scratch copy of a revision's.

    Raises UserError if there is none.
    """
    if rev is None:
        yield _in_workspace(recipe)
        return
    with scratch(Path(mkdtemp())) as folder:
        yield _of_revision(recipe, Revision(rev), folder / "model")


def _in_workspace(recipe: str) -> Path:
    there = {path.parent.name for path in MODELS.glob(f"*/{models.ABOUT}")}
    if recipe not in there:
        try:
            known = there | set(read().recipes)
        except UserError:  # Without parameters, only models are known.
            known = there
        _check_known(recipe, sorted(known), RECIPES if known - there else str(MODELS))
        raise UserError(
            f"{MODELS / recipe}: no trained model there; `dvc repro` makes it where `run` in "
            "params.yaml names it, `dvc pull` fetches it"
        )
    return MODELS / recipe


def _of_revision(recipe: str, revision: Revision, target: Path) -> Path:
    _check_known(recipe, sorted(revision.names("recipes")), f"{RECIPES} of {revision.title}")
    try:
        revision.fetch((MODELS / recipe).as_posix(), target)
    except AbsentError as error:
        raise UserError(f"{error}; `dvc repro` there makes it, `dvc pull` fetches it") from None
    return target


def _check_known(recipe: str, known: list[str], where: str) -> None:
    if recipe not in known:
        hint = allowed(recipe, known) if known else "run `dvc repro` or `dvc pull` first"
        raise UserError(f"recipe: found {recipe!r}, which is not in {where}; {hint}")
