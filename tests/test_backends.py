"""The engine's tests on JAX too, and both backends against each other."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from forger.compute import XLA_FLAGS
from tests.project import ROOT

pytestmark = pytest.mark.slow  # each is a process or two of its own
needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
# What trains or computes something on the backend that KERAS_BACKEND names.
ENGINE = (
    "tests/engine", "tests/methods", "tests/networks/test_layers.py",
    "tests/training/test_resume.py",
)  # fmt: skip


def on(backend: str, *arguments: str, devices: int = 1, **env) -> subprocess.CompletedProcess:
    flags = f"{XLA_FLAGS[backend, 'cpu']} --xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": flags, **env}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@needs_jax
def test_the_engine_on_jax(tmp_path):
    # Almost all of the time is XLA's, which compiles what runs for microseconds: equal programs
    # once, and with little effort. (That it computes the same with all of it: below.)
    quickly = {
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    done = on("jax", "pytest", "-q", "-p", "no:cacheprovider", *ENGINE, **quickly)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("backends")


@pytest.fixture(scope="module")
def given(folder):
    """A file of weights and batches to start from."""
    rng = np.random.default_rng(4)
    shapes = {
        "generator": [(3, 5), (5,), (5, 2), (2,)],
        "discriminator": [(2, 6), (6,), (6, 4), (4,), (4, 1), (1,)],
    }
    given = {
        f"{role}_{i}": rng.normal(size=shape).astype("float32") * 0.5
        for role, of_role in shapes.items()
        for i, shape in enumerate(of_role)
    }
    given["real"] = rng.normal(size=(20, 1, 4, 2)).astype("float32")
    given["latents"] = rng.normal(size=(20, 1, 4, 3)).astype("float32")
    np.savez(folder / "given.npz", **given)
    return given


def trained_on(folder, backend, devices=1):
    target = folder / f"{backend}-{devices}.npz"
    files = str(folder / "given.npz"), str(target)
    done = on(backend, "tests.engine.update_once", *files, str(devices), devices=devices)
    assert done.returncode == 0, done.stderr
    return np.load(target)


@pytest.fixture(scope="module")
def on_jax(folder, given):
    """What one device of JAX's makes of them."""
    return trained_on(folder, "jax")


@needs_jax
def test_tensorflow_and_jax_agree(folder, given, on_jax):
    on_tensorflow = trained_on(folder, "tensorflow")
    for name in on_jax.files:
        np.testing.assert_allclose(on_tensorflow[name], on_jax[name], atol=1e-5)
        assert np.abs(on_jax[name] - given[name]).max() > 1e-4


@needs_jax
def test_many_devices_give_the_numbers_of_one(folder, on_jax):
    four = trained_on(folder, "jax", 4)
    for name in on_jax.files:
        np.testing.assert_allclose(on_jax[name], four[name], atol=1e-5)


@needs_jax
def test_more_devices_than_there_are(folder, given):
    done = on("jax", "tests.engine.update_once", str(folder / "given.npz"), "out.npz", "3")
    assert "compute.devices: found 3, but this machine has 1" in done.stderr
