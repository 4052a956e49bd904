"""Methods, a file each; a new one is added to the table below and to params/method.py."""

from stages.gan.methods.base import Method
from stages.gan.methods.conditional_gan import ConditionalGAN
from stages.gan.methods.gan import GAN

METHODS: dict[str, type[Method]] = {"gan": GAN, "conditional_gan": ConditionalGAN}
