"""What measurements of whole commands have in common: what is measured, and by which clock."""

from __future__ import annotations

import resource

from forger.core.errors import UserError
from jobs.shared.git import git


def check_committed() -> None:
    """Raise UserError if a tracked file differs from its commit, of which a clone is measured."""
    if git("status", "--porcelain", "--untracked-files=no"):
        raise UserError("what is committed is measured; commit first")


def read_clock() -> float:
    """Return the processor time that all child processes that have ended took, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
