"""TimeGAN's scores of curves, by small recurrent networks that are trained for them.

The networks are gated recurrent units (Cho et al. 2014), which Yoon et al. (2019, section 5) train
after the fact: one to tell samples from real curves, another to predict the next step. Both take
curves `[n, t]` or `[n, t, channels]` in the networks' units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.seeds import integer, stream

if TYPE_CHECKING:
    import keras

SEED = 1  # fixed, so that every experiment is measured by the same start
UPDATES = 1000
BATCH = 128
STEP = 1e-2  # Adam's initial learning rate, which falls to 0
HELD_OUT = 0.2  # share of the curves by which the classifier is judged


def discriminate(samples: np.ndarray, real: np.ndarray, units: int) -> float:
    """Return |0.5 − accuracy|, on held-out curves, of a classifier of samples and real curves.

    Args:
        samples, real: as many of either.
        units: the width of the network.
    """
    curves = np.concatenate([_with_channels(samples), _with_channels(real)])
    truth = np.repeat([0.0, 1.0], [len(samples), len(real)]).astype(np.float32)[:, None]
    rng = stream(SEED, "recurrent/discriminate/rows")
    judged = np.concatenate(
        [
            start + rng.permutation(n)[: max(1, round(HELD_OUT * n))]
            for start, n in ((0, len(samples)), (len(samples), len(real)))
        ]
    )
    learnt = np.setdiff1d(np.arange(len(curves)), judged)
    network = _build(curves.shape[1:], units, "discriminate")
    _train(network, curves[learnt], truth[learnt], _entropy)
    said = _ask(network, curves[judged]) > 0
    return abs(0.5 - float(np.mean(said == (truth[judged] > 0.5))))


def predict(samples: np.ndarray, real: np.ndarray, units: int) -> float:
    """Return the mean absolute error of the next steps of real curves, after those before.

    Args:
        samples: what the network learns from.
        real: what it is judged by.
        units: the width of the network.
    """
    learnt, judged = _with_channels(samples), _with_channels(real)
    network = _build(learnt[:, 1:].shape[1:], units, "predict")
    _train(network, learnt[:, :-1], learnt[:, 1:], _distance)
    return float(np.mean(np.abs(_ask(network, judged[:, :-1]) - judged[:, 1:])))


def _build(shape: tuple[int, ...], units: int, purpose: str) -> keras.Model:
    """Return a network of one recurrent layer, which judges a curve or predicts every step."""
    import keras
    from keras import initializers, layers

    def own(name: str) -> int:
        return integer(SEED, f"recurrent/{purpose}/{name}")

    predicts = purpose == "predict"
    entry = keras.Input(shape, name="curves")
    x = layers.GRU(
        units,
        return_sequences=predicts,
        kernel_initializer=initializers.GlorotUniform(own("kernel")),
        recurrent_initializer=initializers.Orthogonal(seed=own("recurrent")),
    )(entry)
    last = initializers.GlorotUniform(own("last"))
    return keras.Model(
        {"curves": entry}, layers.Dense(shape[1] if predicts else 1, kernel_initializer=last)(x)
    )


def _train(network: keras.Model, curves: np.ndarray, truth: np.ndarray, loss: Any) -> None:
    import keras

    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(STEP, UPDATES, 0.0)),
        loss=loss,
        jit_compile=True,
        steps_per_execution=UPDATES // 10,
    )
    rng = stream(SEED, "recurrent/batches")
    rows = rng.integers(len(curves), size=UPDATES * BATCH)
    network.fit({"curves": curves[rows]}, truth[rows], BATCH, epochs=1, shuffle=False, verbose=0)


def _entropy(truth: Any, logits: Any) -> Any:
    from keras import ops

    return ops.mean(ops.softplus(logits) - truth * logits)


def _distance(truth: Any, found: Any) -> Any:
    from keras import ops

    return ops.mean(ops.abs(truth - found))


def _ask(network: keras.Model, curves: np.ndarray) -> np.ndarray:
    from forger.models.inference import forward

    found: np.ndarray = forward(network, {"curves": curves})
    return found


def _with_channels(curves: np.ndarray) -> np.ndarray:
    curves = np.asarray(curves, np.float32)
    return curves if curves.ndim == 3 else curves[..., None]
