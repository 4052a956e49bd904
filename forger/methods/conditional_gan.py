"""The conditional GAN (Mirza and Osindero 2014): both networks are told the label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from forger.core.lazy import ops
from forger.methods.base import Fields, Role
from forger.methods.batch import Batch
from forger.methods.gan import GAN
from forger.methods.products import Given, Product

if TYPE_CHECKING:
    import keras

    from forger.engine.model import Step


class ConditionalGAN(GAN):
    """D learns whether an example is real *and* fits its label; G makes fakes for given labels."""

    needs: ClassVar[tuple[str, ...]] = ("real", "labels")

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | {"asked"}

    def roles(self, fields: Fields) -> dict[str, Role]:
        return {
            name: role._replace(
                inputs={**role.inputs, "labels": (fields.classes * self.count_packed(name),)}
            )
            for name, role in super().roles(fields).items()
        }

    def products(self, networks: Mapping[str, keras.Model]) -> dict[str, Product]:
        return {
            name: replace(
                product,
                inputs={**product.inputs, "labels": Given("labels", self.count_packed(name))},
            )
            for name, product in super().products(networks).items()
        }

    def condition(self, step: Step, batch: Batch) -> Batch:
        return {"labels": ops.one_hot(batch["labels"], step.fields.classes)}
