"""Contradictions between a recipe's sections, up to the numbers where they begin."""

from typing import ClassVar

import pytest

from forger.checks import check
from forger.methods.base import Phase
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.settings import Adam
from forger.parameters import read
from tests.project import ROOT

ADAM = Adam(learning_rate=1e-3)
LATENT = Latent(dim=2)


@pytest.fixture(scope="module")
def recipes():
    return read(ROOT).recipes


def changed(recipe, section="method", **changes):
    """The recipe, with a few values of a section set."""
    own = getattr(recipe, section).model_copy(update=changes)
    return recipe.model_copy(update={section: own})


def problems(recipe):
    """What is told of a recipe, a line each."""
    try:
        assert check(recipe) is recipe
    except ValueError as error:
        return str(error).split("\n")
    return []


class Unaveraged(GAN):
    """A GAN whose networks have no average that would be better."""

    averaged: ClassVar = ()


class Endless(GAN):
    """A GAN whose last phase is missing."""

    @property
    def phases(self):
        return (Phase(self, 0.5),)


class Greedy(GAN):
    """A GAN that takes many examples at once."""

    most: int

    def count_packed(self, role):
        return self.most if role == "discriminator" else 1


def test_phases_that_do_not_last_to_the_end(recipes):
    recipe = recipes["gaussian"].model_copy(update={"method": Endless(kind="gan", latent=LATENT)})
    assert problems(recipe) == ["method.kind: gan: its phases end at [0.5]; they must rise to 1"]


def test_an_average_of_networks_that_have_none(recipes):
    method = Unaveraged(kind="gan", latent=recipes["gaussian"].method.latent)
    recipe = recipes["gaussian"].model_copy(update={"method": method})
    assert problems(changed(recipe, "train", ema=None)) == []
    assert problems(changed(recipe, "train", ema=0.5)) == [
        "train.ema: found 0.5; must be null, as gan averages no network"
    ]
    assert problems(changed(recipes["gaussian"], "train", ema=0.5)) == []


@pytest.mark.parametrize(("most", "fits"), [(50, True), (51, False)])
def test_one_judgement_takes_no_more_samples_than_there_are(most, fits, recipes):
    method = Greedy(kind="gan", latent=recipes["gaussian"].method.latent, most=most)
    recipe = recipes["gaussian"].model_copy(update={"method": method})
    recipe = changed(recipe, "dataset", train=51 * 200)
    recipe = changed(recipe, "train", batch=most)
    found = problems(changed(recipe, "evaluate", samples=50))
    told = [line for line in found if line.startswith("evaluate.samples")]
    assert told == ([] if fits else ["evaluate.samples: found 50; the method takes 51 at once"])


@pytest.mark.parametrize(
    ("samples", "validation", "test", "fits"),
    [(50, 20, 30, True), (51, 20, 30, False), (51, 31, 20, True), (50, 20, 20, False)],
)
def test_the_floor_of_a_law_takes_as_many_examples_as_samples(
    samples, validation, test, fits, recipes
):
    recipe = changed(recipes["ring"], "dataset", validation=validation, test=test)
    told = problems(changed(recipe, "evaluate", samples=samples, compared=20))
    assert told == (
        []
        if fits
        else [
            f"evaluate.samples: found {samples}; the floor needs as many examples, but "
            f"dataset.validation and dataset.test are {validation + test} together"
        ]
    )


def test_the_floor_of_data_without_a_law_repeats_its_examples(recipes):
    few = changed(recipes["digits"], "dataset", validation=0.1, held_out=0.1)
    assert problems(changed(few, "evaluate", samples=5000)) == []


@pytest.mark.parametrize(
    ("players", "found"),
    [
        ((), "none"),
        (("generator",), "generator"),
        (("generator", "discriminator", "autoencoder"), "autoencoder, discriminator, generator"),
    ],
)
def test_optimizers_are_those_of_the_players(players, found, recipes):
    recipe = changed(recipes["gaussian"], "train", optimizers=dict.fromkeys(players, ADAM))
    assert problems(recipe) == [
        f"train.optimizers: found {found}; gan needs discriminator, generator"
    ]


def test_what_does_not_fit_is_told_of_each_section_at_once(recipes):
    """But for networks of other roles, beside which the rest would say little."""
    recipe = changed(recipes["gaussian"], "train", optimizers={})
    gate = {"mae": None, "c2st": None, "auc": None}
    recipe = recipe.model_copy(update={"gate": gate})
    assert [line.split(":")[0] for line in problems(recipe)] == ["train.optimizers", "gate.mae"]
    networks = {**recipe.networks, "encoder": recipe.networks["generator"]}
    assert problems(recipe.model_copy(update={"networks": networks})) == [
        "networks.encoder: unknown key; allowed: discriminator, generator"
    ]
    networks.pop("discriminator")
    assert [
        line.split(";")[0] for line in problems(recipe.model_copy(update={"networks": networks}))
    ] == [
        "networks.discriminator: missing",
        "networks.encoder: unknown key",
    ]


def test_a_field_that_the_data_lack_is_told_alone(recipes):
    recipe = recipes["gaussian"].model_copy(
        update={"method": recipes["digits_edges"].method, "gate": {"mae": None}}
    )
    assert problems(recipe) == ["method.kind: pix2pix needs the field source; gaussian has real"]
    recipe = recipes["digits"].model_copy(update={"method": recipes["digits_edges"].method})
    assert problems(recipe) == [
        "method.kind: pix2pix needs the field source; digits has real and labels"
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("digits_conditional", []),
        (
            "digits",
            [
                "train.sampling: found log_frequency; must be frequency, as gan is told no labels, "
                "and would take rare classes for frequent ones"
            ],
        ),
    ],
)
def test_only_who_is_told_labels_meets_classes_more_often(name, told, recipes):
    assert problems(changed(recipes[name], "train", sampling="log_frequency")) == told


@pytest.mark.parametrize(("labels", "fits"), [("target", True), (None, False)])
def test_a_table_without_labels_has_none_to_tell(labels, fits, recipes):
    method = recipes["digits_conditional"].method
    recipe = recipes["breast_cancer"].model_copy(update={"method": method})
    found = problems(changed(recipe, "dataset", labels=labels))
    told = "bundled has real, unless dataset.labels says where they are"
    assert found == [f"method.kind: conditional_gan needs the field labels; {told}"] * (not fits)
