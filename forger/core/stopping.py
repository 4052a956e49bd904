"""How a stage ends before its time: on a signal, or because the DVC that started it is gone.

A stage that outlived its DVC would write beside the one that a new DVC starts.
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
LOOK = 1.0  # seconds between two looks at DVC
GRACE = 3.5  # seconds to save in, then this process ends however busy it is


class Stop:
    """Whether this process has been asked to end.

    Being asked raises SystemExit in the main thread; inside `deferred` whoever runs looks at
    `asked`, saves, and exits with it.

    Attributes:
        asked: the exit code to end with, 128 + the signal; 0 as long as nobody asked.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._deferred = False

    def listen(self) -> None:
        """From now on, obey signals and watch over DVC. Call it in the main thread, once."""
        for number in SIGNALS:
            # Python ignores SIGINT in a shell's background; nohup means what it says.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask)
        sys.unraisablehook = partial(self._lost, sys.unraisablehook)
        heard, said = os.pipe()
        os.set_blocking(said, False)
        # Written to at once, even while the main thread is deep inside a compiled call.
        signal.set_wakeup_fd(said, warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(heard, _link_to_dvc()), daemon=True).start()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the main thread go on when asked, to end by itself within the grace."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """End after this, not within it: a library that is imported may catch what ends it."""
        with self.deferred():
            yield
        if self.asked:
            raise SystemExit(self.asked)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = 128 + number
        if not self._deferred:
            logging.disable()  # else libraries tell of every task that this breaks off
            raise SystemExit(self.asked)

    def _lost(
        self, otherwise: Callable[[sys.UnraisableHookArgs], object], lost: sys.UnraisableHookArgs
    ) -> None:
        """End here if the wish to end came to a library's callback, where exceptions are lost."""
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
    """The DVC that this process runs for."""
    link = _link_to_dvc()
    return link[1] if link is not None else None


def _link_to_dvc() -> Link | None:
    """Whichever of this process and its parents is DVC's own child (a shell may lie between), and
    DVC."""
    own = psutil.Process()
    line = [own, *own.parents()]
    for child, parent in pairwise(line):
        if _is_dvc(parent):
            return child, parent
    return None


def _is_dvc(process: psutil.Process) -> bool:
    try:
        return any(Path(word).name == "dvc" for word in process.cmdline()[:3])
    except psutil.NoSuchProcess:  # who ends at this very moment has started this stage for nothing
        return True


def _gone(link: Link | None) -> bool:
    """Whether the DVC that this process ran for has ended.

    Whoever is its child's parent tells: an orphan is at once somebody else's, even while the exit
    of its parent waits to be noticed.
    """
    try:
        if link is not None:
            child, parent = link
            return child.ppid() != parent.pid
        # Where DVC ended while Python started, there never was a link; but who takes orphans in is
        # of another session, while a program that calls DVC's API is of this one.
        own = psutil.Process()
        started = list(takewhile(_is_of_a_stage, [own, *own.parents()]))
        return bool(started) and os.getsid(started[-1].ppid()) != os.getsid(0)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return True


def _is_of_a_stage(process: psutil.Process) -> bool:
    """Whether DVC started it or its parent: a shell that waits for a stage is an orphan with it."""
    try:
        return "DVC_STAGE" in process.environ()
    except psutil.AccessDenied:
        return False
