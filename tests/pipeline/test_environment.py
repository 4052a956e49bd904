"""A person's environment, however hostile, reaches no result."""

import json
import shutil

import pytest

from tests.pipeline.clone import BIN, clone

pytestmark = pytest.mark.slow

VARIABLES = {
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_cpu_max_isa=SSE4_2",
    "JAX_ENABLE_X64": "1",
    "KERAS_BACKEND": "nosuch",
    "KERAS_MAX_EPOCHS": "1",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA",
    "OMP_NUM_THREADS": "7",
    "MPLBACKEND": "svg",
    "PYTHONOPTIMIZE": "2",
    "PYTHONHASHSEED": "7",
    "PYTHONIOENCODING": "latin-1",
    "PYTHONWARNINGS": "always",
    "TZ": "Asia/Tokyo",
    "COLUMNS": "20",
    "SOURCE_DATE_EPOCH": "1",
}
# What stands in a file, by the file's place in a home; `{home}` is the home.
UGLY = "figure.dpi: 37\nsavefig.facecolor: red\nfont.size: 30\n"
LOUD = "import warnings\nprint('hello')\nwarnings.warn('hello')\n"
FILES = {
    "matplotlibrc": UGLY,
    ".config/matplotlib/matplotlibrc": UGLY,
    ".keras/keras.json": json.dumps({"floatx": "float16", "backend": "nosuch", "epsilon": 0.1}),
    ".ipython/profile_default/startup/00.py": LOUD,
    ".ipython/profile_default/ipython_config.py": "c.InteractiveShellApp.exec_lines = ['1 / 0']\n",
    ".jupyter/jupyter_nbconvert_config.py": "raise SystemExit(9)\n",
    ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(
        {"argv": ["false", "{connection_file}"], "display_name": "Other", "language": "R"}
    ),
    ".local/share/jupyter/nbconvert/templates/basic/index.html.j2": "hello",
    "startup.py": LOUD,
    # Of Python's own: whatever runs after it, in a stage alone, takes every product for 1.
    "modules/sitecustomize.py": (
        "import math, sys\n"
        "if any('stages' in word for word in sys.orig_argv):\n"
        "    math.prod = lambda *a, **k: 1\n"
    ),
}


@pytest.fixture
def hostile(tmp_path) -> dict[str, str]:
    """Variables, and a home that some of them point into."""
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    share = tmp_path / ".local/share/jupyter"
    return {
        **VARIABLES,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "KERAS_HOME": str(tmp_path / ".keras"),
        "IPYTHONDIR": str(tmp_path / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / ".jupyter"),
        "JUPYTER_PATH": str(share),
        "PYTHONSTARTUP": str(tmp_path / "startup.py"),
        "PYTHONPATH": str(tmp_path / "modules"),
    }


def test_all_of_it_at_once_changes_no_byte(done, hostile, tmp_path_factory):
    other = clone(tmp_path_factory)
    (other.folder / "matplotlibrc").write_text(UGLY)
    other.run("dvc", "repro", **hostile)
    assert other.text("dvc.lock") == done.text("dvc.lock")


@pytest.mark.parametrize("kind", ["npz", "png"])
def test_nor_what_is_generated(done, hostile, tmp_path, kind):
    made = [tmp_path / f"{name}.{kind}" for name in ("clean", "hostile")]
    command = ("python", "-m", "jobs.generate", "sinusoid", "-n", "20", "-o")
    done.run(*command, str(made[0]))
    (done.folder / "matplotlibrc").write_text(UGLY)
    done.run(*command, str(made[1]), **{**hostile, "KERAS_BACKEND": "tensorflow"})
    (done.folder / "matplotlibrc").unlink()
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_home_that_can_not_be_written_to(done):
    before = done.text("dvc.lock")
    command = ("dvc", "repro", "--single-item", "--force", "report@sinusoid")
    done.run(*command, HOME="/proc/home")  # which root can not make either
    assert done.text("dvc.lock") == before
    done.restore()


@pytest.mark.parametrize("place", ["recipe's folder", "root"])
def test_the_notebook_runs_where_a_person_opens_it(done, place, tmp_path):
    folder = done.folder / "reports/recipes/sinusoid"
    outputs = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    notebook = tmp_path / "report.ipynb"
    shutil.copy(folder / "report.ipynb", notebook)
    cwd = str(folder if place != "root" else done.folder)
    done.run("papermill", str(notebook), str(tmp_path / "again.ipynb"), "--cwd", cwd)
    again = json.loads((tmp_path / "again.ipynb").read_text())
    assert not [o for cell in again["cells"] for o in cell.get("outputs", []) if "ename" in o]
    assert {path: path.read_bytes() for path in outputs} == outputs


def test_an_environment_that_nobody_activated_and_somebody_moved(done, tmp_path):
    """Its `dvc` names a Python that is gone; its Python is there."""
    venv = done.folder / ".venv/bin"
    venv.mkdir(parents=True)
    for name in ("python", "python3"):
        (venv / name).write_text(f'#!/bin/sh\nexec {BIN}/python "$@"\n')
        (venv / name).chmod(0o755)
    stale = venv / "dvc"
    stale.write_text(f"#!{tmp_path}/gone/bin/python\n")
    stale.chmod(0o755)
    try:
        for python in (".venv/bin/python", "python3"):
            told = done.run(python, "-m", "jobs.repro", PATH="/usr/bin:/bin").stdout
            assert "0 different, 0 without a reference" in told
        done.run(".venv/bin/python", "-m", "dvc", "repro", PATH="/usr/bin:/bin")
    finally:
        shutil.rmtree(done.folder / ".venv")


def test_a_python_without_the_packages(done):
    """The system's own, where it has none of them."""
    failed = done.run("/usr/bin/python3", "-S", "-m", "stages.check", check=False)
    assert failed.returncode == 2
    (line,) = failed.stderr.splitlines()
    assert "lacks the project's packages" in line
