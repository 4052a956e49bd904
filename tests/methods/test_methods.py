"""What a method's update shows its networks, and in what order: without an engine, which is slow to
compile, by a step that writes down what it is asked."""

import keras
import numpy as np
import pytest
from keras import ops

from forger.engine.model import Shared
from forger.methods import remedies
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.kinds import METHODS
from forger.methods.latent import Latent
from tests.data.described import described

BATCH, STEPS, CLASSES, EXAMPLE, LATENT = 4, 3, 5, 2, 3


class Step:
    """Runs an update at once. D's output is the sum of an example, G's sample twice its latents.

    Attributes:
        fields: of the data and the latents.
        asked: each call of a network: its role, and its inputs by name.
        moved: the player of each descent, and how many calls there were by then.
        logged: the values of each report.
    """

    def __init__(self):
        self.fields = Fields({"real": (EXAMPLE,)}, CLASSES)
        self.random = keras.random.SeedGenerator(3)
        self.asked, self.moved, self.logged = [], [], {}

    def networks(self, *roles):
        return [lambda inputs, role=role: self._ask(role, inputs) for role in roles]

    def _ask(self, role, inputs):
        self.asked.append((role, {name: np.asarray(x) for name, x in inputs.items()}))
        if role == "generator":
            return 2 * inputs["latents"][:, :EXAMPLE]
        return ops.sum(inputs["examples"], axis=1, keepdims=True)

    def share(self, player, forward):
        return Shared(player, forward(), None)

    def descend(self, player, loss, *shared):
        loss(*[each.value for each in shared])
        self.moved.append((player, len(self.asked)))
        return 1.5

    def repeat(self, n, body):
        for i in range(n):
            body(i)

    def progress(self):
        return 0.0

    def log(self, **values):
        for name, value in values.items():
            self.logged.setdefault(name, []).append(float(value))

    def inputs(self, role, name):
        """What the role's network was given under that name, a call after the other."""
        return [inputs[name] for asked, inputs in self.asked if asked == role]


def batch(latents=False):
    rng = np.random.default_rng(0)
    arrays = {
        "real": rng.normal(3, 1, (STEPS, BATCH, EXAMPLE)).astype("float32"),
        "labels": np.arange(STEPS * BATCH).reshape(STEPS, BATCH) % CLASSES,
    }
    if latents:
        arrays["latents"] = rng.normal(size=(STEPS, BATCH, LATENT)).astype("float32")
    return arrays


def update(arrays, name="gan", **options):
    """A step that an update has been written down by."""
    step = Step()
    METHODS.load(name)(
        kind=name, latent=Latent(dim=LATENT), discriminator_steps=STEPS, **options
    ).update(step, arrays)
    return step


KINDS = ["separate", "mixed", "alternating"]


def judged(step, kind):
    """Real examples and fakes that D was shown by each of its own steps, and the fakes by G's."""
    shown = step.inputs("discriminator", "examples")
    if kind == "mixed":
        shown = [half for both in shown[:STEPS] for half in np.split(both, 2)] + shown[STEPS:]
    return shown[: 2 * STEPS : 2], shown[1 : 2 * STEPS : 2], shown[2 * STEPS :]


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_of_d_sees_rows_of_its_own_and_fresh_fakes(kind):
    arrays = batch()
    step = update(arrays, discriminator_batches=kind)
    real, fakes, of_generator = judged(step, kind)
    np.testing.assert_array_equal(real, arrays["real"])
    drawn = step.inputs("generator", "latents")
    assert len(drawn) == STEPS
    np.testing.assert_array_equal(fakes, [2 * latents[:, :EXAMPLE] for latents in drawn])
    assert len(np.unique(np.concatenate(drawn))) == STEPS * BATCH * LATENT
    (last,) = of_generator  # which D has just seen
    np.testing.assert_array_equal(last, fakes[-1])
    players = ["discriminator"] * (STEPS * (2 if kind == "alternating" else 1)) + ["generator"]
    assert [player for player, _ in step.moved] == players


def test_each_step_of_d_takes_its_own_latents_of_a_pool():
    arrays = batch(latents=True)
    step = update(arrays)
    np.testing.assert_array_equal(step.inputs("generator", "latents"), arrays["latents"])


@pytest.mark.parametrize("kind", KINDS)
def test_both_networks_are_told_the_label_of_the_row(kind):
    arrays = batch()
    told = np.eye(CLASSES)[arrays["labels"]]
    step = update(arrays, "conditional_gan", discriminator_batches=kind)
    np.testing.assert_array_equal(step.inputs("generator", "labels"), told)
    asked = step.inputs("discriminator", "labels")
    if kind == "mixed":
        asked = [half for both in asked[:STEPS] for half in np.split(both, 2)] + asked[STEPS:]
    twice = [labels for labels in told for _ in range(2)]  # with real and with fake
    np.testing.assert_array_equal(asked, [*twice, told[-1]])


