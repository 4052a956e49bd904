"""Tiny GANs to try the engine on."""

import keras
import numpy as np

from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.base import Fields
from forger.methods.kinds import METHODS
from forger.methods.latent import Latent
from forger.methods.settings import Adam
from forger.networks.mlp import MLP
from forger.training.assembly import optimizer

LATENT, EXAMPLE, BATCH, CLASSES = 3, 2, 4, 3
UPDATES = 10  # of the whole training, for what changes over it
ON_JAX = keras.backend.backend() == "jax"  # always compiled; elsewhere XLA compiles for seconds
OPTIMIZERS = {"discriminator": Adam(learning_rate=0.05), "generator": Adam(learning_rate=0.02)}


FIELDS = Fields({"real": (EXAMPLE,)}, CLASSES)


def networks(method, spectral=False, **of_discriminator):
    roles = method.roles(FIELDS)
    generator = MLP(family="mlp", hidden=(5,), activation="leaky_relu", spectral=spectral)
    settings = {"hidden": (6, 4), "activation": "tanh", **of_discriminator}
    discriminator = MLP(family="mlp", **settings)
    return {
        "generator": generator.build("generator", *roles["generator"], 1),
        "discriminator": discriminator.build("discriminator", *roles["discriminator"], 2),
    }


def build(
    method=None,
    jit=ON_JAX,
    name="gan",
    dropout=0.0,
    hidden=(6, 4),
    spectral=False,
    ema=None,
    **options,
):
    """A model of tiny networks, `spectral` for G; other `options` are the method's."""
    method = (method or METHODS.load(name))(kind=name, latent=Latent(dim=LATENT), **options)
    optimizers = {player: optimizer(OPTIMIZERS[player], player, UPDATES) for player in OPTIMIZERS}
    built = networks(method, spectral, dropout=dropout, hidden=hidden)
    return Adversarial(method, FIELDS, built, optimizers, Course(5, jit, UPDATES, ema))


def batches(k, steps=1, latents=True, labels=False, seed=0):
    """Arrays of k updates."""
    rng = np.random.default_rng(seed)
    arrays = {"real": rng.normal(1, 2, (k, steps, BATCH, EXAMPLE)).astype("float32")}
    if latents:
        arrays["latents"] = rng.normal(size=(k, steps, BATCH, LATENT)).astype("float32")
    if labels:
        arrays["labels"] = rng.integers(0, CLASSES, (k, steps, BATCH))
    return arrays


def run(model, arrays, count=None):
    """One call; the reports, `[count]` by name."""
    k = len(arrays["real"]) if count is None else count
    reports = model.train_on_batch(arrays, np.array([k], np.int32), return_dict=True)
    return {name: values[:k] for name, values in reports.items()}


def weights(model, role):
    return [w.copy() for w in model.networks[role].get_weights()]


def layers(model, role):
    """A network's (weights, bias) pairs in float64."""
    flat = [w.astype(np.float64) for w in model.networks[role].get_weights()]
    return list(zip(flat[::2], flat[1::2], strict=True))


def distance(before, after):
    """The largest change of any weight."""
    return max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True))
