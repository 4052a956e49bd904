"""The kinds of data, one per module; a new one needs a line in the table."""

from typing import Annotated

from forger.config.kinds import Kinds
from forger.data.base import Dataset

KINDS = {
    "gaussian": "forger.data.gaussian.Gaussian",
    "parabola": "forger.data.parabola.Parabola",
    "sinusoid": "forger.data.sinusoid.Sinusoid",
    "sines": "forger.data.sines.Sines",
    "light_curves": "forger.data.light_curves.LightCurves",
    "ring": "forger.data.mixture.Ring",
    "grid": "forger.data.mixture.Grid",
    "digits": "forger.data.digits.Digits",
    "digits_edges": "forger.data.digits_edges.DigitsEdges",
    "curves": "forger.data.curves.Curves",
    "stocks": "forger.data.stocks.Stocks",
    "mnist": "forger.data.mnist.MNIST",
    "images": "forger.data.images.Images",
    "stacked_mnist": "forger.data.stacked_mnist.StackedMNIST",
    "table": "forger.data.table.Table",
    "bundled": "forger.data.bundled.Bundled",
    "simulated": "forger.data.simulated.Simulated",
    "bayesian_network": "forger.data.bayesian_network.BayesianNetwork",
}

AnyDataset = Annotated[Dataset, Kinds(KINDS, tag="kind")]