@pytest.mark.parametrize("n", [2, 6, 11])
def test_gs_own_batch_goes_through_the_rows(n):
    """Labels and real examples over and over; latents of its own."""
    arrays = batch()
    rows = np.arange(n) % BATCH
    step = update(arrays, "conditional_gan", generator_batch=n, objective="relativistic")
    told = np.eye(CLASSES)[arrays["labels"][-1]][rows]
    np.testing.assert_array_equal(step.inputs("generator", "labels")[-1], told)
    drawn = step.inputs("generator", "latents")
    assert len(drawn) == STEPS + 1
    assert len(np.unique(np.concatenate(drawn))) == (STEPS * BATCH + n) * LATENT
    fakes, real = step.inputs("discriminator", "examples")[-2:]
    np.testing.assert_array_equal(fakes, 2 * drawn[-1][:, :EXAMPLE])
    np.testing.assert_array_equal(real, arrays["real"][-1][rows])
    for labels in step.inputs("discriminator", "labels")[-2:]:
        np.testing.assert_array_equal(labels, told)


def test_what_an_update_logs():
    arrays = batch()
    step = update(arrays)
    real, fakes, (last,) = judged(step, "separate")
    on_real, on_fakes = (np.sum(x, 2) for x in (real, fakes))
    losses = np.stack([np.log1p(np.exp(-on_real)).mean(1), np.log1p(np.exp(on_fakes)).mean(1)], 1)
    np.testing.assert_allclose(step.logged["d_loss"], losses.ravel(), rtol=1e-5)
    np.testing.assert_allclose(step.logged["acc_real"], (on_real > 0).mean(1))
    np.testing.assert_allclose(step.logged["acc_fake"], (on_fakes < 0).mean(1))
    assert step.logged["g_loss"] == [pytest.approx(np.log1p(np.exp(-last.sum(1))).mean(), rel=1e-5)]
    assert step.logged["g_gradient"] == [1.5]


def test_what_is_not_above_the_threshold_is_said_to_be_fake():
    step, nothing = Step(), ops.zeros((4, 1))
    GAN(kind="gan", latent=Latent(dim=LATENT)).loss_on(step, nothing, nothing)
    assert (step.logged["acc_real"], step.logged["acc_fake"]) == ([0], [1])


def test_the_penalty_is_of_what_d_is_shown_with_its_label(monkeypatch):
    """Half of the weighted ones, and each told the labels of its rows."""

    def asked(judge, real, fakes, seed):
        assert isinstance(seed, keras.random.SeedGenerator)
        return ops.mean(judge(real)) - ops.mean(judge(fakes))

    monkeypatch.setattr(remedies, "PENALTIES", {"r1": asked, "dragan": lambda *_: ops.ones(())})
    arrays = batch()
    step = update(arrays, "conditional_gan", penalties={"r1": 3.0, "dragan": 0.5})
    shown = step.inputs("discriminator", "examples")
    told = step.inputs("discriminator", "labels")
    for i, logged in enumerate(step.logged["penalty"]):
        real, fakes, *again = shown[4 * i : 4 * i + 4]
        np.testing.assert_array_equal(again, [real, fakes])
        difference = real.sum(1).mean() - fakes.sum(1).mean()
        assert logged == pytest.approx((3.0 * difference + 0.5) / 2, rel=1e-4)
        for labels in told[4 * i : 4 * i + 4]:
            np.testing.assert_array_equal(labels, np.eye(CLASSES)[arrays["labels"][i]])


class Remembering(GAN):
    """Keeps D's losses, which Step throws away."""

    def loss_on(self, step, *on):
        step.loss = float(super().loss_on(step, *on))
        return step.loss


def test_ds_loss_is_half_of_its_two():
    step = Step()
    on_real, on_fakes = ops.convert_to_tensor([[2.0], [1.0]]), ops.convert_to_tensor([[3.0], [0.0]])
    Remembering(kind="gan", latent=Latent(dim=LATENT), objective="least_squares").loss_on(
        step, on_real, on_fakes
    )
    assert step.loss == pytest.approx((0.5 + 4.5) / 2)


def test_fields_are_those_of_the_description():
    description = described(8, 8, 1, classes=("a", "b"))
    source = description.real.model_copy(update={"shape": (4, 4, 3)})
    both = description.model_copy(update={"fields": {**description.fields, "source": source}})
    assert Fields.of(both) == Fields({"real": (8, 8, 1), "source": (4, 4, 3)}, 2)
    assert Fields.of(both)["source"] == (4, 4, 3)
    assert Fields.of(both).real == Fields.of(both)["real"] == (8, 8, 1)
