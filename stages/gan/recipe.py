"""All that params.yaml may say. Only `check` and the jobs read it whole."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from stages.gan import limits
from stages.gan.datasets import AnyDataset
from stages.gan.errors import UserError
from stages.gan.networks import Networks
from stages.gan.networks.base import Cost
from stages.gan.params.compute import Compute
from stages.gan.params.evaluate import Evaluate, Source
from stages.gan.params.file import load
from stages.gan.params.gate import Gate
from stages.gan.params.method import NEEDS, Method
from stages.gan.params.objective import TRAITS
from stages.gan.params.problems import allowed, found
from stages.gan.params.section import FILE, NAME, Name, Section, Seed, parse
from stages.gan.params.train import Train

RESERVED = "raw"  # data/raw, where a person's own files lie


class Recipe(Section):
    """A dataset, the networks, the training, the evaluation, the gate: one GAN.

    What dvc.yaml names has no default: to DVC a parameter that is not there is missing.
    """

    source: Source = Field(description="where it comes from")
    dataset: AnyDataset = Field(description="the data; its keys depend on `kind`")
    method: Method = Field(description="how the networks are trained against each other")
    networks: Networks = Field(description="the latents and a network a role")
    train: Train = Field(description="objective, optimizers, schedule")
    evaluate: Evaluate = Field(description="what the figures are taken from")
    gate: Gate = Field(default=Gate(), description="what `python -m jobs.gate` holds it to")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Contradictions between sections; all of them, a line each."""
        problems = [
            *self._network_problems(),
            *self._train_problems(),
            *(f"train.{line}" for line in self._remedy_problems()),
            *limits.problems(self),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

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

    def _network_problems(self) -> list[str]:
        generator, discriminator = self.networks.generator, self.networks.discriminator
        shape = self.dataset.shape
        problems = [
            f"networks.{role}.family: {network.family} does not fit examples of shape {shape}; "
            f"{why}"
            for role, network in (("generator", generator), ("discriminator", discriminator))
            if (why := network.misfit(role, shape))
        ]
        if discriminator.output != "linear":
            problems.append("networks.discriminator.output: must be linear, as D gives logits")
        if self.train.discriminator_batches == "mixed" and discriminator.mixes_examples:
            problems.append(
                "train.discriminator_batches: mixed would mix real and fake in the "
                "discriminator's batch normalisation or diversity; allowed: separate, alternating"
            )
        return problems

    def _train_problems(self) -> list[str]:
        train, needs, problems = self.train, NEEDS[self.method], []
        if set(train.optimizers) != needs.players:
            problems.append(
                f"train.optimizers: found {', '.join(sorted(train.optimizers)) or 'none'}; "
                f"{self.method} needs {', '.join(sorted(needs.players))}"
            )
        if needs.labels and not self.dataset.labelled:
            problems.append(f"method: {self.method} needs labels, {self.dataset.kind} has none")
        rows = self.dataset.train_size
        if rows is not None and train.batch * train.discriminator_steps > rows:
            problems.append(
                f"train.batch: an update takes {train.batch * train.discriminator_steps} examples "
                f"(batch × discriminator_steps), but there are only {rows}"
            )
        if self.networks.latent.pool is not None and train.generator_batch is not None:
            problems.append(
                "train.generator_batch: must be null where networks.latent.pool fixes the latents"
            )
        held_out = (self.dataset.test_size or 0) + (self.dataset.validation_size or 0)
        if self.dataset.has_law and held_out < self.evaluate.samples:
            problems.append(
                f"evaluate.samples: found {self.evaluate.samples}; the floor needs as many "
                f"examples, but dataset.validation and dataset.test are {held_out} together"
            )
        return problems

    def _remedy_problems(self) -> Iterator[str]:
        """What makes no sense together, and why."""
        train, traits = self.train, TRAITS[self.train.objective]
        yield from self._slope_problems()
        if train.labels is not None and not traits.targets:
            yield f"labels: {train.objective} holds D against no targets; {_those('targets')}"
        if train.discriminator_batches == "alternating":
            if train.penalties.any:
                yield "penalties: they look at real and fakes in one step; alternating has two"
            if traits.threshold is None:
                yield (
                    f"discriminator_batches: {train.objective} holds D's outputs for real and fake "
                    "beside each other; allowed: separate, mixed"
                )
        if train.augmentation is not None and len(self.dataset.shape) != 3:
            yield f"augmentation: it shifts images; examples of shape {self.dataset.shape} are none"
        for name in ("batch", "generator_batch"):
            if (getattr(train, name) or 0) % train.packing:
                yield f"{name}: found {getattr(train, name)}; packing takes {train.packing} at once"

    def _slope_problems(self) -> Iterator[str]:
        """Of what limits D's slope."""
        train, discriminator = self.train, self.networks.discriminator
        penalized, clipped = train.penalties.any, train.weight_clip is not None
        if penalized and discriminator.normalization == "batch":
            yield (
                "penalties: they need D's slope at each example, which batch normalisation mixes; "
                "set networks.discriminator.normalization to layer, instance or none"
            )
        if clipped and discriminator.spectral:
            yield (
                "weight_clip: networks.discriminator.spectral divides the weights by their size, "
                "clipped or not; set one of them"
            )
        spectral = discriminator.spectral and discriminator.normalization == "none"
        if train.objective == "wasserstein" and not (penalized or clipped or spectral):
            yield (
                "objective: wasserstein needs a critic of limited slope; set penalties, "
                "weight_clip or networks.discriminator.spectral, without normalization"
            )


def _those(trait: str) -> str:
    return f"allowed: {', '.join(n for n, traits in TRAITS.items() if getattr(traits, trait))}"


def _some_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one recipe")
    if len(set(names)) != len(names):
        raise ValueError("name each recipe once")
    return names


def _free(recipes: dict[str, Recipe]) -> dict[str, Recipe]:
    if RESERVED in recipes:
        raise ValueError(f"{RESERVED}: name it differently: data/{RESERVED} is for your own files")
    return recipes


class Parameters(Section):
    """The whole file."""

    seed: Seed = Field(description="every random number derives from it")
    compute: Compute = Field(description="what the arithmetic runs on")
    run: Annotated[tuple[Name, ...], AfterValidator(_some_distinct)] = Field(
        description="the recipes that `dvc repro` makes, at least one, each once"
    )
    recipes: Annotated[dict[Name, Recipe], AfterValidator(_free)] = Field(
        description="all recipes, by name"
    )


def read(path: Path = Path(FILE)) -> Parameters:
    """Read and validate params.yaml. Raises UserError with every problem, a line each."""
    return validate(load(path))


def validate(values: Any) -> Parameters:
    """Validate what was read, in the types of JSON. Raises UserError with every problem, a line
    each."""
    problems = _unknown_recipes(values)
    try:
        parameters: Parameters = parse(Parameters, values)
    except UserError as error:
        problems = [*error.problems, *problems]
    if problems := problems or [f"{FILE}: {line}" for line in _of_this_run(parameters)]:
        raise UserError(*problems)
    return parameters


def _of_this_run(parameters: Parameters) -> Iterator[str]:
    """Batches that can't be shared between the devices, or not so many in a call."""
    devices, k = parameters.compute.devices, parameters.compute.steps_per_call
    for name in parameters.run:
        recipe = parameters.recipes[name]
        train, example = recipe.train, math.prod(recipe.dataset.shape)
        if train.batch % devices:
            yield (
                f"recipes.{name}.train.batch: found {train.batch}; must be divisible by "
                f"compute.devices, which is {devices}"
            )
        rows = 1 if k == "auto" else k * train.batch * train.discriminator_steps
        if limits.SINGLE * rows * example > limits.MOST_BYTES:
            yield (
                f"compute.steps_per_call: found {k}; the rows of so many updates of {name} would "
                "take more than 8 GiB"
            )


def _unknown_recipes(values: Any) -> list[str]:
    # Outside of the schema, which stops at a file's first section with problems.
    parts = values if isinstance(values, dict) else {}
    run, recipes = parts.get("run"), parts.get("recipes")
    if not isinstance(run, list) or not isinstance(recipes, dict):
        return []
    known = sorted(map(str, recipes))
    return [
        f"{FILE}: run: found {found(name)}, which is not in recipes; {allowed(str(name), known)}"
        for name in run
        if re.fullmatch(NAME, str(name)) and name not in recipes
    ]
