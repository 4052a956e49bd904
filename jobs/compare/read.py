"""What each experiment tried and found, as far as it is there."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from PIL import Image

from forger.core.errors import UserError
from forger.metrics.figures import interval, value
from forger.report.tables import flat
from jobs.shared.revisions import REPORTS, AbsentError, Revision

PICTURE_WIDTH = 360
# Absent, or, as another version or a damaged file may have it, of another form.
UNREADABLE = (AbsentError, OSError, ValueError, LookupError, TypeError, AttributeError,
              Image.DecompressionBombError)  # fmt: skip
CURVES = ("d_loss", "g_loss", "acc_real", "acc_fake")


@dataclass(frozen=True)
class Candidate:
    """An experiment, a commit or the workspace, before anything of it is read.

    Attributes:
        state: what DVC says of one that is not finished: Queued, Running, Failed; else empty.
    """

    revision: Revision
    created: str = ""
    state: str = ""


@dataclass
class Trial:
    """One of these, as one recipe has it; what is missing is empty, and `missing` says why.

    Attributes:
        parameters: by dotted key, as text: `seed`, `compute.…` and what stands in the recipe.
        history: a row an epoch, or None.
        picture: its samples beside real data as a data URI, or empty.
        timing: its entry in timings.json.
    """

    candidate: Candidate
    parameters: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    picture: str = ""
    timing: dict[str, Any] = field(default_factory=dict)
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
        """Whether it has all that the reference has, and nothing else came out."""
        if self.missing or self.parameters != reference.parameters:
            return False
        if self.history is None or reference.history is None:
            return False
        return self.figures == reference.figures and self.history.equals(reference.history)

    @property
    def diagnosis(self) -> str:
        """What went wrong; empty where nothing did, or where nobody looked."""
        return ", ".join(finding["problem"] for finding in self.figures.get("diagnosis", []))

    @property
    def commit(self) -> str:
        """The commit that was trained, short, and a mark where it was changed."""
        commit, *changed = self.timing.get("commit") or [""]
        return ", ".join([commit[:7], *changed])

    @property
    def machine(self) -> str:
        return ", ".join(self.timing.get("machine", []))


def candidates(revs: Sequence[str], last: int) -> list[Candidate]:
    """What is compared, the reference first.

    Args:
        revs: commits or experiments by name, or `workspace`; empty: the last commit, the workspace
            where it differs, and the experiments that grew from the last commits.
        last: so many commits.
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
    """Read what is there."""
    found = Trial(candidate)
    if candidate.state:
        found.missing.append(candidate.state.lower())
        return found
    revision, folder = candidate.revision, REPORTS / recipe
    for part, read in {
        "parameters": lambda: _parameters(revision, recipe),
        "figures": lambda: revision.figures(recipe),
        "history": lambda: pd.read_csv(io.BytesIO(revision.read(folder / "history.csv"))),
        "picture": lambda: _picture(revision.read(folder / "samples.png")),
        "timing": lambda: revision.timings().get(recipe, {}),
    }.items():
        try:
            setattr(found, part, read())
        except UNREADABLE:
            found.missing.append(part)
    return found


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


def _picture(content: bytes) -> str:
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH))
    small = io.BytesIO()
    picture.save(small, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(small.getvalue()).decode()}"


def candidates_by_recipe(found: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    """Who ran what. What did not finish is listed with every recipe of the others."""
    ran = {candidate: _run(candidate) for candidate in found}
    names = dict.fromkeys(name for own in ran.values() for name in own)
    return {name: [each for each in found if each.state or name in ran[each]] for name in names}


def _run(candidate: Candidate) -> list[str]:
    try:
        return [] if candidate.state else candidate.revision.names("run")
    except AbsentError:
        return []


def differing(trials: Sequence[Trial]) -> list[str]:
    """The parameters that are not the same in all trials whose parameters are known."""
    known = [each.parameters for each in trials if each.parameters]
    keys = dict.fromkeys(key for parameters in known for key in parameters)
    return [key for key in keys if len({parameters.get(key) for parameters in known}) > 1]
