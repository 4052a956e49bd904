"""`recipes.R.train`: the objective, the optimizers and the schedule."""

from typing import Annotated, Literal

from pydantic import Field

from stages.gan.params.section import Count, Fraction, Positive, Section

Objective = Literal["minimax", "non_saturating", "least_squares"]


class Adam(Section):
    """Adam (Kingma and Ba 2015); the defaults are Keras's."""

    learning_rate: Positive = Field(0.001, description="step size")
    beta_1: Fraction = Field(0.9, description="decay of the first moment")
    beta_2: Fraction = Field(0.999, description="decay of the second moment")
    epsilon: Positive = Field(1e-7, description="added to the root of the second moment")


class Train(Section):
    """One update is `discriminator_steps` steps of D, then one of G."""

    epochs: Count = Field(description="passes over the training data")
    steps_per_epoch: Count | None = Field(
        None, description="updates in an epoch; null: as many as use every example once"
    )
    batch: Count = Field(description="real examples in one step of D, and as many fakes")
    objective: Objective = Field(
        "non_saturating", description="the pair of losses, see stages/gan/objectives.py"
    )
    optimizers: dict[str, Adam] = Field(description="an Adam for each player of the method")
    discriminator_batches: Literal["separate", "mixed", "alternating"] = Field(
        "separate",
        description="real and fake as two batches of one step (separate), "
        "one batch (mixed), or a step on real and then one on fake (alternating)",
    )
    discriminator_steps: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="steps of D per step of G, each on real examples of its own"
    )
    generator_batch: Count | None = Field(
        None, description="fakes in G's step, drawn afresh; null: those D has just seen"
    )
    snapshots: Annotated[int, Field(ge=2, le=1000)] = Field(
        24, description="how often samples are kept over training, first and last epoch included"
    )
    snapshot_samples: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="samples in a snapshot, always from the same latents"
    )
