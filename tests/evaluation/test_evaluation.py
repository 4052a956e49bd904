"""What is measured of which examples."""

import hashlib

import keras
import numpy as np
import pytest
from scipy import linalg, stats
from scipy.spatial import distance

from forger.core.files import write_json
from forger.data.base import Data
from forger.data.codecs.affine import Affine
from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table
from forger.evaluation import evaluate as evaluation
from forger.evaluation import exact, labelled, quality
from forger.evaluation import parts as parts_of_data
from forger.evaluation.settings import Evaluate
from forger.methods.latent import Joint, Latent
from forger.methods.products import Drawn, Given, Product
from forger.metrics.figures import FIGURES
from forger.metrics.intervals import of_mean
from forger.models import generator
from forger.models.classifier import Seen
from forger.models.saving import write_products
from tests.data.described import described

RNG = np.random.default_rng(1)


def see(_, examples):
    """A classifier that takes the first pixel for the label."""
    flat = examples.reshape(len(examples), -1)
    labels = (flat[:, 0] > 0).astype(int)
    return Seen(flat, labels, np.eye(2)[labels])


def with_classifier(monkeypatch, seeing):
    """Let `seeing` be what a classifier does."""
    for module in (parts_of_data, labelled):
        monkeypatch.setattr(module, "see", seeing)


def part(n, share):
    """Examples, so many of which are of the second class."""
    labels = (np.arange(n) < share * n).astype(int)
    images = RNG.normal(size=(n, 2, 2, 1)).astype(np.float32)
    images[:, 0, 0, 0] = 2 * labels - 1
    return {"real": images, "labels": labels}


DATA = described(2, 2, 1, classes=("0", "1"))


@pytest.fixture
def beside(monkeypatch):
    """Measures beside a test part whose classes are not as the training data have them."""
    with_classifier(monkeypatch, see)
    parts = {"train": part(80, 0.5), "validation": part(60, 0.5), "test": part(90, 0.25)}
    settings = Evaluate(samples=2000, compared=40)
    return quality.Quality(Data(parts, DATA), settings, object()), parts


def test_sizes_are_those_that_are_used(beside):
    measured, parts = beside
    assert measured.sizes == {
        "training": 80,
        "held_out": 90,
        "draws": 5,
        "samples": 2000,
        "compared": 40,
        "memorisation": 40,
    }
    few = Evaluate(samples=2000, compared=1000)
    assert quality.Quality(Data(parts, DATA), few, object()).sizes["compared"] == 40  # ⅔ of 60
    on_validation = Evaluate(samples=2000, compared=1000, part="validation")
    chosen = quality.Quality(Data(parts, DATA), on_validation, object())
    assert (chosen.sizes["held_out"], chosen.sizes["compared"]) == (60, 30)  # half of them


def test_the_floor_of_classes_is_of_the_training_data_s_proportions(beside):
    """As many labels as samples, seen by a classifier that is always right."""
    found, interval = beside[0].floor()
    assert found["modes"] == 2
    expected = 1 / (2 * 2000)  # (classes − 1) / 2n, of a multinomial
    assert 0 < found["class_kl"] < 6 * expected
    assert found["label_accuracy"] == 1
    assert all(low <= found[name] <= high for name, (low, high) in interval.items())


def test_the_floor_of_classes_is_as_sure_as_its_rows_are_many(monkeypatch):
    """Of a classifier that is right about nine of ten, 60 times on other rows."""

    def often_right(_, examples):
        seen = see(_, examples)
        wrong = examples[:, 0, 1, 0] > stats.norm.isf(0.1)
        return Seen(
            seen.features, np.where(wrong, 1 - seen.labels, seen.labels), seen.probabilities
        )

    with_classifier(monkeypatch, often_right)
    monkeypatch.setattr(quality.Comparison, "measure", lambda *_: {})  # takes its time, is no class
    settings, within = Evaluate(samples=2000, compared=40), []
    for _ in range(60):
        parts = {"train": part(80, 0.5), "validation": part(60, 0.5), "test": part(90, 0.5)}
        _, interval = quality.Quality(Data(parts, DATA), settings, object()).floor()
        low, high = interval["label_accuracy"]
        within.append(low < 0.9 < high)
    assert 0.85 < np.mean(within) <= 1


