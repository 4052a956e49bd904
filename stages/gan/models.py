"""The folder of a trained GAN: a `.keras` file a role, and model.json.

The files' bytes depend on the networks only, and load with `keras.saving.load_model` and nothing
else.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from stages.gan.files import whole, write_json

if TYPE_CHECKING:
    import keras

ABOUT = "model.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip archive can say


def save(folder: Path, networks: Mapping[str, keras.Model], about: Mapping[str, Any]) -> None:
    """Write the networks, a file a role, and model.json: `about`, and each role's file."""
    roles = {}
    with whole(folder) as part:
        part.mkdir()
        for role, network in networks.items():
            _save_network(part / f"{role}.keras", network)
            inputs = {name: list(entry.shape[1:]) for name, entry in network.input.items()}
            roles[role] = {"file": f"{role}.keras", "inputs": inputs}
        describe(part, {**about, "roles": roles})


def describe(folder: Path, about: Mapping[str, Any]) -> None:
    """Write model.json."""
    write_json(folder / ABOUT, about)


def read_about(folder: Path) -> dict[str, Any]:
    """model.json."""
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text())
    return about


def load(folder: Path, role: str) -> keras.Model:
    """One network."""
    import keras

    return keras.saving.load_model(folder / f"{role}.keras", compile=False)


def _save_network(path: Path, network: keras.Model) -> None:
    """Save without what differs from run to run: dates, and memory addresses used as ids."""
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / path.name
        network.save(raw)
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w") as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == "config.json":
                    content = json.dumps(_renumbered(json.loads(content), {})).encode()
                elif name == "metadata.json":
                    metadata = {**json.loads(content), "date_saved": "1980-01-01@00:00:00"}
                    content = json.dumps(metadata).encode()
                target.writestr(zipfile.ZipInfo(name, EPOCH), content)


def _renumbered(config: Any, ids: dict[int, int]) -> Any:
    if isinstance(config, dict):
        return {
            key: ids.setdefault(value, len(ids))
            if key == "shared_object_id"
            else _renumbered(value, ids)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_renumbered(value, ids) for value in config]
    return config
