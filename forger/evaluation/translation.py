"""What a translator makes of held-out examples, beside what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forger.core.seeds import stream
from forger.data.description import Description
from forger.evaluation.measures import Measures
from forger.metrics.pairs import absolute_errors, signal_to_noise, structural_similarity
from forger.models.generator import Sampler

SHOWN = 64  # translations that are kept for the report
SMALLEST = 3  # side of an image that can be compared in windows


def measure(
    sampler: Sampler, held_out: Mapping[str, np.ndarray], data: Description, seed: int
) -> Measures:
    """Measure a translator on held-out pairs; `mae` is in the data's units.

    Args:
        sampler: is told a field besides `real`.
        held_out: all fields, `[n, …]`, in the networks' units.
        data: what the arrays are.
        seed: the draws of latents, if the translator takes any, derive from it.
    """
    found = Measures()
    codec = data.real.codec
    real = np.asarray(held_out["real"])
    made = sampler.sample(len(real), stream(seed, "evaluate/translations"), held_out)
    pair = codec.decode(real), codec.decode(made)
    found.add_mean("mae", absolute_errors(*pair))
    if data.real.view == "images":
        low, high = codec.ends
        found.add_mean("psnr", signal_to_noise(*pair, high - low))
        if min(real.shape[1:3]) >= SMALLEST:
            found.add_mean("ssim", structural_similarity(*pair, high - low))
    found.arrays["translated"] = made[:SHOWN]
    return found
