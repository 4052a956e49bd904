"""The part of a person's environment that reaches a stage or a job: a list, nothing by accident.

`python3 -m stages.train R` starts in whatever environment a person has. Before anything else is
imported, the process restarts itself (its pid stays) with the variables listed here and the
project's own, on the Python that has the project's packages. Whatever a start-up file, a
`sitecustomize` or a library's setting would have changed is then gone.
"""

from __future__ import annotations

import codecs
import importlib.util
import os
import signal
import sys
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".dvc/tmp/forger"  # a home for libraries that want one, instead of a person's
MARK = "FORGER_STARTED"  # the pid of a restarted process; its children do not inherit it
UNEXPECTED = 70  # the exit code for the program's own faults: EX_SOFTWARE of sysexits.h
PACKAGES = ("dvc", "keras")  # a Python that has these is the project's

# The variables that reach a stage, and why. A star matches anything.
PASSED = {
    "PATH": "where commands are",
    "HOME": "where trainings on their way, downloads and a `~` of dataset.path are",
    "XDG_CACHE_HOME": "the same, of trainings on their way",
    "TMPDIR": "where there is space",
    "DVC_STAGE": "which stage this is",
    "CUDA_VISIBLE_DEVICES": "which of several GPUs",
    "CUDA_DEVICE_ORDER": "how they are numbered",
    "LD_LIBRARY_PATH": "where this Python and a GPU's driver have their libraries",
    "*_PROXY": "the way to a download, whose content is checked",
    "*_proxy": "the same",
    "SSL_CERT_*": "whom to trust on that way",
    "COVERAGE_*": "that tests count which lines run",
    "PYTHONUNBUFFERED": "when output is shown",
    "PYTHONDONTWRITEBYTECODE": "whether compiled modules are kept",
}
# A job gets everything else too, since DVC and git need a person's settings (credentials, an
# editor), except FAMILIES: what computes, draws or starts Python. This one is the exception.
PASSED_TO_JOBS = {"KERAS_BACKEND": "which backend generates samples: docs/generate.md"}
FAMILIES = (
    "TF_*", "XLA_*", "JAX_*", "KERAS_*", "NPROC",
    "CUDA_*", "CUDNN_*", "CUBLAS_*", "NVIDIA_TF32_OVERRIDE",
    "OMP_*", "GOMP_*", "KMP_*", "MKL_*", "OPENBLAS_*", "GOTO_*", "BLIS_*", "VECLIB_*",
    "DNNL_*", "ONEDNN_*", "NPY_*", "SCIPY_*", "SKLEARN_*", "JOBLIB_*", "LOKY_*",
    "MPL*", "MATPLOTLIB*", "IPYTHON*", "JUPYTER*", "PLOTLY_*", "SOURCE_DATE_EPOCH",
    "PYTHON*", "LD_PRELOAD", "DYLD_*", "GLIBC_TUNABLES",
)  # fmt: skip
OWN = {
    "PYTHONPATH": str(ROOT),  # for commands started in another folder
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",  # hides XLA's remarks amid the progress
    # BLAS sums depend on the number of threads; `compute.threads` sets Keras's.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "KERAS_HOME": os.devnull,  # where no keras.json can exist
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": str(FOLDER / "matplotlib"),
    "IPYTHONDIR": str(FOLDER / "ipython"),
    "JUPYTER_CONFIG_DIR": str(FOLDER / "jupyter/config"),
    "JUPYTER_DATA_DIR": str(FOLDER / "jupyter/data"),
    "JUPYTER_RUNTIME_DIR": str(FOLDER / "jupyter/runtime"),
}
OWN_OF_STAGES = {"TZ": "UTC"}

# Spellings for characters that an output's encoding lacks.
SPELT = {
    "…": "...", "≥": ">=", "≤": "<=", "→": "->", "×": "x", "−": "-", "–": "-", "’": "'", "²": "^2",
    "▲": "^", "▼": "v", "✗": "x", "σ": "sigma", "\u202f": " ", "\xa0": " ",
}  # fmt: skip


