"""`recipes.R.evaluate`, and `recipes.R.source`: what a result is measured on and held against."""

from typing import Annotated, Literal

from pydantic import Field

from stages.gan.params.section import Real, Section

Figure = Literal["d_loss", "g_loss", "acc_real", "acc_fake", "accuracy"]


class Evaluate(Section):
    """How much is generated for the figures."""

    samples: Annotated[int, Field(ge=20, le=10_000_000)] = Field(
        10_000, description="fakes that are scored and measured in a draw"
    )
    compared: Annotated[int, Field(ge=20, le=50_000)] = Field(
        2000,
        description="of these, and of real examples, how many the figures that look at all pairs "
        "take in a draw (classifiers, neighbours); fewer where there are fewer real ones",
    )
    draws: Annotated[int, Field(ge=2, le=100)] = Field(
        5, description="repeated draws, whose means and 95 % intervals are the figures"
    )


class Source(Section):
    """Where a recipe comes from and what was published for it."""

    title: str = Field(description="one line, shown above the recipe's results")
    note: str = Field("", description="where the recipe departs from its source, and why")
    published: dict[Figure, Real] = Field(
        default={},
        description="the source's figures at the end of training, by the names of history.csv; "
        "accuracy is the mean of acc_real and acc_fake",
    )
