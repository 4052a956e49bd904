"""The objectives, one per module; a new one needs a line in the table."""

from typing import Annotated

from forger.config.kinds import Kinds

KINDS = {
    "minimax": "forger.methods.objectives.minimax.OBJECTIVE",
    "non_saturating": "forger.methods.objectives.non_saturating.OBJECTIVE",
    "least_squares": "forger.methods.objectives.least_squares.OBJECTIVE",
    "hinge": "forger.methods.objectives.hinge.OBJECTIVE",
    "wasserstein": "forger.methods.objectives.wasserstein.OBJECTIVE",
    "relativistic": "forger.methods.objectives.relativistic.OBJECTIVE",
    "relativistic_average": "forger.methods.objectives.relativistic_average.OBJECTIVE",
}

OBJECTIVES = Kinds(KINDS)
AnObjective = Annotated[str, OBJECTIVES]
