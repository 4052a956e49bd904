"""Keys that have a default may be left out, each by itself, and the report shows the default."""

import copy
import json
from collections import defaultdict

import pytest
from pydantic_core import to_jsonable_python

from forger.config.section import Section, parse
from forger.core.errors import UserError
from forger.parameters import read, validate
from forger.recipe import Recipe
from forger.report import tables
from forger.report.pages import render
from tests.project import ROOT

PARAMETERS = read(ROOT)
# The sections that no recipe of the project has.
MORE = {
    "labels": {"real": [0.7, 1.0]},
    "instance_noise": {"stddev": 0.1},
    "augmentation": {"translation": 0.125},
}


def written_out(recipe):
    """The recipe with a value for each of its keys."""
    return to_jsonable_python(PARAMETERS.recipes[recipe])


def with_more(recipe):
    whole = written_out(recipe)
    whole["method"].update(MORE)
    return to_jsonable_python(Recipe.model_validate_json(json.dumps(whole)))


WHOLE = {**{name: written_out(name) for name in PARAMETERS.recipes}, "more": with_more("digits")}


def optional(section, path=()):
    """The paths of the keys with a default, inside of others too."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if not field.is_required():
            yield (*path, name)
        yield from inside(value, (*path, name))


def inside(value, path):
    if isinstance(value, Section):
        yield from optional(value, path)
    elif isinstance(value, dict):
        for name, own in value.items():
            yield from inside(own, (*path, name))


def paths(name):
    return list(optional(Recipe.model_validate_json(json.dumps(WHOLE[name]))))


def without(values, *left_out):
    """A copy that lacks the keys."""
    values = copy.deepcopy(values)
    for *parents, last in left_out:
        place = values
        for parent in parents:
            place = place.get(parent, {})
        place.pop(last, None)
    return values


def at(values, path):
    for part in path:
        values = values[part]
    return values


def settings_of(recipe):
    """What its report shows."""
    return parse(Recipe, recipe).settings


def check(recipe):
    """As `check` does. Raises UserError."""
    compute = to_jsonable_python(PARAMETERS.compute)
    validate({"seed": 1, "compute": compute, "run": ["one"], "recipes": {"one": recipe}})


def page(settings):
    """The summary of a recipe of which nothing is known but its settings."""
    rows = tables.flat(settings).to_dict("records")
    cell = defaultdict(lambda: defaultdict(str))
    card = dict.fromkeys(("figures", "quality", "diagnosis"), ()) | {
        "name": "one", "sizes": "", "settings": settings, "rows": rows, "rank": 0,
        "grade": {"grade": "", "figure": "", "gap": 0.0},
        "by_name": cell, "pictures": cell["picture"], "animation": "", "titles": (),
    }  # fmt: skip
    columns = ["d_loss", "g_loss", "accuracy", "auc"]
    return render("summary.html", title="Results", recipes=[card], columns=columns)


@pytest.mark.parametrize("name", WHOLE)
def test_each_key_with_a_default_may_be_left_out(name):
    found = paths(name)
    assert len(found) > 30
    refused = []
    for path in found:
        recipe = without(WHOLE[name], path)
        try:
            check(recipe)
        except UserError as error:  # with what the default contradicts, as any value would be
            refused.append(path)
            assert all(line.startswith("recipes/one.yaml: ") for line in error.problems)
            continue
        if path[0] != "gate":
            expected = without(at_its_default(name, path), ("gate",))
            assert settings_of(recipe) == expected
    assert len(refused) <= 4, refused


def at_its_default(name, path):
    """The recipe with the default of the key written out."""
    section = Recipe.model_validate_json(json.dumps(WHOLE[name]))
    for part in path[:-1]:
        section = section[part] if isinstance(section, dict) else getattr(section, part)
    default = type(section).model_fields[path[-1]].get_default(call_default_factory=True)
    recipe = copy.deepcopy(WHOLE[name])
    at(recipe, path[:-1])[path[-1]] = to_jsonable_python(default)
    return recipe


def test_all_of_them_may_be_left_out():
    recipe = without(WHOLE["gaussian"], *paths("gaussian"))
    check(recipe)
    settings = settings_of(recipe)
    assert settings["method"]["objective"] == "non_saturating"
    assert "non_saturating" in page(settings)
    for path in paths("gaussian"):
        if path[0] != "gate":
            at(settings, path)


def test_what_dvc_needs_may_not():
    with pytest.raises(UserError) as caught:
        check(without(WHOLE["gaussian"], ("method",)))
    assert caught.value.problems == ("recipes/one.yaml: method: missing",)
