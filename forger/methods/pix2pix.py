"""Image to image translation by a conditional GAN (pix2pix: Isola et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from forger.config.section import Weight
from forger.core.lazy import ops
from forger.methods.adversarial import Adversarial
from forger.methods.base import Fields, Role
from forger.methods.batch import Batch, row
from forger.methods.findings import Remedies
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.reports import Report

if TYPE_CHECKING:
    import keras

    from forger.data.base import Dataset
    from forger.engine.model import Step
    from forger.methods.settings import Train
    from forger.networks.base import Network


class Pix2Pix(Adversarial):
    """G translates the source of an example; D judges whether source and example belong together.

    G descends its loss and `l1` |example − translation| (equation 4 of the paper). Its noise is
    dropout, which is left out once it is trained, or latents.
    """

    needs: ClassVar[tuple[str, ...]] = ("real", "source")

    l1: Weight = Field(100.0, description="weight of the mean absolute error, λ in the paper")
    latent: Latent | None = Field(
        None,
        description="what a second input of G is drawn from; null: none, as in the paper",
    )

    def update(self, step: Step, batch: Batch) -> None:
        batch = row(batch, 0)
        source = batch["source"]
        real = batch["real"]
        generator, discriminator = step.networks("generator", "discriminator")
        inputs = {"source": source, **self.noise(step, real.shape[0])}
        made = step.share("generator", lambda: generator(inputs))

        def judge(examples: Any) -> Any:
            return discriminator({"examples": examples, "source": source})

        # 1. D's step, on true pairs and on translations.
        def of_d(made: Any) -> Any:
            return self.loss_on(step, judge(real), judge(made))

        # 2. G's step, through D as it is now, and towards the example itself.
        def of_g(made: Any) -> Any:
            on_real = judge(real) if self.losses.relative else None
            loss = self.losses.generator(judge(made), on_real)
            l1 = ops.mean(ops.abs(real - made))
            step.log(g_loss=loss, l1=l1)
            return loss + self.l1 * l1

        step.descend("discriminator", of_d, made)
        step.log(g_gradient=step.descend("generator", of_g, made))

    def noise(self, step: Step, n: int) -> Batch:
        """Draw G's other input, by its name, if it has any."""
        return {} if self.latent is None else {"latents": self.latent.draw(n, step.random)}

    @property
    def reports(self) -> tuple[Report, ...]:
        meaning = "mean absolute error of training's translations, in the networks' units"
        return (*super().reports, Report("l1", "absolute error", "other", meaning))

    @property
    def remedies(self) -> Remedies:
        found = dict(super().remedies)
        found["samples far from the data"] += ("a smaller method.l1, where they are blurred",)
        return found

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | {"pairs", "asked"}

    @property
    def drawn(self) -> int:
        return 0 if self.latent is None else self.latent.size

    def examples(self, batch: int) -> dict[str, int]:
        return {"train.batch": 2 * batch}

    def roles(self, fields: Fields) -> dict[str, Role]:
        source = {"source": fields["source"]}
        latents = {} if self.latent is None else {"latents": (self.latent.size,)}
        return {
            "generator": Role({**source, **latents}, fields.real),
            "discriminator": Role({"examples": fields.real, **source}, (1,)),
        }

    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        source = {"source": Given("source")}
        latents = {} if self.latent is None else {"latents": Drawn(self.latent)}
        judged = {"examples": Given("real"), **source}
        return {
            "translator": Product(networks["generator"], {**source, **latents}),
            "discriminator": Product(networks["discriminator"], judged, self.losses.threshold),
        }

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        yield from super().problems(networks, train, dataset)
        if self.latent is not None and self.latent.pool is not None:
            yield "method.latent.pool: must be null; latents are drawn afresh"
