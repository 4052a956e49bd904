"""Training on several devices, each with a share of every batch (Keras's, on JAX)."""

from __future__ import annotations

from typing import Any

import keras
from keras.distribution import DataParallel, TensorLayout

from forger.core.errors import UserError

BATCH_AXIS = 2  # of `[k, discriminator_steps, batch, …]`


class SplitBatches(DataParallel):
    """Data parallelism over the batch axis; Keras would split the first, a call's updates."""

    def get_data_layout(self, data_shape: Any) -> TensorLayout:
        """Split the batch axis; put what has none, such as the update count, on every device."""
        axes: list[str | None] = [None] * len(data_shape)
        if len(data_shape) > BATCH_AXIS:
            axes[BATCH_AXIS] = self.batch_dim_name
        return TensorLayout(axes, self.device_mesh)


def split_batches(devices: int) -> None:
    """From now on, keep variables on all of `devices` devices, and share batches out to them.

    Raises:
        UserError: the machine has fewer devices.
    """
    found = keras.distribution.list_devices()
    if len(found) < devices:
        raise UserError(
            f"params.yaml: compute.devices: found {devices}, but this machine has {len(found)}"
        )
    keras.distribution.set_distribution(
        SplitBatches(devices=found[:devices], auto_shard_dataset=False)
    )
