"""The benchmark compares like with like."""

import json
import subprocess
import sys
import sysconfig
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.networks.mlp import MLP
from forger.parameters import read
from jobs.benchmark import __main__ as benchmark
from jobs.benchmark import experiment, scaling
from jobs.benchmark.contestants import PEERS
from jobs.benchmark.limit import _bytes, _products
from jobs.benchmark.problem import Problem
from jobs.benchmark.worker import Worker, difference
from tests.project import COVERAGE, ROOT, copy_parameters


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    parameters = read(ROOT)
    return Problem.of(parameters, "parabola", tmp_path_factory.mktemp("data"))


def test_a_difference_is_a_share_of_the_change():
    before, one = {"g": [np.zeros((2, 2))]}, {"g": [np.full((2, 2), 2.0)]}
    assert difference(before, one, one) == 0
    assert difference(before, one, {"g": [np.full((2, 2), 1.5)]}) == pytest.approx(0.25)


def test_everyone_sees_the_same_rows(problem):
    rows = problem.one_by_one()
    (many, _) = next(problem.batches.calls([3], 3))
    for update in range(3):
        np.testing.assert_array_equal(next(rows)["real"], many["real"][update, 0])


def test_without_chance_nothing_is_left_to_chance(problem):
    calm = problem.without_chance(PEERS["textbook"])
    assert calm.networks["discriminator"].dropout == 0
    assert len(calm.real) == calm.method.latent.pool == calm.train.batch


def test_the_products_of_an_update_are_counted(problem):
    """parabola: D has 64 real and 64 fakes, G's step 128 of its own."""
    discriminator = MLP(family="mlp", hidden=(25,)).build("d", {"examples": (2,)}, (1,), 1)
    generator = MLP(family="mlp", hidden=(15,)).build("g", {"latents": (5,)}, (2,), 1)
    first, second = 2 * 25, 25 * 1
    expected = 128 * (2 * first + 3 * second)  # D's step: all but the gradient of its input
    expected += 128 * 2 * (first + second)  # through D: forward, and the gradient of the fakes
    found = sum(np.prod(p) for p in _products(problem, "discriminator", discriminator))
    assert found == expected
    first, second = 5 * 15, 15 * 2
    expected = 64 * (first + second) + 128 * (2 * first + 3 * second)
    assert sum(np.prod(p) for p in _products(problem, "generator", generator)) == expected


@pytest.mark.parametrize(
    ("own", "generator", "discriminator"),
    [
        (128, 64 * 2 + 128 * 4, (64 + 64 + 128) * 4),  # the fakes of D's step have no gradient
        (None, 64 * 4, (64 + 64 + 64) * 4),
    ],
)
def test_the_bytes_of_an_update_are_counted(problem, own, generator, discriminator):
    """Each activation is written and read forward; backward, it is read and its gradient written.

    Adam moves seven numbers of each weight.
    """
    method = problem.method.model_copy(update={"generator_batch": own})
    problem = replace(problem, method=method)
    d = MLP(family="mlp", hidden=(25,)).build("d", {"examples": (2,)}, (1,), 1)
    g = MLP(family="mlp", hidden=(15,)).build("g", {"latents": (5,)}, (2,), 1)
    weights = 3 * 25 + 26 * 1
    expected = 4 * (7 * weights + discriminator * (25 + 1))
    assert _bytes(problem, "discriminator", d) == expected
    weights = 6 * 15 + 16 * 2
    assert _bytes(problem, "generator", g) == 4 * (7 * weights + generator * (15 + 2))


@pytest.mark.slow
def test_peers_train_the_same(tmp_path):
    peers = ["textbook", "keras_fit", "pytorch", "jax_scan"]
    copy_parameters(tmp_path)
    command = [sys.executable, "-m", "jobs.benchmark", "--recipe", "parabola", "--repeat", "2"]
    done = subprocess.run(
        [*command, *(word for peer in peers for word in ("--peer", peer))],
        cwd=tmp_path,
        env={**COVERAGE, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "reports/benchmark/benchmark.json").read_text())["peers"]
    measured = [peer for peer in peers if peer != "pytorch" or find_spec("torch")]
    assert [result["peer"] for result in results] == measured
    for result in results:
        assert result["difference"] < 1e-3
        assert result["ratio"] > 0
        assert {"recipe", "updates_per_second", "peer_updates_per_second"} <= set(result)
    if "pytorch" not in measured:
        assert "not measured: torch is not installed" in done.stdout
    assert Path(tmp_path, "reports/benchmark/benchmark.png").stat().st_size > 10_000


