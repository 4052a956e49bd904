"""`recipes.R.train`: the objective, the optimizers and the schedule."""

from typing import Annotated, Literal

from pydantic import Field

from forger.config.section import Count, Fraction, Positive, Section
from forger.methods.objectives.kinds import AnObjective
from forger.methods.remedies import Augmentation, InstanceNoise, Labels, Penalties, Share


class Adam(Section):
    """Adam (Kingma and Ba 2015); the defaults are Keras's. Two players, two time scales."""

    learning_rate: Annotated[float, Field(ge=1e-9, le=10)] = Field(
        0.001, description="step size, at the start"
    )
    schedule: Literal["constant", "linear", "cosine"] = Field(
        "constant", description="how the step size falls over the training"
    )
    final: Share = Field(0.01, description="share of the step size left at the schedule's end")
    beta_1: Fraction = Field(0.9, description="decay of the first moment")
    beta_2: Fraction = Field(0.999, description="decay of the second moment")
    epsilon: Positive = Field(1e-7, description="added to the root of the second moment")


NEUTRAL = ("save_every", "resume")  # keys of Train without effect on the result


class Train(Section):
    """One update is `discriminator_steps` steps of D, then one of G."""

    epochs: Count = Field(description="passes over the training data")
    steps_per_epoch: Count | None = Field(
        None,
        description="updates in an epoch; null: as many as use every example once; more pass over "
        "the data again, in another order",
    )
    batch: Count = Field(description="real examples in one step of D, and as many fakes")
    objective: AnObjective = Field(
        "non_saturating", description="the pair of losses, see forger/methods/objectives"
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
    labels: Labels | None = Field(None, description="soft and noisy targets of D")
    instance_noise: InstanceNoise | None = Field(
        None, description="noise on all that D sees, decaying"
    )
    augmentation: Augmentation | None = Field(None, description="random shifts of all that D sees")
    penalties: Penalties = Field(
        default=Penalties(), description="weights of penalties on D's slope"
    )
    weight_clip: Positive | None = Field(
        None, description="clip D's weights to ± this after each step (Arjovsky et al. 2017)"
    )
    packing: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="examples that D judges at once, as one (PacGAN, Lin et al. 2018)"
    )
    ema: Annotated[float, Field(ge=1e-6, le=0.999999)] | None = Field(
        None,
        description="decay of the average of G's weights over updates, which is the G that is "
        "kept (Yazıcı et al. 2019); null: the last weights",
    )
    snapshots: Annotated[int, Field(ge=2, le=1000)] = Field(
        24, description="how often samples are kept over training, first and last epoch included"
    )
    snapshot_samples: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="samples in a snapshot, always from the same latents"
    )
    save_every: Annotated[float, Field(ge=0, le=86_400)] = Field(
        30.0,
        description="seconds between two savings of the training's state in the user's cache "
        "folder, no effect on results",
    )
    resume: bool = Field(
        True,
        description="go on with the same training where it was stopped; false: start anew, no "
        "effect on results",
    )

    def steps_of(self, player: str) -> int:
        """Steps of the player's optimizer in an update."""
        if player != "discriminator":
            return 1
        return self.discriminator_steps * (2 if self.discriminator_batches == "alternating" else 1)
