"""Products: the models that a method hands over, and where their inputs come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from forger.methods.latent import Joint, Latent

if TYPE_CHECKING:
    import keras

# What means the same in every method: a field of the data, an input that is drawn and found again.
LABELS = "labels"
CODES = "codes"


class Drawn(NamedTuple):
    """An input that is drawn from a law, afresh for every row."""

    latent: Latent


class Given(NamedTuple):
    """An input that is taken from a field of the data.

    Attributes:
        field: its name; labels are given as one-hot rows.
        packed: how many rows of the field make one row of the input, joined along the last axis.
    """

    field: str
    packed: int = 1


@dataclass(frozen=True)
class Product:
    """A trained model, functional and in inference mode.

    Attributes:
        network: takes its inputs by name.
        inputs: where each of them comes from.
        threshold: of a discriminator, the raw output above which it says "real"; None: the one that
            best separates training data from samples.
        stddev: of a generator with a density, that of the Gaussian noise on each number that it
            makes, in the networks' units; None: it has no density.
    """

    network: keras.Model
    inputs: Mapping[str, Drawn | Given]
    threshold: float | None = None
    stddev: float | None = None

    @property
    def latent(self) -> Joint:
        """The law of all inputs that are drawn."""
        return joint(self.inputs)

    @property
    def told(self) -> tuple[str, ...]:
        """The fields that inputs are taken from."""
        return list_fields(self.inputs)


# Products that make examples; a method hands over one of them. A translator is told an example of
# another field, and makes the one that belongs to it.
MAKERS = ("generator", "translator")


def maker(products: Iterable[str]) -> str:
    """Return which of these products makes examples. Raises ValueError if there is none."""
    found = [name for name in products if name in MAKERS]
    if not found:
        raise ValueError(f"there is no {' or '.join(MAKERS)}")
    return found[0]


def joint(inputs: Mapping[str, Drawn | Given]) -> Joint:
    """Return the law of all inputs that are drawn."""
    drawn = {name: each.latent for name, each in inputs.items() if isinstance(each, Drawn)}
    return Joint(drawn)


def list_fields(inputs: Mapping[str, Drawn | Given]) -> tuple[str, ...]:
    """Return the fields that inputs are taken from."""
    return tuple(each.field for each in inputs.values() if isinstance(each, Given))
