"""`compute`: what the arithmetic runs on."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
    def _shared_on_jax_only(self) -> Self:
        if self.devices > 1 and self.backend != "jax":
            raise ValueError(f"devices: found {self.devices}; more than 1 needs backend: jax")
        return self
