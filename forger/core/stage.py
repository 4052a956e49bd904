"""How every stage runs: stoppable, its problems printed a line each, with exit code 2."""

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
    """Run a stage's `main` and exit."""
    STOP.listen()
    try:
        errors.run(main)
    except SystemExit as ended:
        if ended.code and _is_recorded():
            print(
                "The results before this run are kept: dvc checkout (metrics.json: git checkout)",
                file=sys.stderr,
            )
        if ended.code and STOP.asked:
            # All is saved. Shutting TensorFlow down may take longer than the grace, and the thread
            # that enforces the grace no longer runs by then.
            with suppress(OSError):
                errors.flush()
            os._exit(STOP.asked)
        raise


def _is_recorded() -> bool:
    """Tell whether DVC, which removes a stage's outputs before running it, has a record of them.

    `check` is left out, as its outputs persist.
    """
    stage = os.environ.get("DVC_STAGE", "check")
    return stage != "check" and f"\n  {stage}:\n" in read_lock()


def read_lock() -> str:
    """Return the text of dvc.lock, empty if there is none."""
    return LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
