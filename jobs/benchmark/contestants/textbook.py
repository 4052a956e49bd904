"""The textbooks' loop, written so that it is right under Keras 3.

Their recipe (compile D, freeze it, compile G + D, loop) never trains D under Keras 3, where a
compiled model takes its trainable weights when it first runs. So D is frozen after its first step.
"""

from __future__ import annotations

import keras
import numpy as np

from forger.core.seeds import stream
from forger.training.batches import Arrays
from jobs.benchmark.contestants.with_keras import PlainKeras
from jobs.benchmark.problem import Problem


class Textbook(PlainKeras):
    """A loop of `predict_on_batch` for fakes, then `train_on_batch` of D, and of G through D."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem
        self.rows = problem.one_by_one()
        self.rng = stream(problem.seed, "benchmark/latents")
        self.generator, self.discriminator = self.networks.values()
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.discriminator.compile(
            self.optimizers["discriminator"],
            self.loss,
            metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
            jit_compile=self.jit,
        )
        self.through: keras.Model | None = None

    def run(self, updates: int) -> int:
        method = self.problem.method
        train = self.problem.train
        for _ in range(updates):
            batch = next(self.rows)
            latents = self._latents(batch, train.batch)
            self._train_discriminator(batch["real"], self.predict(latents))
            if method.generator_batch is not None:
                latents = self._latents(batch, method.generator_batch)
            self._train_generator(latents)
        return updates

    def predict(self, latents: np.ndarray) -> np.ndarray:
        """Return fakes for D."""
        fakes: np.ndarray = self.generator.predict_on_batch({"latents": latents})
        return fakes

    def _latents(self, batch: Arrays, n: int) -> np.ndarray:
        if "latents" in batch:
            return np.resize(batch["latents"], (n, batch["latents"].shape[1]))
        return self.problem.method.latent.sample(n, self.rng)

    def _train_discriminator(self, real: np.ndarray, fakes: np.ndarray) -> None:
        train = self.discriminator.train_on_batch
        half = len(real)
        if self.problem.method.discriminator_batches == "alternating":
            train({"examples": real}, np.ones((half, 1), "float32"))
            train({"examples": fakes}, np.zeros((half, 1), "float32"))
        else:
            labels = np.repeat(np.array([[1], [0]], "float32"), half, axis=0)
            train({"examples": np.concatenate([real, fakes])}, labels)

    def _train_generator(self, latents: np.ndarray) -> None:
        if self.through is None:
            self.discriminator.trainable = False
            entry = keras.Input(latents.shape[1:], name="latents")
            judged = self.discriminator({"examples": self.generator({"latents": entry})})
            self.through = keras.Model(entry, judged)
            self.through.compile(self.optimizers["generator"], self.loss, jit_compile=self.jit)
        self.through.train_on_batch(latents, np.ones((len(latents), 1), "float32"))


class TextbookPredict(Textbook):
    """The same loop with `predict`, as the sources have it."""

    def predict(self, latents: np.ndarray) -> np.ndarray:
        fakes: np.ndarray = self.generator.predict({"latents": latents}, verbose=0)
        return fakes
