"""The pictures show what they are given, however a person looks at the data."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stages.gan import plots
from stages.gan.results import Results

RNG = np.random.default_rng(0)
N, EPOCHS = 60, 5
KINDS = {  # view, shape, classes
    "points": ("points", (2,), []),
    "curves": ("curves", (7,), []),
    "images": ("images", (4, 4, 1), []),
    "labelled": ("images", (4, 4, 1), ["zero", "one", "two"]),
    "coloured": ("images", (4, 4, 3), []),
}
OF_EXAMPLES = ("real", "samples", "progress", "walk")


@pytest.fixture(params=KINDS)
def results(request):
    view, shape, classes = KINDS[request.param]
    labels = np.arange(N) % 3 if classes else None
    data = {"view": view, "axis": list(range(shape[0])), "classes": classes}
    yield Results(
        recipe="any",
        data={**data, "scale": 1.0, "offset": 0.0},
        real=RNG.uniform(-1, 1, (N, *shape)),
        real_labels=labels,
        history=pd.DataFrame(
            {
                name: np.arange(1, EPOCHS + 1) / EPOCHS
                for name in ("epoch", "d_loss", "g_loss", "acc_real", "acc_fake")
            }
        ),
        epochs=np.arange(EPOCHS + 1),
        snapshots=RNG.uniform(-1, 1, (EPOCHS + 1, 9, *shape)),
        samples=RNG.uniform(-1, 1, (N, *shape)),
        labels=labels,
        seen=None,
        real_scores=RNG.normal(1, 1, N),
        fake_scores=RNG.normal(0, 1, N),
        threshold=0.5,
        walks=RNG.uniform(-1, 1, (4, 6, *shape)),
        figures={"confusion": {"counts": [[50, 10], [20, 40]]}},
    )
    plt.close("all")


@pytest.mark.parametrize("picture", OF_EXAMPLES)
def test_every_kind_of_data_is_drawn(results, picture, tmp_path):
    assert_drawn(plots.PICTURES[picture](results), tmp_path / "picture.png")


@pytest.mark.parametrize("picture", sorted({*plots.PICTURES} - {*OF_EXAMPLES}))
@pytest.mark.parametrize("results", ["points"], indirect=True)
def test_every_figure_is_drawn(results, picture, tmp_path):
    assert_drawn(plots.PICTURES[picture](results), tmp_path / "picture.png")


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
    (axes,) = plots.samples(results).axes
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
    np.testing.assert_array_equal(line.get_xydata().T, [results.data["axis"], results.real[0]])


@pytest.mark.parametrize("results", ["labelled"], indirect=True)
def test_labelled_images_have_a_row_a_class(results):
    (axes,) = plots.real(results).axes
    mosaic = np.asarray(axes.images[0].get_array())
    for label in range(3):
        first = (results.real[results.real_labels == label][0, ..., 0] + 1) / 2
        np.testing.assert_allclose(mosaic[5 * label : 5 * label + 4, :4], first)
