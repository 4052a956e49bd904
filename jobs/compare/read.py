"""What each experiment tried and found, as far as it can be read."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from PIL import Image

from forger.core.errors import UserError
from forger.methods.products import maker
from forger.metrics.figures import interval, value
from forger.models.saving import ABOUT
from forger.report.results import PICTURES
from forger.report.tables import flat
from jobs.shared.revisions import REPORTS, AbsentError, Revision
from jobs.shared.trained import MODELS

PICTURE_WIDTH = 360
# A file may be absent or, damaged or from another version, of another form.
UNREADABLE = (AbsentError, OSError, ValueError, LookupError, TypeError, AttributeError,
              Image.DecompressionBombError)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """An experiment, a commit or the workspace, before anything of it is read.

    Attributes:
        state: DVC's word for one that is not finished (Queued, Running, Failed); else empty.
    """

    revision: Revision
    created: str = ""
    state: str = ""


@dataclass
class Trial:
    """A candidate's training of one recipe; any part that is missing is empty.

    Attributes:
        parameters: by dotted key, as text: `seed`, `compute.…` and the recipe's own, except
            `source` and `gate`, which change nothing.
        history: a row per epoch, or None.
        picture: the samples beside real data as a data URI, or empty.
        timing: the recipe's entry in timings.json.
        inputs: where what makes examples takes its inputs from, as model.json has them.
        missing: the names of the missing parts, or the state of an unfinished candidate.
    """

    candidate: Candidate
    parameters: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    picture: str = ""
    timing: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.candidate.revision.title

    def figure(self, name: str) -> float | None:
        return value(self.figures, name)

    def interval(self, name: str) -> list[float] | None:
        return interval(self.figures, name)

    def floor(self, name: str) -> float | None:
        found: float | None = self.figures.get("floor", {}).get(name)
        return found

    def same_as(self, reference: Trial) -> bool:
        """Tell whether nothing is missing, and parameters and results equal the reference's."""
        if self.missing or self.parameters != reference.parameters:
            return False
        if self.history is None or reference.history is None:
            return False
        return self.figures == reference.figures and self.history.equals(reference.history)

    @property
    def curves(self) -> dict[str, list[float | None]]:
        """The epochs, and each report's value at their ends, as charts draw them; empty without a
        history. What is reported depends on the method, and on the version that wrote it."""
        if self.history is None or "epoch" not in self.history:
            return {}
        numbers = self.history.select_dtypes("number").drop(columns="step", errors="ignore")
        return {str(name): [_round(value) for value in numbers[name]] for name in numbers}

    @property
    def diagnosis(self) -> str:
        """The problems found; empty where there were none, or where nobody looked."""
        return ", ".join(finding["problem"] for finding in self.figures.get("diagnosis", []))

    @property
    def commit(self) -> str:
        """The short hash of the trained commit, with a mark where it had been changed."""
        commit, *changed = self.timing.get("commit") or [""]
        return ", ".join([commit[:7], *changed])

    @property
    def machine(self) -> str:
        return ", ".join(self.timing.get("machine", []))


def _round(value: float) -> float | None:
    """Round to what a chart shows; None for what JSON can't hold."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def candidates(revs: Sequence[str], last: int) -> list[Candidate]:
    """Return what is compared, the reference first.

    Args:
        revs: names of commits or experiments, or `workspace`. If empty, these are the last
            commits, the experiments that grew from them, and the workspace.
        last: how many commits that is.
    """
    if revs:
        named = [None if rev == "workspace" else rev for rev in revs]
        return [Candidate(Revision(rev)) for rev in named]
    try:
        rows = dvc.api.exp_show(num=last)
    except DvcException as error:
        raise UserError(f"dvc exp show: {error}") from None
    found = [_candidate(row) for row in rows]
    workspace = [each for each in found if each.revision.rev is None]
    return [*(each for each in found if each.revision.rev), *workspace]


def _candidate(row: dict[str, Any]) -> Candidate:
    rev = None if row["rev"] == "workspace" else row["rev"]
    state = row["State"] if row["State"] not in (None, "Success") else ""
    return Candidate(Revision(rev, row["Experiment"] or ""), row["Created"] or "", state)


def trial(candidate: Candidate, recipe: str) -> Trial:
    """Read what there is of one recipe."""
    found = Trial(candidate)
    if candidate.state:
        found.missing.append(candidate.state.lower())
        return found
    revision = candidate.revision
    folder = REPORTS / recipe
    for part, read in {
        "parameters": lambda: _parameters(revision, recipe),
        "figures": lambda: revision.figures(recipe),
        "history": lambda: pd.read_csv(io.BytesIO(revision.read(folder / "history.csv"))),
        "picture": lambda: _picture(revision.read(folder / PICTURES / "samples.png")),
        "timing": lambda: revision.timings().get(recipe, {}),
    }.items():
        try:
            setattr(found, part, read())
        except UNREADABLE:
            found.missing.append(part)
    with suppress(*UNREADABLE):  # which a picture's caption alone needs
        found.inputs = _inputs(revision.read(PurePosixPath(MODELS, recipe, ABOUT)))
    return found


def _inputs(model: bytes) -> dict[str, Any]:
    products = json.loads(model)["products"]
    return dict(products[maker(products)]["inputs"])


def _parameters(revision: Revision, recipe: str) -> dict[str, str]:
    values = revision.parameters()
    block = {
        "seed": values.get("seed"),
        "compute": values.get("compute", {}),
        **values.get("recipes", {}).get(recipe, {}),
    }
    for what_changes_nothing in ("source", "gate"):
        block.pop(what_changes_nothing, None)
    return {row["key"]: row["value"] for row in flat(block).to_dict("records")}


@cache  # revisions have most of their pictures in common
def _picture(content: bytes) -> str:
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH))
    small = io.BytesIO()
    picture.save(small, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(small.getvalue()).decode()}"


def candidates_by_recipe(found: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    """Return the candidates that ran each recipe, by its name.

    One that did not finish is listed with every recipe of the others.
    """
    ran = {candidate: _run(candidate) for candidate in found}
    names = dict.fromkeys(name for own in ran.values() for name in own)
    return {name: [each for each in found if each.state or name in ran[each]] for name in names}


def _run(candidate: Candidate) -> list[str]:
    try:
        return [] if candidate.state else candidate.revision.names("run")
    except AbsentError:
        return []


def differing(trials: Sequence[Trial]) -> list[str]:
    """Return the parameters that differ among the trials whose parameters are known."""
    known = [each.parameters for each in trials if each.parameters]
    keys = dict.fromkeys(key for parameters in known for key in parameters)
    return [key for key in keys if len({parameters.get(key) for parameters in known}) > 1]