def test_what_is_translated_is_of_the_training_data_s_proportions(beside):
    """Of a part that has 23 and 67 of two classes, those that are compared with left out."""
    measured, parts = beside
    rows, labels = measured.to_translate(0), parts["test"]["labels"]
    assert len(rows) == 2000
    compared = measured._real.of(0)
    assert not set(rows) & set(compared)
    first = rows[: 90 - len(compared)]
    assert len(set(first)) == len(first)
    # Half of each, but for the first ones; √(2000) / 2 is 22.
    assert np.bincount(labels[rows[len(first) :]]) == pytest.approx([975, 975], abs=90)


def test_the_classes_of_training_and_held_out_data(beside):
    found = evaluation._proportions(Data(beside[1], DATA), Evaluate(samples=2000, compared=40))
    assert found.pop("p_value") < 0.01
    assert found["class"] in DATA.classes
    assert {found["train"], found["held_out"]} in ({0.5, 23 / 90}, {0.5, 67 / 90})
    even = Evaluate(samples=2000, compared=40, part="validation")
    assert evaluation._proportions(Data(beside[1], DATA), even)["p_value"] == 1


def test_what_stands_in_for_samples_is_never_what_it_is_compared_with(beside, monkeypatch):
    measured, parts = beside
    seen = []

    class Looking(quality.Comparison):
        def measure(self, samples):
            seen.append((self.real.reshape(len(self.real), -1), samples.reshape(len(samples), -1)))
            return super().measure(samples)

    monkeypatch.setattr(quality, "Comparison", Looking)
    measured.floor()
    of = {
        name: {row.tobytes() for row in arrays["real"].reshape(len(arrays["real"]), -1)}
        for name, arrays in parts.items()
    }
    assert len(seen) == 5
    for real, samples in seen:
        assert {row.tobytes() for row in real.astype("f4")} <= of["test"]
        assert {row.tobytes() for row in samples.astype("f4")} <= of["validation"]
        assert len(real) == len(samples) == 40
    assert any(not np.array_equal(seen[0][0], real) for real, _ in seen[1:])


@pytest.mark.parametrize(("size", "n", "overlap"), [(200, 40, 0.0), (90, 40, 40 / 90)])
def test_draws_have_rows_of_their_own_where_there_are_enough(size, n, overlap):
    rows = quality.Rows("any", size, n, 5)
    drawn = [rows.of(i) for i in range(5)]
    assert rows.overlap == pytest.approx(overlap)
    assert all(len(np.unique(each)) == n for each in drawn)
    shared = [len(np.intersect1d(a, b)) for i, a in enumerate(drawn) for b in drawn[:i]]
    assert (max(shared) == 0) == (overlap == 0)
    assert [rows.of(i).tolist() for i in range(5)] == [each.tolist() for each in drawn]


def test_a_figure_that_a_draw_lacks_is_left_out():
    draws = [{"mmd": 0.1, "class_coverage": 0.5}, {"mmd": 0.2}]
    for given in (draws, draws[::-1]):
        means, intervals = quality.summarise(given, [0.0])
        assert means == {"mmd": pytest.approx(0.15)}
        assert intervals.keys() == {"mmd"}


def test_an_interval_stays_within_what_a_figure_can_be():
    draws = [{"coverage": value, "mmd": value - 1} for value in (0.99, 0.9, 1.0, 0.4)]
    _, interval = quality.summarise(draws, [0.5, 0.0])
    assert interval["coverage"] == [0, 1] or interval["coverage"][1] == 1
    assert interval["mmd"][0] < -0.1


@pytest.mark.parametrize("classes", [0, 2])
def test_walks_stay_in_their_category_and_among_the_labels(classes):
    class Told:
        """A generator that gives what it is told."""

        latent, seen = Joint({"latents": Latent(dim=3, law="normal", categories=4)}), []

        def decode(self, latents, told):
            self.seen.append(told.get("labels"))
            return latents

    sampler, told = Told(), {"labels": np.arange(4) % classes} if classes else {}
    walks = generator.walks(sampler, np.random.default_rng(2), told)
    assert walks.shape == (generator.WALKS, generator.WALK_STEPS, 7)
    assert np.unique(walks[..., 3:].reshape(-1, 4), axis=0).tolist() in np.eye(4)[:, None].tolist()
    np.testing.assert_allclose(walks[1:, 0, :3], walks[:-1, -1, :3], rtol=1e-5)  # one after another
    each = [None] * 4 if not classes else [[0] * 12, [1] * 12, [0] * 12, [1] * 12]
    assert [None if seen is None else seen.tolist() for seen in sampler.seen] == each