# What every process of an environment without JAX does first.
WITHOUT_JAX = """
import sys
from importlib import metadata
installed = metadata.version
def version(name):
    if name in ("jax", "jaxlib"):
        raise metadata.PackageNotFoundError(name)
    return installed(name)
metadata.version = version
sys.modules["jax"] = sys.modules["jaxlib"] = None
"""


@pytest.mark.slow
def test_a_backend_that_is_not_installed_is_named(tmp_path):
    copy_parameters(tmp_path)
    made = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "without_jax.py").write_text(WITHOUT_JAX)
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\nimport without_jax\n")
    done = subprocess.run(
        [made / "bin/python", "-m", "jobs.benchmark", "--recipe", "parabola", "--peer", "jax_scan"],
        cwd=tmp_path,
        env={**COVERAGE, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    why = "jax and jaxlib are not installed; pip install -r requirements/jax.txt"
    assert f"JAX scan, by hand          not measured: {why}" in done.stdout
    assert done.stderr == "error: nothing was measured\n"


def test_what_a_worker_cannot_do_is_told(problem):
    gpu = replace(problem, compute=problem.compute.model_copy(update={"device": "gpu"}))
    with pytest.raises(UserError, match=r"compute\.device: found gpu"):
        Worker(PEERS["textbook"], gpu)


class Steady:
    """Stands in for a worker: a thousand updates a second."""

    def __init__(self, entry, problem):
        self.problem = problem

    def run(self, updates):
        return updates, updates / 1000

    def memory(self):
        return self.problem.train.batch / 2

    def close(self):
        pass


def test_one_thing_is_varied_at_a_time(tmp_path, monkeypatch, capsys):
    zeros = scaling.zeros
    monkeypatch.setattr(scaling, "zeros", lambda f, rows, shape: zeros(f, min(rows, 999), shape))
    monkeypatch.setattr(scaling, "Worker", Steady)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--only", "scaling"])
    copy_parameters(tmp_path)
    monkeypatch.chdir(tmp_path)
    known = tmp_path / "reports/benchmark/benchmark.json"
    known.parent.mkdir(parents=True)
    known.write_text('{"peers": [1]}')
    benchmark.main()
    assert json.loads(known.read_text())["peers"] == [1]  # what was measured before stays
    path = tmp_path / "reports/benchmark/benchmark.json"
    points = json.loads(path.read_text())["scaling"]
    assert {point["axis"] for point in points} == set(scaling.TITLES)
    assert {point["updates_per_second"] for point in points} == {1000}
    assert {p["value"]: p["memory"] for p in points if p["axis"] == "batch"}[4096] == 2048
    assert {p["memory"] for p in points if p["axis"] != "batch"} == {64}  # sinusoid's batch is 128
    assert len(capsys.readouterr().out.splitlines()) == len(points) + 1
    assert (tmp_path / "reports/benchmark/scaling.png").stat().st_size > 10_000


def test_times_of_a_command_and_of_its_stages(tmp_path):
    """By a clock of its own: the process time that a loop of Python says it took."""
    bench = experiment.Bench.__new__(experiment.Bench)
    bench.repeat, bench.log, bench.project = 2, tmp_path / "log", tmp_path
    commands = tmp_path / "commands"
    experiment.note_stages(commands, bench.log)
    bench.environment = {"PATH": f"{commands}:/usr/bin:/bin"}
    busy = "import time; end = 0.4\nwhile time.process_time() < end: pass"
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/busy.py").write_text(busy)
    found = bench.measure("busy", ["sh", "-c", "for i in 1 2; do python3 -m stages.busy r; done"])
    assert found.stages == {"busy": pytest.approx(0.85, abs=0.15)}
    assert found.total == pytest.approx(0.95, abs=0.25)
    assert found.total > found.stages["busy"]
    with pytest.raises(UserError, match="sh -c exit 3 failed"):
        bench.measure("fails", ["sh", "-c", "exit 3"])


def test_bad_arguments_are_told():
    for arguments in (["--peer", "nobody"], ["--repeat", "1"]):
        done = subprocess.run(
            [sys.executable, "-m", "jobs.benchmark", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert arguments[1] in done.stderr or "two turns" in done.stderr
