"""The engine's tests on JAX too, and both backends against each other."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from stages.gan.environment import XLA_FLAGS
from tests.imports import ROOT

needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")


def on(backend: str, *arguments: str) -> subprocess.CompletedProcess:
    flags = XLA_FLAGS[backend, "cpu"]
    environment = {**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": flags}
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
@pytest.mark.slow
def test_the_engine_on_jax():
    done = on("jax", "pytest", "-q", "-p", "no:cacheprovider", "tests/gan/engine")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@needs_jax
def test_tensorflow_and_jax_agree(tmp_path):
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
    np.savez(tmp_path / "given.npz", **given)
    trained = {}
    for backend in ("tensorflow", "jax"):
        target = tmp_path / f"{backend}.npz"
        done = on(backend, "tests.gan.engine.update_once", str(tmp_path / "given.npz"), str(target))
        assert done.returncode == 0, done.stderr
        trained[backend] = np.load(target)
    for name in trained["jax"].files:
        np.testing.assert_allclose(trained["tensorflow"][name], trained["jax"][name], atol=1e-5)
        assert np.abs(trained["jax"][name] - given[name]).max() > 1e-4
