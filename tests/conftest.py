"""The environment of all tests: the backend, and nothing of the user's own settings."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Error, sync_playwright

from stages.gan.environment import XLA_FLAGS

os.environ["XLA_FLAGS"] = XLA_FLAGS[os.environ["KERAS_BACKEND"], "cpu"]

# A busy machine is no failure.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"


@pytest.fixture
def mnist() -> Path:
    """A folder with the 10,000 test images of MNIST, where there is one."""
    if not MNIST.is_dir():
        pytest.skip(f"the real MNIST digits are not at {MNIST}")
    return MNIST


@pytest.fixture(scope="module")
def browser():
    """Chromium: the system's, or the one that `playwright install chromium` brings."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=path,
                args=[*sandbox, "--disable-gpu", "--disable-background-networking"],
            )
        except Error as error:
            pytest.skip(f"no Chromium is installed: {str(error).splitlines()[0]}")
        yield started
        started.close()
