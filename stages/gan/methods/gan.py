"""The generative adversarial network (Goodfellow et al. 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keras import ops

from stages.gan.methods.base import Method
from stages.gan.networks.base import Shape

if TYPE_CHECKING:
    from stages.gan.engine.model import Shared, Step

Batch = dict[str, Any]


class GAN(Method):
    """D learns to tell real from fake; G learns to make fakes that D takes for real."""

    players: ClassVar = {"discriminator": ("discriminator",), "generator": ("generator",)}
    reports = ("d_loss", "g_loss", "acc_real", "acc_fake")

    def inputs(self, latent: Shape, example: Shape) -> dict[str, dict[str, Shape]]:
        return {"generator": {"latents": latent}, "discriminator": {"examples": example}}

    def condition(self, batch: Batch) -> Batch:
        """What both networks are told besides, by the names of their inputs: nothing, here."""
        return {}

    def update(self, step: Step, batch: Batch) -> None:
        last = self.train.discriminator_steps - 1
        step.repeat(last, lambda i: self.train_discriminator(step, _row(batch, i)))
        batch = _row(batch, last)
        fakes = self.train_discriminator(step, batch)
        if self.train.generator_batch is not None:
            batch = _cycled(batch, self.train.generator_batch)
            fakes = self.generate(step, batch, self.train.generator_batch)
        self.train_generator(step, batch, fakes)

    def generate(self, step: Step, batch: Batch, n: int) -> Shared:
        """`n` fakes, from one forward pass that D's and G's steps share."""
        (generator,) = step.networks("generator")
        latents = batch["latents"] if "latents" in batch else self.draw(n, step)
        inputs = {"latents": latents, **self.condition(batch)}
        return step.share("generator", lambda: generator(inputs))

    def train_discriminator(self, step: Step, batch: Batch) -> Shared:
        """D's step on a batch of real examples and as many fakes; returns the fakes."""
        real, fakes = batch["real"], self.generate(step, batch, self.train.batch)

        def separate(fakes: Any) -> Any:
            (on_real,), (on_fakes,) = self.judge(step, batch, real), self.judge(step, batch, fakes)
            return (self.loss_on_real(step, on_real) + self.loss_on_fakes(step, on_fakes)) / 2

        def mixed(fakes: Any) -> Any:
            on_real, on_fakes = self.judge(step, batch, real, fakes)
            return (self.loss_on_real(step, on_real) + self.loss_on_fakes(step, on_fakes)) / 2

        def only_real() -> Any:
            return self.loss_on_real(step, *self.judge(step, batch, real))

        def only_fakes(fakes: Any) -> Any:
            return self.loss_on_fakes(step, *self.judge(step, batch, fakes))

        match self.train.discriminator_batches:
            case "separate":
                step.descend("discriminator", separate, fakes)
            case "mixed":
                step.descend("discriminator", mixed, fakes)
            case "alternating":
                step.descend("discriminator", only_real)
                step.descend("discriminator", only_fakes, fakes)
        return fakes

    def train_generator(self, step: Step, batch: Batch, fakes: Shared) -> None:
        """G's step on the fakes, through D as it is now."""

        def loss(fakes: Any) -> Any:
            value = self.objective.generator(*self.judge(step, batch, fakes))
            step.log(g_loss=value)
            return value

        step.descend("generator", loss, fakes)

    def judge(self, step: Step, batch: Batch, *groups: Any) -> list[Any]:
        """D's raw outputs for each group of examples, all groups in one batch."""
        (discriminator,) = step.networks("discriminator")
        conditions = {
            name: ops.concatenate([x] * len(groups)) for name, x in self.condition(batch).items()
        }
        judged = discriminator({"examples": ops.concatenate(groups), **conditions})
        return ops.split(judged, len(groups))

    # D's loss and its accuracies are logged part by part: d_loss is the mean of the two.

    def loss_on_real(self, step: Step, judged: Any) -> Any:
        loss = self.objective.real(judged)
        step.log(d_loss=loss, acc_real=_share(judged > self.objective.threshold))
        return loss

    def loss_on_fakes(self, step: Step, judged: Any) -> Any:
        loss = self.objective.fake(judged)
        step.log(d_loss=loss, acc_fake=_share(judged < self.objective.threshold))
        return loss


def _share(answers: Any) -> Any:
    return ops.mean(ops.cast(answers, "float32"))


def _row(batch: Batch, i: Any) -> Batch:
    return {name: rows[i] for name, rows in batch.items()}


def _cycled(batch: Batch, n: int) -> Batch:
    """`n` rows of everything, starting over at the end."""
    return {
        name: ops.take(rows, [i % rows.shape[0] for i in range(n)], axis=0)
        for name, rows in batch.items()
        if name != "real"
    }
