"""Curves as a person meets them: what is proposed for a file, and what comes back."""

from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forger.config.section import parse
from forger.core.errors import UserError
from forger.data.kinds import AnyDataset
from forger.recipe import Recipe
from jobs.generate.writers import WRITERS
from jobs.new.curves import propose, recognise

RNG = np.random.default_rng(0)
N, T = 300, 24
CURVES = np.cumsum(RNG.normal(size=(N, T, 2)), axis=1)
CURVES[..., 1] = np.round(10 * CURVES[..., 1])
LENGTHS = np.r_[T, RNG.integers(9, T + 1, N - 1)]
UNEQUAL = np.where(np.arange(T)[:, None] < LENGTHS[:, None, None], CURVES, np.nan)


def write(kind, folder):
    """Write a file of a kind; return its path and what a person would add."""
    path = folder / f"mine{'.csv' if kind in ('wide', 'long') else '.npy'}"
    if kind == "array":
        np.save(path, UNEQUAL)
    elif kind == "flat":
        np.save(path, CURVES[..., 0])
    elif kind == "wide":
        names = [f"t{k}" for k in range(T)]
        table = pd.DataFrame(CURVES[..., 1].astype(int), columns=names)
        table.assign(sort=np.array(["a", "b"])[np.arange(N) % 2]).to_csv(path, index=False)
        return path, {"labels": "sort"}
    else:
        rows = [
            {"who": i, "hour": k / 2, "v": UNEQUAL[i, k, 0], "w": int(UNEQUAL[i, k, 1])}
            for i in range(N) for k in range(LENGTHS[i])
        ]  # fmt: skip
        pd.DataFrame(rows).to_csv(path, index=False)
        return path, {"layout": ["who", "hour", "v", "w"]}
    return path, {}


KINDS = ("array", "flat", "wide", "long")


@pytest.mark.parametrize("kind", KINDS)
def test_a_proposal_is_a_sound_recipe(kind, tmp_path):
    path, asked = write(kind, tmp_path)

    proposal = propose(path, Namespace(**asked))

    recipe = parse(Recipe, {"source": {"title": "mine"}, **proposal.sections})
    data = recipe.dataset.make(tmp_path)
    assert recipe.dataset.shapes == data.description.shapes
    assert recipe.costs.keys() == recipe.networks.keys()
    assert f"{N} curves" in proposal.findings[0]
    assert all(key.split(".")[0] in proposal.sections for key in proposal.remarks)


@pytest.mark.parametrize(("kind", "suffix"), [
    ("array", ".npy"), ("flat", ".npy"), ("wide", ".csv"), ("long", ".csv"),
])  # fmt: skip
def test_samples_come_back_in_the_layout_of_the_file(kind, suffix, tmp_path):
    """What is written of the training data themselves, as samples, has their values."""
    path, asked = write(kind, tmp_path)
    sections = propose(path, Namespace(**asked)).sections
    data = parse(AnyDataset, sections["dataset"]).make(tmp_path)
    field = data.description.real
    train = data.arrays["train"]
    samples = field.codec.decode(train["real"])
    labels = train.get("labels")
    trained = SimpleNamespace(data=data.description, conditional=labels is not None)
    halves = [(samples[:99], None if labels is None else labels[:99]),
              (samples[99:], None if labels is None else labels[99:])]  # fmt: skip
    target = tmp_path / f"new{suffix}"

    WRITERS[suffix](target, halves, len(samples), trained)

    if suffix == ".npy":
        found, source = np.load(target), np.load(path)
        assert found.shape[1:] == source.shape[1:]
        close = [np.abs(np.nan_to_num(source - row)).max((1, *range(2, source.ndim))).min()
                 for row in found[:20]]  # fmt: skip
        assert max(close) < 1e-3
        return
    found, source = pd.read_csv(target), pd.read_csv(path)
    assert list(found.columns) == list(source.columns)
    assert list(found.dtypes) == list(source.dtypes)
    if kind == "wide":
        rows = {tuple(row) for row in source.to_numpy()}
        assert all(tuple(row) in rows for row in found.to_numpy())
    else:
        assert found["who"].nunique() == len(samples)
        assert set(found.groupby("who").size()) <= set(LENGTHS)
        assert set(found["hour"]) == set(source["hour"])
        assert set(found["w"]) <= set(source["w"])


def test_other_files_of_curves_are_written_too(tmp_path):
    path, _ = write("array", tmp_path)
    data = parse(AnyDataset, propose(path, Namespace()).sections["dataset"]).make(tmp_path)
    samples = data.description.real.codec.decode(data.arrays["test"]["real"])
    trained = SimpleNamespace(data=data.description, conditional=False)
    for suffix in (".npz", ".csv", ".parquet"):
        WRITERS[suffix](tmp_path / f"new{suffix}", [(samples, None)], len(samples), trained)
    cut = data.description.real.codec.cut(samples)
    np.testing.assert_array_equal(np.load(tmp_path / "new.npz")["samples"], cut.astype("f4"))
    table = pd.read_parquet(tmp_path / "new.parquet")
    assert list(table.columns[:3]) == ["x_0_0", "x_0_1", "x_1_0"]
    np.testing.assert_allclose(
        table.to_numpy(float, na_value=np.nan).reshape(cut.shape), cut, rtol=1e-5, atol=1e-5
    )


def test_curves_are_recognised_and_other_tables_are_not(tmp_path):
    for kind in ("array", "flat"):
        assert recognise(write(kind, tmp_path)[0])
    pd.DataFrame(CURVES[..., 0]).to_csv(tmp_path / "curves.csv", index=False)
    assert recognise(tmp_path / "curves.csv")
    table = RNG.normal(size=(N, 8)) * np.arange(1, 9) + np.arange(8) ** 2
    pd.DataFrame(table[:, RNG.permutation(8)]).to_csv(tmp_path / "table.csv", index=False)
    assert not recognise(tmp_path / "table.csv")
    np.save(tmp_path / "images.npy", np.zeros((20, 8, 8), np.uint8))
    assert not recognise(tmp_path / "images.npy")
    (tmp_path / "text.csv").write_text("a,b\nx,y\n")
    assert not recognise(tmp_path / "text.csv")
    assert not recognise(tmp_path / "missing.npy")


def test_a_layout_needs_three_columns(tmp_path):
    path, _ = write("long", tmp_path)
    with pytest.raises(UserError, match="--layout: found who hour"):
        propose(path, Namespace(layout=["who", "hour"]))
