"""InfoGAN (Chen et al. 2016): part of what G is given shows in what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import log
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from forger.core.lazy import ops
from forger.methods.base import Fields, Role
from forger.methods.batch import Batch
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.reports import Report

if TYPE_CHECKING:
    import keras

    from forger.data.base import Dataset
    from forger.engine.model import Step
    from forger.methods.settings import Train
    from forger.networks.base import Network


class InfoGAN(GAN):
    """G is told codes besides latents; D, with a second output, must tell them from the fakes.

    D and G both descend −ln Q(code | fake) (equation 5 of the paper, whose other term is constant).
    Q is D's second output: logits of the category, and the means of Gaussians of unit variance for
    the other coordinates.
    """

    codes: Latent = Field(
        description="what the codes are drawn from; the paper: uniform, and a category"
    )
    information: Annotated[float, Field(ge=0, le=1e6)] = Field(
        1.0, description="weight of the codes' loss, λ in the paper"
    )

    def draw(self, step: Step, batch: Batch) -> Batch:
        n = batch["real"].shape[0]
        return {**super().draw(step, batch), "codes": self.codes.draw(n, step.random)}

    def inputs(self, step: Step, batch: Batch) -> Batch:
        return {**super().inputs(step, batch), "codes": batch["codes"]}

    def discriminator(self, step: Step) -> Callable[[Batch], Any]:
        whole = super().discriminator(step)
        return lambda inputs: whole(inputs)["score"]

    def loss_of_both(self, step: Step, batch: Batch, fakes: Any) -> Any:
        (discriminator,) = step.networks("discriminator")
        found = discriminator({"examples": self.show(step, fakes)})["codes"]
        dim = self.codes.dim
        codes = batch["codes"]
        squares = ops.sum(ops.square(found[:, :dim] - codes[:, :dim]), axis=1)
        step.log(code_mse=ops.mean(squares) / dim)
        loss = ops.mean(squares) / 2
        if self.codes.categories:
            # Cross-entropy: ln of the softmax at the category that was drawn.
            surprise = -ops.sum(ops.log_softmax(found[:, dim:]) * codes[:, dim:], axis=1)
            step.log(information=log(self.codes.categories) - ops.mean(surprise))
            loss += ops.mean(surprise)
        return self.information * loss

    @property
    def reports(self) -> tuple[Report, ...]:
        variance = "mean squared error of the codes' coordinates, as D tells them from fakes"
        most = log(max(self.codes.categories, 1))
        told = f"what a fake tells of its category, in nats (at most ln {self.codes.categories})"
        return (
            *super().reports,
            Report("code_mse", "codes' error", "other", variance),
            *[Report("information", "information", "other", told, most, "all of it")]
            * bool(self.codes.categories),
        )

    def can_try(self, remedy: str) -> bool:
        return "method.packing" not in remedy and super().can_try(remedy)

    @property
    def drawn(self) -> int:
        return super().drawn + self.codes.size

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | ({"codes"} if self.codes.categories else set())

    def roles(self, fields: Fields) -> dict[str, Role]:
        roles = super().roles(fields)
        size = (self.codes.size,)
        generator = roles["generator"]
        discriminator = roles["discriminator"]
        return {
            "generator": generator._replace(inputs={**generator.inputs, "codes": size}),
            "discriminator": discriminator._replace(output={"score": (1,), "codes": size}),
        }

    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        whole = networks["discriminator"]
        alone = {**networks, "discriminator": _part(whole, whole.output["score"])}
        found = super().products(alone)
        told = {**found["generator"].inputs, "codes": Drawn(self.codes)}
        encoder = _part(whole, {"codes": whole.output["codes"]}, name="encoder")
        return {
            "generator": Product(networks["generator"], told),
            "discriminator": found["discriminator"],
            "encoder": Product(encoder, {"examples": Given("real")}),
        }

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        yield from super().problems(networks, train, dataset)
        if self.packing > 1:
            yield f"method.packing: found {self.packing}; must be 1, as a fake has its own codes"
        if self.codes.pool is not None:
            yield "method.codes.pool: must be null; codes are drawn afresh"


def _part(network: keras.Model, output: Any, name: str = "discriminator") -> keras.Model:
    import keras

    return keras.Model(network.input, output, name=name)
