"""The conditional GAN (Mirza and Osindero 2014): both networks are told the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from forger.core.lazy import ops
from forger.methods.base import Fields, Role
from forger.methods.gan import GAN, Batch

if TYPE_CHECKING:
    from forger.engine.model import Step


class ConditionalGAN(GAN):
    """D learns whether an example is real *and* fits its label; G makes fakes for given labels."""

    labelled: ClassVar[bool] = True

    def roles(self, fields: Fields) -> dict[str, Role]:
        told = {"generator": fields.classes, "discriminator": fields.classes * self.packing}
        return {
            role: Role({**inputs, "labels": (told[role],)}, output)
            for role, (inputs, output) in super().roles(fields).items()
        }

    def condition(self, step: Step, batch: Batch) -> Batch:
        return {"labels": ops.one_hot(batch["labels"], step.fields.classes)}