def product(of, inputs, threshold=None):
    """What a network in NumPy makes of its inputs: a function of them."""

    def network(given, training):
        assert not training
        assert given.keys() == inputs.keys()
        return of(**given)

    return Product(network, inputs, threshold)


def made(of, *told, latent):
    """A generator."""
    return product(of, {"latents": Drawn(latent), **{name: Given(name) for name in told}})


def judged(of, threshold, *told):
    """A discriminator."""
    inputs = {"examples": Given("real"), **{name: Given(name) for name in told}}
    return product(of, inputs, threshold)


def pictures(latents, labels):
    """Images whose first pixel says the label, and the others the latents."""
    return np.concatenate([2 * labels[:, 1:] - 1, latents], axis=1).reshape(-1, 2, 2, 1)


def score(examples, labels):
    """High for the second class, and for what is told its own label."""
    flat = examples.reshape(len(examples), -1)
    return (flat[:, 1] + 3 * (flat[:, 0] > 0) - 10 * (labels[:, 1] != (flat[:, 0] > 0)))[:, None]


@pytest.fixture
def evaluated(beside, monkeypatch):
    """A generator that gives what it is told, and a D that looks whether it did."""
    _, parts = beside
    settings = Evaluate(samples=300, compared=40, draws=3)
    products = {
        "generator": made(pictures, "labels", latent=Latent(dim=3)),
        "discriminator": judged(score, 0.5, "labels"),
    }
    floor, interval = quality.Quality(Data(parts, DATA), settings, object()).floor()
    reference = evaluation.Reference(floor, interval, object(), {"accuracy": 1.0, "sha256": "x"})

    def run(seed=7, data=DATA, reference=reference):
        return evaluation.evaluate(products, Data(parts, data), settings, seed, reference)

    return run, parts, reference


def test_what_is_drawn_is_what_is_measured(evaluated):
    run, parts, reference = evaluated
    figures, arrays = run()
    samples, asked = arrays["samples"], arrays["labels"]
    assert samples.shape == (300, 2, 2, 1)
    np.testing.assert_array_equal((samples[:, 0, 0, 0] > 0).astype(int), asked)
    np.testing.assert_array_equal(arrays["seen"], asked)
    own = np.eye(2)[asked]
    np.testing.assert_allclose(arrays["fake_scores"], score(samples, own)[:, 0])
    of_test = score(parts["test"]["real"], np.eye(2)[parts["test"]["labels"]])[:, 0]
    np.testing.assert_allclose(arrays["real_scores"], of_test)
    assert figures["acc_real"] == pytest.approx(np.mean(of_test > 0.5))
    assert 0.4 < asked.mean() < 0.6  # as the training data, not as the test part
    assert figures["quality"]["label_accuracy"] == 1
    assert figures["classifier"] == {"accuracy": 1.0, "sha256": "x"}
    assert figures["proportions"]["p_value"] < 0.01
    assert figures["floor"] == {name: reference.floor[name] for name in figures["quality"]}


def test_draws_are_others_and_hang_on_the_seed(evaluated):
    run, _, reference = evaluated
    figures, arrays = run()
    again, same = run()
    assert again == figures
    assert all(np.array_equal(values, same[name]) for name, values in arrays.items())
    other, others = run(seed=8)
    assert other["quality"] != figures["quality"]
    assert not np.array_equal(others["samples"], arrays["samples"])
    assert not np.array_equal(others["walks"], arrays["walks"])
    counts = np.array(figures["confusion"]["counts"])
    assert counts.sum(1).tolist() == [90, 3 * 300]
    # The pool of all draws, of which the first alone would be a third.
    first = np.mean(arrays["fake_scores"] <= 0.5)
    assert figures["acc_fake"] != pytest.approx(first)
    # One that takes no labels has no labels, nor has what no classifier looked at.
    bare = evaluation.Reference(reference.floor, reference.interval)
    figures, arrays = run(reference=bare)
    assert "classifier" not in figures
    assert "seen" not in arrays
    assert "class_kl" not in figures["quality"]


