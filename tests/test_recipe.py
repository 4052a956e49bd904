"""Parameters: what is refused, and how it is told."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.limits import numbers_of
from forger.parameters import read, read_values, validate
from tests.project import ROOT, put

VALUES: dict[str, Any] = read_values(ROOT)


def changed(**changes):
    """The project's parameters with dotted keys (`__` for `.`) set; `...` deletes."""
    values = copy.deepcopy(VALUES)
    for key, value in changes.items():
        put(values, key.split("__"), value)
    return values


HINGE = {"recipes__gaussian__method__objective": "hinge"}


def problems(**changes):
    with pytest.raises(UserError) as caught:
        validate(changed(**changes))
    assert all("\n" not in line for line in caught.value.problems)
    return caught.value.problems


def test_the_projects_own_parameters_are_valid():
    sources = ("gaussian", "parabola", "sinusoid", "digits")
    expected = [name for source in sources for name in (source, f"{source}_tuned")]
    assert list(read(ROOT).run) == [*expected, "breast_cancer", "stocks"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": -1}, "params.yaml: seed: found -1; should be greater than or equal to 0"),
        ({"seed": True}, "params.yaml: seed: found true; should be a valid integer"),
        ({"seed": ...}, "params.yaml: seed: missing"),
        ({"run": []}, "params.yaml: run: found []; name at least one recipe"),
        ({"run": ["gaussian"] * 2}, "name each recipe once"),
        (
            {"run": ["gausian"]},
            'found "gausian", which is no file of recipes; did you mean gaussian?',
        ),
        ({"run": ["x; rm -rf ~"]}, 'run.0: found "x; rm -rf ~"; string should match pattern'),
        ({"run": ["../up"]}, 'run.0: found "../up"; string should match pattern'),
        ({"comptue": {}}, "comptue: unknown key; did you mean compute?"),
        ({"compute__devices": 2}, "compute.devices: found 2; more than 1 needs backend: jax"),
        (
            {"compute__backend": "jax", "compute__devices": 3},
            "recipes/gaussian.yaml: train.batch: found 8; must be divisible by compute.devices",
        ),
        ({"compute__backend": "torch"}, "compute.backend: found \"torch\"; should be 'tensorflow'"),
        (
            {"recipes__sinusoid__train__epcohs": 5},
            "recipes/sinusoid.yaml: train.epcohs: unknown key; did you mean epochs?",
        ),
        (
            {"recipes__sinusoid__dataset__ponits": 5},
            "recipes/sinusoid.yaml: dataset.ponits: unknown key; did you mean points?",
        ),
        (
            {"recipes__sinusoid__source__published": {"d_los": 0.5}},
            'recipes/sinusoid.yaml: source.published: found "d_los", which no column is called; '
            "did you mean d_loss?",
        ),
        (
            {"recipes__sinusoid__source__published": {"rmse": 0.5}},
            'source.published: found "rmse", which no column is called; allowed: d_loss, g_loss, '
            "acc_real, acc_fake, accuracy",
        ),
        ({"recipes__sinusoid__train__epochs": "5"}, 'train.epochs: found "5"; should be a valid'),
        ({"recipes__sinusoid__train__epochs": 0}, "train.epochs: found 0; should be greater"),
        (
            {"recipes__digits__dataset__kind": "digts"},
            'recipes/digits.yaml: dataset.kind: found "digts"; did you mean digits?',
        ),
        (
            {"recipes__digits__train__optimizers__generator__learning_rate": float("nan")},
            "recipes/digits.yaml: train.optimizers.generator.learning_rate: found NaN",
        ),
        (
            {"recipes__digits__train__optimizers__generator": ...},
            "recipes/digits.yaml: train.optimizers: found discriminator; gan needs discriminator",
        ),
        (
            {"recipes__gaussian__method__kind": "conditional_gan"},
            "gaussian.yaml: method.kind: conditional_gan needs",
        ),
        (
            {"recipes__mnist_dcgan__method__discriminator_batches": "mixed"},
            "recipes/mnist_dcgan.yaml: method.discriminator_batches: mixed would mix",
        ),
        (
            {"recipes__mnist_dcgan__networks__generator__filters": [8, 8, 8]},
            "recipes/mnist_dcgan.yaml: networks.generator.family: dcgan_generator does not fit",
        ),
        ({"recipes__gaussian__train__batch": 2000}, "an update takes 2000 examples"),
        (
            {
                "recipes__gaussian__train__batch": 600,
                "recipes__gaussian__method__discriminator_steps": 2,
            },
            "an update takes 1200 examples",
        ),
        (
            {"recipes__gaussian__evaluate__samples": 20001},
            "gaussian.yaml: evaluate.samples: found 20001",
        ),
        (
            {"recipes__sinusoid__method__generator_batch": 9},
            "sinusoid.yaml: method.generator_batch: must",
        ),
        (
            {"recipes__gaussian__dataset__mean": [1.0]},
            "recipes/gaussian.yaml: dataset.matrix: must be",
        ),
        ({"recipes__sinusoid__dataset__b": [2.0, 1.0]}, "recipes/sinusoid.yaml: dataset.b: "),
        ({"recipes__Bad Name": {}}, "recipes/Bad Name.yaml: its name"),
        ({"recipes__null": VALUES["recipes"]["ring"]}, "must be none of YAML's own words"),
        ({"run": ["true"]}, "must be none of YAML's own words"),
        (
            {"recipes__mnist_dcgan__method__penalties": {"r1": 1.0}},
            "recipes/mnist_dcgan.yaml: method.penalties: they need D's slope at each example",
        ),
        (
            {"recipes__gaussian__method__labels": {"real": [0.9, 1.0]}, **HINGE},
            "recipes/gaussian.yaml: method.labels: hinge holds D against no targets; allowed: min",
        ),
        (
            {"recipes__digits__method__labels": {"real": [0.2, 1.0], "fake": [0.0, 0.3]}},
            "recipes/digits.yaml: method.labels.fake: its range must lie below",
        ),
        (
            {"recipes__parabola__method__penalties": {"r1": 1.0}},
            "recipes/parabola.yaml: method.penalties: they look at real and fakes in one step",
        ),
        (
            {"recipes__parabola__method__objective": "relativistic"},
            "recipes/parabola.yaml: method.discriminator_batches: relativistic holds D's outputs",
        ),
        (
            {"recipes__gaussian__method__objective": "wasserstein"},
            "recipes/gaussian.yaml: method.objective: wasserstein needs a critic of limited slope",
        ),
        (  # whose learnt scale makes its slope anything again
            {
                "recipes__gaussian__method__objective": "wasserstein",
                "recipes__gaussian__networks__discriminator__spectral": True,
                "recipes__gaussian__networks__discriminator__normalization": "layer",
            },
            "recipes/gaussian.yaml: method.objective: wasserstein needs a critic of limited slope",
        ),
        (
            {
                "recipes__gaussian__method__weight_clip": 0.01,
                "recipes__gaussian__networks__discriminator__spectral": True,
            },
            "recipes/gaussian.yaml: method.weight_clip: networks.discriminator.spectral divides",
        ),
        (
            {"recipes__digits__method__labels": {"real": [0.9]}},
            "recipes/digits.yaml: method.labels.real.1: missing",
        ),
        (  # what only another family has is not offered
            {"recipes__digits__networks__generator__kernl": 3},
            "recipes/digits.yaml: networks.generator.kernl: unknown key; allowed: activation, bi",
        ),
        (
            {"recipes__digits_info_gan__method__packing": 2},
            "recipes/digits_info_gan.yaml: method.packing: found 2; must be 1, as a fake has its",
        ),
        (
            {"recipes__digits_info_gan__method__codes__pool": 9},
            "recipes/digits_info_gan.yaml: method.codes.pool: must be null",
        ),
        (
            {
                "recipes__gaussian__method__packing": 40,
                "recipes__gaussian__train__batch": 40,
                "recipes__gaussian__evaluate__samples": 20,
            },
            "recipes/gaussian.yaml: evaluate.samples: found 20; the method takes 40 at once",
        ),
        (
            {"recipes__gaussian__networks__encoder": {"family": "mlp", "hidden": [4]}},
            "recipes/gaussian.yaml: networks.encoder: unknown key; allowed: discriminator, gener",
        ),
        (
            {"recipes__gaussian__networks__generator": ...},
            "recipes/gaussian.yaml: networks.generator: missing",
        ),
        (
            {"recipes__ring__dataset__test": 20, "recipes__ring__dataset__validation": 20},
            "but dataset.validation and dataset.test are 40 together",
        ),
        (
            {"recipes__digits__gate__mae": {"max": 1}},
            "recipes/digits.yaml: gate.mae: needs a translator, which digits and gan lack",
        ),
        (
            {"recipes__gaussian__gate__psnr": {"min": 1}},
            "recipes/gaussian.yaml: gate.psnr: needs a translator and images, which",
        ),
        (
            {"recipes__parabola__gate": {"frechet": {"max": 1}}},
            "recipes/parabola.yaml: gate.frechet: needs data of the law gaussian, which parabola",
        ),
        (
            {"recipes__digits_vae__gate": {"auc": {"max": 1}}},
            "recipes/digits_vae.yaml: gate.auc: needs a discriminator, which digits and vae lack",
        ),
        (
            {"recipes__digits__gate__label_accuracy": {"min": 0}},
            "recipes/digits.yaml: gate.label_accuracy: needs samples of a given label, which",
        ),
        (
            {"recipes__digits_vae__networks__generator__minibatch": "stddev"},
            "recipes/digits_vae.yaml: networks.generator.minibatch: it is a discriminator's",
        ),
        (
            {"recipes__digits_vae__networks__encoder__output": "tanh"},
            "recipes/digits_vae.yaml: networks.encoder.output: must be linear",
        ),
        (
            {"recipes__digits_edges__dataset__kind": "digits"},
            "recipes/digits_edges.yaml: method.kind: pix2pix needs the field source; digits has "
            "real and labels",
        ),
        (
            {"recipes__digits_edges__method__objective": "wasserstein"},
            "method.objective: wasserstein needs a critic of limited slope; set networks.discr",
        ),
        (
            {"recipes__digits_edges__method__latent": {"dim": 2, "pool": 9}},
            "recipes/digits_edges.yaml: method.latent.pool: must be null",
        ),
        (
            {"recipes__digits_edges__networks__generator__filters": [8, 8, 8, 8]},
            "networks.generator.family: unet does not fit examples of shape (8, 8, 1); it needs",
        ),
        (
            {"recipes__digits_edges__networks__discriminator__minibatch": "stddev"},
            "it judges patches, whose batch has no diversity",
        ),
        (
            {
                "recipes__digits_info_gan__networks__discriminator": {
                    "family": "patch_discriminator",
                    "filters": [8, 8],
                }
            },
            "patch_discriminator does not fit",
        ),
        (
            {"recipes__gaussian__method__packing": 3},
            "gaussian.yaml: train.batch: found 8; method.packing takes",
        ),
        (
            {"recipes__gaussian__networks__discriminator__normalization": "instance"},
            "instance normalisation is for images",
        ),
        (
            {"recipes__digits__networks__generator__minibatch": "stddev"},
            "recipes/digits.yaml: networks.generator.minibatch: it is the discriminator's, which",
        ),
        (
            {"recipes__digits__networks__discriminator__minibatch": "stddev"},
            "recipes/digits.yaml: method.discriminator_batches: mixed would mix",
        ),
        (
            {"recipes__gaussian__train__ema": 1.0},
            "gaussian.yaml: train.ema: found 1.0; should be less",
        ),
        (
            {"recipes__gaussian__method__instance_noise": {}},
            "method.instance_noise.stddev: missing",
        ),
        (
            {"recipes__gaussian__method__augmentation": {"translation": 0.1}},
            "gaussian.yaml: method.augmentation: for images; examples of shape (2,) are none",
        ),
        (
            {"compute__jit": 3},
            "params.yaml: compute.jit: found 3; should be 'auto' or true",
        ),
        ({"compute__backend": "tensorflwo"}, "'tensorflow' or 'jax'; did you mean tensorflow?"),
        (
            {"recipes__ring__dataset": {"knid": "ring"}},
            "recipes/ring.yaml: dataset.knid: unknown key; did you mean kind?",
        ),
        ({"recipes__ring__dataset": {}}, "recipes/ring.yaml: dataset.kind: missing"),
        (
            {"recipes__sinusoid__dataset__train": 10**9},
            "recipes/sinusoid.yaml: dataset.train: 1,000,020,000 examples of 64 numbers "
            "would take 238 GiB; at most 8 GiB",
        ),
        (
            {"recipes__ring__networks__generator__hidden": [65536] * 9},
            "recipes/ring.yaml: networks.generator: 34,376,777,728 weights would take 384 GiB",
        ),
        (
            {"recipes__ring__method__latent__pool": 10**9},
            "numbers would take 961 GiB",
        ),
        (
            {"recipes__mnist_mlp__train__batch": 10**9},
            "mnist_mlp.yaml: train.batch: the rows of 4 updates",
        ),
        (
            {"recipes__ring__method__generator_batch": 10**9},
            "ring.yaml: method.generator_batch: the layers",
        ),
        (
            {"recipes__ring__train__epochs": 10**7},
            "ring.yaml: train.epochs: found 10000000; at most 1,000",
        ),
        (
            {"recipes__ring__train__steps_per_epoch": 10**9},
            "train.steps_per_epoch: the order of an",
        ),
        ({"recipes__ring__train__snapshot_samples": 10_001}, "less than or equal to 10000"),
        ({"recipes__sinusoid__evaluate__samples": 10_000_000}, "evaluate.samples: the figures of"),
        (
            {"recipes__ring__dataset__test": 19},
            "dataset.test: leaves 19 test examples; figures",
        ),
        ({"recipes__digits__dataset__held_out": 0.001}, "dataset.held_out: leaves 2 test"),
        (
            {"recipes__digits__dataset__validation": 0.001},
            "dataset.validation: leaves 2 validation",
        ),
        (
            {"recipes__mnist_mlp__dataset__validation": 0.0002},
            "dataset.validation: leaves 12 validation",
        ),
        (
            {"recipes__digits__dataset__validation": 0.9},
            "held_out: found 0.2, and validation 0.9; together they must leave",
        ),
        (
            {"recipes__ring__dataset__stddev": 3.0},
            "ring.yaml: dataset.stddev: found 3; must lie between",
        ),
        (
            {"recipes__sinusoid__dataset__b": [1.0, 20.0]},
            "sinusoid.yaml: dataset.b: found 20; curves of 64 points",
        ),
        (
            {"recipes__ring__train__optimizers__generator__learning_rate": 1e300},
            "generator.learning_rate: found 1e+300; should be less than or equal to 10",
        ),
        ({"recipes__raw": VALUES["recipes"]["ring"]}, "recipes/raw.yaml: name it differently"),
        ({"recipes__ring__source__title": "a\nb"}, "ring.yaml: source.title: found"),
        ({"recipes__ring__source__note": "\x1b[2J"}, "must be text without control characters"),
    ],
)
def test_each_problem_is_told_in_a_line_with_its_key(changes, told):
    assert any(told in line for line in problems(**changes)), problems(**changes)


