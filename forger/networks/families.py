"""The families of networks, one per module; a new one needs a line in the table."""

from typing import Annotated

from forger.config.kinds import Kinds
from forger.config.section import Name
from forger.networks.base import Network

KINDS = {
    "mlp": "forger.networks.mlp.MLP",
    "dcgan_generator": "forger.networks.dcgan.DCGANGenerator",
    "dcgan_discriminator": "forger.networks.dcgan.DCGANDiscriminator",
    "residual_generator": "forger.networks.residual.ResidualGenerator",
    "residual_discriminator": "forger.networks.residual.ResidualDiscriminator",
    "conv1d_generator": "forger.networks.conv1d.Conv1DGenerator",
    "conv1d_discriminator": "forger.networks.conv1d.Conv1DDiscriminator",
    "recurrent_generator": "forger.networks.recurrent.RecurrentGenerator",
    "recurrent_discriminator": "forger.networks.recurrent.RecurrentDiscriminator",
    "periodic_generator": "forger.networks.periodic.PeriodicGenerator",
    "periodic_discriminator": "forger.networks.periodic.PeriodicDiscriminator",
    "unet": "forger.networks.unet.UNet",
    "patch_discriminator": "forger.networks.patches.PatchDiscriminator",
}

AnyNetwork = Annotated[Network, Kinds(KINDS, tag="family")]
Networks = dict[Name, AnyNetwork]  # `networks` of a recipe: one per role of its method
