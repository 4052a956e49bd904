"""What each view of forger/report/views wants of the field that a person looks at."""

from typing import NamedTuple

from forger.core.text import suggest
from forger.data.description import DataField, Description


class Look(NamedTuple):
    """What a view wants of a field.

    Attributes:
        axes: how many an example has.
        sampled: whether the view must know where an example is sampled.
        channels: whether there may be an axis of channels behind the others.
    """

    axes: int
    sampled: bool = False
    channels: bool = False


LOOKS = {
    "points": Look(1),
    "curves": Look(1, sampled=True, channels=True),
    "images": Look(3),
    "table": Look(1),
    "photographs": Look(3),
}


def find_misfit(data: Description) -> str:
    """Tell which field's view is none of these, or does not fit its examples; empty if none."""
    misfits = {name: _misfit(field) for name, field in data.fields.items()}
    return next((f"fields.{name}.{why}" for name, why in misfits.items() if why), "")


def _misfit(field: DataField) -> str:
    if field.view not in LOOKS:
        return f"view: found {field.view!r}; {suggest(field.view, list(LOOKS))}"
    look = LOOKS[field.view]
    if len(field.shape) - look.axes not in range(look.channels + 1):
        return f"view: {field.view} have not the shape {field.shape}"
    return f"axis: missing, for {field.view}" if look.sampled and not field.axis else ""
