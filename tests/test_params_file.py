"""params.yaml stands in the form that DVC writes: `dvc exp run -S` changes the lines that it is
about, and no other."""

import difflib
import shutil

import pytest
from dvc.utils.hydra import apply_overrides

from tests.project import ROOT

FILE = ROOT / "params.yaml"


def changed(tmp_path, *overrides: str) -> list[str]:
    """The lines that `dvc exp run -S` takes out (`-`) and puts in (`+`)."""
    path = tmp_path / "params.yaml"
    shutil.copy(FILE, path)
    apply_overrides(path, list(overrides))
    lines = difflib.ndiff(FILE.read_text().splitlines(), path.read_text().splitlines())
    return [" ".join(line.split()) for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("override", "lines"),
    [
        ("seed=2", ["- seed: 1", "+ seed: 2"]),
        ("compute.backend=jax", ["- backend: tensorflow", "+ backend: jax"]),
        ("recipes.sinusoid.train.epochs=5", ["- epochs: 64", "+ epochs: 5"]),
        ("recipes.ring.train.penalties.r1=1e-5", ["- r1: 1e-4", "+ r1: 1e-05"]),
        ("recipes.mnist_mlp.dataset.path=/x", ["- path:", "+ path: /x"]),
        ("recipes.gaussian.networks.discriminator.hidden=[5,4]", ["- - 3", "+ - 4"]),
        ("recipes.gaussian.dataset.matrix=[[1.0,2.0],[-0.1,0.7]]", ["- - 0.5", "+ - 0.7"]),
        ("+recipes.ring.train.save_every=3", ["+ save_every: 3"]),
        ("run=[gaussian,parabola]", [f"- - {name}" for name in (
            "gaussian_tuned", "parabola_tuned", "sinusoid", "sinusoid_tuned", "digits",
            "digits_tuned")]),
        (
            "recipes.sinusoid.gate.acc_real.min=0.5",
            ["- acc_real: {min: 0.7, max: 0.95}", "+ acc_real: {min: 0.5, max: 0.95}"],
        ),
    ],
)  # fmt: skip
def test_an_override_changes_its_own_lines(tmp_path, override, lines):
    assert sorted(changed(tmp_path, override)) == sorted(lines)


def test_four_overrides_change_four_lines(tmp_path):
    """What fails here, `dvc.utils.hydra.apply_overrides("params.yaml", [])` mends."""
    assert changed(tmp_path) == []
    four = (
        "seed=2",
        "compute.threads=1",
        "recipes.ring.train.epochs=2",
        "recipes.grid.train.ema=0",
    )
    assert len(changed(tmp_path, *four)) == 8