def test_without_labels(beside, monkeypatch):
    parts = {name: {"real": arrays["real"]} for name, arrays in beside[1].items()}
    settings = Evaluate(samples=300, compared=40, draws=2)
    data = described(2, 2, 1)
    floor, interval = quality.Quality(Data(parts, data), settings, None).floor()
    products = {
        "generator": made(lambda latents: latents.reshape(-1, 2, 2, 1), latent=Latent(dim=4)),
        "discriminator": judged(lambda examples: examples.sum((1, 2, 3))[:, None], 0.0),
    }
    reference = evaluation.Reference(floor, interval)
    figures, arrays = evaluation.evaluate(products, Data(parts, data), settings, 1, reference)
    assert arrays.keys() == {"samples", "fake_scores", "real_scores", "walks"}
    assert not {"classifier", "proportions"} & figures.keys()
    # A figure that real data lack has no floor, and is left out.
    lacking = {name: value for name, value in floor.items() if name != "recall"}
    figures_of = evaluation.Reference(lacking, interval)
    fewer, _ = evaluation.evaluate(products, Data(parts, data), settings, 1, figures_of)
    assert fewer["quality"].keys() == fewer["floor"].keys() == figures["floor"].keys() - {"recall"}
    # A method may have no D: nothing is said of one then.
    del products["discriminator"]
    without, arrays = evaluation.evaluate(products, Data(parts, data), settings, 1, reference)
    assert arrays.keys() == {"samples", "walks"}
    of_d = {"acc_real", "acc_fake", "auc", "confusion"}
    assert without.keys() == figures.keys() - of_d
    assert without["interval"].keys() == figures["interval"].keys() - of_d
    assert without["quality"] == figures["quality"]


def test_decisions_and_their_intervals():
    rng = np.random.default_rng(3)
    real, fakes = rng.normal(1, 1, 70), [rng.normal(0, 1, 40) for _ in range(2)]
    found, interval = evaluation.decide(real, fakes, 0.5)
    fake = np.concatenate(fakes)
    for name, right, n in (
        ("acc_real", np.sum(real > 0.5), 70),
        ("acc_fake", np.sum(fake <= 0.5), 80),
    ):
        expected = stats.binomtest(int(right), n).proportion_ci(0.95, method="wilson")
        assert found[name] == pytest.approx(right / n)
        assert interval[name] == pytest.approx([expected.low, expected.high])
    area = stats.mannwhitneyu(real, fake).statistic / (70 * 80)
    assert found["auc"] == pytest.approx(area)
    assert interval["auc"][0] < area < interval["auc"][1]


def test_a_reference_is_read_as_it_was_written(tmp_path):
    values = {"floor": {"mmd": 0.1}, "interval": {"mmd": [0.0, 0.2]}}
    write_json(tmp_path / "floor.json", values)
    write_products(tmp_path, {}, {})
    write_json(tmp_path / "floor.json", values)
    assert evaluation.Reference.load(tmp_path) == evaluation.Reference(**values)
    entry = keras.Input((2,), name="images")
    network = keras.Model({"images": entry}, keras.layers.Dense(2, name="classes")(entry))
    products = {"classifier": Product(network, {"images": Given("real")})}
    write_products(tmp_path, products, {"accuracy": 0.9, "held_out": 5})
    write_json(tmp_path / "floor.json", values)
    found = evaluation.Reference.load(tmp_path)
    digest = hashlib.sha256((tmp_path / "classifier.keras").read_bytes()).hexdigest()
    assert (found.floor, found.about) == (values["floor"], {"accuracy": 0.9, "sha256": digest})
    np.testing.assert_array_equal(found.classifier.get_weights()[0], network.get_weights()[0])


def frechet(mean, covariance, other_mean, other_covariance):
    """The squared distance of two Gaussians, with SciPy's root of a matrix."""
    root = linalg.sqrtm(covariance @ other_covariance).real
    shift = np.sum((np.asarray(mean) - other_mean) ** 2)
    return shift + np.trace(covariance + other_covariance - 2 * root)


LAW = {"name": "gaussian", "mean": [1.0, -2.0], "covariance": [[2.0, 0.5], [0.5, 1.0]]}
GAUSSIAN = described(2, codec=Affine(scale=2.0, offset=1.0), law=LAW)
MATRIX, SHIFT = np.array([[0.02, 0.05], [-0.04, 0.01], [0.03, 0.02]]), np.array([0.3, -0.7])


def measured_exactly(of, latent=None, data=GAUSSIAN):
    sampler = generator.Sampler(made(of, latent=latent or Latent(dim=3)), data)
    return exact.measure_exactly(sampler, data)


