"""The sections of params.yaml: what they say where nothing is said, and their limits.

Another default is another result of everyone's recipe, so both are said here once more.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from forger.compute import Compute
from forger.config.declared import Declared
from forger.config.file import load, parse_yaml, plain
from forger.config.section import Name, Seed, parse
from forger.core.errors import UserError
from forger.core.text import printable, quote, suggest
from forger.evaluation.gate import Bound, Gate
from forger.evaluation.settings import Evaluate, Source
from forger.methods.gan import GAN
from forger.methods.info_gan import InfoGAN
from forger.methods.kinds import METHODS
from forger.methods.latent import Latent
from forger.methods.objectives.kinds import OBJECTIVES
from forger.methods.pix2pix import Pix2Pix
from forger.methods.remedies import InstanceNoise, Labels, Penalties
from forger.methods.settings import Adam, Train
from forger.methods.vae import VAE
from forger.metrics.figures import APART

MILLION, BILLION = 1e6, 10**9
# What else a section needs before a number of it is tried.
NEEDED = {
    Compute: {"backend": "jax"},
    Latent: {"dim": 1},
    InstanceNoise: {"stddev": MILLION},  # above which its end may not lie
    Train: {"epochs": 1, "batch": 1, "optimizers": {}},
    GAN: {"kind": "gan", "latent": {"dim": 1}},
    InfoGAN: {"kind": "info_gan", "latent": {"dim": 1}, "codes": {"dim": 1}},
    Pix2Pix: {"kind": "pix2pix"},
    VAE: {"kind": "vae", "latent_dim": 1},
}
REQUIRED = ...
OF_GANS = {
    "discriminator_steps": (1, 1, 100),
    "generator_batch": (None, 1, BILLION),
    "weight_clip": (None, 1e-12, MILLION),
    "packing": (1, 1, 64),
}
# Of each number: the default, the least and the most.
NUMBERS = {
    Compute: {
        "threads": (2, 1, 1024),
        "devices": (1, 1, 64),
        "steps_per_call": ("auto", 1, 4096),
    },
    Evaluate: {
        "samples": (10_000, 20, 10_000_000),
        "compared": (2000, 20, 10_000),
        "draws": (5, 2, 100),
    },
    Latent: {
        "dim": (REQUIRED, 1, 65_536),
        "categories": (0, 0, 65_536),
        "bound": (2.0, 1e-12, MILLION),
        "pool": (None, 1, BILLION),
    },
    Labels: {"flip": (0.0, 0.0, math.nextafter(0.5, 0))},
    InstanceNoise: {
        "stddev": (REQUIRED, 1e-12, MILLION),
        "final": (0.0, 0.0, MILLION),
        "until": (1.0, 1e-12, 1.0),
    },
    Penalties: dict.fromkeys(("r1", "r2", "gradient_penalty", "dragan"), (0.0, 0.0, MILLION)),
    Adam: {
        "learning_rate": (0.001, 1e-9, 10.0),
        "final": (0.01, 1e-12, 1.0),
        "beta_1": (0.9, 0.0, 0.999999),
        "beta_2": (0.999, 0.0, 0.999999),
        "epsilon": (1e-7, 1e-12, MILLION),
    },
    Train: {
        "epochs": (REQUIRED, 1, BILLION),
        "steps_per_epoch": (None, 1, BILLION),
        "batch": (REQUIRED, 1, BILLION),
        "ema": (None, 1e-6, 0.999999),
        "snapshots": (24, 2, 1000),
        "snapshot_samples": (100, 1, 10_000),
        "save_every": (30.0, 0.0, 86_400.0),
    },
    GAN: OF_GANS,
    InfoGAN: {"information": (1.0, 0.0, MILLION), **OF_GANS},
    VAE: {
        "latent_dim": (REQUIRED, 1, 65_536),
        "stddev": (0.25, 1e-12, MILLION),
        "beta": (1.0, 0.0, MILLION),
    },
    Bound: {"min": (None, -MILLION, MILLION), "max": (None, -MILLION, MILLION)},
}
ALL = [(schema, key) for schema, keys in NUMBERS.items() for key in keys]


def section(schema, **values):
    return parse(schema, {**NEEDED.get(schema, {}), **values}, where="x", file="recipes/ring.yaml")


def refused(schema, **values):
    with pytest.raises(UserError) as caught:
        section(schema, **values)
    return caught.value.problems


@pytest.mark.parametrize(("schema", "key"), ALL)
def test_numbers_and_their_limits(schema, key):
    default, *ends = NUMBERS[schema][key]
    if default is not REQUIRED:
        assert schema.model_fields[key].default == default
    for end, sign in zip(ends, (-1, 1), strict=True):
        assert getattr(section(schema, **{key: end}), key) == end
        beyond = end + sign if isinstance(end, int) else math.nextafter(end, sign * math.inf)
        (problem,) = refused(schema, **{key: beyond})
        assert f"{key}: found {beyond}; should be" in problem


def test_every_number_is_listed():
    for schema, keys in NUMBERS.items():
        given = section(schema, **{key: least for key, (_, least, _) in keys.items()})
        rest = schema.model_fields.keys() - keys.keys()
        # A uniform law's ends limit each other.
        assert {k for k in rest if type(getattr(given, k)) in (int, float)} <= {"low", "high"}


def test_what_is_no_number_where_nothing_is_said():
    assert Compute().model_dump() == {
        "backend": "tensorflow", "device": "auto", "threads": 2, "devices": 1, "jit": "auto",
        "precision": "float32", "steps_per_call": "auto",
    }  # fmt: skip
    assert Labels().real == (1, 1)
    assert Labels().fake == (0, 0)
    method, train = section(GAN), section(Train)
    assert method.objective == "non_saturating"
    assert method.discriminator_batches == "separate"
    assert (method.labels, method.instance_noise, train.resume) == (None, None, True)
    assert not method.penalties.any
    assert Penalties(dragan=0.1).any


def test_devices_share_batches_on_jax_only():
    assert Compute(backend="tensorflow", devices=1).devices == 1
    assert refused(Compute, backend="tensorflow", devices=2) == (
        "recipes/ring.yaml: x.devices: found 2; more than 1 needs backend: jax",
    )


def test_a_uniform_law_has_two_ends():
    assert (section(Latent).low, section(Latent).high) == (-1, 1)
    assert section(Latent, low=-MILLION, high=MILLION).high == MILLION
    (problem,) = refused(Latent, low=0.5, high=0.5)
    assert problem == "recipes/ring.yaml: x: low (0.5) must lie below high (0.5)"


def test_targets_are_ranges_that_do_not_meet():
    assert section(Labels, real=[0.7, 0.7], fake=[0.3, 0.3]).real == (0.7, 0.7)
    assert refused(Labels, real=[1.0, 0.9]) == (
        "recipes/ring.yaml: x.real: the first number must not lie above the second",
    )
    assert refused(Labels, fake=[0.2, 0.1]) == (
        "recipes/ring.yaml: x.fake: the first number must not lie above the second",
    )
    assert refused(Labels, real=[0.5, 1.0], fake=[0.0, 0.5]) == (
        "recipes/ring.yaml: x.fake: its range must lie below that of real",
    )
    assert section(Labels, real=[0.5, 1.0], fake=[0.0, 0.49]).fake == (0, 0.49)


def test_noise_does_not_grow():
    assert section(InstanceNoise, stddev=0.5, final=0.5).final == 0.5
    assert refused(InstanceNoise, stddev=0.1, final=0.5) == (
        "recipes/ring.yaml: x: final (0.5) must not lie above stddev (0.1)",
    )


def test_a_sphere_has_more_than_two_points():
    assert section(Latent, law="spherical", dim=2).dim == 2
    assert refused(Latent, law="spherical", dim=1) == (
        "recipes/ring.yaml: x.dim: spherical needs at least 2, as a sphere in 1 is two points",
    )


def test_latents_have_their_laws_size_and_seed():
    latent = Latent(dim=2, categories=3, pool=5)
    assert latent.size == 5
    once = latent.draw_once(7)
    assert once.shape == (5, 5)
    assert once.dtype == np.float32
    np.testing.assert_array_equal(once, latent.draw_once(7))
    assert (once != latent.draw_once(8)).any()
    assert Latent(dim=2).draw_once(7) is None
    drawn = Latent(dim=1, law="uniform", low=2, high=4).sample(4000, np.random.default_rng(0))
    assert drawn.min() == pytest.approx(2, abs=0.01)
    assert drawn.max() == pytest.approx(4, abs=0.01)
    assert drawn.mean() == pytest.approx(3, abs=0.05)
    normal = Latent(dim=3).sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(np.cov(normal.T), np.eye(3), atol=0.1)
    truncated = Latent(dim=1, law="truncated", bound=1.5).sample(4000, np.random.default_rng(0))
    assert truncated.min() == pytest.approx(-1.5, abs=0.01)
    assert truncated.max() == pytest.approx(1.5, abs=0.01)
    category = latent.sample(100, np.random.default_rng(0))[:, 2:]
    assert (np.sort(category, axis=1) == [0, 0, 1]).all()
    sphere = Latent(dim=9, law="spherical").sample(5, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(sphere, axis=1), 3, rtol=1e-6)


def test_what_describes_a_latent_is_what_drawing_takes():
    latent = Latent(dim=2, law="truncated", bound=1.5, categories=3, pool=5)
    found = latent.description()
    assert found == {"dim": 2, "law": "truncated", "categories": 3, "bound": 1.5}
    one, two = (each.sample(9, np.random.default_rng(0)) for each in (latent, Latent(**found)))
    np.testing.assert_array_equal(one, two)


def test_a_walk_to_the_other_side_stays_on_the_sphere():
    latent, start = Latent(dim=2, law="spherical"), np.array([1.0, -1.0])
    lengths = np.linalg.norm(latent.walk(start, -start, 9), axis=1)
    np.testing.assert_allclose(lengths, 2**0.5, rtol=1e-6)
    one = Latent(dim=1, law="normal").walk(np.array([3.0]), np.array([-0.1]), 9)
    assert (np.diff(one[:, 0]) < 0).all()


def test_an_optimizers_steps_in_an_update():
    for kind, of_d in (("separate", 3), ("mixed", 3), ("alternating", 6)):
        method = section(GAN, discriminator_batches=kind, discriminator_steps=3)
        assert method.steps_of("discriminator") == of_d
        assert method.steps_of("generator") == 1


def test_what_methods_and_objectives_ask_for():
    """Of those that the project brings; a person's own have tests of their own."""
    for name, needs in {
        "gan": ("real",),
        "conditional_gan": ("real", "labels"),
        "info_gan": ("real",),
        "pix2pix": ("real", "source"),
        "vae": ("real",),
    }.items():
        assert METHODS.load(name).needs == needs
    for name, (threshold, targets, relative) in {
        "minimax": (0, True, False),
        "non_saturating": (0, True, False),
        "least_squares": (0.5, True, False),
        "hinge": (0, False, False),
        "wasserstein": (None, False, False),
        "relativistic": (None, False, True),
        "relativistic_average": (None, False, True),
    }.items():
        traits = OBJECTIVES.load(name)
        assert (traits.threshold, traits.targets, traits.relative) == (threshold, targets, relative)