def test_a_packing_discriminator_sees_several_examples():
    values = validate(changed(recipes__gaussian__method__packing=2))
    costs = values.recipes["gaussian"].costs
    assert costs["generator"].weights == 2 * 2
    assert costs["discriminator"].weights == (2 * 2) * 5 + 5 * 3 + 3 * 1


@pytest.mark.parametrize(
    "limit",
    [
        {"method__weight_clip": 0.01},
        {"networks__discriminator__spectral": True},
        {"method__penalties": {"gradient_penalty": 10.0}},
    ],
)
def test_one_limit_of_the_critics_slope_is_enough(limit):
    wasserstein = {"recipes__gaussian__method__objective": "wasserstein"}
    validate(changed(**wasserstein, **{f"recipes__gaussian__{k}": v for k, v in limit.items()}))


@pytest.mark.parametrize(("batch", "steps", "fits"), [(167, 4, True), (168, 4, False)])
def test_the_rows_of_a_call_take_at_most_eight_gib(batch, steps, fits):
    """Of 784 pixels in 4 bytes each, for 4,096 updates."""
    several = {
        "run": ["mnist_dcgan"],
        "compute__steps_per_call": 4096,
        "recipes__mnist_dcgan__train__batch": batch,
        "recipes__mnist_dcgan__method__discriminator_steps": steps,
    }
    if fits:
        validate(changed(**several))
        validate(changed(**several | {"compute__steps_per_call": "auto"}))
    else:
        assert "compute.steps_per_call: found 4096; the rows" in problems(**several)[0]


