"""The relativistic average losses of Jolicoeur-Martineau 2019, equations 12 to 15.

Each output is held against the mean of the other kind.
"""

from forger.core.lazy import ops
from forger.methods.objectives.base import LN_2, Objective
from forger.methods.objectives.cross_entropy import is_above

OBJECTIVE = Objective(
    real=lambda real, fake: is_above(real, ops.mean(fake)),
    fake=lambda fake, real: is_above(ops.mean(real), fake),
    generator=lambda fake, real: (
        (is_above(fake, ops.mean(real)) + is_above(ops.mean(fake), real)) / 2
    ),
    threshold=None,
    relative=True,
    even=(LN_2, LN_2),
)
