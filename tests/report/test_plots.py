"""The pictures show what they are given, however a person looks at the data."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forger.data.codecs.affine import Affine
from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table
from forger.data.description import DataField, Description
from forger.data.looks import LOOKS
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.reports import Report
from forger.report import plots
from forger.report.discriminator_plots import roc, scores
from forger.report.encoder_plots import reconstructions
from forger.report.pictures import BY_NAME, pictures_of
from forger.report.results import Judged, Results, Translations
from forger.report.views.base import FAKE, REAL, WIDTH
from forger.report.views.kinds import VIEWS
from tests.data.described import described

RNG = np.random.default_rng(0)
N, EPOCHS = 60, 5
KINDS = {  # view, shape, classes
    "points": ("points", (2,), []),
    "curves": ("curves", (7,), []),
    "images": ("images", (4, 4, 1), []),
    "labelled": ("images", (4, 4, 1), ["zero", "one", "two"]),
    "coloured": ("images", (4, 4, 3), []),
    "photographs": ("photographs", (4, 4, 3), []),
    "table": ("table", (3,), []),
}
CODEC = Table(
    columns=(
        Number(name="size", mean=0, deviation=1, low=-1, high=1, modes=((0, 1),), missing=True),
        Number(
            name="day", mean=4e7, deviation=1e7, low=0, high=8e7, modes=((4e7, 1e7),), step=86_400,
            format="%Y-%m-%d",
        ),
        Category(name="colour", categories=tuple(f"colour {i}" for i in range(9)), missing=True),
    ),
    order=("size", "day", "colour"),
)  # fmt: skip
OF_KIND = {"associations": "table", "bundles": "curves", "correlations": "curves"}


def of_table(like):
    """The same results of a table's rows."""
    field = DataField(shape=(CODEC.width,), codec=CODEC, view="table", units="any")

    def rows(*shape):
        values = [RNG.uniform(-1, 1, shape), RNG.uniform(0, 8e7, shape), RNG.integers(0, 9, shape)]
        made = np.stack(values, axis=-1).astype(float)
        made[RNG.random(made.shape) < 0.1] = np.nan
        made[..., 1] = values[1]
        return made

    several = ("real", "snapshots", "samples", "walks", "reconstructed", "codes", "numbers")
    return dataclasses.replace(
        like,
        data=Description(fields={"real": field}, classes=()),
        train=CODEC.encode(rows(N)),
        translations=None,
        **{name: rows(*getattr(like, name).shape[:-1]) for name in several},
    )


OF_EXAMPLES = ("real", "samples", "progress", "walk", "quality", "codes", "numbers")
OF_PAIRS = ("nearest", "reconstructions", "translations")


def test_every_view_has_its_wants_and_a_way_to_be_drawn():
    assert VIEWS.keys() == LOOKS.keys()


@pytest.fixture(params=KINDS)
def results(request):
    view, shape, classes = KINDS[request.param]
    labels = np.arange(N) % 3 if classes else None
    # What is translated may have another shape than what comes of it.
    told = (view, (5,)) if view == "curves" else ("images", (4, 6, 1))
    field = described(*told[1], view=told[0], codec=Affine(scale=0.5, offset=0.5)).real
    made = Results(
        recipe="any",
        data=described(*shape, classes=classes, view=view),
        reports=GAN(kind="gan", latent=Latent(dim=2)).reports,
        train=RNG.uniform(-1, 1, (N, *shape)),
        real=RNG.uniform(-1, 1, (N, *shape)),
        real_labels=labels,
        history=pd.DataFrame(
            {
                name: np.arange(1, EPOCHS + 1) / EPOCHS
                for name in ("epoch", *GAN(kind="gan", latent=Latent(dim=2)).logs)
            }
        ),
        epochs=np.arange(EPOCHS + 1),
        snapshots=RNG.uniform(-1, 1, (EPOCHS + 1, 9, *shape)),
        best=None,
        samples=RNG.uniform(-1, 1, (N, *shape)),
        labels=labels,
        seen=None,
        judged=Judged(RNG.normal(1, 1, N), RNG.normal(0, 1, N), 0.5),
        walks=RNG.uniform(-1, 1, (4, 6, *shape)),
        reconstructed=RNG.uniform(-1, 1, (12, *shape)),
        translations=Translations(
            field,
            RNG.uniform(0, 1, (12, *told[1])),
            *(RNG.uniform(-1, 1, (12, *shape)) for _ in range(2)),
        ),
        codes=RNG.uniform(-1, 1, (3, 6, *shape)),
        stands_for=np.array([1, 0, -1]) if classes else None,
        numbers=RNG.uniform(-1, 1, (6, 6, *shape)),
        figures={"confusion": {"counts": [[50, 10], [20, 40]]}},
    )
    return of_table(made) if view == "table" else made


