"""What a method says of its training, for the stages that know only what it left behind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from forger.core.files import refused
from forger.methods.findings import Finding
from forger.methods.reports import Report
from forger.models.folder import ABOUT, ModelFolder


@dataclass(frozen=True)
class Account:
    """The part of model.json that is about the training.

    Attributes:
        reports: the columns of history.csv.
        symptoms: the problems that the whole history shows.
        remedies: what to try, by problem, those included that only figures show.
        critic: whether D's threshold was set by training data, as its objective has none.
    """

    reports: tuple[Report, ...]
    symptoms: tuple[Finding, ...]
    remedies: dict[str, tuple[str, ...]]
    critic: bool

    @classmethod
    def of(cls, folder: ModelFolder) -> Self:
        """Return what a training's folder says. Raises UserError."""
        try:
            # As JSON, of which a list may become a tuple, while "5" stays text.
            found: Self = TypeAdapter(cls).validate_json(json.dumps(folder.about), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise refused(folder.path / ABOUT, ValueError(f"{key}: {first['msg']}")) from None
        return found

    def describe(self) -> dict[str, Any]:
        """Return it as model.json has it."""
        return asdict(self)
