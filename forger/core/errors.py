"""The exception for problems that a person can mend, and how a command ends on errors."""

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

# What the machine, not the program, refuses, and what a person can do.
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
NUMBER = re.compile(r"\[Errno (\d+)\](?:[^:]*: '([^']+)')?")  # in a printed exception
PART = re.compile(r"\.part-\d+-")  # in a file's name while it is being written
SHORT_WRITE = "requested and"  # NumPy's message, which has no errno
LONGEST = 2000  # characters of a problem
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "ResourceExhaustedError", "MemoryError")


class UserError(Exception):
    """Problems that a person can mend, a line each: where, what was found, what is allowed.

    Whatever stands in them, such as the name of a column, breaks no line and moves no cursor.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(printable(problem, LONGEST) for problem in problems)
        super().__init__("\n".join(self.problems))


def refusal(error: BaseException) -> UserError | None:
    """Return an error for what the machine refused (space, memory, access), or None.

    The error's text counts too, because libraries wrap the system's errors.
    """
    text = f"{type(error).__name__}: {error}"
    if any(sign in text for sign in OUT_OF_MEMORY):
        return UserError(
            "out of memory; close other programs, or make the batch, the networks or "
            "evaluate.samples smaller"
        )
    number = getattr(error, "errno", None)
    where = getattr(error, "filename", None)
    if number is None and (told := NUMBER.search(text)):
        number = int(told[1])
        where = told[2]
    if isinstance(error, OSError) and SHORT_WRITE in text:
        number = errno.ENOSPC
    if number not in REFUSALS:
        return None
    where = where and PART.sub("", str(where))  # the name that a person knows
    return UserError(f"{f'{where}: ' if where else ''}{os.strerror(number)}; {REFUSALS[number]}")


def is_refusal(text: str) -> bool:
    """Tell whether an error's text is a refusal that does not depend on what was asked for.

    Running out of memory does: smaller networks may fit.
    """
    known = [os.strerror(number) for number in REFUSALS]
    told = NUMBER.search(text)
    return bool(told and int(told[1]) in REFUSALS) or any(words in text for words in known)


def run(main: Callable[[], object]) -> NoReturn:
    """Run a command's `main` and exit.

    Problems that a person can mend are printed as `error: …`, a line each, with exit code 2. The
    program's own faults print a traceback, with exit code 70. Ctrl-C and a closed pipe end the
    command quietly.
    """
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
        except OSError:  # perhaps the very error to report
            _give_up(1)
        if told is None:
            traceback.print_exc()
            raise SystemExit(UNEXPECTED) from None
        try:
            for problem in told.problems:
                print(f"error: {problem}", file=sys.stderr, flush=True)
        except OSError:  # nobody can read it, but the exit code remains
            _give_up(2)
        raise SystemExit(2) from None
    raise SystemExit(0)


def flush() -> None:
    """Flush standard output, so that an OSError is raised now and not at exit."""
    if sys.stdout is not None:  # None if it was closed from the start
        sys.stdout.flush()


def _give_up(stream: int) -> None:
    """Point a stream at nowhere.

    Otherwise Python flushes it again at exit, complains and changes the exit code.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