def test_a_bound_says_something_that_can_hold():
    assert section(Bound, min=1, max=1).min == 1
    for name in ("v", "v" * 200):
        assert section(Bound, no_worse_than=name).no_worse_than == name
    for name in ("", "-x", "a b", "v" * 201):
        assert "no_worse_than: found" in refused(Bound, no_worse_than=name)[0]
    assert refused(Bound) == (
        "recipes/ring.yaml: x: name at least one of min, max, floors, no_worse_than",
    )
    assert "min (2.0) must not lie above max (1.0)" in refused(Bound, min=2, max=1)[0]


def test_a_gate_bounds_figures():
    assert section(Gate, rmse={"max": 1}, auc={"min": 0.4})["rmse"] == Bound(max=1)
    assert section(Gate) == {}
    for name in ("quality", "d_loss"):
        assert f"no figure is called {name}" in refused(Gate, **{name: {"max": 1}})[0]
    for name in APART:
        assert section(Gate, **{name: {"min": 1, "max": 2}})
        told = refused(Gate, **{name: {"floors": 2}})[0]
        assert f"{name}.floors: {name} has no floor; allowed: min, max" in told
    with pytest.raises(UserError):
        parse(Gate, [1])


def test_words_of_a_source():
    assert section(Source, title="t" * 200, note="n\n" * 1000)
    for values in ({"title": ""}, {"title": "t" * 201}, {"title": "t", "note": "n" * 2001}):
        assert len(refused(Source, **values)) == 1
    (problem,) = refused(Source, title="t", note="\x07")
    assert problem.endswith('x.note: found "\\u0007"; must be text without control characters')
    assert "must be one line" in refused(Source, title="a\nb")[0]


