"""`train` of a recipe: the optimizers and the schedule, common to all methods."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from forger.config.kinds import Kinds
from forger.config.section import Count, Fraction, Positive, Section, Share

KINDS = {
    "last": "forger.training.snapshots.Snapshots",
    "best": "forger.training.best.BestSnapshots",
}
SNAPSHOTS = Kinds(KINDS)


class Adam(Section):
    """Adam (Kingma and Ba 2015) for one player, at its own pace; the defaults are Keras's."""

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


NEUTRAL = ("save_every", "resume")  # keys of Train that have no effect on the result


class Train(Section):
    """The length of a training, its steps, and what is kept of it."""

    epochs: Count = Field(description="passes over the training data")
    steps_per_epoch: Count | None = Field(
        None,
        description="updates in an epoch; null: as many as use every example once; more pass over "
        "the data again, in another order",
    )
    batch: Count = Field(description="examples of the data in a batch")
    sampling: Literal["frequency", "log_frequency"] = Field(
        "frequency",
        description="how often a conditional method meets a class: as often as the data have it, "
        "or in proportion to the logarithm of that, so that it learns rare ones "
        "(training-by-sampling, Xu et al. 2019, section 4.3); samples come as often as in the data "
        "all the same",
    )
    optimizers: dict[str, Adam] = Field(description="an Adam for each player of the method")
    ema: Annotated[float, Field(ge=1e-6, le=0.999999)] | None = Field(
        None,
        description="decay of the average of the weights over updates, which is what is kept of "
        "the networks that make examples (Yazıcı et al. 2019); null: the last weights",
    )
    snapshots: Annotated[int, Field(ge=2, le=1000)] = Field(
        24, description="how often samples are kept over training, first and last epoch included"
    )
    snapshot_samples: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="samples in a snapshot, always from the same latents"
    )
    keep: Annotated[str, SNAPSHOTS] = Field(
        "last",
        description="which networks are kept: those at the end, or at the snapshot that best_by "
        "likes best",
    )
    best_by: Literal["energy_distance", "sliced_wasserstein", "mmd", "c2st"] = Field(
        "energy_distance",
        description="the figure, on the validation part, by which keep finds the best snapshot",
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

    def shortages(self, rows: int, batches: int) -> Iterator[str]:
        """Yield a problem, with its key, if there are too few examples for an update.

        Args:
            rows: how many there are for training.
            batches: how many batches of them an update takes.
        """
        taken = batches * self.batch
        if taken > rows:
            yield (
                f"train.batch: an update takes {taken} examples (a batch for each step on real "
                f"data), but there are only {rows}"
            )
