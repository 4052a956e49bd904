"""`recipes.R.evaluate` and `recipes.R.source`: what a result is measured on and compared with."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forger.config.section import FEWEST, Real, Section


def _check_printable(text: str) -> str:
    if not text.replace("\n", "").isprintable():
        raise ValueError("must be text without control characters")
    return text


def _line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_check_printable)]
Line = Annotated[Text, Field(min_length=1, max_length=200), AfterValidator(_line)]


class Evaluate(Section):
    """How many samples the figures are taken of, and which real examples they are compared with."""

    part: Literal["test", "validation"] = Field(
        "test",
        description="the real examples that figures are taken beside; a sweep looks at the "
        "validation part, so that nothing has chosen by the test part",
    )

    samples: Annotated[int, Field(ge=FEWEST, le=10_000_000)] = Field(
        10_000, description="fakes that are scored and measured in a draw"
    )
    compared: Annotated[int, Field(ge=FEWEST, le=10_000)] = Field(
        2000,
        description="of these, and of real examples, how many the figures that look at all pairs "
        "take in a draw (classifiers, neighbours); fewer where there are fewer real ones",
    )
    draws: Annotated[int, Field(ge=2, le=100)] = Field(
        5, description="repeated draws, whose means and 95 % intervals are the figures"
    )
    recurrent: tuple[Literal[2, 32], ...] = Field(
        (),
        description="units of the recurrent networks by which curves are scored as in TimeGAN, "
        "which takes seconds a draw; empty: none",
    )
    inception: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        None,
        description="a file of the Inception network's weights, by which images have their Frechet "
        "inception distance, at some 50 ms an image; null: they have none",
    )


class Source(Section):
    """Where a recipe comes from and what was published for it."""

    title: Line = Field(description="one line, shown above the recipe's results")
    note: Text = Field("", description="where the recipe departs from its source, and why")
    published: dict[str, Real] = Field(
        default={},
        description="the source's losses and accuracies at the end of training, by their names in "
        "history.csv; accuracy is the mean of all accuracies",
    )
