"""The folder of a trained GAN: one `.keras` file per role, and model.json.

A file's bytes depend only on its network, and `keras.saving.load_model` is all it takes to load it.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from forger.config.section import NAME
from forger.core.files import read_json, refused, whole, write_json, write_zip
from forger.models.inspection import inspect

if TYPE_CHECKING:
    import keras

ABOUT = "model.json"


def save(folder: Path, networks: Mapping[str, keras.Model], about: Mapping[str, Any]) -> None:
    """Write the networks, one file per role, and model.json, which holds `about` and each role's
    file, input shapes and number of weights."""
    roles = {}
    with whole(folder) as part:
        part.mkdir()
        for role, network in networks.items():
            _save_network(part / f"{role}.keras", network)
            inputs = {name: list(entry.shape[1:]) for name, entry in network.input.items()}
            weights = int(network.count_params())
            roles[role] = {"file": f"{role}.keras", "inputs": inputs, "weights": weights}
        describe(part, {**about, "roles": roles})


def describe(folder: Path, about: Mapping[str, Any]) -> None:
    """Write model.json."""
    write_json(folder / ABOUT, about)


def read_about(folder: Path) -> dict[str, Any]:
    """Read model.json. Raises UserError."""
    path = folder / ABOUT
    about = read_json(path)
    try:
        if wrong := [role for role in about["roles"] if not re.fullmatch(NAME, role)]:
            raise ValueError(f"found a role called {wrong[0]}")
    except (ValueError, KeyError, TypeError) as error:
        raise refused(path, error) from None
    return about


def load(folder: Path, role: str) -> keras.Model:
    """Load one network, running no code from its file. Raises UserError."""
    import keras

    path = folder / f"{role}.keras"
    try:
        inspect(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, HDF5 and zip raise all kinds on damaged content
        raise refused(path, error) from None


def _save_network(path: Path, network: keras.Model) -> None:
    """Save a network without what differs from run to run: dates, and memory addresses as ids."""
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / path.name
        network.save(raw)
        with zipfile.ZipFile(raw) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
    config, metadata = (json.loads(members[name]) for name in ("config.json", "metadata.json"))
    metadata["date_saved"] = "1980-01-01@00:00:00"
    members["config.json"] = json.dumps(_renumbered(config, {})).encode()
    members["metadata.json"] = json.dumps(metadata).encode()
    with path.open("wb") as file:
        write_zip(file, members.items())


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
