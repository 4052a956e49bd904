"""Parts of Keras, imported when first used, so that parameters can be checked without Keras."""

from importlib import import_module
from typing import Any


class _Later:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)


ops, random = _Later("keras.ops"), _Later("keras.random")
