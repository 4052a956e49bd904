"""Convolutions along curves as matrix products, for the same reason as those of images.

In a loop under XLA on a CPU, with a penalty on D's slope, they took 5 ms where Keras's took 220.
"""

from __future__ import annotations

import math
from typing import Any

from keras import layers, ops

from forger.networks.layers.spectral import Spectral


class Line(layers.Conv1D):
    """`Conv1D(padding="same")` on `[batch, steps, channels]`."""

    plain = layers.Conv1D

    def call(self, inputs: Any) -> Any:
        """Map `[batch, steps, channels]` to `[batch, ⌈steps / stride⌉, filters]`."""
        outputs = convolve(inputs, self.kernel, self.strides[0])
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)


class Double(layers.UpSampling1D):
    """`UpSampling1D(2)`, without the gather, whose gradient is slow under XLA."""

    plain = layers.UpSampling1D

    def call(self, inputs: Any) -> Any:
        """Map `[batch, steps, channels]` to `[batch, 2 steps, channels]`."""
        _, steps, channels = inputs.shape
        return ops.reshape(ops.concatenate([inputs, inputs], axis=-1), (-1, 2 * steps, channels))


class SpectralLine(Spectral, Line):
    """`Conv1D` with spectral normalisation."""


def convolve(x: Any, kernel: Any, stride: int) -> Any:
    """Convolve `[batch, steps, c]` with `[k, c, filters]`, padding "same" as TensorFlow does.

    The values under the kernel become channels of one matrix product.
    """
    size, channels, filters = kernel.shape
    steps = x.shape[1]
    rows = math.ceil(steps / stride)
    before = max((rows - 1) * stride + size - steps, 0) // 2
    after = max(stride * rows + size - 1 - before - steps, 0)
    x = ops.pad(x, ((0, 0), (before, after), (0, 0)))
    windows = [x[:, i : i + stride * rows : stride] for i in range(size)]
    return ops.matmul(
        ops.concatenate(windows, axis=-1), ops.reshape(kernel, (size * channels, filters))
    )
