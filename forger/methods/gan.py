"""The generative adversarial network (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from forger.config.section import Count, Positive
from forger.core.lazy import ops
from forger.methods import contradictions
from forger.methods.adversarial import Kind
from forger.methods.augmentation import Augmentation, Augmenting
from forger.methods.base import Fields, Role
from forger.methods.batch import Batch, cycle, row
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.remedies import InstanceNoise, Labels, Penalties, pack
from forger.methods.reports import Report
from forger.networks.base import Network

if TYPE_CHECKING:
    import keras
    import numpy as np

    from forger.data.base import Dataset
    from forger.engine.model import Shared, Step
    from forger.methods.settings import Train


class GAN(Augmenting):
    """D learns to tell real from fake; G learns to make fakes that D takes for real.

    An update is `discriminator_steps` steps of D, then one of G.
    """

    latent: Latent = Field(description="what G's input is drawn from")
    discriminator_batches: Literal["separate", "mixed", "alternating"] = Field(
        "separate",
        description="real and fake as two batches of one step (separate), "
        "one batch (mixed), or a step on real and then one on fake (alternating)",
    )
    discriminator_steps: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="steps of D per step of G, each on real examples of its own"
    )
    generator_batch: Count | None = Field(
        None, description="fakes in G's step, drawn afresh; null: those D has just seen"
    )
    labels: Labels | None = Field(None, description="soft and noisy targets of D")
    instance_noise: InstanceNoise | None = Field(None, description="decaying noise on all D sees")
    augmentation: Augmentation | None = Field(None, description="random changes of all D sees")
    penalties: Penalties = Field(
        default=Penalties(), description="weights of penalties on D's slope"
    )
    weight_clip: Positive | None = Field(
        None, description="clip D's weights to ± this after each step (Arjovsky et al. 2017)"
    )
    packing: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="examples that D judges at once, as one (PacGAN, Lin et al. 2018)"
    )

    def update(self, step: Step, batch: Batch) -> None:
        # 1. D's steps, each on real examples and latents of its own.
        last = self.discriminator_steps - 1
        step.repeat(last, lambda i: self.train_discriminator(step, self.draw(step, row(batch, i))))
        rows = row(batch, last)
        batch = self.draw(step, rows)
        fakes = self.train_discriminator(step, batch)
        # 2. G's fakes: those that D has just seen, or as many new ones as are asked for.
        if self.generator_batch is not None:
            batch = self.draw(step, cycle(rows, self.generator_batch))
            fakes = self.generate(step, batch)
        # 3. G's step.
        self.train_generator(step, batch, fakes)

    def draw(self, step: Step, batch: Batch) -> Batch:
        """Add what G's fakes are made from: a latent a real example, unless a pool has given it."""
        if "latents" in batch:
            return batch
        return {**batch, "latents": self.latent.draw(batch["real"].shape[0], step.random)}

    def generate(self, step: Step, batch: Batch) -> Shared:
        """Make a fake per real example, in one forward pass that D's and G's steps share."""
        (generator,) = step.networks("generator")
        inputs = self.inputs(step, batch)
        return step.share("generator", lambda: generator(inputs))

    def inputs(self, step: Step, batch: Batch) -> Batch:
        """Return G's inputs, by name."""
        return {"latents": batch["latents"], **self.condition(step, batch)}

    def train_discriminator(self, step: Step, batch: Batch) -> Shared:
        """Train D on a batch of real examples and as many fakes, and return the fakes."""
        real = batch["real"]
        fakes = self.generate(step, batch)

        def on_both(fakes: Any) -> Any:
            loss = self.loss_on(step, *self.judge(step, batch, real, fakes))
            loss += self.penalty(step, batch, real, fakes)
            return loss + self.loss_of_both(step, batch, fakes)

        def only_real() -> Any:
            return self.loss_on_real(step, *self.judge(step, batch, real))

        def only_fakes(fakes: Any) -> Any:
            loss = self.loss_on_fakes(step, *self.judge(step, batch, fakes))
            return loss + self.loss_of_both(step, batch, fakes)

        if self.discriminator_batches == "alternating":
            step.descend("discriminator", only_real)
            step.descend("discriminator", only_fakes, fakes)
        else:
            step.descend("discriminator", on_both, fakes)
        return fakes

    def train_generator(self, step: Step, batch: Batch, fakes: Shared) -> None:
        """Train G on the fakes, through D as it is now."""

        def loss(fakes: Any) -> Any:
            groups = (fakes, batch["real"]) if self.losses.relative else (fakes,)
            on_fakes, *on_real = self.judge(step, batch, *groups)
            value = self.losses.generator(on_fakes, *on_real or [None])
            step.log(g_loss=value)
            return value + self.loss_of_both(step, batch, fakes)

        step.log(g_gradient=step.descend("generator", loss, fakes))

    def judge(self, step: Step, batch: Batch, *groups: Any) -> list[Any]:
        """Return D's raw outputs for each group of examples, `[batch / packing, 1]`."""
        return self.ask(step, batch, *[self.show(step, group) for group in groups])

    def show(self, step: Step, examples: Any) -> Any:
        """Return examples as D is shown them: changed, under noise, and packed."""
        if self.augmentation is not None:
            examples = self.augmentation.change(examples, step)
        if self.instance_noise is not None:
            examples = self.instance_noise.add(examples, step.progress(), step.random)
        return pack(examples, self.packing)

    def ask(self, step: Step, batch: Batch, *groups: Any) -> list[Any]:
        """Return D's raw outputs for groups that `show` has prepared."""
        discriminator = self.discriminator(step)
        told = {name: pack(x, self.packing) for name, x in self.condition(step, batch).items()}
        if self.discriminator_batches == "separate":
            return [discriminator({"examples": group, **told}) for group in groups]
        # All groups in one batch, where batch normalisation in D would mix them.
        together = {name: ops.concatenate([x] * len(groups)) for name, x in told.items()}
        judged = discriminator({"examples": ops.concatenate(groups), **together})
        return ops.split(judged, len(groups))

    def discriminator(self, step: Step) -> Callable[[Batch], Any]:
        """Return D as a function of its inputs that gives raw outputs."""
        (discriminator,) = step.networks("discriminator")
        return discriminator

    def loss_of_both(self, step: Step, batch: Batch, fakes: Any) -> Any:
        """Return what D and G both descend on fakes, besides their losses: nothing, here."""
        return 0.0

    def condition(self, step: Step, batch: Batch) -> Batch:
        """Return what both networks are told besides, by input name: nothing, here."""
        return {}

    def penalty(self, step: Step, batch: Batch, real: Any, fakes: Any) -> Any:
        """Return half the weighted penalties on D's slope, as d_loss is half of D's two losses.

        Args:
            step, batch: of the update, for what D is told besides.
            real, fakes: as many examples of each, as they are in the data.
        """
        if not self.penalties.any:
            return 0.0
        shown = self.show(step, real), self.show(step, fakes)
        found = self.penalties.measure(
            lambda examples: self.ask(step, batch, examples)[0], *shown, step.random
        )
        step.log(penalty=found / 2)
        return found / 2

    def hold(self, step: Step, kind: Kind, judged: Any, others: Any) -> Any:
        """Return D's loss, against soft and noisy targets where there are labels."""
        if self.labels is None or self.losses.against is None:
            return super().hold(step, kind, judged, others)
        return self.losses.against(judged, self.labels.draw(kind, judged.shape, step.random))

    @property
    def reports(self) -> tuple[Report, ...]:
        penalty = Report("penalty", "penalty", "other", "half the weighted penalties")
        return (*super().reports, *[penalty] * self.penalties.any)

    @property
    def batches(self) -> int:
        return self.discriminator_steps

    @property
    def arrays(self) -> dict[str, int]:
        pool = self.latent.pool
        return {} if pool is None else {"method.latent.pool": pool * self.latent.size}

    @property
    def drawn(self) -> int:
        return self.latent.size

    def examples(self, batch: int) -> dict[str, int]:
        return {"train.batch": 2 * batch, "method.generator_batch": self.generator_batch or 0}

    def count_packed(self, role: str) -> int:
        return self.packing if role == "discriminator" else 1

    def pool(self, seed: int) -> np.ndarray | None:
        return self.latent.draw_once(seed)

    def steps_of(self, player: str) -> int:
        if player != "discriminator":
            return 1
        return self.discriminator_steps * (2 if self.discriminator_batches == "alternating" else 1)

    def roles(self, fields: Fields) -> dict[str, Role]:
        *sides, channels = fields.real
        packed = (*sides, channels * self.packing)
        return {
            "generator": Role({"latents": (self.latent.size,)}, fields.real),
            "discriminator": Role({"examples": packed}, (1,)),
        }

    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        judged = {"examples": Given("real", self.packing)}
        return {
            "generator": Product(networks["generator"], {"latents": Drawn(self.latent)}),
            "discriminator": Product(networks["discriminator"], judged, self.losses.threshold),
        }

    def prepare(self, networks: Mapping[str, keras.Model]) -> None:
        if self.weight_clip is not None:
            from forger.engine.constraints import clip  # imports Keras

            clip(networks["discriminator"], self.weight_clip)

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        yield from super().problems(networks, train, dataset)
        yield from contradictions.of_gan(self, networks["discriminator"], train, dataset)

    def limits_slope(self, discriminator: Network) -> bool:
        limited = self.penalties.any or self.weight_clip is not None
        return limited or super().limits_slope(discriminator)
