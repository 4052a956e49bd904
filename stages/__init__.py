"""The pipeline's stages, each run as `python3 -m stages.NAME`."""

from stages.gan.isolation import isolate

isolate("stages")
