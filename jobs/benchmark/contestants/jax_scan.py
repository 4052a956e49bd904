"""JAX by hand: pure functions, Adam written out, and many updates in one `lax.scan`."""

from __future__ import annotations

from functools import partial
from itertools import pairwise, repeat
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn, random

from forger.methods.settings import Adam
from forger.training.calls import ahead
from jobs.benchmark.contestants.base import Contestant, Weights
from jobs.benchmark.problem import ROLES, Problem

UPDATES_PER_SCAN = 1024
ACTIVATIONS = {"relu": nn.relu, "tanh": jnp.tanh}

Layers = list[tuple[Any, Any]]


class JaxScan(Contestant):
    """A training whose whole state is a tree that one compiled scan takes and returns."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        rng = np.random.default_rng(problem.seed)
        latent = problem.method.latent
        shape = problem.real.shape[1:]
        params = {
            "generator": _initial(problem.networks["generator"], latent.dim, prod(shape), rng),
            "discriminator": _initial(problem.networks["discriminator"], prod(shape), 1, rng),
        }
        zeros = jax.tree.map(jnp.zeros_like, params)
        self.state = {
            "params": params,
            "first": zeros,
            "second": jax.tree.map(jnp.copy, zeros),
            "steps": {role: jnp.zeros((), jnp.int32) for role in ROLES},
            "key": random.key(problem.seed),
        }
        k = problem.per_call(UPDATES_PER_SCAN)
        self.calls = ahead(problem.batches.calls(repeat(k), k))
        self.scan = jax.jit(partial(_scan, problem), donate_argnums=0)

    def run(self, updates: int) -> int:
        done = 0
        while done < updates:
            batch, count = next(self.calls)
            batch = {name: rows[:, 0] for name, rows in batch.items()}
            self.state, _ = self.scan(self.state, batch)
            done += count
        jax.block_until_ready(self.state)
        return done

    def weights(self) -> Weights:
        return {
            role: [np.asarray(array) for layer in self.state["params"][role] for array in layer]
            for role in ROLES
        }

    def load(self, weights: Weights) -> None:
        for role, values in weights.items():
            arrays = [jnp.array(value) for value in values]
            pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
            self.state["params"][role] = pairs


def _initial(network: Any, inputs: int, outputs: int, rng: np.random.Generator) -> Layers:
    return [
        (
            jnp.asarray(rng.normal(0, (2 / (a + b)) ** 0.5, (a, b)), jnp.float32),
            jnp.zeros(b, jnp.float32),
        )
        for a, b in pairwise((inputs, *network.hidden, outputs))
    ]


def _forward(network: Any, layers: Layers, x: Any, key: Any) -> Any:
    x = x.reshape(len(x), -1)
    for i, (kernel, bias) in enumerate(layers[:-1]):
        x = x @ kernel + bias
        if network.activation == "leaky_relu":
            x = nn.leaky_relu(x, network.slope)
        else:
            x = ACTIVATIONS[network.activation](x)
        if network.dropout:
            kept = random.bernoulli(random.fold_in(key, i), 1 - network.dropout, x.shape)
            x = jnp.where(kept, x / (1 - network.dropout), 0)
    kernel, bias = layers[-1]
    x = x @ kernel + bias
    return jnp.tanh(x) if network.output == "tanh" else x


def _adam(settings: Adam, state: Any, role: str, gradients: Layers) -> Any:
    step = state["steps"][role] + 1
    b1 = settings.beta_1
    b2 = settings.beta_2
    rate = settings.learning_rate * jnp.sqrt(1 - b2**step) / (1 - b1**step)
    first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["first"][role], gradients)
    second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state["second"][role], gradients)
    params = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + settings.epsilon),
        state["params"][role],
        first,
        second,
    )
    new = {"params": params, "first": first, "second": second, "steps": step}
    return {**state, **{name: {**state[name], role: value} for name, value in new.items()}}


def _scan(problem: Problem, state: Any, batches: Any) -> Any:
    state, reports = lax.scan(partial(_update, problem), state, batches)
    return state, jax.tree.map(jnp.mean, reports)


def _update(problem: Problem, state: Any, batch: Any) -> Any:
    method = problem.method
    train = problem.train
    key, *keys = random.split(state["key"], 7)
    state = {**state, "key": key}
    latents = _latents(problem, batch, train.batch, keys[0])
    fakes, pull = _generate(problem, state, latents, keys[1])
    real = batch["real"].reshape(fakes.shape)
    state, reports = _train_discriminator(problem, state, real, fakes, keys[2])
    if method.generator_batch is not None:
        latents = _latents(problem, batch, method.generator_batch, keys[5])
        fakes, pull = _generate(problem, state, latents, keys[3])
    state, g_loss = _train_generator(problem, state, fakes, pull, keys[4])
    return state, (*reports, g_loss)


def _generate(problem: Problem, state: Any, latents: Any, key: Any) -> Any:
    """Return fakes, and the function that pulls gradients on them back to G's layers."""
    generator = partial(_forward, problem.networks["generator"])
    return jax.vjp(lambda layers: generator(layers, latents, key), state["params"]["generator"])


