"""One optimizer a player, behind the one that `Model.compile` takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from forger.engine import backend

# A scale above which no gradient that matters vanishes in float16, whose smallest number is 2⁻²⁴.
# Without a limit, a player whose gradient is exactly 0 for long would double it to infinity.
MOST_SCALE = 2.0**24


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

    def skips(self, player: str, gradients: Sequence[Any]) -> Any:
        """1 where the player's loss scale makes this step be left out, to be smaller at the next;
        0 where the step is taken; NaN where no smaller scale would make the gradients finite."""
        own = self.players[player]
        if not has_scale(own):
            return ops.zeros(())
        left_out = ops.where(own.dynamic_scale > 1, 1.0, float("nan"))
        return ops.where(own.check_finite(gradients), 0.0, left_out)

    def apply_to(self, player: str, gradients: Sequence[Any]) -> None:
        """One step of the player's own optimizer; gradients in the order of its variables."""
        own = self.players[player]
        backend.apply(own, gradients, self.moved[player])
        if has_scale(own):
            own.dynamic_scale.assign(ops.minimum(own.dynamic_scale, MOST_SCALE))


def has_scale(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether it takes gradients of a scaled loss, which float16 needs."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
