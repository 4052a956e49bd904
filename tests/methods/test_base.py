"""What a method is, and what one that says nothing else has."""

from typing import ClassVar, Literal

import pandas as pd
import pytest

from forger.data.description import Description
from forger.methods.base import Fields, Method, Phase, Role, phases_of
from forger.methods.findings import REMEDIES
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.reports import Report
from forger.methods.vae import VAE
from forger.training.watch import account
from tests.data.described import described

SHAPES = {"real": (8, 8, 1), "source": (3,)}


class Plain(Method):
    """A network that is trained by itself: what has to be said, and no more."""

    kind: Literal["plain"] = "plain"
    players: ClassVar = {"solver": ("network",)}

    @property
    def reports(self):
        return (Report("loss", "loss", "loss", "the loss"), Report("norm", "norm", "other", "any"))

    def roles(self, fields):
        return {"network": Role({"examples": fields.real}, (1,))}

    def products(self, networks):
        return {}

    def update(self, step, batch):
        step.descend("solver", lambda: 0.0)


PLAIN = Plain()
ENCODED = VAE(kind="vae", latent_dim=2)
CLIPPED = GAN(kind="gan", latent=Latent(dim=2), objective="wasserstein", weight_clip=0.01)


def test_a_method_says_what_it_trains_what_it_makes_and_how():
    """Or there can be none."""
    for name in ("reports", "roles", "products", "update"):
        lacking = type("Lacking", (Plain,), {name: getattr(Method, name)})
        with pytest.raises(TypeError, match=rf"abstract .*\b{name}\b"):
            lacking()


def test_one_that_says_nothing_else_takes_one_step_on_one_batch():
    assert (PLAIN.batches, PLAIN.steps_of("solver")) == (1, 1)
    assert PLAIN.examples(8) == {"train.batch": 8}
    assert PLAIN.needs == ("real",)
    assert PLAIN.logs == ("loss", "norm")


def test_one_that_says_nothing_else_draws_nothing_and_keeps_nothing():
    fields = Fields(SHAPES)
    assert (PLAIN.drawn, PLAIN.pool(1), PLAIN.arrays) == (0, None, {})
    assert (PLAIN.state(fields), PLAIN.averaged) == ({}, ())
    assert PLAIN.count_packed("network") == 1
    assert PLAIN.offers == frozenset()
    assert not PLAIN.critic
    assert PLAIN.remedies == REMEDIES
    assert list(PLAIN.symptoms(None)) == list(PLAIN.problems({}, None, None)) == []


def test_a_method_without_a_discriminator_is_no_critic():
    """So that nothing is said of a threshold."""
    told = []
    for method in (PLAIN, ENCODED, CLIPPED):
        calm = pd.DataFrame(dict.fromkeys(method.logs, [1.0] * 4))
        told.append(account(method, calm).critic)
    assert told == [False, False, True]


@pytest.mark.parametrize(
    ("output", "exit"),
    [((1,), (1,)), ((None, None, 1), (None, None, 1)), ({"score": (1,), "codes": (4,)}, (5,)),
     ({"codes": (4,)}, (4,))],
)  # fmt: skip
def test_several_outputs_leave_a_network_as_one_vector(output, exit):
    assert Role({"examples": (8, 8, 1)}, output).exit == exit


def test_fields_are_what_the_data_say():
    """Shapes by name, and the number of classes."""
    fields = {"real": described(8, 8, 1).real, "source": described(3).real}
    found = Fields.of(Description(fields=fields, classes=("a", "b", "c")))
    assert (found.real, found["source"], found.classes) == ((8, 8, 1), (3,), 3)
    assert Fields.of(described(2)) == Fields({"real": (2,)}, 0)
    assert Fields({"real": (2,)}).classes == 0


@pytest.mark.parametrize("ends", [(1.0,), (0.5, 1.0), (0.1, 0.2, 1)])
def test_phases_rise_to_the_end(ends):
    class Stretched(Plain):
        @property
        def phases(self):
            return tuple(Phase(PLAIN, end) for end in ends)

    assert phases_of(Stretched()) == tuple(Phase(PLAIN, end) for end in ends)


def test_a_method_is_one_phase_of_its_own():
    assert phases_of(PLAIN) == (Phase(PLAIN, 1.0),)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"players": {"solver": ("other",)}}, "players"),
        ({"averaged": ("network",)}, "averaged"),
        ({"needs": ("real", "labels")}, "needs"),
        ({"reports": (Report("other", "other", "loss", "another"),)}, "logs"),
        ({"batches": 2}, "batches"),
    ],
)
def test_what_the_history_and_the_batches_are_made_of_is_the_same_in_all_phases(other, told):
    ((name, value),) = other.items()
    value = property(lambda self: other[name]) if name in ("reports", "batches") else value
    changed = type("Changed", (Plain,), {name: value, "__annotations__": {name: ClassVar}})()

    class Wrong(Plain):
        @property
        def phases(self):
            return (Phase(changed, 0.5), Phase(self, 1.0))

    with pytest.raises(TypeError, match=rf"^plain: the phase until 0\.5 has other {told}$"):
        phases_of(Wrong())
