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
        won: D's loss below which it has nothing left to learn, and G nothing to learn from; None:
            it has no scale.
        ln_2: whether both losses are ln 2 where D can't tell.
    """

    threshold: float | None
    targets: bool = False
    relative: bool = False
    won: float | None = 0.05
    ln_2: bool = False


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
    "minimax": Traits(threshold=0.0, targets=True, ln_2=True),
    "non_saturating": Traits(threshold=0.0, targets=True, ln_2=True),
    "least_squares": Traits(threshold=0.5, targets=True, won=0.02),
    "hinge": Traits(threshold=0.0),
    "wasserstein": Traits(threshold=None, won=None),
    "relativistic": Traits(threshold=None, relative=True, ln_2=True),
    "relativistic_average": Traits(threshold=None, relative=True, ln_2=True),
}
