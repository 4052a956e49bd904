"""Jolicoeur-Martineau 2019, equations 6 and 7, each real example paired with a fake.

D's loss counts for both halves, so that it is ln 2 where D can't tell.
"""

from forger.methods.objectives.base import Objective
from forger.methods.objectives.cross_entropy import is_above

OBJECTIVE = Objective(
    real=lambda real, fake: is_above(real, fake),
    fake=lambda fake, real: is_above(real, fake),
    generator=lambda fake, real: is_above(fake, real),
    threshold=None,
    relative=True,
    ln_2=True,
)
