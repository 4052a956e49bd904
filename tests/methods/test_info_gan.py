"""InfoGAN: codes that D must find in G's fakes."""

import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax

from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given
from tests.engine.small import (
    BATCH,
    EXAMPLE,
    FIELDS,
    LATENT,
    batches,
    build,
    distance,
    run,
    weights,
)

CODES = Latent(dim=2, law="uniform", categories=3)


class Step:
    """As much of an engine's step as the codes' loss takes."""

    def __init__(self, codes):
        self.codes, self.logged = codes, {}

    def networks(self, *roles):
        return [lambda inputs: {"score": None, "codes": self.codes}]

    def log(self, **values):
        self.logged |= {name: float(value) for name, value in values.items()}


def model(**options):
    return build(name="info_gan", codes=CODES, **options)


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_the_codes_loss_is_cross_entropy_and_half_the_squared_error(weight):
    rng = np.random.default_rng(2)
    found, codes = rng.normal(size=(6, 5)), CODES.sample(6, rng)
    step = Step(ops.convert_to_tensor(found))
    method = model(information=weight).method
    loss = float(method.loss_of_both(step, {"codes": codes}, ops.zeros((6, EXAMPLE))))
    squares = np.square(found[:, :2] - codes[:, :2]).sum(1).mean()
    entropy = -(log_softmax(found[:, 2:], axis=1) * codes[:, 2:]).sum(1).mean()
    assert loss == pytest.approx(weight * (squares / 2 + entropy), rel=1e-5)
    assert step.logged["code_mse"] == pytest.approx(squares / 2, rel=1e-5)
    assert step.logged["information"] == pytest.approx(np.log(3) - entropy, rel=1e-5)


def test_without_a_category_there_is_no_information_to_report():
    plain = build(name="info_gan", codes=Latent(dim=1, law="uniform"))
    assert "information" not in run(plain, batches(2))
    assert "information" in run(model(), batches(2))


def test_d_and_g_learn_the_codes():
    """With nothing else to learn: what D finds in fakes comes near to what G was told."""
    trained = model(hidden=(16,))
    reports = run(trained, batches(400))
    assert reports["information"][-50:].mean() > 0.5 > reports["information"][:20].mean()


def test_both_players_descend_it():
    """A weight moves both otherwise than none does."""
    ends = {}
    for weight in (0.0, 1.0):
        trained = model(information=weight)
        run(trained, batches(3))
        ends[weight] = {role: weights(trained, role) for role in trained.networks}
    for role in ("generator", "discriminator"):
        assert distance(ends[0.0][role], ends[1.0][role]) > 1e-4


def test_it_hands_over_a_d_with_a_score_and_an_encoder_of_codes():
    trained = model()
    products = trained.method.products(trained.networks)
    assert {*products} == {"generator", "discriminator", "encoder"}
    told = products["generator"].inputs
    assert told == {"latents": Drawn(Latent(dim=LATENT)), "codes": Drawn(CODES)}
    rows = np.random.default_rng(0).normal(size=(7, EXAMPLE)).astype("float32")
    whole = trained.networks["discriminator"]({"examples": rows})
    score = products["discriminator"].network({"examples": rows})
    codes = products["encoder"].network({"examples": rows})["codes"]
    np.testing.assert_array_equal(np.asarray(score), np.asarray(whole["score"]))
    np.testing.assert_array_equal(np.asarray(codes), np.asarray(whole["codes"]))
    assert products["encoder"].inputs == {"examples": Given("real")}
    assert products["discriminator"].threshold == 0


def test_its_roles_have_the_codes():
    roles = model().method.roles(FIELDS)
    assert roles["generator"].inputs == {"latents": (LATENT,), "codes": (5,)}
    assert roles["discriminator"].output == {"score": (1,), "codes": (5,)}
    assert roles["discriminator"].exit == (6,)
    assert BATCH > 1