def test_sections_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Compute().threads = 3


def test_long_and_odd_text_is_cut_and_escaped():
    assert printable("ab", 2) == "ab"
    assert printable("abc", 2) == "a…"
    assert len(printable("x" * 301)) == len(printable("x" * 300)) == 300
    assert printable("a\nb\x1b") == "a\\nb\\x1b"
    assert quote("é" * 58) == f'"{"é" * 58}"'
    assert quote("é" * 59) == f'"{"é" * 58}…'
    assert quote(None) == "null"
    assert suggest("epcohs", ["epochs", "batch"]) == "did you mean epochs?"
    assert suggest("zzz", ["epochs", "batch"]) == "allowed: epochs, batch"


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(
        "stages:\n  train:\n    params: [seed, {'recipes/${item.recipe}.yaml': [train]}]\n"
        "    deps: ['data/${item.recipe}', code, code/b.py]\n"
        "  check:\n    params: [seed]\n    deps: []\n"
    )
    Path("params.yaml").write_text("seed: 1\nrun: [ring]\n")
    Path("recipes").mkdir()
    Path("recipes/ring.yaml").write_text("train: {batch: 2}\n")
    for name in ("data/ring/train.npy", "code/b.py", "code/a.py", "code/__pycache__/a.pyc",
                 "code/.part-1-x", "code/.gitignore", "data/grid/train.npy"):  # fmt: skip
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


