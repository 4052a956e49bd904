"""What stands between networks and the rows of a table: choices that are spread out.

A choice among k has k numbers at a network's end, the largest of which is chosen, and is 1 at its
place and 0 elsewhere for the network that judges it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forger.data.codecs.table import Table

if TYPE_CHECKING:
    import keras


def choose(network: keras.Model, codec: Table, labels: str) -> keras.Model:
    """Return a network whose choices are made, with the gradient of their softmax.

    Args:
        network: gives rows `[batch, …]` that are spread out, their choices as raw numbers.
        codec: says which numbers belong to which choice.
        labels: the input, if there is one, of one-hot labels: the rows' column of the labels, if
            they have one, is not chosen, but says what the network is told.

    Returns:
        A network of the same layers, which gives rows as networks are given real ones. Its gradient
        is that of softmax ("straight-through", Bengio et al. 2013, section 3.1).
    """
    import keras
    from keras import layers, ops

    raw = network.output
    parts = [raw[:, : codec.numbers]] if codec.numbers else []
    for at, (size, columns) in codec.spans():
        name = f"{network.name}_choices_{size}"
        logits = layers.Reshape((columns, size), name=name)(raw[:, at : at + columns * size])
        soft = ops.softmax(logits)
        hard = ops.one_hot(ops.argmax(logits, axis=-1), size)
        chosen = soft + ops.stop_gradient(hard - soft)
        parts.append(layers.Reshape((columns * size,), name=f"{name}_flat")(chosen))
    rows = _join(parts, network.name)
    if labels in network.input and codec.label_span is not None:
        before, after = _part(rows, codec.label_span)
        rows = _join([*before, network.input[labels], *after], f"{network.name}_labelled")
    return keras.Model(network.input, rows, name=network.name)


def drop_labels(rows: keras.KerasTensor, codec: Table) -> keras.KerasTensor:
    """Return rows `[batch, …]` that are spread out, without the numbers of their labels."""
    if codec.label_span is None:
        return rows
    before, after = _part(rows, codec.label_span)
    return _join([*before, *after], "unlabelled")


def _part(
    rows: keras.KerasTensor, span: tuple[int, int]
) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
    """Return what stands before and behind some numbers of rows; nothing if there is none."""
    start, end = span
    return [rows[:, :start]] * (start > 0), [rows[:, end:]] * (end < rows.shape[-1])


def encode_output(network: keras.Model, codec: Table) -> keras.Model:
    """Return a network that gives encoded rows, from one that gives rows that are spread out."""
    import keras
    from keras import layers, ops

    made = network.output
    parts = [made[:, : codec.numbers]] if codec.numbers else []
    for at, (size, columns) in codec.spans():
        name = f"{network.name}_codes_{size}"
        hot = layers.Reshape((columns, size), name=name)(made[:, at : at + columns * size])
        parts.append(ops.cast(ops.argmax(hot, axis=-1), "float32"))
    return keras.Model(network.input, _join(parts, f"{network.name}_row"), name=network.name)


def encode_input(network: keras.Model, name: str, codec: Table, packed: int) -> keras.Model:
    """Return a network that takes encoded rows, from one that takes rows that are spread out.

    Args:
        network: takes several inputs by name.
        name: of the input to change.
        codec: of the rows.
        packed: how many rows are joined to one of the input's.
    """
    import keras
    from keras import layers, ops

    entries = {key: keras.Input(entry.shape[1:], name=key) for key, entry in network.input.items()}
    entries[name] = keras.Input((packed * codec.width,), name=name)
    rows = ops.split(entries[name], packed, axis=-1) if packed > 1 else [entries[name]]
    parts = []
    for i, row in enumerate(rows):
        parts += [row[:, : codec.numbers]] if codec.numbers else []
        at = codec.numbers
        for size, columns in codec.groups:
            codes = ops.cast(row[:, at : at + columns], "int32")
            flat = layers.Reshape((columns * size,), name=f"{network.name}_spread_{size}_{i}")
            parts.append(flat(ops.one_hot(codes, size)))
            at += columns
    given = {**entries, name: _join(parts, f"{network.name}_spread")}
    return keras.Model(entries, _pass_through(network, given), name=network.name)


def _join(parts: list[keras.KerasTensor], name: str) -> keras.KerasTensor:
    from keras import layers

    return parts[0] if len(parts) == 1 else layers.Concatenate(name=f"{name}_joined")(parts)


def _pass_through(network: keras.Model, given: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    """Return a network's output for symbolic inputs, by its own layers.

    A call would make it a network within another, which no file may hold.
    """
    # Keras's own walk over the layers; what is public of it makes new inputs.
    return network._run_through_graph(given)
