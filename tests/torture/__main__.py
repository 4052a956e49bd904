"""Everything that must not lose or break anything, at length: `make torture`.

Prints a table and exits 1 where something went wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tests.torture import inputs
from tests.torture.inputs import ACCEPTED, BAD, REFUSED
from tests.torture.kills import SIGNALS, Outcome, differing, plan, prepared, survive

BACKENDS = ("tensorflow", "jax")
OUTCOMES = (ACCEPTED, REFUSED, BAD)
SERIES = 25  # kills of one run of the pipeline


def main() -> None:
    arguments = _arguments()
    rows, problems = [], []
    for backend in BACKENDS:
        outcome, different = kills(backend, arguments.kills // len(BACKENDS), arguments.seed)
        problems += outcome.problems
        rows += [
            (f"{backend}: kills survived", sum(outcome.hit.values()) - len(outcome.problems)),
            *((f"{backend}: kills in {stage}", n) for stage, n in sorted(outcome.hit.items())),
            (f"{backend}: trainings that went on", outcome.resumed),
            (f"{backend}: half-written dvc.lock mended", outcome.mended),
            (f"{backend}: outputs whose bytes differ", different),
        ]
        problems += ["bytes differ"] * different
    tried = inputs.run(arguments.inputs, arguments.seed)
    rows += [
        (f"inputs: {kind}, {outcome}", n) for (kind, outcome), n in sorted(tried.found.items())
    ]
    rows += [(f"inputs {outcome}", tried.tried(outcome)) for outcome in OUTCOMES]
    problems += tried.bad
    print(pd.DataFrame(rows, columns=["what", "number"]).to_string(index=False))
    for problem in problems:
        print(f"problem: {problem}")
    sys.exit(1 if problems else 0)


def kills(backend: str, n: int, seed: int) -> tuple[Outcome, int]:
    """`n` kills, in series; what came of them, and how many outputs differ from an undisturbed
    run's."""
    total, different = Outcome(), 0
    if not n:
        return total, different
    with TemporaryDirectory() as scratch:
        reference = prepared(Path(scratch, "reference"), backend)
        reference.run("dvc", "repro")
        for series in range(-(-n // SERIES)):
            clone = prepared(Path(scratch, str(series)), backend)
            outcome = survive(clone, plan(min(SERIES, n - series * SERIES), seed + series))
            different += len(differing(clone, reference))
            total = Outcome(
                Counter(total.hit) + outcome.hit,
                total.resumed + outcome.resumed,
                total.mended + outcome.mended,
                total.problems + outcome.problems,
            )
            print(f"{backend}: {sum(total.hit.values())} of {n} kills", flush=True)
    return total, different


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=200, help=f"by {', '.join(s.name for s in SIGNALS)}"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="damaged parameters and files")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
