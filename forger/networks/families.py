"""The families of networks, one per module; a new one needs a line in the table."""

from typing import Annotated

from pydantic import Field

from forger.config.kinds import Kinds
from forger.config.section import Section
from forger.networks.base import Network
from forger.networks.latent import Latent

KINDS = {
    "mlp": "forger.networks.mlp.MLP",
    "dcgan_generator": "forger.networks.dcgan.DCGANGenerator",
    "dcgan_discriminator": "forger.networks.dcgan.DCGANDiscriminator",
}

AnyNetwork = Annotated[Network, Kinds(KINDS, tag="family")]


class Networks(Section):
    """`recipes.R.networks`: the latents, and one network per role."""

    latent: Latent = Field(description="what the generator's input is drawn from")
    generator: AnyNetwork = Field(description="from latents to samples")
    discriminator: AnyNetwork = Field(description="from examples to logits")
