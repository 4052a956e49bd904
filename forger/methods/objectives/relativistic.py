"""The relativistic losses of Jolicoeur-Martineau 2019, equations 6 and 7.

Each real example is paired with a fake. D's one loss stands for both halves, so that it is ln 2
when D can't tell real from fake.
"""

from forger.methods.objectives.base import LN_2, Objective
from forger.methods.objectives.cross_entropy import is_above

OBJECTIVE = Objective(
    real=lambda real, fake: is_above(real, fake),
    fake=lambda fake, real: is_above(real, fake),
    generator=lambda fake, real: is_above(fake, real),
    threshold=None,
    relative=True,
    even=(LN_2, LN_2),
)
