"""Libraries that are imported when first used: parameters are read without Keras and SciPy."""

from importlib import import_module
from typing import Any


class _Later:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)


ops, random, stats = map(_Later, ("keras.ops", "keras.random", "scipy.stats"))
