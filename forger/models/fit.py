"""Whether a loaded network is what model.json says of it."""

from __future__ import annotations

from collections.abc import Mapping

from forger.data.description import Description
from forger.methods.products import LABELS, MAKERS, Drawn, Given, Product

Shape = tuple[int, ...]


def misfit(
    name: str, product: Product, shapes: Mapping[str, Shape], data: Description | None
) -> str:
    """Tell why a product's network does not fit what is said of it; empty if it does.

    Args:
        name: the product's, which says what it must take and give.
        product: with the network.
        shapes: the shape of one example of each input, as described.
        data: the fields and classes that inputs come from; None: not known.
    """
    entries = product.network.input
    if not isinstance(entries, dict):
        return "its inputs have no names"
    if {key: tuple(entry.shape[1:]) for key, entry in entries.items()} != dict(shapes):
        return "its inputs have other names or shapes"
    for key, source in product.inputs.items():
        wanted = _shape_of(source, data)
        if wanted is not None and shapes[key] != wanted:
            return f"{key} has the shape {shapes[key]}; what it comes from has {wanted}"
    return _of_its_kind(name, product, data)


def _shape_of(source: Drawn | Given, data: Description | None) -> Shape | None:
    """Return the shape that an input from this source must have; None: not known."""
    if isinstance(source, Drawn):
        return (source.latent.size,)
    if data is None:
        return None
    if source.field == LABELS:
        return (len(data.classes) * source.packed,)
    if source.field not in data.fields:
        return ()  # which no network takes
    *sides, channels = data.fields[source.field].shape
    return (*sides, channels * source.packed)


def _of_its_kind(name: str, product: Product, data: Description | None) -> str:
    fields = product.told
    sources = product.inputs.values()
    packed = any(isinstance(source, Given) and source.packed > 1 for source in sources)
    if name in MAKERS:
        if packed or "real" in fields:
            return "it is told the examples that it makes, or several at once"
        made = product.network.output
        if isinstance(made, dict) or (data and tuple(made.shape[1:]) != data.real.shape):
            return "it does not make such examples as the data have"
    elif name == "discriminator":
        if len(fields) < len(sources) or "real" not in fields:
            return "it judges no examples, or draws an input"
        if product.threshold is None or isinstance(product.network.output, dict):
            return "it has no threshold, or several outputs"
    elif name == "encoder" and fields != ("real",):
        return "it takes something else than examples"
    return ""
