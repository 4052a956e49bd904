"""How rows are split into parts without a leak."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np

from forger.core.seeds import stream
from forger.data.description import Arrays


def split(
    fields: Arrays,
    shares: Mapping[str, float],
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> dict[str, Arrays]:
    """Split the rows, shuffled or by time, and keep in one part what must not be in two.

    Args:
        fields: `real` and what else there is, `[n, …]` each.
        shares: fractions of all rows for `test` and `validation`; the rest is for training.
        seed: seed of the shuffle.
        groups: a value per row, `[n]`; rows of equal values, of one patient say, stay together.
        times: a number per row, `[n]`: the latest rows are for the test and those before them for
            validation, instead of a random choice.

    Returns:
        The fields of each part, as in `Data.arrays`, shuffled. No row of `real`, or of another
        field but labels, is in two parts; by time, what must stay together goes where the earliest
        of it belongs.
    """
    order = stream(seed, "dataset/split").permutation(len(fields["real"]))
    ranked = order if times is None else order[np.argsort(-times[order], kind="stable")]
    ends = np.cumsum([round(share * len(ranked)) for share in shares.values()])
    tied = [*(_first_copies(fields[name]) for name in fields if name != "labels")]
    if groups is not None:
        tied.append(_first_equals(groups))
    if times is not None:
        tied.append(_first_equals(times))
    relatives = _find_relatives(tied)
    if times is None:
        part_of = _divide(relatives[ranked], ends)[relatives]
    else:
        part_of = np.empty(len(ranked), np.int64)
        for part, rows in enumerate(np.split(ranked, ends)):
            part_of[rows] = part
        earliest = np.zeros(len(ranked), np.int64)
        np.maximum.at(earliest, relatives, part_of)
        part_of = earliest[relatives]
    arrays = {}
    for part, name in enumerate([*shares, "train"]):
        rows = order[part_of[order] == part]
        arrays[name] = {field: array[rows] for field, array in fields.items()}
    return arrays


def _divide(relatives: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the part of each number in `relatives`, int: parts are filled in order of appearance.

    Few groups, or groups of unequal sizes, fill a part as nearly as they can: each goes where the
    middle of its rows lies if all groups are laid end to end.

    Args:
        relatives: a group's number for each row, int `[n]`, in the order of a shuffle.
        ends: how many rows end each part but the last.
    """
    _, first, sizes = np.unique(relatives, return_index=True, return_counts=True)
    turns = np.argsort(first)
    middles = np.empty(len(sizes))
    middles[turns] = np.cumsum(sizes[turns]) - sizes[turns] / 2
    return np.asarray(np.searchsorted(ends, middles, side="right"))


def _find_relatives(tied: Sequence[np.ndarray]) -> np.ndarray:
    """Return a number for each row that is the same for all that are tied to each other, int `[n]`.

    Rows are also tied through others: one has the same `real` as it, and the same `source` as a
    third.

    Args:
        tied: for each reason to stay together, a row that each row is tied to, int `[n]`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(tied[0])
    others = np.concatenate(tied)
    ties = coo_array((np.ones(len(others)), (others, np.tile(np.arange(n), len(tied)))), (n, n))
    return np.asarray(connected_components(ties, directed=False)[1])


def _first_copies(examples: np.ndarray) -> np.ndarray:
    """Return, for each row, the index of the first row equal to it, int `[n]`."""
    first: dict[bytes, int] = {}
    digests = (blake2b(row.tobytes(), digest_size=16).digest() for row in examples)
    return np.array([first.setdefault(digest, i) for i, digest in enumerate(digests)])


def _first_equals(values: np.ndarray) -> np.ndarray:
    """Return, for each value `[n]`, the index of the first equal one, int `[n]`."""
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(first[place])
