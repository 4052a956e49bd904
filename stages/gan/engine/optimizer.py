"""One optimizer a player, behind the one that `Model.compile` takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from stages.gan.engine import backend


class Composite(keras.optimizers.Optimizer):
    """Named optimizers, each already bound to its player's variables.

    Keras threads and saves the variables of the optimizer that a model is compiled with; this one
    stands for several. One Adam shared by two players would be wrong: it has one step count.
    """

    def __init__(
        self,
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        variables: Mapping[str, Sequence[keras.Variable]],
    ) -> None:
        super().__init__(learning_rate=0.0, name="composite")
        self.players, self.moved = dict(optimizers), dict(variables)
        for player, optimizer in optimizers.items():
            optimizer.build(variables[player])
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        inner = [v for optimizer in self.players.values() for v in optimizer.variables]
        return super().variables + inner

    def scaled(self, player: str, loss: Any) -> Any:
        """The loss times the player's loss scale, by which its step divides the gradients."""
        return self.players[player].scale_loss(loss)

    def apply_to(self, player: str, gradients: Sequence[Any]) -> None:
        """One step of the player's own optimizer; gradients in the order of its variables."""
        backend.apply(self.players[player], gradients, self.moved[player])
