"""Features that tell a discriminator of its batch's diversity, against mode collapse.

Each function appends to features `[batch, n]`; a new one goes into the table below. They use only
Keras's own operations, so that saved networks load without this project.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

KERNELS = 16
KERNEL_SIZE = 4


def standard_deviation(
    x: keras.KerasTensor, name: str, initializer: keras.Initializer
) -> keras.KerasTensor:
    """Append one number: the features' standard deviation over the batch, averaged.

    Source: Karras et al. 2018, section 3.
    """
    from keras import layers, ops

    centred = x - ops.mean(x, axis=0, keepdims=True)
    deviations = ops.sqrt(ops.mean(ops.square(centred), axis=0) + 1e-8)
    everywhere = 0 * x[:, :1] + ops.mean(deviations)
    return layers.Concatenate(name=f"{name}_with_deviation")([x, everywhere])


def discrimination(
    x: keras.KerasTensor, name: str, initializer: keras.Initializer
) -> keras.KerasTensor:
    """Append how near each example's features lie to the others' in the batch.

    Nearness is exp(−L1 distance) of the features' projections by a learnt tensor, for each of
    `KERNELS` kernels (Salimans et al. 2016, section 3.2). It is averaged over the batch, as the
    paper's sum grows with the batch's size.
    """
    from keras import layers, ops

    projected = layers.Dense(
        KERNELS * KERNEL_SIZE,
        use_bias=False,
        kernel_initializer=initializer,
        name=f"{name}_minibatch",
    )(x)
    m = layers.Reshape((KERNELS, KERNEL_SIZE), name=f"{name}_minibatch_kernels")(projected)
    distances = ops.sum(ops.abs(ops.expand_dims(m, 0) - ops.expand_dims(m, 1)), axis=-1)
    nearness = ops.mean(ops.exp(-distances), axis=1)
    return layers.Concatenate(name=f"{name}_with_nearness")([x, nearness])


MINIBATCH: dict[str, Callable[[keras.KerasTensor, str, keras.Initializer], keras.KerasTensor]] = {
    "stddev": standard_deviation,
    "discrimination": discrimination,
}
