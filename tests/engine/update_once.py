"""Train a tiny GAN from given weights, data and latents: `update_once IN.npz OUT.npz [DEVICES]`."""

import sys

import numpy as np

from tests.engine.small import build, run, weights


def main(source: str, target: str, devices: str = "1") -> None:
    """Read weights and batches, write the weights after all updates."""
    if int(devices) > 1:
        from forger.engine.distribution import split_batches

        split_batches(int(devices))
    with np.load(source) as file:
        given = dict(file)
    model = build()
    for role, network in model.networks.items():
        shapes = range(len(network.get_weights()))
        network.set_weights([given[f"{role}_{i}"] for i in shapes])
    run(model, {"real": given["real"], "latents": given["latents"]})
    if int(devices) > 1:
        (kernel, *_) = model.networks["generator"].trainable_variables
        assert len(kernel.value.sharding.device_set) == int(devices)
    trained = {
        f"{role}_{i}": w for role in model.networks for i, w in enumerate(weights(model, role))
    }
    np.savez(target, **trained)


if __name__ == "__main__":
    main(*sys.argv[1:])
