"""What Keras recommends: a custom `train_step` under `fit`."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

import keras
import tensorflow as tf

from jobs.benchmark.contestants.with_keras import PlainKeras
from jobs.benchmark.problem import ROLES, Problem

STEPS_PER_EXECUTION = (1, 16, 128)
SLOW = 0.05  # seconds per update


class KerasFit(PlainKeras):
    """`fit`, with XLA where that is faster and the best of several `steps_per_execution`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.data = {"real": problem.real}
        if (pool := problem.method.latent.draw_once(problem.seed)) is not None:
            self.data["latents"] = pool
        self.problem = problem
        self.batch = problem.train.batch
        self.steps = len(problem.real) // self.batch
        self.model = _GAN(problem, self.networks, self.optimizers)
        self._compile(self._best())

    def _compile(self, steps_per_execution: int) -> None:
        self.model.compile(jit_compile=self.jit, steps_per_execution=steps_per_execution)

    def _best(self) -> int:
        choices = [k for k in STEPS_PER_EXECUTION if k <= self.steps]
        if len(choices) == 1:
            return choices[0]
        seconds = {choices[0]: self._seconds(choices[0])}
        if seconds[choices[0]] < SLOW:  # a slow update has nothing to gain
            seconds |= {k: self._seconds(k) for k in choices[1:]}
        return min(seconds, key=lambda k: seconds[k])

    def _seconds(self, steps_per_execution: int) -> float:
        """Return the seconds per update, after a warm-up."""
        self._compile(steps_per_execution)
        self.run(steps_per_execution)
        started = perf_counter()
        done = self.run(steps_per_execution)
        return (perf_counter() - started) / done

    def run(self, updates: int) -> int:
        steps = min(updates, self.steps)
        rows = {name: array[: steps * self.batch] for name, array in self.data.items()}
        epochs = math.ceil(updates / steps)
        self.model.fit(rows, batch_size=self.batch, epochs=epochs, verbose=0)
        return epochs * steps


class _GAN(keras.Model):
    def __init__(self, problem: Problem, networks: Any, optimizers: Any) -> None:
        super().__init__()
        self.problem = problem
        self.generator = networks["generator"]
        self.discriminator = networks["discriminator"]
        self.g_optimizer, self.d_optimizer = (optimizers[role] for role in ROLES)
        self.g_variables = self.generator.trainable_variables
        self.d_variables = self.discriminator.trainable_variables
        self.g_optimizer.build(self.g_variables)
        self.d_optimizer.build(self.d_variables)
        self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
        self.means = {
            name: keras.metrics.Mean(name=name)
            for name in ("d_loss", "g_loss", "acc_real", "acc_fake")
        }
        self.built = True

    def train_step(self, data: Any) -> dict[str, Any]:
        data = keras.utils.unpack_x_y_sample_weight(data)[0]
        n = self.problem.method.generator_batch
        with tf.GradientTape() as tape:
            fakes = self.generator({"latents": self._latents(data, None)}, training=True)
            with tape.stop_recording():
                self._train_discriminator(data["real"], fakes)
            if n is not None:
                fakes = self.generator({"latents": self._latents(data, n)}, training=True)
            judged = self.discriminator({"examples": fakes}, training=True)
            loss = self.loss_of(tf.ones_like(judged), judged)
        self.g_optimizer.apply(tape.gradient(loss, self.g_variables))
        self.means["g_loss"].update_state(loss)
        return {name: mean.result() for name, mean in self.means.items()}

    def _latents(self, data: dict[str, Any], n: int | None) -> Any:
        latent = self.problem.method.latent
        if "latents" in data:
            copies = 1 if n is None else n // self.problem.train.batch
            return tf.tile(data["latents"], (copies, 1))
        shape = (n or self.problem.train.batch, latent.dim)
        if latent.law == "uniform":
            return tf.random.uniform(shape, latent.low, latent.high)
        return tf.random.normal(shape)

    def _train_discriminator(self, real: Any, fakes: Any) -> None:
        match self.problem.method.discriminator_batches:
            case "mixed":
                self._descend(lambda: self._judge_joined(real, fakes))
            case "separate":
                self._descend(lambda: (self._judge(real), self._judge(fakes)))
            case "alternating":
                self._descend(lambda: (self._judge(real), None))
                self._descend(lambda: (None, self._judge(fakes)))

    def _judge(self, examples: Any) -> Any:
        return self.discriminator({"examples": examples}, training=True)

    def _judge_joined(self, real: Any, fakes: Any) -> Any:
        return tf.split(self._judge(tf.concat([real, fakes], 0)), 2)

    def _descend(self, judge: Any) -> None:
        with tf.GradientTape() as tape:
            on_real, on_fakes = judge()
            losses = []
            if on_real is not None:
                losses.append(self.loss_of(tf.ones_like(on_real), on_real))
                self.means["acc_real"].update_state(tf.cast(on_real > 0, "float32"))
            if on_fakes is not None:
                losses.append(self.loss_of(tf.zeros_like(on_fakes), on_fakes))
                self.means["acc_fake"].update_state(tf.cast(on_fakes < 0, "float32"))
            loss = tf.add_n(losses) / len(losses)
        self.d_optimizer.apply(tape.gradient(loss, self.d_variables))
        self.means["d_loss"].update_state(loss)