@pytest.mark.parametrize("picture", OF_EXAMPLES)
def test_every_kind_of_data_is_drawn(results, picture, tmp_path):
    assert_drawn(BY_NAME[picture].draw(results), tmp_path / "picture.png")


@pytest.mark.parametrize("picture", sorted({*BY_NAME} - {*OF_EXAMPLES} - {*OF_PAIRS} - {*OF_KIND}))
@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_every_figure_is_drawn(results, picture, tmp_path):
    assert_drawn(BY_NAME[picture].draw(results), tmp_path / "picture.png")


@pytest.mark.parametrize("picture", OF_KIND)
def test_pictures_of_one_kind_of_data_are_drawn(results, picture, tmp_path):
    assert BY_NAME[picture].applies(results) == (results.data.real.view == OF_KIND[picture])
    if BY_NAME[picture].applies(results):
        assert_drawn(BY_NAME[picture].draw(results), tmp_path / "picture.png")


def assert_drawn(figure, path):
    figure.savefig(path)
    drawn = np.asarray(Image.open(path).convert("RGB"))
    assert np.ptp(drawn) > 200
    assert (drawn != drawn[0, 0]).any(axis=2).mean() > 0.01


def test_the_animation_has_a_frame_a_snapshot_and_stays_at_the_last(results, tmp_path):
    plots.animate(results, tmp_path / "progress.gif")
    with Image.open(tmp_path / "progress.gif") as animation:
        # Equal frames at the end may be stored as one of their whole time.
        assert EPOCHS + 1 <= animation.n_frames <= EPOCHS + 7


@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_points_lie_over_each_other_in_the_frame_of_the_real_ones(results):
    axes = next(axes for axes in plots.samples(results).axes if axes.collections)
    real, generated = (drawn.get_offsets() for drawn in axes.collections)
    np.testing.assert_array_equal(real, results.real)
    np.testing.assert_array_equal(generated, results.samples)
    low, high = results.real.min(0), results.real.max(0)
    for (left, right), i in ((axes.get_xlim(), 0), (axes.get_ylim(), 1)):
        assert left < low[i] < high[i] < right


@pytest.mark.parametrize("results", ["curves"], indirect=True)
def test_curves_are_drawn_over_their_axis(results):
    real = plots.real(results)
    (line,) = real.axes[0].lines
    np.testing.assert_array_equal(line.get_xydata().T, [results.data.real.axis, results.real[0]])


@pytest.mark.parametrize("results", ["labelled"], indirect=True)
def test_labelled_images_have_a_row_a_class(results):
    axes = plots.samples(results).axes[0]
    mosaic = np.asarray(axes.images[0].get_array())
    for label in range(3):
        first = (results.real[results.real_labels == label][0, ..., 0] + 1) / 2
        np.testing.assert_allclose(mosaic[5 * label : 5 * label + 4, :4], first)
    assert [text.get_text() for text in axes.get_yticklabels()] == [*results.data.classes]


@pytest.mark.parametrize("results", ["curves", "images", "labelled"], indirect=True)
def test_samples_stand_beside_their_nearest_training_examples(results):
    copies = dataclasses.replace(results, samples=results.train[::-1])
    (axes, *_) = plots.nearest(copies).axes
    if results.data.real.view == "curves":
        real, sample = (line.get_ydata() for line in axes.lines)
    else:
        real, sample = np.asarray(axes.images[0].get_array()).reshape(2, -1)
    np.testing.assert_array_equal(real, sample)


def test_pictures_are_of_what_there_is(results):
    """Of points, one can't tell which belong together; of what is missing nothing is drawn."""
    view = results.data.real.view
    pairs = set() if view == "points" else {*OF_PAIRS}
    pairs -= {"translations"} if view == "table" else set()
    others = {name for name, kind in OF_KIND.items() if kind != view}
    assert {*pictures_of(results)} == {*BY_NAME} - {*OF_PAIRS} - others | pairs
    none = dict.fromkeys(
        ("judged", "reconstructed", "translations", "codes", "numbers", "walks"), None
    )
    bare = dataclasses.replace(results, reports=(), **none)
    gone = {
        "scores", "confusion", "reconstructions", "translations", "codes", "numbers", "walk",
        "learning_curves", "accuracies", "others",
    }  # fmt: skip
    assert {*pictures_of(bare)} == {*pictures_of(results)} - gone


@pytest.mark.parametrize("results", ["curves", "images", "labelled"], indirect=True)
def test_reconstructions_stand_beside_what_they_are_of(results):
    same = dataclasses.replace(results, reconstructed=results.real[:12])
    (axes, *_) = reconstructions(same).axes
    if results.data.real.view == "curves":
        again, real = (line.get_ydata() for line in axes.lines)
    else:
        real, again = np.asarray(axes.images[0].get_array()).reshape(2, -1)
    np.testing.assert_array_equal(real, again)


