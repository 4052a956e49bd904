"""scikit-learn's digits, each with the edges that it was traced along: data for a translator."""

from typing import Literal

import numpy as np

from forger.data.codecs.affine import Affine
from forger.data.description import Arrays, DataField
from forger.data.digits import PIXELS, Digits

# Of 72 at most in these digits. At 36 most outlines are closed; at 44 those of faint strokes are
# gone, and at 24 the two sides of a stroke run into each other.
THRESHOLD = 36
EDGES = Affine(scale=0.5, offset=0.5, resolution=1.0, range=(0.0, 1.0))


class DigitsEdges(Digits):
    """The digits as `real`, and their outlines as `source`.

    An outline says where ink begins, and not how dark it is: a pixel is −1 or 1.
    """

    kind: Literal["digits_edges"]  # type: ignore[assignment]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {**super().shapes, "source": self.shape}

    @property
    def train_size(self) -> None:
        return None  # digits of the same outline are in one part

    @property
    def validation_size(self) -> None:
        return None

    @property
    def test_size(self) -> None:
        return None

    def read(self) -> tuple[Arrays, dict[str, DataField]]:
        fields, described = super().read()
        source = EDGES.encode(edges(PIXELS.decode(fields["real"])))
        about = DataField(shape=self.shape, codec=EDGES, view="images", units="edge, 0 or 1")
        return {**fields, "source": source}, {**described, "source": about}


def edges(images: np.ndarray) -> np.ndarray:
    """Return 1 where the Sobel magnitude of images `[n, h, w, 1]` reaches `THRESHOLD`, else 0.

    Beyond the frame there is no ink.
    """
    from scipy import ndimage

    both = [
        np.stack([ndimage.sobel(image, axis, mode="constant") for image in images[..., 0]])
        for axis in (0, 1)
    ]
    # Squares of whole grey values are exact on every machine, and a root may not be.
    return (both[0] ** 2 + both[1] ** 2 >= THRESHOLD**2)[..., None]
