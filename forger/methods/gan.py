"""The generative adversarial network (Goodfellow et al. 2014)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from forger.core.lazy import ops
from forger.methods.base import Method
from forger.methods.penalties import PENALTIES, Draws
from forger.networks.base import Shape

if TYPE_CHECKING:
    from forger.engine.model import Shared, Step

Batch = dict[str, Any]


class GAN(Method):
    """D learns to tell real from fake; G learns to make fakes that D takes for real."""

    players: ClassVar = {"discriminator": ("discriminator",), "generator": ("generator",)}
    reports: tuple[str, ...] = ("d_loss", "g_loss", "acc_real", "acc_fake", "g_gradient")

    def inputs(self, latent: Shape, example: Shape) -> dict[str, dict[str, Shape]]:
        *sides, channels = example
        packed = (*sides, channels * self.train.packing)
        return {"generator": {"latents": latent}, "discriminator": {"examples": packed}}

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

        def on_both(fakes: Any) -> Any:
            judged = self.judge(step, batch, real, fakes)
            return self.loss_on(step, *judged) + self.penalty(step, batch, real, fakes)

        def only_real() -> Any:
            return self.loss_on_real(step, *self.judge(step, batch, real))

        def only_fakes(fakes: Any) -> Any:
            return self.loss_on_fakes(step, *self.judge(step, batch, fakes))

        if self.train.discriminator_batches == "alternating":
            step.descend("discriminator", only_real)
            step.descend("discriminator", only_fakes, fakes)
        else:
            step.descend("discriminator", on_both, fakes)
        return fakes

    def train_generator(self, step: Step, batch: Batch, fakes: Shared) -> None:
        """G's step on the fakes, through D as it is now."""

        def loss(fakes: Any) -> Any:
            groups = (fakes, batch["real"]) if self.objective.relative else (fakes,)
            on_fakes, *on_real = self.judge(step, batch, *groups)
            value = self.objective.generator(on_fakes, *on_real or [None])
            step.log(g_loss=value)
            return value

        step.log(g_gradient=step.descend("generator", loss, fakes))

    def judge(self, step: Step, batch: Batch, *groups: Any) -> list[Any]:
        """D's raw outputs for each group of examples, `[batch / packing, 1]`."""
        return self.ask(step, batch, *[self.shown(step, group) for group in groups])

    def ask(self, step: Step, batch: Batch, *groups: Any) -> list[Any]:
        """The same for groups that are as D is shown them."""
        (discriminator,) = step.networks("discriminator")
        told = {name: self.packed(x) for name, x in self.condition(batch).items()}
        if self.train.discriminator_batches == "separate":
            return [discriminator({"examples": group, **told}) for group in groups]
        # One batch, in which D's normalisation, if it had one, would mix the groups.
        together = {name: ops.concatenate([x] * len(groups)) for name, x in told.items()}
        judged = discriminator({"examples": ops.concatenate(groups), **together})
        return ops.split(judged, len(groups))

    def shown(self, step: Step, examples: Any) -> Any:
        """Examples as D is shown them: augmented, under noise, and packed."""
        return self.packed(self.noised(step, self.shifted(step, examples)))

    def packed(self, examples: Any) -> Any:
        """`[batch, …, channels]` to `[batch / m, …, m · channels]`, m examples as one."""
        m = self.train.packing
        return ops.concatenate(ops.split(examples, m), axis=-1) if m > 1 else examples

    def shifted(self, step: Step, examples: Any) -> Any:
        """Images `[batch, height, width, channels]`, each shifted by a random number of pixels."""
        if self.train.augmentation is None:
            return examples
        n, height, width, _ = examples.shape
        u = self.uniform((2, n, 1), step)
        # Products with a 1 in each row, since gathering goes back as a scatter, slow under XLA.
        rows = _shifts(u[0], height, self.train.augmentation.translation)
        columns = _shifts(u[1], width, self.train.augmentation.translation)
        return ops.einsum("nij,njkc,nlk->nilc", rows, examples, columns)

    def noised(self, step: Step, examples: Any) -> Any:
        """The examples, under as much noise as is left at this time of the training."""
        noise = self.train.instance_noise
        if noise is None:
            return examples
        at = ops.minimum(step.progress() / noise.until, 1.0)
        if noise.final > 0:
            stddev = noise.stddev * (noise.final / noise.stddev) ** at
        else:
            stddev = noise.stddev * (1 - at)
        return examples + stddev * self.normal(examples.shape, step)

    def penalty(self, step: Step, batch: Batch, real: Any, fakes: Any) -> Any:
        """Half the weighted penalties on D's slope, as d_loss is half of D's two losses."""
        weights = {name: w for name, w in self.train.penalties.model_dump().items() if w}
        if not weights:
            return 0.0

        def judge(examples: Any) -> Any:
            return self.ask(step, batch, examples)[0]

        draws = Draws(partial(self.uniform, step=step), partial(self.normal, step=step))
        shown = self.shown(step, real), self.shown(step, fakes)
        found = [w * PENALTIES[name](judge, *shown, draws) for name, w in weights.items()]
        step.log(penalty=sum(found) / 2)
        return sum(found) / 2

    # D's loss and its accuracies are logged part by part: d_loss is the mean of the two.

    def loss_on(self, step: Step, on_real: Any, on_fakes: Any) -> Any:
        """Half of D's loss on real and on fake."""
        of_real = self.loss_on_real(step, on_real, on_fakes)
        return (of_real + self.loss_on_fakes(step, on_fakes, on_real)) / 2

    def loss_on_real(self, step: Step, judged: Any, others: Any = None) -> Any:
        loss = self._loss(step, self.objective.real, judged, others, "real")
        step.log(d_loss=loss, acc_real=_share(judged > self._threshold(judged, others)))
        return loss

    def loss_on_fakes(self, step: Step, judged: Any, others: Any = None) -> Any:
        loss = self._loss(step, self.objective.fake, judged, others, "fake")
        step.log(d_loss=loss, acc_fake=_share(judged <= self._threshold(judged, others)))
        return loss

    def _loss(self, step: Step, plain: Any, judged: Any, others: Any, kind: str) -> Any:
        labels = self.train.labels
        if labels is None or self.objective.against is None:
            return plain(judged, others)
        own, other = (labels.real, labels.fake) if kind == "real" else (labels.fake, labels.real)
        u, flipped = self.uniform((2, *judged.shape), step), labels.flip
        low, high = (ops.where(u[0] < flipped, *pair) for pair in zip(other, own, strict=True))
        return self.objective.against(judged, low + (high - low) * u[1])

    def _threshold(self, judged: Any, others: Any) -> Any:
        """Above it D says "real"; a critic, whatever is nearer to the real examples' mean."""
        if self.objective.threshold is not None:
            return self.objective.threshold
        return (ops.mean(judged) + ops.mean(others)) / 2


def _shifts(u: Any, side: int, share: float) -> Any:
    """Of uniform numbers `[n, 1]`, matrices `[n, side, side]` that shift by up to that share,
    repeating the edge."""
    reach = round(share * side)
    by = ops.cast(ops.floor(u * (2 * reach + 1)), "int32") - reach
    return ops.one_hot(ops.clip(ops.arange(side) + by, 0, side - 1), side)


def _share(answers: Any) -> Any:
    return ops.mean(ops.cast(answers, "float32"))


def _row(batch: Batch, i: Any) -> Batch:
    return {name: rows[i] for name, rows in batch.items()}


def _cycled(batch: Batch, n: int) -> Batch:
    """`n` rows of everything, starting over at the end."""
    return {
        name: ops.take(rows, [i % rows.shape[0] for i in range(n)], axis=0)
        for name, rows in batch.items()
    }
