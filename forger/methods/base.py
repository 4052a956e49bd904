"""The interface of a method: the networks it trains, and its update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from forger.config.section import Section
from forger.methods.findings import REMEDIES, Finding, Remedies, Training
from forger.methods.products import Product
from forger.methods.reports import Report
from forger.networks.base import Network, Output, Shape

if TYPE_CHECKING:
    import keras
    import numpy as np

    from forger.data.base import Dataset
    from forger.data.codecs.base import Codec
    from forger.data.description import Description
    from forger.engine.model import Step
    from forger.methods.settings import Train


@dataclass(frozen=True)
class Fields:
    """What the data say about the inputs and outputs of networks.

    Attributes:
        shapes: the shape of one example of each field, by name: `real`, and others if there are.
        classes: the number of different labels; 0 without labels.
        codecs: of the fields whose examples are spread out for networks, by name.
    """

    shapes: Mapping[str, Shape]
    classes: int = 0
    codecs: Mapping[str, Codec] = field(default_factory=dict)

    @classmethod
    def of(cls, description: Description) -> Fields:
        """Return what the data's description says."""
        fields = description.fields
        shapes = {name: each.codec.spread_shape(each.shape) for name, each in fields.items()}
        codecs = {name: each.codec for name, each in fields.items() if each.codec.spreads}
        return cls(shapes, len(description.classes), codecs)

    def spread(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return a batch as networks are given it, from one as the data folder has it."""
        return {
            name: self.codecs[name].spread(rows) if name in self.codecs else rows
            for name, rows in batch.items()
        }

    def __getitem__(self, name: str) -> Shape:
        return self.shapes[name]

    @property
    def real(self) -> Shape:
        """The shape of one example that generators imitate."""
        return self.shapes["real"]


class Role(NamedTuple):
    """A network that a method trains.

    Attributes:
        inputs: the shapes of the inputs by name, the main one first.
        output: the shape of the output or, of several vectors, those of all by name.
    """

    inputs: dict[str, Shape]
    output: Output

    @property
    def exit(self) -> Shape:
        """The shape of the output; of several, that of all of them as one vector."""
        if not isinstance(self.output, dict):
            return self.output
        return (sum(size for (size,) in self.output.values()),)


class Phase(NamedTuple):
    """A stretch of a training.

    Attributes:
        method: what is trained in it.
        until: the share of all epochs after which it is over; 1 for the last one.
    """

    method: Method
    until: float


def phases_of(method: Method) -> tuple[Phase, ...]:
    """Return a method's phases, once sure that they are stretches of one training.

    Raises:
        TypeError: they do not last to its end, or what must be the same in all of them is not.
    """
    phases = method.phases
    ends = [0.0, *(phase.until for phase in phases)]
    if ends != sorted(set(ends)) or ends[-1] != 1:
        raise TypeError(f"{method.kind}: its phases end at {ends[1:]}; they must rise to 1")
    for phase in phases:
        for name in ("players", "averaged", "needs", "logs", "batches"):
            if getattr(phase.method, name) != getattr(method, name):
                raise TypeError(f"{method.kind}: the phase until {phase.until} has other {name}")
    return phases


class Method(Section, ABC):
    """A family of networks and its training step: `method` of a recipe.

    Its fields are the options of its algorithm. Options that every training has are in `train`.

    Class attributes:
        players: for each player with an optimizer, the roles of the networks that it trains.
        chooses: whether what it makes may be choices, rather than numbers with a density.
        makers: the roles whose outputs are examples, like those of the field `real`.
        averaged: the roles whose weights may be averaged over updates (`train.ema`).
        needs: the fields of the data that an update sees, `labels` among them where it sees those.
    """

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    chooses: ClassVar[bool] = True
    makers: ClassVar[tuple[str, ...]] = ("generator",)
    averaged: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("real",)

    kind: str

    @property
    @abstractmethod
    def reports(self) -> tuple[Report, ...]:
        """The values that an update logs, which become columns of history.csv."""

    @property
    def logs(self) -> tuple[str, ...]:
        """The names of the reports."""
        return tuple(report.name for report in self.reports)

    def symptoms(self, training: Training) -> Iterator[Finding]:
        """Yield the problems that the reports show, without remedies; a method may know none."""
        yield from ()

    @property
    def remedies(self) -> Remedies:
        """What to try against each problem, those included that `symptoms` does not look for."""
        return REMEDIES

    @property
    def critic(self) -> bool:
        """Whether a discriminator has no threshold of its own, so that training data set it."""
        return False

    @property
    def offers(self) -> frozenset[str]:
        """What figures may need of the products, by the words of `forger.metrics.figure.NEEDS`."""
        return frozenset()

    @property
    def batches(self) -> int:
        """Number of batches of real examples in an update."""
        return 1

    @property
    def arrays(self) -> dict[str, int]:
        """Sizes of the arrays that the options ask for, in numbers, by key below the recipe."""
        return {}

    @property
    def drawn(self) -> int:
        """Number of random numbers that a sample is made from."""
        return 0

    def examples(self, batch: int) -> dict[str, int]:
        """Return how many examples pass through the networks at once, by the key that says so."""
        return {"train.batch": batch}

    def count_packed(self, role: str) -> int:
        """Return how many examples a role's network takes as one."""
        return 1

    def pool(self, seed: int) -> np.ndarray | None:
        """Return latents that are drawn once, `[rows, size]`; None: they are drawn afresh.

        An update's batch has as many of them as of examples, as `latents`.
        """
        return None

    def steps_of(self, player: str) -> int:
        """Return the number of steps that the player's optimizer takes in an update."""
        return 1

    @abstractmethod
    def roles(self, fields: Fields) -> dict[str, Role]:
        """Return the networks to train, by role."""

    def state(self, fields: Fields) -> Mapping[str, np.ndarray]:
        """Return the first values of what an update keeps for the next, by name.

        They are variables in `Step.own`, which an update may read and assign.
        """
        return {}

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The stretches of a training, in their order: one, unless the method says otherwise.

        Each has a method of its own, whose networks and losses may differ; see `phases_of`. What
        networks and optimizers have in common goes on from phase to phase.
        """
        return (Phase(self, 1.0),)

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        """Yield what the options contradict, in the other sections or each other.

        Each problem is a line that begins with its key below the recipe. `networks` has all roles.
        """
        yield from ()

    def prepare(self, networks: Mapping[str, keras.Model]) -> None:
        """Adapt new networks, by role, before they are trained."""

    @abstractmethod
    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        """Return what is made of the networks, by role: the models that outlive training.

        A product named `generator` or `translator` makes examples, one named `discriminator`
        judges them, and one named `encoder` says what they are made from.
        """

    @abstractmethod
    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """Run one update with the operations of `step`.

        `batch` has arrays `[batches, batch, …]`: what the method `needs`, and `latents`, if they
        come from a fixed pool.
        """
