import pytest

from forger.data.codecs.affine import IDENTITY
from forger.data.description import DataField, Description
from forger.data.looks import LOOKS, find_misfit


def describe(*shape, view, axis=()):
    field = DataField(shape=shape, codec=IDENTITY, view=view, units="any", axis=axis)
    real = DataField(shape=(2,), codec=IDENTITY, view="points", units="any")
    return Description(fields={"real": real, "other": field}, classes=())


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (describe(2, 2, 3, view="image"), "view: found 'image'; did you mean images?"),
        (describe(2, 2, 3, view="curves"), "view: curves have not the shape (2, 2, 3)"),
        (describe(2, 2, 3, view="points"), "view: points have not the shape (2, 2, 3)"),
        (describe(4, view="images"), "view: images have not the shape (4,)"),
        (describe(4, view="curves"), "axis: missing, for curves"),
    ],
)
def test_a_view_that_does_not_fit_is_named(field, why):
    assert find_misfit(field) == f"fields.other.{why}"


def test_a_view_that_fits_is_none():
    fit = [
        describe(4, view="points"),
        describe(4, view="curves", axis=(0, 1, 2, 4)),
        describe(4, 4, 1, view="images"),
        describe(4, 4, 3, view="photographs"),
        describe(4, view="table"),
    ]
    assert {data.fields["other"].view for data in fit} == {*LOOKS}
    assert not any(map(find_misfit, fit))
