"""Families of networks, a file each; a new one is added to the union below."""

from typing import Annotated

from pydantic import Field

from stages.gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from stages.gan.networks.mlp import MLP
from stages.gan.params.latent import Latent
from stages.gan.params.section import Section

AnyNetwork = Annotated[MLP | DCGANGenerator | DCGANDiscriminator, Field(discriminator="family")]


class Networks(Section):
    """`recipes.R.networks`: the latents, and a network a role."""

    latent: Latent = Field(description="what the generator's input is drawn from")
    generator: AnyNetwork = Field(description="from latents to samples")
    discriminator: AnyNetwork = Field(description="from examples to logits")
