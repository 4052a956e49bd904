"""Parameters stand in the form that DVC writes: `dvc exp run -S` changes the lines that it is
about, and no other."""

import difflib
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

from tests.project import ROOT

FILES = [Path("params.yaml"), *sorted(p.relative_to(ROOT) for p in ROOT.glob("recipes/*.yaml"))]

COMMENT = "# empty: downloaded; or a folder of IDX files"


def changed(tmp_path, override: str) -> list[str]:
    """The lines that `dvc exp run -S` takes out (`-`) and puts in (`+`)."""
    file, _, change = override.rpartition(":")
    source, path = ROOT / (file or "params.yaml"), tmp_path / "changed.yaml"
    shutil.copy(source, path)
    apply_overrides(path, [change] if change else [])
    lines = difflib.ndiff(source.read_text().splitlines(), path.read_text().splitlines())
    return [" ".join(line.split()) for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("override", "lines"),
    [
        ("seed=2", ["- seed: 1", "+ seed: 2"]),
        ("compute.backend=jax", ["- backend: tensorflow", "+ backend: jax"]),
        ("recipes/sinusoid.yaml:train.epochs=5", ["- epochs: 64", "+ epochs: 5"]),
        ("recipes/ring.yaml:method.penalties.r1=1e-5", ["- r1: 1e-4", "+ r1: 1e-05"]),
        ("recipes/mnist_mlp.yaml:dataset.path=/x", [f"- path: {COMMENT}", f"+ path: /x {COMMENT}"]),
        ("recipes/gaussian.yaml:networks.discriminator.hidden=[5,4]", ["- - 3", "+ - 4"]),
        ("recipes/gaussian.yaml:dataset.matrix=[[1.0,2.0],[-0.1,0.7]]", ["- - 0.5", "+ - 0.7"]),
        ("recipes/ring.yaml:+train.save_every=3", ["+ save_every: 3"]),
        ("run=[gaussian,parabola]", [f"- - {name}" for name in (
            "gaussian_tuned", "parabola_tuned", "sinusoid", "sinusoid_tuned", "digits",
            "digits_tuned", "breast_cancer", "stocks")]),
        (
            "recipes/sinusoid.yaml:gate.acc_real.min=0.5",
            ["- acc_real: {min: 0.7, max: 0.95}", "+ acc_real: {min: 0.5, max: 0.95}"],
        ),
    ],
)  # fmt: skip
def test_an_override_changes_its_own_lines(tmp_path, override, lines):
    assert sorted(changed(tmp_path, override)) == sorted(lines)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_is_as_dvc_writes_it(tmp_path, file):
    """What fails here, `dvc.utils.hydra.apply_overrides(FILE, [])` mends."""
    assert changed(tmp_path, f"{file}:") == []
