"""The pipeline's stages, each run as `python3 -m stages.NAME`."""

from forger.core.isolation import isolate

isolate("stages")