def isolate(package: str) -> None:
    """Run a command of `package` (`python -m package.name`) in the project's environment.

    Its output takes any text, and unexpected errors, failing imports included, have an exit code of
    their own. Do nothing if no such command is starting.

    The first call restarts the process and does not return; the second prepares it. Exit with 2
    where no Python has the project's packages.
    """
    if sys.argv[0] != "-m":  # it is "-m" only while Python looks for the command
        return
    arguments = sys.argv[1:]
    command = getattr(sys, "orig_argv", [])  # none before Python 3.10, which is never ours
    module = command[len(command) - len(arguments) - 1].split("-m")[-1] if command else ""
    if command and module.rpartition(".")[0] != package:
        return
    # Imports take a second, during which Python would answer Ctrl-C with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    anew = os.environ.pop(MARK, None) != str(os.getpid())
    complete = all(importlib.util.find_spec(name) for name in PACKAGES)
    python = sys.executable if complete else environments_python()
    if not command or python is None or not (complete or anew):
        sys.exit(_explain())
    if anew:
        _open_what_is_closed()
        environment = {**own_environment(dict(os.environ), package), MARK: str(os.getpid())}
        os.execve(python, [python, "-m", module, *arguments], environment)  # noqa: S606 - no shell
    sys.excepthook = _end_unexpectedly
    _take_any_text()


def _open_what_is_closed() -> None:
    """Open nowhere in place of a closed standard input, output or error.

    Otherwise the next file that the process opens takes its place.
    """
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(lowest, True)
    os.close(lowest)


def own_environment(environment: dict[str, str], package: str) -> dict[str, str]:
    """Return the environment of a stage (package "stages") or job ("jobs") started in this one."""
    if package == "stages":
        kept = {name: value for name, value in environment.items() if _among(name, PASSED)}
        own = {**OWN, **OWN_OF_STAGES, **_kernels()}
    else:
        passed = {**PASSED, **PASSED_TO_JOBS}
        kept = {
            name: value
            for name, value in environment.items()
            if _among(name, passed) or not _among(name, FAMILIES)
        }
        own = {**OWN, **_kernels()}
    if sys.stdout is not None:
        own["PYTHONIOENCODING"] = sys.stdout.encoding  # the terminal's
    return {**kept, **own}


def environments_python() -> str | None:
    """Return the Python of the nearest .venv, or None if there is no .venv.

    It works without activation, and after a move of the .venv, which breaks its `dvc`.
    """
    paths = (folder / ".venv/bin/python" for folder in (ROOT, *ROOT.parents))
    return next((str(path) for path in paths if path.exists()), None)


def _explain() -> int:
    print(
        f"error: {sys.executable} (Python {sys.version.split()[0]}) lacks the project's packages; "
        "`make .venv/installed` installs them, `source .venv/bin/activate` takes them",
        file=sys.stderr,
    )
    return 2


def _among(name: str, patterns: tuple[str, ...] | dict[str, str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _kernels() -> dict[str, str]:
    """Return the setting that fixes which kernels OpenBLAS uses, where it has a choice.

    NumPy's products then have the same bits on every such processor, and the right ones where
    OpenBLAS does not know the processor (which is why a person may set it).
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            about = file.read(8192)  # the first core
    except OSError:  # macOS, whose processors leave no choice
        return {}
    return {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= set(about.split()) else {}


def _end_unexpectedly(kind, error, trace):  # type: ignore[no-untyped-def]
    """Exit with a code other than 1, which means "no" where a command answers a question."""
    sys.__excepthook__(kind, error, trace)
    if issubclass(kind, Exception):
        raise SystemExit(UNEXPECTED)


def _take_any_text() -> None:
    codecs.register_error("spelt", _spell)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="spelt")  # type: ignore[union-attr]


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that can't be encoded by another spelling or by their number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(SPELT.get(c) or ascii(c)[1:-1] for c in text), error.end
