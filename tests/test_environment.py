"""What `auto` means, and what is refused."""

import pytest

from forger import compute as environment
from forger.compute import Compute
from forger.core.errors import UserError


@pytest.fixture
def machine(monkeypatch):
    """Say which packages are installed, and whether there is a GPU's driver."""

    def describe(*packages, driver=False):
        monkeypatch.setattr(
            environment, "_is_installed", lambda p: "1.0" if p in packages else None
        )
        monkeypatch.setattr(environment.Path, "exists", lambda path: driver)

    return describe


BASIC = ("tensorflow", "keras", "numpy")


def test_the_rules_for_a_cpu(machine):
    machine(*BASIC)
    assert environment.resolve(Compute()) == {
        "backend": "tensorflow",
        "device": "cpu",
        "jit": True,
        "versions": {"tensorflow": "1.0", "keras": "1.0", "numpy": "1.0"},
    }


def test_the_rules_for_a_gpu(machine):
    machine(*BASIC, "nvidia-cudnn-cu12", driver=True)
    found = environment.resolve(Compute())
    assert found["device"] == "gpu"
    assert found["jit"]
    assert environment.resolve(Compute(device="cpu"))["device"] == "cpu"


def test_jax_always_compiles_and_jit_can_be_set(machine):
    machine(*BASIC, "jax", "jaxlib")
    assert environment.resolve(Compute(backend="jax"))["jit"]
    assert not environment.resolve(Compute(jit=False))["jit"]


def test_what_is_not_installed(machine):
    machine(*BASIC)
    with pytest.raises(UserError, match=r"jax.*not installed; pip install -r requirements/jax"):
        environment.resolve(Compute(backend="jax"))
    with pytest.raises(UserError, match=r"compute\.device: found gpu, but no NVIDIA driver"):
        environment.resolve(Compute(device="gpu"))
