"""How every stage runs: stoppable, its problems told in lines, exit 2."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from forger.core import errors
from forger.core.stopping import STOP

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
        if ended.code and STOP.asked:
            # All is saved. To take TensorFlow down may last longer than the grace, and the thread
            # that watches over that can't run any more by then.
            with suppress(OSError):
                errors.flush()
            os._exit(STOP.asked)
        raise


def _removed() -> bool:
    """Whether DVC, which removes a stage's outputs before it runs it, has them recorded."""
    stage = os.environ.get("DVC_STAGE", "check")
    return stage != "check" and f"\n  {stage}:\n" in recorded()


def recorded() -> str:
    """The text of dvc.lock; empty where there is none."""
    return LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
