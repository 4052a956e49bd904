"""Methods, a module each; a new one is a line of the table."""

from typing import Annotated

from forger.config.kinds import Kinds

KINDS = {
    "gan": "forger.methods.gan.GAN",
    "conditional_gan": "forger.methods.conditional_gan.ConditionalGAN",
}

METHODS = Kinds(KINDS)
AMethod = Annotated[str, METHODS]
