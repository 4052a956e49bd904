"""Assembly of the engine's model from a recipe's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import keras
from keras.optimizers import schedules

from forger.core.seeds import integer
from forger.data.codecs.table import Table
from forger.data.description import Description
from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.base import Fields, Method
from forger.methods.products import LABELS, MAKERS, Given, Product
from forger.methods.settings import Adam, Train
from forger.networks.families import Networks
from forger.networks.spans import choose, encode_input, encode_output


class Plan(NamedTuple):
    """What is trained, and how: three sections of a recipe."""

    method: Method
    networks: Networks
    train: Train


def build(method: Method, networks: Networks, fields: Fields, seed: int) -> dict[str, keras.Model]:
    """Return a new network for each role of the method.

    Args:
        networks: the recipe's settings of each role's network.
        fields: the data's shape and classes.
        seed: the initial weights derive from it.
    """
    built = {
        role: networks[role].build(role, inputs, output, seed)
        for role, (inputs, output) in method.roles(fields).items()
    }
    if isinstance(codec := fields.codecs.get("real"), Table):
        built |= {role: choose(built[role], codec, LABELS) for role in method.makers}
    method.prepare(built)
    return built


def encode_products(products: Mapping[str, Product], data: Description) -> dict[str, Product]:
    """Return products that take and give examples as the data folder has them."""
    found = {}
    for name, product in products.items():
        network = product.network
        for key, source in product.inputs.items():
            if isinstance(source, Given) and source.field in data.fields:
                codec = data.fields[source.field].codec
                if isinstance(codec, Table):
                    network = encode_input(network, key, codec, source.packed)
        if name in MAKERS and isinstance(codec := data.real.codec, Table):
            network = encode_output(network, codec)
        found[name] = replace(product, network=network)
    return found


def adversarial(plan: Plan, fields: Fields, seed: int, jit: bool, updates: int) -> Adversarial:
    """Return a new model, ready for `train_on_batch`.

    Args:
        plan: the method, its networks, their optimizers and averaging.
        fields: the data's shape and classes.
        seed: the initial weights and the updates' random numbers derive from it.
        jit: whether to compile with XLA.
        updates: how many the whole training has.
    """
    method, networks, settings = plan
    optimizers = {
        player: optimizer(settings.optimizers[player], player, updates * method.steps_of(player))
        for player in method.players
    }
    built = build(method, networks, fields, seed)
    own = integer(seed, "train/updates")
    return Adversarial(method, fields, built, optimizers, Course(own, jit, updates, settings.ema))


def optimizer(own: Adam, player: str, steps: int) -> keras.optimizers.Optimizer:
    """Return a player's Adam for `steps` steps.

    In float16, where small gradients vanish, it has a loss scale.
    """
    adam = keras.optimizers.Adam(
        learning_rate(own, steps), own.beta_1, own.beta_2, own.epsilon, name=player
    )
    if keras.config.dtype_policy().compute_dtype == "float16":
        return keras.optimizers.LossScaleOptimizer(adam, name=f"{player}_scaled")
    return adam


def learning_rate(adam: Adam, steps: int) -> float | schedules.LearningRateSchedule:
    """Return the learning rate over `steps` steps: a constant or a schedule."""
    match adam.schedule:
        case "linear":
            end = adam.final * adam.learning_rate
            return schedules.PolynomialDecay(adam.learning_rate, steps, end)
        case "cosine":
            return schedules.CosineDecay(adam.learning_rate, steps, adam.final)
    return adam.learning_rate
