"""What `forger new` makes of a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Proposal:
    sections: dict[str, Any]
    remarks: dict[str, str]
    findings: tuple[str, ...]
