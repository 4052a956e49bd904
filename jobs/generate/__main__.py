"""Draw samples from a trained generator: `forger generate RECIPE -n 1000 -o samples.npz`.

They are in the data's own units. The model's folder says all that is needed; no data are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from tqdm import tqdm

from forger.core.errors import UserError, run
from jobs.generate.command import output, parser, set_up
from jobs.generate.samples import MOST_STEPS, Chunk, chunks, drawn, walked
from jobs.generate.scratch import interruptible, whole
from jobs.generate.trained import Trained, located
from jobs.generate.writers import MOST, WRITERS
from jobs.shared.arguments import Parser

MOST_SAMPLES = 10**9


def main() -> None:
    """Write the samples that the command line asks for."""
    interruptible()
    generate()


def generate(arguments: Sequence[str] | None = None) -> None:
    """Check everything, then load the generator and write samples. Raises UserError."""
    asked = command_line().parse_args(arguments)
    if problems := list(_problems(asked)):
        raise UserError(*problems)
    with located(asked.recipe, asked.rev) as folder:
        trained = Trained.read(folder)
        if problems := list(_misfits(asked, trained)):
            raise UserError(*problems)
        set_up()
        write(asked, trained)
    print(f"Written: {asked.output} ({asked.recipe}, n = {asked.n:,})")


def write(asked: argparse.Namespace, trained: Trained) -> None:
    """Write the samples that are asked for to their file, a chunk at a time."""
    if asked.between:
        latents = walked(trained.latent, asked.between, asked.n)
    else:
        latents = drawn(trained.latent, asked.seed)
    made = chunks(trained.sampler(), latents, asked.n, asked.label)
    with whole(asked.output) as scratch:
        WRITERS[asked.output.suffix](scratch, _shown(made, asked.n), asked.n, trained)


def command_line() -> Parser:
    """Return the parser of the command line."""
    made = parser("generate", __doc__)
    made.add_argument("-n", type=int, required=True, help="how many samples")
    chosen = made.add_mutually_exclusive_group()
    chosen.add_argument("--seed", type=int, default=0, help="of their latents; default 0")
    chosen.add_argument(
        "--between", type=int, nargs=2, metavar=("A", "B"),
        help="instead, n steps from the first sample of seed A to that of seed B",
    )  # fmt: skip
    made.add_argument("--label", type=int, help="of all samples; default: one class after another")
    output(made, f"the file to write: {', '.join(WRITERS)}")
    return made


def _problems(asked: argparse.Namespace) -> Iterator[str]:
    """Yield what is wrong with the arguments, whatever the model."""
    path = asked.output
    if path.suffix not in WRITERS:
        found = path.suffix or "none"
        yield f"{path}: found the extension {found}; allowed: {', '.join(WRITERS)}"
    if not path.parent.is_dir():
        yield f"{path}: there is no folder {path.parent}"
    if path.is_dir():
        yield f"{path}: is a folder"
    if asked.n < 1:
        yield f"-n: found {asked.n}; must be at least 1"
    if asked.n > MOST_SAMPLES:
        yield f"-n: found {asked.n}; at most {MOST_SAMPLES:,}"
    if asked.between and asked.n > MOST_STEPS:
        yield f"-n: found {asked.n}; with --between at most {MOST_STEPS}"
    for name, seeds in (("--seed", [asked.seed]), ("--between", asked.between or [])):
        yield from (f"{name}: found {seed}; must be at least 0" for seed in seeds if seed < 0)


def _misfits(asked: argparse.Namespace, trained: Trained) -> Iterator[str]:
    """Yield what this model can't give."""
    view, last = trained.data.real.view, len(trained.data.classes) - 1
    most = MOST.get(asked.output.suffix, {}).get(view, asked.n)
    if asked.n > most:
        yield f"-n: found {asked.n}; a {asked.output.suffix} of {view} shows at most {most}"
    if asked.label is not None and not trained.conditional:
        yield f"--label: found {asked.label}; {asked.recipe}'s generator takes no labels"
    elif asked.label is not None and not 0 <= asked.label <= last:
        yield f"--label: found {asked.label}; allowed: 0 to {last}"
    if asked.between and trained.conditional and asked.label is None:
        yield f"--between: needs --label, 0 to {last}: a walk stays within one class"


def _shown(made: Iterator[Chunk], n: int) -> Iterator[Chunk]:
    """Yield the same chunks, with a progress bar on a terminal."""
    with tqdm(total=n, unit=" samples", disable=None, dynamic_ncols=True, leave=False) as bar:
        for samples, labels in made:
            yield samples, labels
            bar.update(len(samples))


if __name__ == "__main__":
    run(main)
