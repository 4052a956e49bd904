"""Several devices, each with a share of every batch (Keras's data parallelism, on JAX)."""

from __future__ import annotations

from typing import Any

import keras
from keras.distribution import DataParallel, TensorLayout

from forger.core.errors import UserError

BATCH_AXIS = 2  # of `[k, discriminator_steps, batch, …]`


class SplitBatches(DataParallel):
    """Keras splits the first axis, which is the updates of a call; here it is the batch."""

    def get_data_layout(self, data_shape: Any) -> TensorLayout:
        """Whatever has no batch axis, such as the number of updates, is on every device."""
        axes: list[str | None] = [None] * len(data_shape)
        if len(data_shape) > BATCH_AXIS:
            axes[BATCH_AXIS] = self.batch_dim_name
        return TensorLayout(axes, self.device_mesh)


def split_batches(devices: int) -> None:
    """From now on, variables live on so many devices and batches are shared out.

    Raises:
        UserError: there are fewer.
    """
    found = keras.distribution.list_devices()
    if len(found) < devices:
        raise UserError(
            f"params.yaml: compute.devices: found {devices}, but this machine has {len(found)}"
        )
    keras.distribution.set_distribution(
        SplitBatches(devices=found[:devices], auto_shard_dataset=False)
    )
