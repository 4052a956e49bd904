"""Parts of Keras that are imported when they are first used: parameters are checked without it."""

from importlib import import_module
from typing import Any


class _Later:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)


ops, random = _Later("keras.ops"), _Later("keras.random")
