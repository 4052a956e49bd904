"""What every training of D against G has: an objective, D's losses and accuracies, its reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from forger.core.lazy import ops
from forger.methods import contradictions, symptoms
from forger.methods.base import Method
from forger.methods.findings import Finding, Remedies, Training
from forger.methods.objectives.base import LN_2, Objective
from forger.methods.objectives.kinds import OBJECTIVES, AnObjective
from forger.methods.reports import Report

if TYPE_CHECKING:
    from forger.data.base import Dataset
    from forger.engine.model import Step
    from forger.methods.settings import Train
    from forger.networks.base import Network

Kind = Literal["real", "fake"]


class Adversarial(Method):
    """A discriminator D learns to tell real from fake; a generator G, to make it say "real"."""

    players: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }
    averaged: ClassVar[tuple[str, ...]] = ("generator",)

    objective: AnObjective = Field(
        "non_saturating", description="the pair of losses, see forger/methods/objectives"
    )

    @property
    def losses(self) -> Objective:
        """The objective's losses and traits."""
        found: Objective = OBJECTIVES.load(self.objective)
        return found

    @property
    def critic(self) -> bool:
        return self.losses.threshold is None

    @property
    def offers(self) -> frozenset[str]:
        return frozenset({"discriminator"})

    @property
    def reports(self) -> tuple[Report, ...]:
        of_d, of_g = ((), ()) if self.losses.even is None else map(_even, self.losses.even)
        coin = (0.5, "chance")
        return (
            Report("d_loss", "D", "loss", "D's loss", *of_d),
            Report("g_loss", "G", "loss", "G's loss", *of_g),
            Report(
                "acc_real", "on real", "accuracy", "D's accuracy on real training examples", *coin
            ),
            Report("acc_fake", "on fakes", "accuracy", "D's accuracy on training's fakes", *coin),
            Report("g_gradient", "G's gradient", "other", "the norm of G's gradient"),
        )

    @property
    def remedies(self) -> Remedies:
        return {
            problem: tuple(filter(self.can_try, tried))
            for problem, tried in symptoms.remedies(self.losses).items()
        }

    def can_try(self, remedy: str) -> bool:
        """Tell whether a remedy names options that the method has, at other values than it has."""
        named = set(re.findall(r"method\.(\w+)", remedy))
        first = re.match(r"method\.(\w+): (\w+)", remedy)
        there = first is not None and str(getattr(self, first[1], None)) == first[2]
        return named <= type(self).model_fields.keys() and not there

    def symptoms(self, training: Training) -> Iterator[Finding]:
        return symptoms.symptoms(training, self.losses)

    def limits_slope(self, discriminator: Network) -> bool:
        """Tell whether something limits D's slope, as a critic needs."""
        return discriminator.spectral and discriminator.normalization == "none"

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        yield from contradictions.of_adversaries(self, networks)

    # D's loss and accuracies are logged for real and for fakes; d_loss is the mean of the two.

    def loss_on(self, step: Step, on_real: Any, on_fakes: Any) -> Any:
        """Return the mean of D's loss on real examples and its loss on fakes."""
        of_real = self.loss_on_real(step, on_real, on_fakes)
        return (of_real + self.loss_on_fakes(step, on_fakes, on_real)) / 2

    def loss_on_real(self, step: Step, judged: Any, others: Any = None) -> Any:
        """Return D's loss on its outputs for real examples; `others` are those for fakes."""
        loss = self.hold(step, "real", judged, others)
        step.log(d_loss=loss, acc_real=_share(self.losses.says_real(judged, others)))
        return loss

    def loss_on_fakes(self, step: Step, judged: Any, others: Any = None) -> Any:
        """Return D's loss on its outputs for fakes; `others` are those for real examples."""
        loss = self.hold(step, "fake", judged, others)
        says_fake = ops.logical_not(self.losses.says_real(judged, others))
        step.log(d_loss=loss, acc_fake=_share(says_fake))
        return loss

    def hold(self, step: Step, kind: Kind, judged: Any, others: Any) -> Any:
        """Return D's loss on its outputs for examples of a kind; `others` are of the other kind."""
        loss = self.losses.real if kind == "real" else self.losses.fake
        return loss(judged, others)


def _even(loss: float) -> tuple[float, str]:
    """Return the loss when D can't tell, and the words for it."""
    shown = {LN_2: "ln 2", -LN_2: "−ln 2"}.get(loss, f"{loss:.3g}")
    return loss, f"{shown}: D can't tell"


def _share(answers: Any) -> Any:
    return ops.mean(ops.cast(answers, "float32"))
