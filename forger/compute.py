"""What results depend on beyond parameters and code: device, versions, XLA or not.

`resolve` decides it by fixed rules, without importing a backend. `prepare` sets the process up
accordingly, and must run before Keras is imported.
"""

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import reduce
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from forger.config.section import Section
from forger.core.errors import UserError
from forger.core.files import read_json
from forger.core.stopping import STOP

FILE = Path("data/resolved.json")

PACKAGES = {
    "tensorflow": ("tensorflow", "keras", "numpy"),
    "jax": ("jax", "jaxlib", "keras", "numpy"),
}
# What a backend or Keras imports if it is there, for things that are not done here. That takes a
# third of the time of importing them (`forger benchmark --only experiment`).
UNUSED = {
    "tensorflow": ("jax", "matplotlib", "sklearn"),
    "jax": ("matplotlib", "sklearn"),
}
# Packages with a backend's CUDA libraries; it needs one of them to use a GPU.
CUDA = {
    "tensorflow": ("nvidia-cudnn-cu12",),
    "jax": ("jax-cuda12-plugin", "jax-cuda13-plugin"),
}
# Faster for every kind of layer here, on both backends: docs/benchmark.md. (Keras's own
# convolutions are not faster on a CPU; those of networks/layers/strided.py are matrix products.)
JIT = True
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
# On CPUs, one of XLA's fusions recomputes dropout masks for each of their readers, which makes
# TensorFlow's updates up to 15 times slower. On GPUs, some sums have no fixed order by default.
XLA_FLAGS = {
    ("tensorflow", "cpu"): "--xla_cpu_use_fusion_emitters=false",
    ("tensorflow", "gpu"): "--xla_gpu_deterministic_ops=true",
    ("jax", "cpu"): "",
    ("jax", "gpu"): "--xla_gpu_deterministic_ops=true",
}


class Compute(Section):
    """Settings of the arithmetic; all but `steps_per_call` can change a result's last bits."""

    backend: Literal["tensorflow", "jax"] = Field(
        "tensorflow", description="Keras backend; jax needs requirements/jax.txt"
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="auto takes a GPU where there is one"
    )
    threads: Annotated[int, Field(ge=1, le=1024)] = Field(
        2, description="CPU threads; the sums' order depends on them, so it is fixed here"
    )
    devices: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="GPUs (or virtual CPU devices) that share each batch; more than one on jax"
    )
    jit: Literal["auto"] | bool = Field(
        "auto", description="compile with XLA; auto: yes, it is faster for all kinds of layers"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32",
        description="of the arithmetic inside layers; weights, losses and outputs stay float32, "
        "and float16 scales each player's loss",
    )
    steps_per_call: Literal["auto"] | Annotated[int, Field(ge=1, le=4096)] = Field(
        "auto",
        description="whole updates that one train_on_batch runs, no effect on results; "
        "auto: 4 to 1024, the fewer the more an update computes",
    )

    @model_validator(mode="after")
    def _check_devices(self) -> Self:
        if self.devices > 1 and self.backend != "jax":
            raise ValueError(f"devices: found {self.devices}; more than 1 needs backend: jax")
        return self


def _is_installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def missing(backend: str) -> str:
    """Say which of a backend's packages are missing and how to install them; empty if none are."""
    absent = [package for package in PACKAGES[backend] if _is_installed(package) is None]
    if not absent:
        return ""
    names = " and ".join(absent)
    verb = "is" if len(absent) == 1 else "are"
    file = f"requirements{'/jax' if backend == 'jax' else ''}.txt"
    return f"{names} {verb} not installed; pip install -r {file}"


def _gpu(backend: str) -> bool:
    driver = Path("/proc/driver/nvidia/version").exists()
    return driver and any(map(_is_installed, CUDA[backend]))


def resolve(compute: Compute) -> dict[str, Any]:
    """Resolve `auto` on this machine and read the versions: the content of data/resolved.json.

    Raises:
        UserError: the chosen backend or device is not available.
    """
    if absent := missing(compute.backend):
        raise UserError(f"params.yaml: compute.backend: found {compute.backend}, but {absent}")
    versions = {package: _is_installed(package) for package in PACKAGES[compute.backend]}
    gpu = _gpu(compute.backend)
    if compute.device == "gpu" and not gpu:
        raise UserError(
            f"params.yaml: compute.device: found gpu, but no NVIDIA driver with "
            f"{' or '.join(CUDA[compute.backend])} is installed; "
            "pip install -r requirements/gpu.txt, or set it to cpu"
        )
    device = "gpu" if gpu and compute.device != "cpu" else "cpu"
    jit = JIT if compute.jit == "auto" else compute.jit
    return {"backend": compute.backend, "device": device, "jit": jit, "versions": versions}


def read_resolved() -> dict[str, Any]:
    """Return the content of data/resolved.json. Raises UserError."""
    return read_json(FILE, "run `dvc repro check`")


def prepare(compute: Compute, resolved: dict[str, Any]) -> None:
    """Set this process up as `resolved` says. Call it before Keras is imported.

    Raises:
        UserError: this machine no longer resolves to what data/resolved.json says.
    """
    now = resolve(compute)
    if now != resolved:
        changed = ", ".join(key for key in now if now[key] != resolved.get(key))
        raise UserError(
            f"{FILE}: it no longer describes this machine ({changed} changed); "
            "run `dvc repro --force check`, then `dvc repro`"
        )
    os.environ["KERAS_BACKEND"] = compute.backend
    os.environ["NPROC"] = str(compute.threads)  # the size of XLA's thread pool under JAX
    os.environ["XLA_FLAGS"] = XLA_FLAGS[compute.backend, resolved["device"]]
    if resolved["device"] == "cpu":
        os.environ["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={compute.devices}"
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ["JAX_PLATFORMS"] = "cpu"
    with STOP.postpone(), _quiet(), _hide(UNUSED[compute.backend]):
        if compute.backend == "tensorflow":
            _prepare_tensorflow(compute.threads, resolved)
        import keras

    # A person's own ~/.keras/keras.json must not change results.
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy(PRECISIONS[compute.precision])


def _prepare_tensorflow(threads: int, resolved: dict[str, Any]) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if not resolved["jit"]:
        _add_in_order(tf)
    if resolved["device"] == "gpu":
        if not tf.config.list_physical_devices("GPU"):
            raise UserError(
                "compute.device: TensorFlow finds no GPU, though a driver and CUDA libraries "
                "are installed; set compute.device to cpu, or mend the driver"
            )
        if not resolved["jit"]:
            tf.config.experimental.enable_op_determinism()
    # Start the devices and XLA now, while TensorFlow's chatter is silenced.
    tf.function(lambda: tf.constant(0) + 1, jit_compile=resolved["jit"])()


def _add_in_order(tf: Any) -> None:
    """Let gradients be added two by two, from the first to the last.

    Left alone, TensorFlow adds three or more in one operation, which begins with whichever of them
    has memory to reuse: that depends on what has finished by then. XLA has an order of its own.
    """
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import backprop

    spaces = backprop._default_vspace._replace(aggregate_fn=lambda terms: reduce(tf.add, terms))
    pywrap_tfe.TFE_Py_RegisterVSpace(spaces)
    # It would turn such a chain into one operation again.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


@contextmanager
def _hide(packages: Collection[str]) -> Iterator[None]:
    """Let imports in this block go on as if these packages were not installed."""
    hidden = dict.fromkeys(name for name in packages if name not in sys.modules)
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep TensorFlow's start-up chatter, which no setting silences, off standard error."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
