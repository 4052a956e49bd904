"""What of a person's environment reaches a command, and how commands speak and end."""

import json
import os
import subprocess
import sys

import pytest

from forger.core.isolation import OWN, PASSED, UNEXPECTED, own_environment
from tests.project import COVERAGE, ROOT

HOSTILE = [
    "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "JAX_ENABLE_X64",
    "KERAS_HOME", "KERAS_MAX_EPOCHS", "NVIDIA_TF32_OVERRIDE", "OMP_NUM_THREADS", "MKL_DYNAMIC",
    "OPENBLAS_CORETYPE", "DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "NPY_DISABLE_CPU_FEATURES",
    "SCIPY_ARRAY_API", "SKLEARN_ASSUME_FINITE", "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC",
    "IPYTHONDIR", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "PYTHONSTARTUP", "PYTHONPATH",
    "PYTHONHASHSEED", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONUSERBASE", "SOURCE_DATE_EPOCH",
    "LD_PRELOAD", "GLIBC_TUNABLES",
]  # fmt: skip
OF_A_SHELL = ["LANG", "LC_ALL", "LC_NUMERIC", "TZ", "COLUMNS", "NO_COLOR", "XDG_CONFIG_HOME"]


@pytest.mark.parametrize("name", [*HOSTILE, *OF_A_SHELL, "AWS_PROFILE", "DVC_ROOT"])
def test_what_does_not_reach_a_stage(name):
    assert own_environment({name: "hostile"}, "stages") == own_environment({}, "stages")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_reach_a_job(name):
    assert own_environment({name: "hostile"}, "jobs") == own_environment({}, "jobs")


@pytest.mark.parametrize("package", ["stages", "jobs"])
@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "DVC_STAGE", "CUDA_VISIBLE_DEVICES", "https_proxy", "SSL_CERT_FILE"]
)
def test_what_is_a_persons_choice(package, name):
    assert own_environment({name: "own"}, package)[name] == "own"


def test_a_job_passes_on_what_dvc_and_git_need():
    persons = {"AWS_PROFILE": "x", "SSH_AUTH_SOCK": "x", "GIT_EDITOR": "x", "KERAS_BACKEND": "jax"}
    assert own_environment(persons, "jobs").items() >= persons.items()


def test_nothing_is_both_passed_and_set():
    assert not set(PASSED) & set(OWN)
    assert all(reason for reason in PASSED.values())


PROBE = """
import json, os, sys
from forger.core.errors import run

def main():
    told = {"pid": os.getpid(), "variables": dict(os.environ), "arguments": sys.argv[1:]}
    print(json.dumps({**told, "optimize": sys.flags.optimize, "site": hasattr(sys, "hostile")}))

run(main)
"""


@pytest.fixture
def command(tmp_path):
    """Make a module of `stages` or `jobs` in a copy of them; run it, and say how."""

    def start(body, *arguments, package="stages", shell='exec "$@"', **variables):
        for name in ("stages", "jobs"):
            (tmp_path / name).mkdir(exist_ok=True)
            if not (tmp_path / name / "__init__.py").exists():
                (tmp_path / name / "__init__.py").symlink_to(ROOT / name / "__init__.py")
        for name in ("forger", "jobs/shared"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(ROOT / name)
        (tmp_path / package / "probe.py").write_text(body)
        words = [sys.executable, "-m", f"{package}.probe", *arguments]
        process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], **COVERAGE, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output, errors = process.communicate(timeout=60)
        return process.pid, process.returncode, output, errors

    return start


def test_a_stage_starts_anew_as_the_same_process(command, tmp_path):
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile/sitecustomize.py").write_text("import sys; sys.hostile = 1\n")
    hostile = {**dict.fromkeys(HOSTILE, "1"), **dict.fromkeys(OF_A_SHELL, "C")}
    hostile = {k: v for k, v in hostile.items() if k not in ("LD_PRELOAD", "GLIBC_TUNABLES")}
    hostile |= {"PYTHONPATH": str(tmp_path / "hostile"), "FORGER_STARTED": "1"}
    pid, code, output, _ = command(PROBE, "a b", "-m", DVC_STAGE="train@x", **hostile)
    told = json.loads(output)
    assert (code, told["pid"], told["arguments"]) == (0, pid, ["a b", "-m"])
    assert (told["optimize"], told["site"]) == (0, False)
    assert told["variables"]["DVC_STAGE"] == "train@x"
    allowed = {
        *PASSED,
        *own_environment({}, "stages"),
        *COVERAGE,
        "LC_CTYPE",
    }  # the last: Python's own
    assert set(told["variables"]) <= allowed


@pytest.mark.parametrize("package", ["stages", "jobs"])
def test_what_nobody_expects_has_a_code_of_its_own(command, package):
    main = "from forger.core.errors import run\nrun(lambda: {}['x'])"
    for body, error in (
        (main, b"KeyError"),
        ("raise KeyError", b"KeyError"),
        ("import nosuch", b"ModuleNotFoundError"),
        ("x = (", b"SyntaxError"),
    ):
        _, code, _, errors = command(body, package=package)
        assert code == UNEXPECTED == 70
        assert error in errors


SAYS = "from forger.core.errors import run\nrun(lambda: print('≥ 3 … \\udcff 漢'))"


@pytest.mark.parametrize("package", ["stages", "jobs"])
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LC_ALL": "C.UTF-8"}, "≥ 3 … \\udcff 漢\n".encode()),
        ({"LC_ALL": "C"}, "≥ 3 … \\udcff 漢\n".encode()),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, None),
        ({"PYTHONIOENCODING": "latin-1"}, b">= 3 ... \\udcff \\u6f22\n"),
        ({"PYTHONIOENCODING": "ascii:strict"}, b">= 3 ... \\udcff \\u6f22\n"),
    ],
)
def test_any_locale_shows_any_text(command, package, variables, said):
    _, code, output, errors = command(SAYS, package=package, **variables)
    assert (code, errors) == (0, b"")
    assert output == said if said else output.endswith(b"\n")


def test_an_output_that_is_closed_or_full(command):
    says = "from forger.core.errors import run\nrun(lambda: print('x'))"
    assert command(says, shell='exec "$@" >&-')[1] == 0
    _, code, _, errors = command(says, shell='exec "$@" >/dev/full')
    assert code == 2
    assert errors.startswith(b"error: No space left on device")


FAILS = """
import sys
from forger.core.errors import UserError, run
def main():
    sys.stderr.flush()
    with open("own", "w") as file:
        print("remark", file=sys.stderr)
        assert file.fileno() > 2
    raise UserError("told")
run(main)
"""


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", "0<&- 2>&-", "0<&- >&- 2>&-"])
def test_complaints_that_go_nowhere(command, streams):
    _, code, _, _ = command(FAILS, shell=f'exec "$@" {streams}')
    assert code == 2
