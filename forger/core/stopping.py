"""How a stage ends early: on a signal, or because the DVC that started it is gone.

A stage that outlived its DVC would write to the same files as the one that a new DVC starts.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path
from types import FrameType

import psutil

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Link = tuple[psutil.Process, psutil.Process]  # a child and its parent
LOOK = 1.0  # seconds between checks on DVC
GRACE = 3.5  # seconds to save before this process ends, however busy it is


class Stop:
    """Whether this process has been asked to end.

    A request raises SystemExit in the main thread. Inside `deferred` it does not: the code there
    checks `asked`, saves, and exits with it.

    Attributes:
        asked: the exit code to end with, 128 + the signal; 0 until someone asks.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._deferred = False

    def listen(self) -> None:
        """Obey signals and watch DVC from now on. Call it once, in the main thread."""
        for number in SIGNALS:
            # Python ignores SIGINT in a shell's background, but a stage must not; nohup is obeyed.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask)
        sys.unraisablehook = partial(self._end_if_lost, sys.unraisablehook)
        heard, said = os.pipe()
        os.set_blocking(said, False)
        # Python writes to it at once, even while the main thread is deep in a compiled call.
        signal.set_wakeup_fd(said, warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(heard, _link_to_dvc()), daemon=True).start()

    @contextmanager
    def defer(self) -> Iterator[None]:
        """Let the main thread go on when asked, and end on its own within the grace."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    @contextmanager
    def postpone(self) -> Iterator[None]:
        """End after this block, not inside it: an import might catch the exception."""
        with self.defer():
            yield
        if self.asked:
            raise SystemExit(self.asked)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = 128 + number
        if not self._deferred:
            logging.disable()  # else libraries log every task that this interrupts
            raise SystemExit(self.asked)

    def _end_if_lost(
        self, otherwise: Callable[[sys.UnraisableHookArgs], object], lost: sys.UnraisableHookArgs
    ) -> None:
        """End here if SystemExit was raised in a library's callback, where exceptions are lost."""
        if self.asked and lost.exc_type is SystemExit:
            sys.stdout.flush()
            os._exit(self.asked)
        otherwise(lost)


STOP = Stop()


def _watch(heard: int, link: Link | None) -> None:
    number: int = signal.SIGTERM
    while True:
        if select.select([heard], [], [], LOOK)[0]:
            number = os.read(heard, 1)[0]
            if number in SIGNALS:
                break
        elif _gone(link):
            os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(128 + number)


def dvc() -> psutil.Process | None:
    """Return the DVC process that this process runs for, or None."""
    link = _link_to_dvc()
    return link[1] if link is not None else None


def _link_to_dvc() -> Link | None:
    """Return DVC's child and DVC. The child is this process or, with a shell between, a parent."""
    own = psutil.Process()
    line = [own, *own.parents()]
    for child, parent in pairwise(line):
        if _is_dvc(parent):
            return child, parent
    return None


def _is_dvc(process: psutil.Process) -> bool:
    try:
        return any(Path(word).name == "dvc" for word in process.cmdline()[:3])
    except psutil.NoSuchProcess:  # a parent that ends right now counts as DVC, and as gone
        return True


def _gone(link: Link | None) -> bool:
    """Tell whether the DVC that this process ran for has ended.

    The parent of DVC's child shows it: an orphan is adopted at once, even before anyone notices
    that its parent has exited.
    """
    try:
        if link is not None:
            child, parent = link
            return child.ppid() != parent.pid
        # If DVC ended while Python was starting, there never was a link. Whatever adopts an
        # orphan is in another session, while a program that calls DVC's API is in this one.
        own = psutil.Process()
        started = list(takewhile(_is_of_a_stage, [own, *own.parents()]))
        return bool(started) and os.getsid(started[-1].ppid()) != os.getsid(0)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return True


def _is_of_a_stage(process: psutil.Process) -> bool:
    """Tell whether DVC started the process or its parent, a shell that is orphaned with it."""
    try:
        return "DVC_STAGE" in process.environ()
    except psutil.AccessDenied:
        return False
