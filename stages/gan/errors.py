"""The one exception for what a person can mend, and how a stage ends on it."""

import sys
from collections.abc import Callable
from typing import NoReturn


class UserError(Exception):
    """What a person can mend. Each problem is one line: where, what was found, what is allowed."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def run(main: Callable[[], object]) -> NoReturn:
    """Run a command's `main`; on a UserError print `error: …`, a line a problem, and exit 2."""
    try:
        main()
    except UserError as error:
        sys.stdout.flush()
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        raise SystemExit(2) from None
    raise SystemExit(0)
