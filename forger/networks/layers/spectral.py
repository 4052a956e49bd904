"""Spectral normalisation (Miyato et al. 2018): divide a kernel by its largest singular value.

Keras's own wrapper overwrites the weight with the normalised kernel, after which TensorFlow and JAX
differ by 1e-2 within three updates. Here the weight stays, and is divided whenever it is used.
"""

from __future__ import annotations

from typing import Any

from keras import initializers, layers, ops

from forger.networks.layers.strided import Down, Up


class Spectral:
    """Mixin for a layer with a kernel: one power iteration per forward pass in training.

    This is algorithm 1 of the paper.

    Args:
        direction_seed: seed of the initial left singular vector.
    """

    def __init__(self, *args: Any, direction_seed: int = 0, **options: Any) -> None:
        super().__init__(*args, **options)
        self.direction_seed = direction_seed

    def build(self: Any, input_shape: Any) -> None:
        super().build(input_shape)  # type: ignore[misc]
        self.direction = self.add_weight(
            shape=(self._weight().shape[-1],),
            initializer=initializers.RandomNormal(seed=self.direction_seed),
            trainable=False,
            name="direction",
        )

    def call(self: Any, inputs: Any, training: bool | None = None) -> Any:
        if training:
            self.settle()
        return super().call(inputs)  # type: ignore[misc]

    def settle(self: Any) -> None:
        """Turn the direction towards the kernel's singular vector by one power iteration."""
        matrix = self._matrix()
        right = _unit(ops.matmul(matrix, self.direction))
        self.direction.assign(ops.stop_gradient(_unit(ops.matmul(right, matrix))))

    @property
    def kernel(self: Any) -> Any:
        """The weight divided by its largest singular value, as estimated so far."""
        kernel = self._weight()
        if not hasattr(self, "direction"):
            return kernel
        matrix = self._matrix()
        left = ops.convert_to_tensor(self.direction)
        right = ops.stop_gradient(_unit(ops.matmul(matrix, left)))
        return kernel / ops.sum(right * ops.matmul(matrix, left))

    @kernel.setter
    def kernel(self, weight: Any) -> None:
        self._own = weight  # some layers assign `kernel`, others have it as a property

    def _weight(self: Any) -> Any:
        return self._own if hasattr(self, "_own") else super().kernel  # type: ignore[misc]

    def plain_weights(self: Any) -> list[Any]:
        """Return the weights of the equivalent layer without normalisation."""
        return [ops.convert_to_numpy(self.kernel), *([self.bias] if self.use_bias else [])]

    def _matrix(self: Any) -> Any:
        kernel = self._weight()
        return ops.reshape(kernel, (-1, kernel.shape[-1]))


def _unit(vector: Any) -> Any:
    return vector / (ops.norm(vector) + 1e-12)


class SpectralDense(Spectral, layers.Dense):
    """`Dense` with spectral normalisation."""

    plain = layers.Dense


class SpectralDown(Spectral, Down):
    """`Conv2D` with spectral normalisation."""


class SpectralUp(Spectral, Up):
    """`Conv2DTranspose` with spectral normalisation."""