@pytest.mark.parametrize("results", ["points"], indirect=True)
@pytest.mark.parametrize(
    ("values", "scale"), [((0.69, 0.70), "linear"), ((0.01, 20.0), "log"), ((-5.0, 3.0), "linear")]
)
def test_learning_curves_fill_their_range(results, values, scale):
    history = results.history.assign(d_loss=values[0], g_loss=values[1])
    (axes,) = plots.learning_curves(dataclasses.replace(results, history=history)).axes
    assert axes.get_yscale() == scale
    low, high = axes.transAxes.inverted().transform(
        axes.transData.transform([(1, v) for v in values])
    )[:, 1]
    assert 0 < low < 0.3
    assert 0.7 < high < 1


@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_losses_that_do_not_end_at_ln_2_have_no_such_line(results):
    reports = GAN(kind="gan", latent=Latent(dim=2), objective="hinge").reports
    (axes,) = plots.learning_curves(dataclasses.replace(results, reports=reports)).axes
    assert len(axes.lines) == 2


def legend(figure):
    """What it says of each line, as far as there is a legend."""
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_a_gans_reports_are_drawn_under_its_own_words(results):
    losses, accuracies = plots.learning_curves(results), plots.accuracies(results)
    assert legend(losses) == ["D", "G", "ln 2: D can't tell"]
    assert legend(accuracies) == ["on real", "on fakes", "chance"]
    for figure, names, even in (
        (losses, ("d_loss", "g_loss"), np.log(2)),
        (accuracies, ("acc_real", "acc_fake"), 0.5),
    ):
        (axes,) = figure.axes
        *curves, line = axes.lines
        for curve, name in zip(curves, names, strict=True):
            np.testing.assert_array_equal(curve.get_ydata(), results.history[name])
        assert [line.get_color() for line in curves] == [REAL, FAKE]
        assert set(line.get_ydata()) == {even}


@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_the_losses_of_minimax_end_at_ln_2_and_below_zero(results):
    reports = GAN(kind="gan", latent=Latent(dim=2), objective="minimax").reports
    history = results.history.assign(g_loss=-results.history["g_loss"])
    changed = dataclasses.replace(results, reports=reports, history=history)
    figure = plots.learning_curves(changed)
    assert legend(figure) == ["D", "G", "ln 2: D can't tell", "−ln 2: D can't tell"]
    assert {line.get_ydata()[0] for line in figure.axes[0].lines[2:]} == {np.log(2), -np.log(2)}


@pytest.mark.parametrize("results", ["points"], indirect=True)
@pytest.mark.parametrize(("even", "stretched"), [(1.5, True), (-0.5, True), (9.0, False)])
def test_the_axis_goes_no_further_than_to_a_line_near_by(results, even, stretched):
    reports = (Report("d_loss", "D", "loss", "its loss", even, "even"),)
    (axes,) = plots.learning_curves(dataclasses.replace(results, reports=reports)).axes
    low, high = axes.get_ylim()
    assert (low < even < high) == stretched


@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_scores_beyond_the_edges_are_counted(results):
    fake = np.append(results.judged.fake, [-1000.0] * 3 + [70.0] * 2)
    real = np.concatenate([results.judged.real] * 40)
    figure = scores(dataclasses.replace(results, judged=Judged(real, fake, 0.5)))
    told = [text.get_text() for text in figure.axes[0].texts]
    assert re.fullmatch(r"\d+ below, down to -1e\+03", told[0])
    assert re.fullmatch(r"\d+ above, up to 70", told[1])


@pytest.mark.parametrize("picture", BY_NAME)
def test_a_picture_is_as_wide_as_a_phone_shows_and_has_numbers(results, picture):
    """Every axis has ticks or, where it shows pixels, a scale of their ink."""
    if not BY_NAME[picture].applies(results):
        assert picture in {*OF_PAIRS, *OF_KIND}
        return
    drawn = BY_NAME[picture].draw(results)
    assert drawn.get_figwidth() <= WIDTH
    drawn.canvas.draw()
    for axes in drawn.axes:
        if axes.axison and not axes.images and axes.get_label() != "<colorbar>":
            assert len(axes.get_xticks())
            assert len(axes.get_yticks()) or axes.texts  # numbers, or a bar that says its height


@given(
    st.lists(st.integers(-4, 4), min_size=1, max_size=30),
    st.lists(st.integers(-4, 4), min_size=1, max_size=30),
)
def test_the_roc_is_scikit_learns(real, fake):
    from sklearn.metrics import roc_curve

    truth = np.repeat([1, 0], [len(real), len(fake)])
    expected = roc_curve(truth, np.concatenate([real, fake]), drop_intermediate=False)[:2]
    np.testing.assert_allclose(roc(np.array(real), np.array(fake)), expected, atol=1e-12)
