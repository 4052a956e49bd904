"""Small data and their descriptions, for tests that need some."""

from forger.data.base import PARTS, Data
from forger.data.codecs.affine import IDENTITY
from forger.data.description import DataField, Description


def described(*shape, classes=(), view=None, codec=IDENTITY, law=None):
    """What data.json says of examples of this shape."""
    view = view or ("images" if len(shape) == 3 else "points")
    axis = tuple(range(shape[0])) if view == "curves" else ()
    real = DataField(shape=shape, codec=codec, view=view, units="any", axis=axis)
    return Description(fields={"real": real}, classes=classes, law=law or {})


def data_of(real, description, **fields):
    """The same examples in every part."""
    return Data({part: {"real": real, **fields} for part in PARTS}, description)