def test_all_problems_are_told_at_once():
    told = problems(
        seed=-1,
        run=["nosuch"],
        recipes__gaussian__train__epochs=0,
        recipes__digits__method__latent__dim=0,
        recipes__sinusoid__train__epcohs=5,
    )
    assert len(told) == 5


@given(
    key=st.sampled_from(
        [
            "seed",
            "compute__threads",
            "run",
            "recipes__gaussian__dataset__train",
            "recipes__parabola__dataset__half_width",
            "recipes__sinusoid__method__latent__low",
            "recipes__digits__train__optimizers__generator__beta_1",
            "recipes__digits__networks__discriminator__dropout",
            "recipes__mnist_dcgan__networks__generator__filters",
        ]
    ),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
def test_any_value_is_taken_or_refused_with_its_key(key, value):
    try:
        validate(changed(**{key: value}))
    except UserError as error:
        section = ".".join(key.split("__")[:2])
        assert all(re.match(r"(params\.yaml|recipes/.*\.yaml): ", x) for x in error.problems)
        assert any(section.split(".")[0] in line for line in error.problems)


@pytest.mark.parametrize("content", ["", "[]", "seed: [", "a: 1\na: 2", "null"])
def test_a_file_that_is_no_mapping(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=r"params\.yaml"):
        read(path)


def test_every_field_of_an_example_takes_memory():
    plain, traced = (
        validate(changed(recipes__digits__dataset__kind=kind)).recipes["digits"]
        for kind in ("digits", "digits_edges")
    )
    assert [numbers_of(recipe.dataset) for recipe in (plain, traced)] == [64, 128]
    assert traced.roles == plain.roles  # a GAN imitates `real`


def test_only_images_have_the_inception_distance():
    path = "data/raw/weights-12345678.pth"
    told = [*problems(recipes__gaussian__evaluate__inception=path)]
    assert told == [
        "recipes/gaussian.yaml: evaluate.inception: gaussian has examples of shape (2,); allowed: "
        "images of 1 or 3 channels, or null"
    ]
    valid = validate(changed(recipes__digits__evaluate__inception=path))
    assert "inception" in valid.recipes["digits"].offers


@pytest.mark.parametrize("family", ["conv1d_discriminator", "recurrent_discriminator"])
def test_networks_that_look_along_curves_are_given_no_components(family):
    own = {
        "conv1d_discriminator": {"filters": [4]},
        "recurrent_discriminator": {"units": [4]},
    }[family]
    changes = {"recipes__sines__networks__discriminator": {"family": family, **own}}
    (told,) = problems(**changes)
    assert told == (
        f"recipes/sines.yaml: networks.discriminator.family: {family} looks along curves, and "
        "dataset.scaling whitened gives it components in no order of time; mlp fits"
    )
    validate(changed(**changes, recipes__sines__dataset__scaling="range"))


def test_scores_of_curves_are_of_curves():
    told = [*problems(recipes__gaussian__evaluate__recurrent=[2])]
    assert told == [
        "recipes/gaussian.yaml: evaluate.recurrent: found [2]; gaussian has no curves; allowed: []"
    ]
    told = [*problems(recipes__sines__evaluate__recurrent=[2, 2])]
    assert told == ["recipes/sines.yaml: evaluate.recurrent: found [2, 2]; name each width once"]
    valid = validate(changed(recipes__sines__evaluate__recurrent=[2]))
    assert "recurrent_2" in valid.recipes["sines"].offers
