"""Contradictions between a recipe's sections, whatever its method."""

from collections.abc import Iterator

from forger import limits
from forger.core.text import quote, suggest
from forger.data.base import IMAGE_AXES
from forger.methods.base import phases_of
from forger.methods.reports import publishable
from forger.metrics.figures import lacking
from forger.recipe import Recipe


def check(recipe: Recipe) -> Recipe:
    """Return the recipe, if its sections agree and are within limits.

    Raises:
        ValueError: every problem, a line each, with its key below the recipe.
    """
    problems = (
        [*_field_problems(recipe)]
        or [*_role_problems(recipe)]
        or [
            *_network_problems(recipe),
            *_source_problems(recipe),
            *_train_problems(recipe),
            *_phase_problems(recipe),
            *_gate_problems(recipe),
            *_choice_problems(recipe),
            *_score_problems(recipe),
            *recipe.method.problems(recipe.networks, recipe.train, recipe.dataset),
            *limits.problems(recipe),
        ]
    )
    if problems:
        raise ValueError("\n".join(problems))
    return recipe


def _field_problems(recipe: Recipe) -> Iterator[str]:
    """Yield the fields that the method needs and the data lack."""
    method = recipe.method
    dataset = recipe.dataset
    fields = [*dataset.shapes, *["labels"] * dataset.labelled]
    for name in method.needs:
        if name not in fields:
            has = " and ".join(fields)
            key = name in type(dataset).model_fields
            hint = f", unless dataset.{name} says where they are" if key else ""
            yield (
                f"method.kind: {method.kind} needs the field {name}; {dataset.kind} has {has}{hint}"
            )


def _role_problems(recipe: Recipe) -> Iterator[str]:
    """Yield the networks that are missing, and those that the method does not train."""
    roles = sorted(recipe.roles)
    for role in roles:
        if role not in recipe.networks:
            yield f"networks.{role}: missing"
    for name in recipe.networks:
        if name not in roles:
            yield f"networks.{name}: unknown key; {suggest(name, roles)}"


def _score_problems(recipe: Recipe) -> Iterator[str]:
    """Yield scores that are asked for of data that have none."""
    asked = recipe.evaluate.recurrent
    if asked and not recipe.dataset.curved:
        kind = recipe.dataset.kind
        yield f"evaluate.recurrent: found {list(asked)}; {kind} has no curves; allowed: []"
    if len({*asked}) < len(asked):
        yield f"evaluate.recurrent: found {list(asked)}; name each width once"
    shape = recipe.dataset.shape
    if recipe.evaluate.inception and not (len(shape) == IMAGE_AXES and shape[-1] in (1, 3)):
        yield (
            f"evaluate.inception: {recipe.dataset.kind} has examples of shape {shape}; allowed: "
            "images of 1 or 3 channels, or null"
        )


def _network_problems(recipe: Recipe) -> Iterator[str]:
    whitened = getattr(recipe.dataset, "scaling", "") == "whitened"
    for name, role in recipe.roles.items():
        network = recipe.networks[name]
        if whitened and network.ordered:
            yield (
                f"networks.{name}.family: {network.family} looks along curves, and dataset.scaling "
                "whitened gives it components in no order of time; mlp fits"
            )
        if why := network.misfit(role.inputs, role.exit):
            yield (
                f"networks.{name}.family: {network.family} does not fit examples of shape "
                f"{recipe.dataset.shape}; {why}"
            )


def _source_problems(recipe: Recipe) -> Iterator[str]:
    """Yield published figures that the method does not report."""
    known = publishable(recipe.method.reports)
    for name in recipe.source.published:
        if name not in known:
            hint = suggest(name, known)
            yield f"source.published: found {quote(name)}, which no column is called; {hint}"


def _gate_problems(recipe: Recipe) -> Iterator[str]:
    """Yield figures that this recipe's training will not have."""
    for name in recipe.gate:
        if lacks := lacking(name, recipe.offers):
            yield f"gate.{name}: {lacks}, which {recipe.dataset.kind} and {recipe.method.kind} lack"


def _choice_problems(recipe: Recipe) -> Iterator[str]:
    """Yield what does not go with examples that have choices."""
    if not recipe.dataset.spread:
        return
    if not recipe.method.chooses:
        yield (
            f"method.kind: {recipe.method.kind} makes numbers with a density; {recipe.dataset.kind}"
            " has choices, which gan makes"
        )
    for role in recipe.method.makers:
        if recipe.networks[role].output != "linear":
            yield (
                f"networks.{role}.output: found {recipe.networks[role].output}; must be linear, as "
                f"choices and numbers of {recipe.dataset.kind} have no limits"
            )


def _phase_problems(recipe: Recipe) -> Iterator[str]:
    try:
        phases_of(recipe.method)
    except TypeError as error:
        yield f"method.kind: {error}"


def _train_problems(recipe: Recipe) -> Iterator[str]:
    method = recipe.method
    train = recipe.train
    if set(train.optimizers) != set(method.players):
        yield (
            f"train.optimizers: found {', '.join(sorted(train.optimizers)) or 'none'}; "
            f"{method.kind} needs {', '.join(sorted(method.players))}"
        )
    if train.sampling != "frequency" and "labels" not in method.needs:
        yield (
            f"train.sampling: found {train.sampling}; must be frequency, as {method.kind} is told "
            "no labels, and would take rare classes for frequent ones"
        )
    if train.ema is not None and not method.averaged:
        yield f"train.ema: found {train.ema}; must be null, as {method.kind} averages no network"
    rows = recipe.dataset.train_size
    if rows is not None:
        yield from train.shortages(rows, method.batches)
    most = max(map(method.count_packed, recipe.roles))
    if most > recipe.evaluate.samples:
        yield (
            f"evaluate.samples: found {recipe.evaluate.samples}; the method takes {most} at once"
        )
    held_out = (recipe.dataset.test_size or 0) + (recipe.dataset.validation_size or 0)
    if recipe.dataset.law and held_out < recipe.evaluate.samples:
        yield (
            f"evaluate.samples: found {recipe.evaluate.samples}; the floor needs as many "
            f"examples, but dataset.validation and dataset.test are {held_out} together"
        )
