"""The hinge losses of Lim and Ye 2017, equations 8 and 9."""

from forger.core.lazy import ops
from forger.methods.objectives.base import Objective

OBJECTIVE = Objective(
    real=lambda real, _: ops.mean(ops.relu(1 - real)),
    fake=lambda fake, _: ops.mean(ops.relu(1 + fake)),
    generator=lambda fake, _: -ops.mean(fake),
    threshold=0.0,
)
