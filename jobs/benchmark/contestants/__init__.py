"""The contestants, one file each; add a new one to the table below."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forger.networks.families import Networks


@dataclass(frozen=True)
class Entry:
    """What is known of a contestant without importing its library.

    Attributes:
        where: its module and class, as `module:Class`.
        backend: the Keras backend of its race, also Forger's: like is measured against like.
        uses_keras: whether Keras must be set up for it.
        compiles_discriminator: whether D is a compiled model of its own, which takes one batch a
            step, while fakes come from a generator in inference mode.
        only_dense: whether it lacks convolutions.
    """

    title: str
    where: str
    backend: str = "tensorflow"
    uses_keras: bool = True
    compiles_discriminator: bool = False
    only_dense: bool = False

    def can_train(self, networks: Networks) -> bool:
        """Tell whether it has the layers that these networks are built of."""
        families = {network.family for network in networks.values()}
        return not self.only_dense or families == {"mlp"}

    def load(self) -> Any:
        """Return its class, a `base.Contestant`.

        Raises ModuleNotFoundError where its library is not installed.
        """
        module, name = self.where.split(":")
        return getattr(import_module(f"{__name__}.{module}"), name)


def forger(backend: str) -> Entry:
    """Return Forger's own entry on this backend."""
    return Entry(f"Forger, {backend}", "forger:Forger", backend)


PEERS = {
    "textbook_predict": Entry(
        "textbook, predict", "textbook:TextbookPredict", compiles_discriminator=True
    ),
    "textbook": Entry(
        "textbook, predict_on_batch", "textbook:Textbook", compiles_discriminator=True
    ),
    "keras_fit": Entry("Keras fit, train_step", "keras_fit:KerasFit"),
    "pytorch": Entry("PyTorch, eager", "pytorch:PyTorch", uses_keras=False),
    "jax_scan": Entry("JAX scan, by hand", "jax_scan:JaxScan", backend="jax", only_dense=True),
}
