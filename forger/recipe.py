"""One recipe: what a model is made of, learns from, and is held to."""

from pydantic import Field

from forger.config.section import Section
from forger.data.kinds import AnyDataset
from forger.evaluation.gate import Gate
from forger.evaluation.settings import Evaluate, Source
from forger.methods.kinds import AMethod
from forger.methods.settings import Train
from forger.networks.base import Cost
from forger.networks.families import Networks


class Recipe(Section):
    """A dataset, the networks, the training, the evaluation, the gate: one GAN.

    What dvc.yaml names has no default: to DVC a parameter that is not there is missing.
    """

    source: Source = Field(description="where it comes from")
    dataset: AnyDataset = Field(description="the data; its keys depend on `kind`")
    method: AMethod = Field(description="how the networks are trained against each other")
    networks: Networks = Field(description="the latents and a network a role")
    train: Train = Field(description="objective, optimizers, schedule")
    evaluate: Evaluate = Field(description="what the figures are taken from")
    gate: Gate = Field(default=Gate(), description="what `python -m jobs.gate` holds it to")

    @property
    def costs(self) -> dict[str, Cost]:
        """What the networks take, a role each; none where they do not fit the data."""
        *sides, channels = self.dataset.shape
        packed = (*sides, channels * self.train.packing)
        ends = {
            "generator": ((self.networks.latent.size,), self.dataset.shape),
            "discriminator": (packed, (1,)),
        }
        networks = {role: getattr(self.networks, role) for role in ends}
        return {
            role: network.cost(*ends[role])
            for role, network in networks.items()
            if not network.misfit(role, self.dataset.shape)
        }
