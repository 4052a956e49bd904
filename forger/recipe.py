"""One recipe: how a model is built, trained and judged."""

from pydantic import Field

from forger.config.section import Section
from forger.data.kinds import AnyDataset
from forger.evaluation.gate import Gate
from forger.evaluation.settings import Evaluate, Source
from forger.methods.base import Fields
from forger.methods.kinds import AnyMethod
from forger.methods.settings import Train
from forger.networks.base import Cost
from forger.networks.families import Networks


class Recipe(Section):
    """One GAN: its dataset, networks, training, evaluation and gate.

    Sections that dvc.yaml names have no default: DVC needs every parameter to be in the file.
    """

    source: Source = Field(description="where it comes from")
    dataset: AnyDataset = Field(description="the data; its keys depend on `kind`")
    method: AnyMethod = Field(
        description="how the networks are trained against each other; its keys depend on `kind`"
    )
    networks: Networks = Field(description="the latents and a network a role")
    train: Train = Field(description="optimizers, schedule, what is kept")
    evaluate: Evaluate = Field(description="what the figures are taken from")
    gate: Gate = Field(default=Gate(), description="what `forger gate` holds it to")

    @property
    def costs(self) -> dict[str, Cost]:
        """The cost of each network that fits the data, by role."""
        shape = self.dataset.shape
        costs = {}
        for role, (inputs, output) in self.method.roles(
            Fields(shape, self.networks.latent)
        ).items():
            network = getattr(self.networks, role)
            if not network.misfit(role, shape):
                costs[role] = network.cost(next(iter(inputs.values())), output)
        return costs
