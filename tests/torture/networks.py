"""Damaged `.keras` files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from forger.methods.latent import Latent
from forger.methods.products import Drawn, Product
from forger.models import folder as kept
from forger.models.saving import write_products
from tests.torture.files import broken, zipped
from tests.torture.inputs import Case


@cache
def saved() -> dict[str, bytes]:
    """A trained network's file, member by member."""
    from tempfile import TemporaryDirectory

    from forger.networks.mlp import MLP

    network = MLP(family="mlp", hidden=(4,)).build("generator", {"latents": (2,)}, (2,), 1)
    with TemporaryDirectory() as scratch:
        product = Product(network, {"latents": Drawn(Latent(dim=2))})
        write_products(Path(scratch), {"generator": product}, {})
        with zipfile.ZipFile(Path(scratch, "generator.keras")) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def config(change: Any) -> bytes:
    """config.json with its layers changed."""
    content = json.loads(saved()["config.json"])
    for layer in content["config"]["layers"]:
        change(layer)
    return json.dumps(content).encode()


def _wide(layer: Any) -> None:
    if layer["class_name"] == "Dense":
        layer["config"]["units"] = 10**9
        layer.pop("build_config", None)


def _foreign(layer: Any) -> None:
    layer.update(module="os", class_name="system", registered_name=None)


def _lambda(layer: Any) -> None:
    if layer["class_name"] == "LeakyReLU":
        layer.update(class_name="Lambda", config={"name": "x", "function": ["gASV", None, None]})


def _reading(layer: Any) -> None:
    if layer["class_name"] == "LeakyReLU":
        layer.update(class_name="StringLookup", config={"name": "x", "vocabulary": "/etc/passwd"})


def _calling(layer: Any) -> None:
    if layer["class_name"] == "Dense":
        layer["config"]["activation"] = {
            "module": "os",
            "class_name": "function",
            "config": "system",
        }


def models(rng: Random, folder: Path) -> Iterator[Case]:
    """A `.keras` file."""
    made = [config(change) for change in (_wide, _foreign, _lambda, _reading, _calling)]
    while True:
        members, name = dict(saved()), rng.choice(list(saved()))
        match rng.randrange(5):
            case 0:
                what, content = broken(rng, zipped(members))
            case 1 | 2:
                what, members[name] = broken(rng, members[name])
                content = zipped(members)
            case 3:
                i = rng.randrange(len(made))
                what, members["config.json"] = f"config {i}", made[i]
                content = zipped(members)
            case _:
                extra = rng.choice(("../../escaped", "/etc/cron.d/x", "assets/x", "bomb"))
                what = extra
                content = zipped({**members, extra: bytes(2**25)}, zipfile.ZIP_DEFLATED)

        def read(content: bytes = content) -> None:
            (folder / "generator.keras").write_bytes(content)
            network = kept.load_network(folder / "generator.keras")
            assert network.count_params() == 22
            assert not Path("/tmp/forger-was-executed").exists()

        yield Case(".keras", f"{name}: {what}", read)
