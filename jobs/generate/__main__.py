"""Draw samples from a trained generator: `forger generate RECIPE -n 1000 -o samples.npz`.

A translator makes them of examples: `forger generate RECIPE --from inputs.npy -o samples.npz`. All
are in the data's own units. The model's folder says what is needed; the recipe's data are not read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from forger.core.errors import UserError, run
from forger.data.codecs.table import Table
from forger.methods.products import CODES, LABELS
from jobs.generate import source
from jobs.generate.image_files import find_misfit
from jobs.generate.rows import MOST_TRIED, condition, find_label, select
from jobs.generate.samples import (
    MOST_STEPS,
    Chunk,
    chunks,
    draw,
    draw_labels,
    encode,
    labels,
    side_by_side,
    walk,
    with_codes,
)
from jobs.generate.writers import ALLOWED, EVERY, OF_IMAGES, WRITERS, most
from jobs.shared.arguments import Parser, path, place_and_value
from jobs.shared.command import output, parser, set_up
from jobs.shared.scratch import interruptible, whole
from jobs.shared.trained import Trained, locate

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
    with locate(asked.recipe, asked.rev) as folder:
        trained = Trained.read(folder)
        codec = trained.data.real.codec
        if isinstance(codec, Table):
            asked.where = [each.fit(codec) for each in asked.where]
            if trained.conditional and asked.label is None:
                asked.label = find_label(asked.where, codec)
        if problems := list(_misfits(asked, trained)):
            raise UserError(*problems)
        given = None
        if trained.source is not None:
            given = source.read(asked.source, trained.data.fields[trained.source])
            asked.n = len(given)
        if problem := _too_many(asked, trained):
            raise UserError(problem)
        set_up()
        write(asked, trained, given)
    print(f"Written: {asked.output} ({asked.recipe}, n = {asked.n:,})")


def write(asked: argparse.Namespace, trained: Trained, given: np.ndarray | None) -> None:
    """Write the samples that are asked for to their file, a chunk at a time.

    `given` are the examples to translate, if the recipe's product translates any.
    """
    if asked.between:
        latents = walk(trained.latent, asked.between, asked.n)
    else:
        latents = draw(trained.latent, asked.seed)
    if asked.category is not None or asked.number:
        latents = with_codes(latents, trained.latent, asked.category, dict(asked.number))
    told = {}
    if trained.conditional:
        drawn = asked.label is None and trained.data.counts
        told[LABELS] = (
            draw_labels(np.array(trained.data.counts), asked.seed)
            if drawn
            else labels(len(trained.data.classes), asked.label)
        )
    if trained.source is not None and given is not None:
        told[trained.source] = encode(given, trained.data.fields[trained.source].codec)
    sampler = trained.sampler()
    if asked.where:
        every = chunks(sampler, latents, MOST_TRIED, side_by_side(told))
        made = select(every, asked.where, trained.data.real.codec, asked.n)
    else:
        made = chunks(sampler, latents, asked.n, side_by_side(told))
    with whole(asked.output) as scratch:
        writer = EVERY[asked.output.suffix]
        writer(scratch, _show_progress(made, asked.n), asked.n, trained)


def command_line() -> Parser:
    """Return the parser of the command line."""
    made = parser("generate", __doc__)
    made.add_argument("-n", type=int, help="how many samples")
    made.add_argument(
        "--from", dest="source", type=path, metavar="FILE.npy",
        help="for a translator: the examples to translate, [n, …], in the data's units",
    )  # fmt: skip
    chosen = made.add_mutually_exclusive_group()
    chosen.add_argument("--seed", type=int, default=0, help="of their latents; default 0")
    chosen.add_argument(
        "--between", type=int, nargs=2, metavar=("A", "B"),
        help="instead, n steps from the first sample of seed A to that of seed B",
    )  # fmt: skip
    made.add_argument(
        "--label", type=int,
        help="of all samples; default: one class after another; of a table, as often as there",
    )  # fmt: skip
    made.add_argument(
        "--where", type=condition, action="append", default=[], metavar="COLUMN=VALUE",
        help="of a table: only rows with this value; also <, >, <= and >= of numbers",
    )  # fmt: skip
    made.add_argument("--category", type=int, help="of all samples' codes; default: drawn")
    made.add_argument(
        "--number", type=place_and_value, action="append", default=[], metavar="PLACE=VALUE",
        help="a number of all samples' codes, by its place from 0; default: drawn",
    )  # fmt: skip
    output(made, f"the file to write: {ALLOWED}")
    return made


def _problems(asked: argparse.Namespace) -> Iterator[str]:
    """Yield what is wrong with the arguments, whatever the model."""
    path = asked.output
    if path.suffix not in EVERY:
        yield f"{path}: found the extension {path.suffix}; allowed: {ALLOWED}"
    if not path.parent.is_dir():
        yield f"{path}: there is no folder {path.parent}"
    if path.is_dir():
        yield f"{path}: is a folder"
    if asked.source is not None and (asked.n is not None or asked.between):
        yield "--from: leave out -n and --between: there are as many samples as examples"
    elif asked.source is None and asked.n is None:
        yield "-n: missing: how many samples (a translator takes --from FILE.npy instead)"
    elif asked.n is not None:
        yield from _wrong_number(asked.n, bool(asked.between))
    for name, seeds in (("--seed", [asked.seed]), ("--between", asked.between or [])):
        yield from (f"{name}: found {seed}; must be at least 0" for seed in seeds if seed < 0)


def _wrong_number(n: int, steps: bool) -> Iterator[str]:
    most = MOST_STEPS if steps else MOST_SAMPLES
    if n < 1:
        yield f"-n: found {n}; must be at least 1"
    if n > most:
        yield f"-n: found {n}; {'with --between ' if steps else ''}at most {most:,}"


def _misfits(asked: argparse.Namespace, trained: Trained) -> Iterator[str]:
    """Yield what this model can't give."""
    last = len(trained.data.classes) - 1
    path = asked.output
    if path.suffix in OF_IMAGES and (why := find_misfit(trained)):
        found = path.suffix or "none"
        yield f"{path}: found the extension {found}; allowed: {', '.join(WRITERS)}, as {why}"
    if trained.source is not None and asked.source is None:
        yield f"--from: missing: {asked.recipe} translates examples of {trained.source}"
    elif trained.source is None and asked.source is not None:
        yield f"--from: found {asked.source}; {asked.recipe}'s generator translates nothing"
    if asked.label is not None and not trained.conditional:
        yield f"--label: found {asked.label}; {asked.recipe}'s generator takes no labels"
    elif asked.label is not None and not 0 <= asked.label <= last:
        yield f"--label: found {asked.label}; allowed: 0 to {last}"
    if asked.between and trained.conditional and asked.label is None:
        yield f"--between: needs --label, 0 to {last}: a walk stays within one class"
    yield from _wrong_codes(asked, trained)
    yield from _wrong_rows(asked, trained)


