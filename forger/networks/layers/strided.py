"""Strided convolutions as matrix products.

The mathematics is that of Keras's layers. On a CPU, XLA runs matrix products at full speed, but
transposed convolutions and the gradients of convolutions many times slower, worst of all inside a
loop.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops


class Down(layers.Conv2D):
    """`Conv2D(padding="same")` on channels-last images, with equal strides in both directions."""

    plain = layers.Conv2D

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Map `[batch, height, width, channels]` to `[batch, ⌈height / stride⌉, …, filters]`."""
        return down(inputs, kernel, self.strides[0])


class Up(layers.Conv2DTranspose):
    """`Conv2DTranspose(padding="same")`, on the same conditions as `Down`."""

    plain = layers.Conv2DTranspose

    def call(self, inputs: Any) -> Any:
        outputs = up(inputs, self.kernel, self.strides[0])
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)


def in_plain_keras(network: keras.Model) -> keras.Model:
    """Copy a functional model into Keras's own layers, which load without this module."""

    def plain(layer: keras.Layer) -> keras.Layer:
        kind = getattr(layer, "plain", type(layer))
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=plain)
    for layer in copy.layers:  # Keras passes it on only where the model's own value changes
        layer.trainable = True
    for ours, theirs in zip(network.layers, copy.layers, strict=True):
        own = getattr(ours, "plain_weights", ours.get_weights)
        theirs.set_weights(own())
    return copy


def down(x: Any, kernel: Any, stride: int) -> Any:
    """Convolve `[batch, height, width, c]` with `[k, k, c, filters]`, padding "same".

    Blocks of stride × stride pixels become channels. Then the stride is 1, and each of the
    kernel's few positions is a matrix product.
    """
    (height, width) = x.shape[1:3]
    (before, taps) = _geometry(kernel.shape[0], stride, x.shape[1])
    rows = math.ceil(height / stride)
    columns = math.ceil(width / stride)
    left, _ = _geometry(kernel.shape[1], stride, width)
    x = ops.pad(
        x,
        (
            (0, 0),
            (before, stride * (rows + taps - 1) - height - before),
            (left, stride * (columns + taps - 1) - width - left),
            (0, 0),
        ),
    )
    x = _blocks(x, stride)
    kernel = _kernel_blocks(kernel, stride, taps)
    return sum(
        ops.matmul(x[:, i : i + rows, j : j + columns], kernel[i, j])
        for i in range(taps)
        for j in range(taps)
    )


def up(x: Any, kernel: Any, stride: int) -> Any:
    """Apply the transpose of `down`, growing sides by the stride; kernel `[k, k, filters, c]`."""
    rows = x.shape[1]
    columns = x.shape[2]
    size = kernel.shape[0]
    before, taps = _geometry(size, stride, stride * rows)
    kernel = ops.swapaxes(_kernel_blocks(kernel, stride, taps), -1, -2)
    last = taps - 1
    blocks = sum(
        ops.pad(ops.matmul(x, kernel[i, j]), ((0, 0), (i, last - i), (j, last - j), (0, 0)))
        for i in range(taps)
        for j in range(taps)
    )
    x = _pixels(blocks, stride)
    return x[:, before : before + stride * rows, before : before + stride * columns]


def _geometry(size: int, stride: int, side: int) -> tuple[int, int]:
    """Return the padding in front (TensorFlow's "same") and how many blocks the kernel spans."""
    total = max((math.ceil(side / stride) - 1) * stride + size - side, 0)
    return total // 2, math.ceil(size / stride)


def _blocks(x: Any, stride: int) -> Any:
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // stride, stride, width // stride, stride, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height // stride, width // stride, stride * stride * channels))


def _pixels(x: Any, stride: int) -> Any:
    """Undo `_blocks`."""
    rows = x.shape[1]
    columns = x.shape[2]
    channels = x.shape[3] // stride**2
    x = ops.reshape(x, (-1, rows, columns, stride, stride, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * stride, columns * stride, channels))


def _kernel_blocks(kernel: Any, stride: int, taps: int) -> Any:
    """Turn `[k, k, c, f]` into `[taps, taps, stride² c, f]`, with zeros behind its end."""
    size, _, channels, filters = kernel.shape
    more = taps * stride - size
    kernel = ops.pad(kernel, ((0, more), (0, more), (0, 0), (0, 0)))
    kernel = ops.reshape(kernel, (taps, stride, taps, stride, channels, filters))
    kernel = ops.transpose(kernel, (0, 2, 1, 3, 4, 5))
    return ops.reshape(kernel, (taps, taps, stride * stride * channels, filters))