@pytest.mark.usefixtures("pipeline")
def test_a_stage_sees_what_it_declares():
    declared = Declared("train@ring")
    assert declared.values == {"seed": 1, "train": {"batch": 2}}
    assert [str(path) for path in declared.files()] == [
        "data/ring/train.npy", "code/a.py", "code/b.py", "code/b.py",
    ]  # fmt: skip
    assert Declared("check").values == {"seed": 1}


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("stage", ["train@grid", "tarin@ring", "tarin", "check@grid"])
def test_no_such_stage(stage):
    with pytest.raises(UserError, match=rf'^dvc.yaml: {stage}: no such stage; run is \["ring"\]$'):
        Declared(stage)


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("params.yaml", "run: [ring]", "seed: missing"),
        ("recipes/ring.yaml", "3", "train: missing"),
        ("recipes/ring.yaml", "trian: {}", "train: missing"),
    ],
)
def test_a_stage_misses_what_it_declares(file, content, told):
    Path(file).write_text(content)
    with pytest.raises(UserError) as caught:
        Declared("train@ring")
    assert caught.value.problems == (f"{file}: {told}",)


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [([], "[]"), (["Ring"], '["Ring"]'), (["ring", "grid"], '["ring", "grid"]')],
)
def test_a_stage_is_asked_for_one_recipe(arguments, told, monkeypatch):
    monkeypatch.setattr("sys.argv", ["train", *arguments])
    with pytest.raises(UserError) as caught:
        Declared.from_command_line("train")
    assert caught.value.problems == (
        f"python -m stages.train RECIPE: found {told}; DVC runs it for each recipe of `run`: "
        "`dvc repro`",
    )
    monkeypatch.setattr("sys.argv", ["train", "ring"])
    assert Declared.from_command_line("train").recipe == "ring"


def test_yaml_is_of_version_1_2_and_its_keys_are_text():
    content = b"a: on\nb: 2e-4\nc: 012\nd: 2020-01-02\nnull: 1\ntrue: 2\nfalse: 3\n4: 5\n"
    assert parse_yaml(content, "x.yaml") == {
        "a": "on", "b": 2e-4, "c": 12, "d": "2020-01-02", "null": 1, "true": 2, "false": 3, "4": 5,
    }  # fmt: skip


def nested(levels):
    return [nested(levels - 1)] if levels else 0


def test_as_much_as_a_person_may_have_written():
    assert len(plain([0] * 49_999, "x.yaml")) == 49_999
    assert plain(nested(32), "x.yaml") == nested(32)
    for more in ([0] * 50_000, nested(33)):
        with pytest.raises(UserError, match=r"^x.yaml: unfolds to more than 50,000 values or 32 l"):
            plain(more, "x.yaml")
    assert plain(2**1024 - 1, "x.yaml") == 2**1024 - 1
    with pytest.raises(UserError, match=r"^x.yaml: the whole file: found a whole number of 309 d"):
        plain(2**1024, "x.yaml")


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1 #".ljust(2**19, b"x"))
    assert load(path) == {"a": 1}
    path.write_bytes(b"a: 1 #".ljust(2**19 + 1, b"x"))
    with pytest.raises(UserError, match=r"x\.yaml: found 524,289 bytes; at most 524,288$"):
        load(path)


@pytest.mark.parametrize(
    ("schema", "taken", "not_taken"),
    [
        (Seed, [0, 2**32 - 1], [-1, 2**32, 1.5, "1", True]),
        (Name, ["a", "a_1", "a" * 60], ["a" * 61, "", "A", "1a", "_a", "a-b", "a b", "a\n"]),
    ],
)
def test_seeds_and_names(schema, taken, not_taken):
    assert [parse(schema, value) for value in taken] == taken
    for value in not_taken:
        with pytest.raises(UserError):
            parse(schema, value)
