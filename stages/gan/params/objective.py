"""`recipes.R.train.objective`: the names of the objectives, and what each means for a recipe.

The losses themselves are in stages/gan/objectives.py and import Keras; parameters are checked
without.
"""

from typing import Literal, NamedTuple


class Traits(NamedTuple):
    """What an objective means for its recipe.

    Attributes:
        threshold: D's raw output above which it says "real"; None: D is a critic, whose outputs
            mean something beside each other only.
        targets: whether D's outputs are held against targets, which may be smoothed and flipped.
        relative: whether the loss of one kind depends on D's outputs for the other.
    """

    threshold: float | None
    targets: bool = False
    relative: bool = False


Objective = Literal[
    "minimax",
    "non_saturating",
    "least_squares",
    "hinge",
    "wasserstein",
    "relativistic",
    "relativistic_average",
]

TRAITS: dict[str, Traits] = {
    "minimax": Traits(threshold=0.0, targets=True),
    "non_saturating": Traits(threshold=0.0, targets=True),
    "least_squares": Traits(threshold=0.5, targets=True),
    "hinge": Traits(threshold=0.0),
    "wasserstein": Traits(threshold=None),
    "relativistic": Traits(threshold=None, relative=True),
    "relativistic_average": Traits(threshold=None, relative=True),
}
