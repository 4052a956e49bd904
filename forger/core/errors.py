"""The one exception for what a person can mend, and how a command ends on it."""

import errno
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from forger.core.isolation import UNEXPECTED
from forger.core.text import printable

# What the machine, not the program, refuses.
REFUSALS = {
    errno.ENOSPC: "free some space, then run again",
    errno.EDQUOT: "free some of the quota, then run again",
    errno.EFBIG: "raise the limit on a file's size, then run again",
    errno.EROFS: "make it writable, then run again",
    errno.EACCES: "make it accessible, then run again",
    errno.EPERM: "make it accessible, then run again",
    errno.EMFILE: "raise the limit on open files, then run again",
    errno.ENFILE: "close some programs, then run again",
}
NUMBER = re.compile(r"\[Errno (\d+)\](?:[^:]*: '([^']+)')?")  # as exceptions are printed
PART = re.compile(r"\.part-\d+-")  # of a file's name while it is written
SHORT_WRITE = "requested and"  # NumPy's, which says no number
LONGEST = 2000  # characters of a problem
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "ResourceExhaustedError", "MemoryError")


class UserError(Exception):
    """What a person can mend. Each problem is one line: where, what was found, what is allowed."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def refusal(error: BaseException) -> UserError | None:
    """What the machine refused, in a line: space, memory, access; None for any other error.

    Judged by what the error says too, as libraries wrap what the system told them.
    """
    text = f"{type(error).__name__}: {error}"
    if any(sign in text for sign in OUT_OF_MEMORY):
        return UserError(
            "out of memory; close other programs, or make the batch, the networks or "
            "evaluate.samples smaller"
        )
    number, where = getattr(error, "errno", None), getattr(error, "filename", None)
    if number is None and (told := NUMBER.search(text)):
        number, where = int(told[1]), told[2]
    if isinstance(error, OSError) and SHORT_WRITE in text:
        number = errno.ENOSPC
    if number not in REFUSALS:
        return None
    where = where and PART.sub("", str(where))  # as a person knows it
    return UserError(f"{f'{where}: ' if where else ''}{os.strerror(number)}; {REFUSALS[number]}")


def is_refusal(text: str) -> bool:
    """Whether an error's text is of what the machine refuses, whatever was asked of it."""
    known = [os.strerror(number) for number in REFUSALS]
    told = NUMBER.search(text)
    return bool(told and int(told[1]) in REFUSALS) or any(words in text for words in known)


def run(main: Callable[[], object]) -> NoReturn:
    """Run a command's `main`; on what a person can mend print `error: …`, a line a problem, and
    exit 2; on a fault of the program's own print its traceback and exit 70. Ctrl-C, and a reader of
    the output who has seen enough, end it quietly."""
    try:
        main()
        flush()
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    except BrokenPipeError:
        _give_up(1)
        raise SystemExit(128 + signal.SIGPIPE) from None
    except Exception as error:
        told = error if isinstance(error, UserError) else refusal(error)
        try:
            flush()
        except OSError:  # which may be what is told of
            _give_up(1)
        if told is None:
            traceback.print_exc()
            raise SystemExit(UNEXPECTED) from None
        try:
            for problem in told.problems:
                print(f"error: {printable(problem, LONGEST)}", file=sys.stderr, flush=True)
        except OSError:  # who can't be told still sees the exit code
            _give_up(2)
        raise SystemExit(2) from None
    raise SystemExit(0)


def flush() -> None:
    """All that was printed, or an OSError now that would come later."""
    if sys.stdout is not None:  # as it is where it was closed from the start
        sys.stdout.flush()


def _give_up(stream: int) -> None:
    """Else Python tries once more at its end, complains, and has another exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