def test_an_affine_generator_of_normal_latents_is_measured_exactly():
    """What N(0, 1) becomes under x → 1 + 2 (x M + s) is known."""
    found = measured_exactly(lambda latents: latents @ MATRIX + SHIFT)
    of_law = LAW["mean"], np.array(LAW["covariance"])
    expected = frechet(1 + 2 * SHIFT, 4 * MATRIX.T @ MATRIX, *of_law)
    assert found == {"frechet_exact": pytest.approx(expected, rel=1e-4)}
    right = np.linalg.cholesky(LAW["covariance"]).T / 2
    exact = measured_exactly(
        lambda latents: latents @ right + (np.array(LAW["mean"]) - 1) / 2, Latent(dim=2)
    )
    assert exact["frechet_exact"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("bent", "latent", "law"),
    [
        (lambda x: np.where(x > 0, x, 0.9 * x), Latent(dim=3), LAW),
        (lambda x: x**3, Latent(dim=3), LAW),
        (lambda x: x, Latent(dim=3, law="uniform"), LAW),
        (lambda x: x, Latent(dim=3, law="spherical"), LAW),
        (lambda x: x[:, :3], Latent(dim=3, categories=2), LAW),
        (lambda x: x, Latent(dim=3), {"name": "parabola"}),
        (lambda x: x, Latent(dim=3), {}),
    ],
)
def test_nothing_else_is_measured_exactly(bent, latent, law):
    data = GAUSSIAN.model_copy(update={"law": law})
    assert measured_exactly(lambda latents: bent(latents) @ MATRIX + SHIFT, latent, data) == {}


def test_the_exact_floor_is_the_training_datas_distance_from_the_law(monkeypatch):
    monkeypatch.setattr(quality.Comparison, "measure", lambda *_: {})
    drawn = {name: RNG.normal(size=(n, 2)) for name, n in (("train", 50), ("test", 60))}
    parts = {name: {"real": rows} for name, rows in {**drawn, "validation": drawn["test"]}.items()}
    made = quality.Quality(Data(parts, GAUSSIAN), Evaluate(samples=100, compared=20, draws=2), None)
    floor, interval = made.floor()
    train = 1 + 2 * drawn["train"]
    centred = train - train.mean(0)
    expected = frechet(
        train.mean(0), centred.T @ centred / 49, LAW["mean"], np.array(LAW["covariance"])
    )
    assert floor["frechet_exact"] == pytest.approx(expected)
    assert "frechet_exact" not in interval  # nothing of it is drawn


@pytest.mark.parametrize(("samples", "rows"), [(100, 100), (150, 150), (2000, 150)])
def test_the_floor_of_a_law_takes_as_many_real_examples_as_samples(samples, rows, monkeypatch):
    """Of both held-out parts, while there are as many, and none twice."""
    seen = []
    monkeypatch.setattr(quality, "by_law", lambda described, _: seen.append(described) or {})
    monkeypatch.setattr(quality.Comparison, "measure", lambda *_: {})
    parts = {"train": part(80, 0.5), "validation": part(60, 0.5), "test": part(90, 0.5)}
    data = described(2, 2, 1).model_copy(update={"law": {"name": "drawn"}})
    quality.Quality(Data(parts, data), Evaluate(samples=samples, compared=40), None).floor()
    assert len(seen) == 5
    known = {
        row.astype("f8").tobytes() for name in ("validation", "test") for row in parts[name]["real"]
    }
    for drawn in seen:
        found = {row.tobytes() for row in drawn}
        assert len(drawn) == len(found) == rows
        assert found <= known


@pytest.mark.parametrize(
    ("compared", "draws", "translated", "of_all", "of_some"),
    [
        (40, 5, False, (0.0,), (40 / 90, 0.0)),
        (20, 4, False, (0.0,), (0.0, 0.0)),  # 80 of 90
        # The same held-out examples are translated again and again.
        (40, 5, True, (50 / 90,), (40 / 90, 40 / 90)),
    ],
)
def test_what_draws_share(beside, compared, draws, translated, of_all, of_some):
    settings = Evaluate(samples=2000, compared=compared, draws=draws)
    measured = quality.Quality(Data(beside[1], DATA), settings, None)
    values = RNG.uniform(size=(2, draws))
    found = [quality.Measured({"modes": a}, {"recall": b}, None) for a, b in values.T]
    means, intervals = measured.summarise(found, translated)
    assert means == pytest.approx({"modes": values[0].mean(), "recall": values[1].mean()})
    expected = {"modes": of_mean(values[0], of_all), "recall": of_mean(values[1], of_some)}
    for name, ends in expected.items():
        assert intervals[name] == pytest.approx(FIGURES[name].within(ends))


