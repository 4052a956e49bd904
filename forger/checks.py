"""Contradictions between a recipe's sections."""

from collections.abc import Iterator

from forger import limits
from forger.core.text import allowed, found
from forger.methods.objectives.kinds import OBJECTIVES
from forger.methods.reports import publishable
from forger.recipe import Recipe


def check(recipe: Recipe) -> Recipe:
    """Return the recipe, if its sections agree and are within limits.

    Raises:
        ValueError: every problem, a line each, with its key below the recipe.
    """
    problems = [
        *_network_problems(recipe),
        *_source_problems(recipe),
        *_train_problems(recipe),
        *(f"method.{line}" for line in _remedy_problems(recipe)),
        *limits.problems(recipe),
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return recipe


def _network_problems(recipe: Recipe) -> list[str]:
    generator, discriminator = recipe.networks.generator, recipe.networks.discriminator
    shape = recipe.dataset.shape
    problems = [
        f"networks.{role}.family: {network.family} does not fit examples of shape {shape}; {why}"
        for role, network in (("generator", generator), ("discriminator", discriminator))
        if (why := network.misfit(role, shape))
    ]
    if discriminator.output != "linear":
        problems.append("networks.discriminator.output: must be linear, as D gives logits")
    if recipe.method.discriminator_batches == "mixed" and discriminator.mixes_examples:
        problems.append(
            "method.discriminator_batches: mixed would mix real and fake in the "
            "discriminator's batch normalisation or diversity; allowed: separate, alternating"
        )
    return problems


def _source_problems(recipe: Recipe) -> Iterator[str]:
    """Yield published figures that the method does not report."""
    known = publishable(recipe.method.reports)
    for name in recipe.source.published:
        if name not in known:
            hint = allowed(name, known)
            yield f"source.published: found {found(name)}, which no column is called; {hint}"


def _train_problems(recipe: Recipe) -> list[str]:
    method, train, problems = recipe.method, recipe.train, []
    if set(train.optimizers) != set(method.players):
        problems.append(
            f"train.optimizers: found {', '.join(sorted(train.optimizers)) or 'none'}; "
            f"{method.kind} needs {', '.join(sorted(method.players))}"
        )
    if method.labelled and not recipe.dataset.labelled:
        problems.append(f"method.kind: {method.kind} needs labels, {recipe.dataset.kind} has none")
    rows = recipe.dataset.train_size
    if rows is not None and train.batch * method.batches > rows:
        problems.append(
            f"train.batch: an update takes {train.batch * method.batches} examples "
            f"(batch × method.discriminator_steps), but there are only {rows}"
        )
    if recipe.networks.latent.pool is not None and method.generator_batch is not None:
        problems.append(
            "method.generator_batch: must be null where networks.latent.pool fixes the latents"
        )
    for key, n in {
        "train.batch": train.batch,
        "method.generator_batch": method.generator_batch or 0,
    }.items():
        if n % method.packing:
            problems.append(f"{key}: found {n}; method.packing takes {method.packing} at once")
    held_out = (recipe.dataset.test_size or 0) + (recipe.dataset.validation_size or 0)
    if recipe.dataset.has_law and held_out < recipe.evaluate.samples:
        problems.append(
            f"evaluate.samples: found {recipe.evaluate.samples}; the floor needs as many "
            f"examples, but dataset.validation and dataset.test are {held_out} together"
        )
    return problems


def _remedy_problems(recipe: Recipe) -> Iterator[str]:
    """Yield combinations of the method's options that make no sense, and why."""
    method, traits = recipe.method, recipe.method.losses
    yield from _slope_problems(recipe)
    if method.labels is not None and not traits.targets:
        yield f"labels: {method.objective} holds D against no targets; {_those('targets')}"
    if method.discriminator_batches == "alternating":
        if method.penalties.any:
            yield "penalties: they look at real and fakes in one step; alternating has two"
        if traits.threshold is None:
            yield (
                f"discriminator_batches: {method.objective} holds D's outputs for real and fake "
                "beside each other; allowed: separate, mixed"
            )
    if method.augmentation is not None and len(recipe.dataset.shape) != 3:
        yield f"augmentation: it shifts images; examples of shape {recipe.dataset.shape} are none"


def _slope_problems(recipe: Recipe) -> Iterator[str]:
    """Yield problems of the limits on D's slope."""
    method, discriminator = recipe.method, recipe.networks.discriminator
    penalized, clipped = method.penalties.any, method.weight_clip is not None
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
    if method.objective == "wasserstein" and not (penalized or clipped or spectral):
        yield (
            "objective: wasserstein needs a critic of limited slope; set penalties, "
            "weight_clip or networks.discriminator.spectral, without normalization"
        )


def _those(trait: str) -> str:
    every = OBJECTIVES.every().items()
    return f"allowed: {', '.join(name for name, each in every if getattr(each, trait))}"
