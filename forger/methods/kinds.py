"""The methods, one per module; a new one needs a line in the table."""

from typing import Annotated

from forger.config.kinds import Kinds
from forger.methods.gan import GAN

KINDS = {
    "gan": "forger.methods.gan.GAN",
    "conditional_gan": "forger.methods.conditional_gan.ConditionalGAN",
}

METHODS = Kinds(KINDS, "kind")
AnyMethod = Annotated[GAN, METHODS]  # so far, every method is one