def test_a_translator_is_told_of_other_examples_than_it_is_compared_with(beside):
    measured, _ = beside
    told = [measured.to_translate(draw) for draw in range(5)]
    for draw, rows in enumerate(told):
        assert rows.shape == (2000,)
        assert set(rows) == set(range(90)) - set(measured._real.of(draw))
        assert len(set(rows[:50])) == 50
    assert not np.array_equal(told[0], told[1])


def test_samples_are_compared_by_features_and_by_the_label_asked_for(monkeypatch):
    """With the same real examples as by themselves; NumPy and SciPy say how far they are."""
    with_classifier(monkeypatch, see)
    compared = []

    class Looking(quality.Comparison):
        def measure(self, samples):
            compared.append((samples, self.real))
            return {}

    monkeypatch.setattr(quality, "Comparison", Looking)
    parts = {"train": part(80, 0.5), "validation": part(90, 0.5), "test": part(90, 0.5)}
    made = quality.Quality(Data(parts, DATA), Evaluate(samples=200, compared=45), object())
    samples = part(200, 0.5)["real"][np.random.default_rng(4).permutation(200)]
    asked = (samples[:, 0, 0, 0] > 0).astype(int)
    found = made.measure(samples, asked, 1).beside
    ((fake, real),) = compared
    np.testing.assert_array_equal(fake, samples[:45])
    moments = [(rows.mean(0), np.cov(rows.T)) for rows in (fake.reshape(45, -1), real)]
    assert found["classifier_frechet"] == pytest.approx(frechet(*moments[0], *moments[1]), rel=1e-3)
    covered = []
    for label in (0, 1):
        of_class = [rows.reshape(45, -1) for rows in (fake, real)]
        of_class = [rows[(rows[:, 0] > 0) == label] for rows in of_class]
        n = min(map(len, of_class))
        assert n > 10
        drawn, true = (rows[:n].astype(float) for rows in of_class)
        fifth = np.sort(distance.cdist(true, true), axis=1)[:, 5]
        covered.append(np.mean(distance.cdist(true, drawn).min(1) <= fifth))
    assert found["class_coverage"] == pytest.approx(np.mean(covered))
    assert "class_coverage" not in made.measure(samples, None, 1).beside


@pytest.mark.parametrize("rare", [0, 1])
def test_a_class_that_is_rare_or_missing_among_held_out_examples(rare, monkeypatch, recwarn):
    """One that is there has its share of the training data, from however few examples."""
    with_classifier(monkeypatch, see)
    monkeypatch.setattr(quality.Comparison, "measure", lambda *_: {})
    parts = {"train": part(80, 0.5), "validation": part(60, 0), "test": part(90, rare / 90)}
    found, _ = quality.Quality(Data(parts, DATA), Evaluate(samples=2000), object()).floor()
    assert found["modes"] == 1 + rare
    # One of two classes is a whole bit away.
    assert found["class_kl"] == pytest.approx(0 if rare else np.log(2), abs=2e-3)
    assert not [each for each in recwarn if issubclass(each.category, RuntimeWarning)]


def test_rows_say_their_class_and_a_classifier_what_the_rest_of_them_shows(monkeypatch):
    """Of a classifier that takes all for the first class; one row of ten is of the second."""
    codec = Table(
        columns=(
            Category(name="kind", categories=("a", "b")),
            Number(name="x", modes=((0.0, 1.0),), mean=0, deviation=1, low=-9, high=9),
        ),
        labels="kind",
    )

    def blind(_, rows):
        labels = np.zeros(len(rows), int)
        return Seen(rows, labels, np.eye(2)[labels])

    with_classifier(monkeypatch, blind)

    def table(n):
        labels = (np.arange(n) % 10 == 0).astype(int)
        real = codec.encode(np.stack([labels, RNG.normal(size=n)], axis=1))
        return {"real": real, "labels": labels}

    data = described(2, classes=("a", "b"), view="table", codec=codec)
    parts = {name: table(200) for name in ("train", "validation", "test")}
    made = quality.Quality(Data(parts, data), Evaluate(samples=400, draws=2), object())
    floor, _ = made.floor()
    assert floor["class_kl"] < 0.01
    assert floor["modes"] == 2
    assert floor["label_accuracy"] == pytest.approx(0.9, abs=0.04)
    samples = table(400)
    found = made.measure(samples["real"], samples["labels"], 0)
    assert found.alone["rarest_class"] == 1
    assert found.alone["label_accuracy"] == pytest.approx(0.9)
    np.testing.assert_array_equal(found.seen.labels, samples["labels"])