def _wrong_rows(asked: argparse.Namespace, trained: Trained) -> Iterator[str]:
    """Yield what no table, or not this one, can give."""
    codec = trained.data.real.codec
    if not isinstance(codec, Table):
        yield from (f"--where: found {each}; {asked.recipe} makes no table" for each in asked.where)
        return
    yield from filter(None, (each.misfit(codec) for each in asked.where))
    if asked.output.suffix == ".npz":
        yield f"{asked.output}: a table has more than numbers; allowed: .csv, .parquet, .png"


def _wrong_codes(asked: argparse.Namespace, trained: Trained) -> Iterator[str]:
    """Yield what the codes, if the generator is told any, do not have."""
    law = trained.latent.laws.get(CODES)
    categories, numbers = (law.categories, law.dim) if law else (0, 0)
    for option, asks, last in (
        ("--category", [] if asked.category is None else [asked.category], categories - 1),
        ("--number", [place for place, _ in asked.number], numbers - 1),
    ):
        for place in asks:
            if last < 0:
                yield f"{option}: found {place}; {asked.recipe}'s generator is told none"
            elif not 0 <= place <= last:
                yield f"{option}: found {place}; allowed: 0 to {last}"


def _too_many(asked: argparse.Namespace, trained: Trained) -> str:
    """Tell of samples that are more than the file can show; empty if they are not."""
    view = trained.data.real.view
    key = "--from" if trained.source else "-n"
    room = most(asked.output.suffix, trained)
    if room is None or asked.n <= room:
        return ""
    return f"{key}: found {asked.n}; a {asked.output.suffix} of {view} shows at most {room}"


def _show_progress(made: Iterator[Chunk], n: int) -> Iterator[Chunk]:
    """Yield the same chunks, with a progress bar on a terminal."""
    with tqdm(total=n, unit=" samples", disable=None, dynamic_ncols=True, leave=False) as bar:
        for samples, labels in made:
            yield samples, labels
            bar.update(len(samples))


if __name__ == "__main__":
    run(main)
