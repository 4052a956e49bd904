"""What one phase of a training leaves to the next, whose networks may differ."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from forger.engine.model import Adversarial


def carry(old: Adversarial, new: Adversarial) -> None:
    """Set all that the new model shares with the old one to what it is there.

    Layers and optimizers' moments are shared by their names, where their shapes agree; all others
    stay as they are.
    """
    for before, after in ((old.networks, new.networks), (old.averages, new.averages)):
        for role in before.keys() & after.keys():
            _carry_layers(before[role], after[role])
    _carry_by_name(old.optimizer.variables, new.optimizer.variables)
    _carry_by_name(old.own.values(), new.own.values())
    new.random.state.assign(old.random.state)


def _carry_layers(old: keras.Model, new: keras.Model) -> None:
    known = {layer.name: layer for layer in old.layers}
    for layer in new.layers:
        if layer.name not in known:
            continue
        # By their places, as the names of a layer's random streams count up in a process.
        for mine, theirs in zip(layer.variables, known[layer.name].variables, strict=False):
            if mine.shape == theirs.shape:
                mine.assign(theirs)


def _carry_by_name(old: Iterable[keras.Variable], new: Iterable[keras.Variable]) -> None:
    known = {variable.path: variable for variable in old}
    for variable in new:
        theirs = known.get(variable.path)
        if theirs is not None and theirs.shape == variable.shape:
            variable.assign(theirs)
