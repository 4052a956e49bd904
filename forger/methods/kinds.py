"""The methods, one per module; a new one needs a line in the table."""

from typing import Annotated

from forger.config.kinds import Kinds
from forger.methods.base import Method

KINDS = {
    "gan": "forger.methods.gan.GAN",
    "conditional_gan": "forger.methods.conditional_gan.ConditionalGAN",
    "info_gan": "forger.methods.info_gan.InfoGAN",
    "pix2pix": "forger.methods.pix2pix.Pix2Pix",
    "vae": "forger.methods.vae.VAE",
}

METHODS = Kinds(KINDS, "kind")
AnyMethod = Annotated[Method, METHODS]
