"""The Wasserstein losses of Arjovsky et al. 2017, algorithm 1.

D must be kept Lipschitz: by a penalty, clipping or spectral normalisation.
"""

from forger.core.lazy import ops
from forger.methods.objectives.base import Objective

OBJECTIVE = Objective(
    real=lambda real, _: -ops.mean(real),
    fake=lambda fake, _: ops.mean(fake),
    generator=lambda fake, _: -ops.mean(fake),
    threshold=None,
    lipschitz=True,
    won=None,
)
