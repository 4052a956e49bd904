"""`compute`: what the arithmetic runs on."""

from typing import Annotated, Literal

from pydantic import Field

from stages.gan.params.section import Section


class Compute(Section):
    """All of it can change the last bits of a result, `steps_per_call` excepted."""

    backend: Literal["tensorflow", "jax"] = Field(
        "tensorflow", description="Keras backend; jax needs requirements-jax.txt"
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="auto takes a GPU where there is one"
    )
    threads: Annotated[int, Field(ge=1, le=1024)] = Field(
        2, description="CPU threads; the sums' order depends on them, so it is fixed here"
    )
    jit: Literal["auto"] | bool = Field(
        "auto", description="compile with XLA; auto: always, but for convolutions on a CPU"
    )
    steps_per_call: Literal["auto"] | Annotated[int, Field(ge=1, le=4096)] = Field(
        "auto", description="whole updates that one train_on_batch runs; no effect on results"
    )
