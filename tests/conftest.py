"""The environment of all tests: the backend, and nothing of the user's own settings."""

import os
import shutil
import signal
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Error, sync_playwright

from forger.compute import XLA_FLAGS
from tests.pipeline.clone import Clone, clone

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which `nohup make test` would have ignored

os.environ["XLA_FLAGS"] = XLA_FLAGS[os.environ["KERAS_BACKEND"], "cpu"]

# A busy machine is no failure.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# What shares a clone, a world of machines or a trained project runs in one of `make test`'s
# processes, one after another; the longest first, so that both processes end together. All else
# is spread test by test. (xdist's own groups, `xdist_group`, say nothing to pytest 9.2.)
TOGETHER = {
    "tests/pipeline/test_pipeline.py": "done",
    "tests/pipeline/test_browser.py": "done",
    "tests/pipeline/test_code.py": "done",
    "tests/pipeline/test_readme.py": "done",
    "tests/pipeline/test_concurrency.py": "done",
    "tests/pipeline/test_environment.py": "done",
    "tests/pipeline/test_full_disk.py": "done",
    "tests/pipeline/test_elsewhere.py": "done",
    "tests/jobs/test_seeds.py": "done",
    "tests/pipeline/test_workflows.py": "workflows",
    "tests/pipeline/test_recipes.py": "full",
    "tests/test_backends.py": "backends",
}


def pytest_collection_modifyitems(items):
    """Slow ones first: what shares most, then by themselves."""
    order = list(dict.fromkeys(TOGETHER.values()))

    def place(item):
        name = TOGETHER.get(item.nodeid.split("::")[0])
        slow = item.get_closest_marker("slow") is not None
        return (not slow, order.index(name) if name else len(order))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return TOGETHER.get(nodeid.split("::")[0], nodeid)

    config.option.loadscopereorder = False
    return Together(config, log)


MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"


@pytest.fixture
def mnist() -> Path:
    """A folder with the 10,000 test images of MNIST, where there is one."""
    if not MNIST.is_dir():
        pytest.skip(f"the real MNIST digits are not at {MNIST}")
    return MNIST


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A clone in which `dvc repro` has run and was committed."""
    made = clone(tmp_path_factory)
    made.run("dvc", "repro")
    made.commit("results")
    return made


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
