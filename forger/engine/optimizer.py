"""One optimizer per player, behind the single one that `Model.compile` takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from forger.engine import backend

# At this loss scale, no gradient that matters vanishes in float16, whose smallest number is 2⁻²⁴.
# Without a limit, the scale of a player whose gradient stays exactly 0 would double to infinity.
MOST_SCALE = 2.0**24


class Composite(keras.optimizers.Optimizer):
    """Named optimizers, each bound to its player's variables from the start.

    Keras threads and saves the variables of the one optimizer that a model is compiled with, so
    this one stands for several. Two players can't share an Adam, as it has only one step count.
    """

    def __init__(
        self,
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        variables: Mapping[str, Sequence[keras.Variable]],
    ) -> None:
        super().__init__(learning_rate=0.0, name="composite")
        self.players = dict(optimizers)
        self.moved = dict(variables)
        for player, optimizer in optimizers.items():
            optimizer.build(variables[player])
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        inner = [v for optimizer in self.players.values() for v in optimizer.variables]
        return super().variables + inner

    def scale(self, player: str, loss: Any) -> Any:
        """Return the loss times the player's loss scale, by which its step divides gradients."""
        return self.players[player].scale_loss(loss)

    def skips(self, player: str, gradients: Sequence[Any]) -> Any:
        """Tell whether the player's loss scale skips this step.

        Returns:
            1 if the step is skipped, and the scale is smaller at the next; 0 if the step is taken;
            NaN if no smaller scale would make the gradients finite.
        """
        own = self.players[player]
        if not has_scale(own):
            return ops.zeros(())
        left_out = ops.where(own.dynamic_scale > 1, 1.0, float("nan"))
        return ops.where(own.check_finite(gradients), 0.0, left_out)

    def apply_to(self, player: str, gradients: Sequence[Any]) -> None:
        """Take one step of the player's optimizer; gradients are in its variables' order."""
        own = self.players[player]
        backend.apply(own, gradients, self.moved[player])
        if has_scale(own):
            own.dynamic_scale.assign(ops.minimum(own.dynamic_scale, MOST_SCALE))


def has_scale(optimizer: keras.optimizers.Optimizer) -> bool:
    """Tell whether an optimizer takes gradients of a scaled loss, as float16 needs."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
