"""A trained generator's folder: where it is, and what its model.json says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from forger.config.section import RECIPES
from forger.core.errors import UserError
from forger.core.files import refused
from forger.core.text import suggest
from forger.data.description import Description
from forger.data.looks import find_misfit
from forger.methods.latent import Joint
from forger.methods.products import LABELS, joint, list_fields, maker
from forger.models.folder import ModelFolder
from forger.models.generator import Sampler
from forger.models.saving import ABOUT
from forger.parameters import read
from jobs.shared.scratch import scratch

MODELS = Path("models")


@dataclass(frozen=True)
class Trained:
    """What model.json says about a generator.

    Attributes:
        product: its name, `generator` or `translator`.
        latent: the law of its latents.
        data: what it imitates, but without a law.
        conditional: whether it must be given labels.
        source: the field that it translates, by its name in the data; None if it translates none.
    """

    folder: ModelFolder
    product: str
    latent: Joint
    data: Description
    conditional: bool
    source: str | None

    @classmethod
    def read(cls, path: Path) -> Trained:
        """Read a folder that the stage `train` wrote. Raises UserError."""
        folder = ModelFolder(path)
        try:
            product = maker(folder.about["products"])
            if (data := folder.data) is None:
                raise ValueError("data: missing")
        except ValueError as error:
            raise refused(path / ABOUT, error) from None
        if why := find_misfit(data):
            raise refused(path / ABOUT, ValueError(f"data.{why}"))
        sources = folder.describe(product).sources
        fields = list_fields(sources)
        translated = [name for name in fields if name != LABELS]
        if unknown := [name for name in translated if name not in data.fields]:
            raise refused(path / ABOUT, ValueError(f"data.fields.{unknown[0]}: missing"))
        source = translated[0] if translated else None
        return cls(folder, product, joint(sources), data, LABELS in fields, source)

    def sampler(self) -> Sampler:
        """Load the generator itself. Keras must be set up. Raises UserError."""
        return Sampler(self.folder.load(self.product), self.data)


@contextmanager
def locate(recipe: str, rev: str | None) -> Iterator[Path]:
    """Yield the folder of a trained model: models/R, or a scratch copy of a revision's.

    Raises UserError if there is none.
    """
    if rev is None:
        yield _in_workspace(recipe)
        return
    with scratch(Path(mkdtemp())) as folder:
        yield _of_revision(recipe, rev, folder / "model")


def _in_workspace(recipe: str) -> Path:
    there = {path.parent.name for path in MODELS.glob(f"*/{ABOUT}")}
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


def _of_revision(recipe: str, rev: str, target: Path) -> Path:
    from jobs.shared.revisions import AbsentError, Revision  # imports DVC

    revision = Revision(rev)
    _check_known(recipe, sorted(revision.names("recipes")), f"{RECIPES} of {revision.title}")
    try:
        revision.fetch((MODELS / recipe).as_posix(), target)
    except AbsentError as error:
        raise UserError(f"{error}; `dvc repro` there makes it, `dvc pull` fetches it") from None
    return target


def _check_known(recipe: str, known: list[str], where: str) -> None:
    if recipe not in known:
        hint = suggest(recipe, known) if known else "run `dvc repro` or `dvc pull` first"
        raise UserError(f"recipe: found {recipe!r}, which is not in {where}; {hint}")
