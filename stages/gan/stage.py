"""How every stage runs: stoppable, its problems told in lines, exit 2."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from stages.gan import errors
from stages.gan.stopping import STOP

LOCK = Path("dvc.lock")


def run(main: Callable[[], object]) -> NoReturn:
    """Run a stage's `main`."""
    STOP.listen()
    try:
        errors.run(main)
    except SystemExit as ended:
        if ended.code and _removed():
            print(
                "The results before this run are kept: dvc checkout (metrics.json: git checkout)",
                file=sys.stderr,
            )
        raise


def _removed() -> bool:
    """Whether DVC, which removes a stage's outputs before it runs it, has them recorded."""
    stage = os.environ.get("DVC_STAGE", "check")
    return stage != "check" and f"\n  {stage}:\n" in recorded()


def recorded() -> str:
    """The text of dvc.lock; empty where there is none."""
    return LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
