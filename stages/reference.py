"""reference: make the ruler for samples: the floors, and a classifier or features of images.

Neither depends on the seed or on a GAN's training, so all experiments are measured with one ruler.
"""

from pathlib import Path

import numpy as np

from forger import compute as environment
from forger.compute import Compute
from forger.config.declared import Declared, run
from forger.core.files import write_json
from forger.data.base import IMAGE_AXES
from forger.data.folder import DataFolder
from forger.evaluation.settings import Evaluate
from forger.methods.products import Given, Product
from forger.models.saving import write_products


def main(declared: Declared) -> None:
    """Write models/R.reference: floor.json, and model.json with the network it describes, if any.

    model.json says how good the classifier is. For images without labels, there is a network that
    finds features instead; for other data without labels, no product.
    """
    recipe = declared.recipe
    settings = declared.section("evaluate", Evaluate)
    environment.prepare(declared.section("compute", Compute), environment.read_resolved())

    from forger.evaluation.quality import Quality
    from forger.models import features
    from forger.models.classifier import see, train

    data = DataFolder(Path("data", recipe)).read()
    folder = Path("models", f"{recipe}.reference")
    described = data.description
    products = {}
    about = {}
    network = None
    if described.classes:
        examples, labels = described.unstack(data.arrays["train"])
        network = train(examples, labels, described.classes_of_image, described.real.codec)
        images, labels = described.unstack(data.arrays["test"])
        products["classifier"] = Product(network, {"images": Given("real")})
        about = {
            "accuracy": float(np.mean(see(network, images).labels == labels)),
            "held_out": len(labels),
        }
    seer = None
    if not described.classes and len(described.real.shape) == IMAGE_AXES:
        seer = features.train(data.arrays["train"]["real"])
        products["features"] = Product(seer, {"images": Given("real")})
    floor, interval = Quality(data, settings, network, seer).floor()
    write_products(folder, products, about)
    write_json(folder / "floor.json", {"floor": floor, "interval": interval})


if __name__ == "__main__":
    run("reference", main)
