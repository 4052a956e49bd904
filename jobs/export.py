"""Export a trained generator as a TensorFlow SavedModel: `forger export RECIPE -o FOLDER`.

The SavedModel takes the generator's inputs and returns samples. Both are in the data's own units.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forger.core.errors import UserError, run
from forger.data.codecs.table import Table
from forger.data.description import Description
from forger.methods.products import Given, Product
from jobs.shared.arguments import Parser
from jobs.shared.command import output, parser, set_up
from jobs.shared.scratch import interruptible, whole
from jobs.shared.trained import Trained, locate

if TYPE_CHECKING:
    import keras


def main() -> None:
    """Export the model that the command line asks for."""
    interruptible()
    export()


def command_line() -> Parser:
    """Return the parser of the command line."""
    made = parser("export", __doc__)
    output(made, "the folder to make")
    return made


def export(arguments: Sequence[str] | None = None) -> None:
    """Check everything, then load the generator and export it. Raises UserError."""
    asked = command_line().parse_args(arguments)
    _check(asked.output)
    with locate(asked.recipe, asked.rev) as folder:
        trained = Trained.read(folder)
        if isinstance(trained.data.real.codec, Table):
            raise UserError(
                f"{asked.recipe}: makes rows of a table, with text and dates, which no SavedModel "
                f"returns; forger generate {asked.recipe} -n 1000 -o new.csv writes them"
            )
        set_up("tensorflow")
        network = in_data_units(trained.sampler().product, trained.data)
        with whole(asked.output) as scratch:
            scratch.mkdir()  # whose errors are of Python's own kind
            network.export(scratch, format="tf_saved_model", verbose=False)
    print(f"Written: {asked.output} ({asked.recipe})")


def in_data_units(product: Product, data: Description) -> keras.Model:
    """Return the product's network between the codecs' layers; labels and latents stay as is."""
    import keras

    network = product.network
    entries = {}
    inputs = {}
    for name, entry in network.input.items():
        entries[name] = inputs[name] = keras.Input(entry.shape[1:], name=name)
        match product.inputs[name]:
            case Given(field) if field in data.fields:
                inputs[name] = data.fields[field].codec.encoder()(entries[name])
    made = network(inputs, training=False)
    return keras.Model(entries, data.real.codec.decoder()(made), name=network.name)


def _check(folder: Path) -> None:
    if folder.exists():
        raise UserError(f"{folder}: is there already; name a new folder")
    if not folder.parent.is_dir():
        raise UserError(f"{folder}: there is no folder {folder.parent}")


if __name__ == "__main__":
    run(main)