def _train_discriminator(problem: Problem, state: Any, real: Any, fakes: Any, key: Any) -> Any:
    judge = partial(_forward, problem.networks["discriminator"])
    keys = random.split(key)

    def on_real(judged: Any) -> Any:
        return jnp.mean(nn.softplus(-judged)), jnp.mean(judged > 0)

    def on_fakes(judged: Any) -> Any:
        return jnp.mean(nn.softplus(judged)), jnp.mean(judged < 0)

    def only_real(layers: Layers) -> Any:
        return on_real(judge(layers, real, keys[0]))

    def only_fakes(layers: Layers) -> Any:
        return on_fakes(judge(layers, fakes, keys[1]))

    def mean(*halves: Any) -> Any:
        (loss_real, right_real), (loss_fakes, right_fakes) = halves
        return (loss_real + loss_fakes) / 2, (right_real, right_fakes)

    def mixed(layers: Layers) -> Any:
        judged = jnp.split(judge(layers, jnp.concatenate([real, fakes]), key), 2)
        return mean(on_real(judged[0]), on_fakes(judged[1]))

    def separate(layers: Layers) -> Any:
        return mean(only_real(layers), only_fakes(layers))

    def descend(state: Any, loss: Any) -> Any:
        of_loss = jax.value_and_grad(loss, has_aux=True)
        report, gradients = of_loss(state["params"]["discriminator"])
        adam = problem.train.optimizers["discriminator"]
        return _adam(adam, state, "discriminator", gradients), report

    if problem.method.discriminator_batches == "alternating":
        state, first = descend(state, only_real)
        state, second = descend(state, only_fakes)
        return state, mean(first, second)
    return descend(state, mixed if problem.method.discriminator_batches == "mixed" else separate)


def _train_generator(problem: Problem, state: Any, fakes: Any, pull: Any, key: Any) -> Any:
    def loss(fakes: Any) -> Any:
        layers = state["params"]["discriminator"]
        judged = _forward(problem.networks["discriminator"], layers, fakes, key)
        return jnp.mean(nn.softplus(-judged))

    g_loss, at_fakes = jax.value_and_grad(loss)(fakes)
    (gradients,) = pull(at_fakes)
    adam = problem.train.optimizers["generator"]
    return _adam(adam, state, "generator", gradients), g_loss


def _latents(problem: Problem, batch: Any, n: int, key: Any) -> Any:
    latent = problem.method.latent
    if "latents" in batch:
        return jnp.tile(batch["latents"], (n // problem.train.batch, 1))
    if latent.law == "uniform":
        return random.uniform(key, (n, latent.dim), minval=latent.low, maxval=latent.high)
    return random.normal(key, (n, latent.dim))
