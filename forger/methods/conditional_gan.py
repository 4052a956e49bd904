"""The conditional GAN (Mirza and Osindero 2014): both networks are told the label."""

from __future__ import annotations

from typing import ClassVar

from forger.core.lazy import ops
from forger.methods.gan import GAN, Batch
from forger.networks.base import Shape


class ConditionalGAN(GAN):
    """D sees whether an example is real *and* fits its label; G makes one for a label."""

    labelled: ClassVar[bool] = True

    def inputs(self, latent: Shape, example: Shape) -> dict[str, dict[str, Shape]]:
        told = {"generator": self.classes, "discriminator": self.classes * self.train.packing}
        inputs = super().inputs(latent, example)
        return {role: {**own, "labels": (told[role],)} for role, own in inputs.items()}

    def condition(self, batch: Batch) -> Batch:
        return {"labels": ops.one_hot(batch["labels"], self.classes)}
