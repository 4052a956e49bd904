"""Augmentation of all that D sees, so that a few examples are not known by heart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Count, Fraction, Section, Share, Weight
from forger.core.lazy import ops
from forger.core.random import uniform
from forger.methods.adversarial import Adversarial
from forger.methods.base import Fields
from forger.methods.reports import Report

if TYPE_CHECKING:
    from forger.engine.model import Step

COLOURS = 3  # a fourth channel is opacity
STATE = "augmented"


class Adaptive(Section):
    """A share of changed images that grows while D is too sure of real ones (Karras et al. 2020).

    The share p starts at 0. After a step of D it rises if the mean sign of D's outputs on real
    images, r_t in section 3.1, lies above the target, and falls if not.
    """

    target: Share = Field(
        0.6, description="r_t to keep: 0 if D can't tell, 1 if it knows all; 0.6 there"
    )
    images: Count = Field(
        500_000, description="real images in which p goes from 0 to 1 at most; 500,000 there"
    )


class Augmentation(Section):
    """Random changes of all that D sees, real and fake alike (DiffAugment: Zhao et al. 2020).

    They are differentiable: G learns through them. Each is drawn for each image apart.
    """

    translation: Fraction = Field(
        0.0,
        description="images are shifted by up to this share of their sides, to whole pixels, their "
        "edges repeated; 0.125 there",
    )
    flip: Literal["none", "horizontal", "vertical", "both"] = Field(
        "none", description="mirror half of the images, left to right, top to bottom, or either"
    )
    brightness: Weight = Field(
        0.0, description="add one number, up to ± this in the networks' units; 0.5 there"
    )
    saturation: Share | Literal[0] = Field(
        0, description="stretch colours away from grey by 1 ± this; 1 there"
    )
    contrast: Share | Literal[0] = Field(
        0, description="stretch pixels away from the image's mean by 1 ± this; 0.5 there"
    )
    cutout: Fraction = Field(
        0.0, description="blank a rectangle of this share of the sides; 0.5 there"
    )
    adaptive: Adaptive | None = Field(
        None, description="change a share of the images that follows D; null: all of them"
    )

    @model_validator(mode="after")
    def _any(self) -> Self:
        # A translation of 0 that is written down may be what an experiment compares with.
        if not any(self.changes) and self.adaptive is not None:
            raise ValueError("adaptive: needs at least one change to adapt")
        return self

    @property
    def changes(self) -> tuple[Any, ...]:
        """The strength of each change; false where it is off."""
        flip = self.flip != "none"
        return (
            flip, self.brightness, self.saturation, self.contrast, self.translation, self.cutout
        )  # fmt: skip

    @property
    def state(self) -> Mapping[str, np.ndarray]:
        """The first value of the share of images that are changed, where it adapts."""
        return {} if self.adaptive is None else {STATE: np.zeros((), np.float32)}

    @property
    def reports(self) -> tuple[Report, ...]:
        """What it logs."""
        if self.adaptive is None:
            return ()
        return (Report(STATE, "augmented", "other", "the share of images that D sees changed"),)

    def adapt(self, step: Step, says_real: Any) -> None:
        """Move the share, if it adapts, given which real images D takes for real `[batch, …]`."""
        if self.adaptive is None:
            return
        share = step.own[STATE]
        sure = 2 * ops.mean(ops.cast(says_real, "float32")) - 1
        move = says_real.shape[0] / self.adaptive.images
        share.assign(ops.clip(share + move * ops.sign(sure - self.adaptive.target), 0.0, 1.0))
        step.log(**{STATE: ops.convert_to_tensor(share)})

    def change(self, examples: Any, step: Step) -> Any:
        """Change images `[batch, height, width, channels]`, each by numbers of its own."""
        kinds: tuple[Any, ...] = (_flip, _brighten, _saturate, _stretch, _shift, _cut)
        for kind, strength in zip(kinds, (self.flip, *self.changes[1:]), strict=True):
            if strength in (0, "none"):
                continue
            changed = kind(examples, strength, step.random)
            if self.adaptive is not None:
                shape = (examples.shape[0], 1, 1, 1)
                picked = uniform(shape, step.random) < ops.convert_to_tensor(step.own[STATE])
                changed = ops.where(picked, changed, examples)
            examples = changed
        return examples


class Augmenting(Adversarial):
    """What a method needs whose option `augmentation` may adapt."""

    if TYPE_CHECKING:
        augmentation: Augmentation | None

    def loss_on_real(self, step: Step, judged: Any, others: Any = None) -> Any:
        if self.augmentation is not None:
            self.augmentation.adapt(step, self.losses.says_real(judged, others))
        return super().loss_on_real(step, judged, others)

    @property
    def reports(self) -> tuple[Report, ...]:
        own = () if self.augmentation is None else self.augmentation.reports
        return (*super().reports, *own)

    def state(self, fields: Fields) -> Mapping[str, np.ndarray]:
        return {} if self.augmentation is None else self.augmentation.state


def _flip(examples: Any, axes: str, seed: Any) -> Any:
    """Mirror half of the images along each of the axes."""
    for axis, name in ((2, "horizontal"), (1, "vertical")):
        if axes in (name, "both"):
            picked = uniform((examples.shape[0], 1, 1, 1), seed) < 0.5
            examples = ops.where(picked, ops.flip(examples, axis), examples)
    return examples


def _brighten(examples: Any, most: float, seed: Any) -> Any:
    by = uniform((examples.shape[0], 1, 1, 1), seed, -most, most)
    return _on_colours(examples, lambda colours: colours + by)


def _saturate(examples: Any, most: float, seed: Any) -> Any:
    by = uniform((examples.shape[0], 1, 1, 1), seed, 1 - most, 1 + most)

    def change(colours: Any) -> Any:
        grey = ops.mean(colours, axis=-1, keepdims=True)
        return grey + by * (colours - grey)

    return _on_colours(examples, change)


def _stretch(examples: Any, most: float, seed: Any) -> Any:
    by = uniform((examples.shape[0], 1, 1, 1), seed, 1 - most, 1 + most)

    def change(colours: Any) -> Any:
        mean = ops.mean(colours, axis=(1, 2, 3), keepdims=True)
        return mean + by * (colours - mean)

    return _on_colours(examples, change)


def _on_colours(examples: Any, change: Any) -> Any:
    """Change the colours of images, and leave their opacity, if they have any, as it is."""
    if examples.shape[-1] != COLOURS + 1:
        return change(examples)
    changed = change(examples[..., :COLOURS])
    return ops.concatenate([changed, examples[..., COLOURS:]], axis=-1)


def _shift(examples: Any, reach: float, seed: Any) -> Any:
    """Shift images by random numbers of pixels, up to a share of their sides."""
    n, height, width, _ = examples.shape
    u = uniform((2, n, 1), seed)
    # One-hot products, since the gradient of a gather is a scatter, which is slow under XLA.
    rows = _shifts(u[0], height, reach)
    columns = _shifts(u[1], width, reach)
    return ops.einsum("nij,njkc,nlk->nilc", rows, examples, columns)


def _shifts(u: Any, side: int, share: float) -> Any:
    """Turn uniform numbers `[n, 1]` into matrices `[n, side, side]` that shift a side."""
    reach = round(share * side)
    by = ops.cast(ops.floor(u * (2 * reach + 1)), "int32") - reach
    return ops.one_hot(ops.clip(ops.arange(side) + by, 0, side - 1), side)


def _cut(examples: Any, share: float, seed: Any) -> Any:
    """Blank a rectangle whose middle is anywhere in the image, and which may reach beyond it."""
    n, height, width, _ = examples.shape
    u = uniform((2, n, 1), seed)
    rows = _inside(u[0], height, share)[:, :, None, None]
    columns = _inside(u[1], width, share)[:, None, :, None]
    return examples * (1 - rows * columns)


def _inside(u: Any, side: int, share: float) -> Any:
    """Return 1 at the places of a side, `[n, side]`, that lie in the rectangle, else 0."""
    length = round(share * side)
    first = ops.floor(u * (side + 1 - length % 2)) - length // 2
    places = ops.arange(side, dtype="float32")
    return ops.cast(ops.logical_and(places >= first, places < first + length), "float32")
