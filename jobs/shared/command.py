"""What the commands that use a trained model share: arguments and the set-up of Keras."""

from __future__ import annotations

import os
from importlib.util import find_spec

from forger.compute import PACKAGES, Compute, prepare, resolve
from forger.core.errors import UserError
from jobs.shared.arguments import Parser, path, revision


def parser(module: str, purpose: str | None) -> Parser:
    """Return a parser with the arguments that select a trained model."""
    made = Parser(module, purpose)
    made.add_argument("recipe", metavar="RECIPE", help="whose trained model")
    made.add_argument(
        "--rev", type=revision, help="of a commit or an experiment, instead of the workspace"
    )
    return made


def output(made: Parser, meaning: str) -> None:
    """Add the option that says where to write."""
    made.add_argument("-o", "--output", type=path, required=True, metavar="PATH", help=meaning)


def set_up(backend: str | None = None) -> None:
    """Prepare this process for Keras on `backend`; None: KERAS_BACKEND, or the first installed.

    The number of threads is fixed, rather than the machine's, as the last bits depend on it.
    Raises UserError if the backend is not installed.
    """
    installed = [name for name in PACKAGES if find_spec(name)]
    chosen = backend or os.environ.get("KERAS_BACKEND") or next(iter(installed), "tensorflow")
    if chosen not in installed:
        raise UserError(
            f"KERAS_BACKEND: {chosen} is not installed, or not a backend of this project; "
            f"installed: {', '.join(installed) or 'none'}"
        )
    # A forward pass is not compiled. Without XLA, `prepare` makes TensorFlow's own GPU kernels
    # deterministic.
    compute = Compute.model_validate({"backend": chosen, "jit": False})
    prepare(compute, resolve(compute))
