"""The variational autoencoder (Kingma and Welling 2014), with Gaussian noise on what it makes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from forger.config.section import Positive
from forger.core.lazy import ops
from forger.core.random import normal
from forger.methods.base import Fields, Method, Role
from forger.methods.batch import Batch, row
from forger.methods.findings import REMEDIES, Finding, Remedies, Training
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.reports import Report

if TYPE_CHECKING:
    import keras

    from forger.data.base import Dataset
    from forger.engine.model import Step
    from forger.methods.settings import Train
    from forger.networks.base import Network

LN_2_PI = math.log(2 * math.pi)
UNUSED = 0.1  # nats of divergence below which latents say nothing of the example


class VAE(Method):
    """E tells where an example's latents lie; G makes the example of them.

    Both descend the negative evidence lower bound, `reconstruction` + β `divergence` (equations 2
    and 10 of the paper): x ~ N(G(z), stddev²) given z ~ N(0, 1), and q(z | x) = N(E's latents, the
    exponential of E's log_variance), diagonal.
    """

    chooses: ClassVar[bool] = False
    players: ClassVar[Mapping[str, tuple[str, ...]]] = {"autoencoder": ("encoder", "generator")}
    averaged: ClassVar[tuple[str, ...]] = ("encoder", "generator")

    latent_dim: Annotated[int, Field(ge=1, le=65_536)] = Field(
        description="latents, standard normal"
    )
    stddev: Positive = Field(
        0.25, description="of the noise on each number that G makes, in the networks' units"
    )
    beta: Annotated[float, Field(ge=0, le=1e6)] = Field(
        1.0, description="weight of the divergence; 1 is the bound itself (Higgins et al. 2017)"
    )

    def update(self, step: Step, batch: Batch) -> None:
        encoder, generator = step.networks("encoder", "generator")
        x = row(batch, 0)["real"]

        def loss() -> Any:
            # 1. Latents of each example, drawn from where E says that they lie.
            q = encoder({"examples": x})
            noise = normal((x.shape[0], self.latent_dim), step.random)
            z = q["latents"] + ops.exp(q["log_variance"] / 2) * noise
            # 2. How far G is from the example, and q from the latents' law, in nats.
            reconstruction = ops.mean(self.surprise(x, generator({"latents": z})))
            divergence = ops.mean(divergence_of(q["latents"], q["log_variance"]))
            value = reconstruction + self.beta * divergence
            step.log(loss=value, reconstruction=reconstruction, divergence=divergence)
            return value

        step.descend("autoencoder", loss)

    def surprise(self, x: Any, made: Any) -> Any:
        """Return −ln p(x | z) of examples `[n, …]`, given what G makes of their z, `[n]`."""
        squares = ops.square((x - made) / self.stddev) + 2 * math.log(self.stddev) + LN_2_PI
        return ops.sum(ops.reshape(squares, (x.shape[0], -1)), axis=1) / 2

    @property
    def offers(self) -> frozenset[str]:
        return frozenset({"latents", "likelihood"})

    @property
    def reports(self) -> tuple[Report, ...]:
        return (
            Report("loss", "both", "loss", "the negative bound, in nats"),
            Report("reconstruction", "reconstruction", "loss", "−ln p(x | z), in nats"),
            Report("divergence", "divergence", "loss", "of q(z | x) from N(0, 1), in nats"),
        )

    def symptoms(self, training: Training) -> Iterator[Finding]:
        found = training.late["divergence"].mean()
        if found < UNUSED:
            yield Finding(
                "posterior collapse",
                f"latents tell {found:.2g} nats of an example over the last epochs: G ignores them",
            )

    @property
    def remedies(self) -> Remedies:
        return {
            **REMEDIES,
            "posterior collapse": ("a smaller method.beta", "a smaller method.stddev"),
            "classes out of proportion": ("a larger method.latent_dim", "more train.epochs"),
            "mode collapse": ("a smaller method.beta", "a wider networks.generator"),
            "samples far from the data": (
                "more train.epochs",
                "a larger method.beta",
                "a wider networks.generator",
            ),
        }

    def problems(
        self, networks: Mapping[str, Network], train: Train, dataset: Dataset
    ) -> Iterator[str]:
        for role, network in networks.items():
            if network.minibatch != "none":
                yield f"networks.{role}.minibatch: it is a discriminator's, and there is none"
        if networks["encoder"].output != "linear":
            yield "networks.encoder.output: must be linear, as latents lie anywhere"

    @property
    def drawn(self) -> int:
        return self.latent_dim

    def roles(self, fields: Fields) -> dict[str, Role]:
        size = (self.latent_dim,)
        return {
            "encoder": Role({"examples": fields.real}, {"latents": size, "log_variance": size}),
            "generator": Role({"latents": size}, fields.real),
        }

    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        law = Drawn(Latent(dim=self.latent_dim))
        generator = Product(networks["generator"], {"latents": law}, stddev=self.stddev)
        return {
            "generator": generator,
            "encoder": Product(networks["encoder"], {"examples": Given("real")}),
        }


def divergence_of(mean: Any, log_variance: Any) -> Any:
    """Return the divergence of N(mean, exp(log_variance)) from N(0, 1), in nats, `[n]`.

    The rows of `mean` and `log_variance` `[n, size]` are diagonal Gaussians (appendix B).
    """
    terms = ops.square(mean) + ops.exp(log_variance) - 1 - log_variance
    return ops.sum(terms, axis=1) / 2
