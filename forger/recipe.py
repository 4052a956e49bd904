"""One recipe: how a model is built, trained and judged."""

from typing import Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from forger.config.section import Section
from forger.data.kinds import AnyDataset
from forger.evaluation.gate import Gate
from forger.evaluation.settings import Evaluate, Source
from forger.methods.base import Fields, Role
from forger.methods.kinds import AnyMethod
from forger.methods.settings import Train
from forger.networks.base import Cost
from forger.networks.families import Networks


class Recipe(Section):
    """One model: its dataset, method, networks, training, evaluation and gate.

    Sections that dvc.yaml names have no default: DVC needs every parameter to be in the file.
    """

    source: Source = Field(description="where it comes from")
    dataset: AnyDataset = Field(description="the data; its keys depend on `kind`")
    method: AnyMethod = Field(description="what is trained, and how; its keys depend on `kind`")
    networks: Networks = Field(description="a network for each role of the method")
    train: Train = Field(description="optimizers, schedule, what is kept")
    evaluate: Evaluate = Field(description="what the figures are taken from")
    gate: Gate = Field(default={}, description="what `forger gate` holds it to, by figure")

    @property
    def settings(self) -> dict[str, Any]:
        """What results depend on, by section, in JSON's types and with all defaults."""
        return {name: to_jsonable_python(section) for name, section in self if name != "gate"}

    @property
    def roles(self) -> dict[str, Role]:
        """The networks that the method trains, by role; the labels' input is left empty."""
        return self.method.roles(Fields(self.dataset.shapes))

    @property
    def offers(self) -> frozenset[str]:
        """What figures may need of the data and of the products."""
        scores = {f"recurrent_{units}" for units in self.evaluate.recurrent}
        if self.evaluate.inception is not None:
            scores.add("inception")
        return self.dataset.offers | self.method.offers | scores

    @property
    def costs(self) -> dict[str, Cost]:
        """The cost of each network that fits its role."""
        return {
            name: self.networks[name].cost(role.inputs, role.exit)
            for name, role in self.roles.items()
            if not self.networks[name].misfit(role.inputs, role.exit)
        }
