"""`recipes.R.method`: the names of the methods, and what each asks of a recipe.

The methods themselves are in stages/gan/methods, a file each, and import Keras; parameters are
checked without.
"""

from typing import Literal, NamedTuple


class Needs(NamedTuple):
    """What a method asks of its recipe.

    Attributes:
        players: who has an optimizer.
        labels: whether the data must have labels.
    """

    players: frozenset[str]
    labels: bool = False


Method = Literal["gan", "conditional_gan"]

NEEDS: dict[str, Needs] = {
    "gan": Needs(frozenset({"discriminator", "generator"})),
    "conditional_gan": Needs(frozenset({"discriminator", "generator"}), labels=True),
}
