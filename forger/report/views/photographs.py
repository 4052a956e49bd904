"""The view of photographs and other pictures: as they are, with light gaps between them."""

from __future__ import annotations

from typing import ClassVar

from forger.report.views.images import Images


class Photographs(Images):
    """Grey values are drawn as light; otherwise as images."""

    palette: ClassVar[str] = "gray"
    gap: ClassVar[float] = 1.0
    empty: ClassVar[int] = 1
