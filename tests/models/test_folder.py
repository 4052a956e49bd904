"""What model.json may say of products, and what is told where it says something else."""

import json

import keras
import numpy as np
import pytest

from forger.core.errors import UserError
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.reports import Report
from forger.models import folder
from forger.models.folder import Described, ModelFolder, Source, load_network
from forger.models.saving import ABOUT, write_products
from tests.data.described import described

DATA = described(2)
DRAWN = {"dim": 3, "law": "normal", "categories": 0}


def small(name="latents", n=3, units=2):
    entry = keras.Input((n,), name=name)
    return keras.Model({name: entry}, keras.layers.Dense(units, name="out")(entry), name="small")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of a generator of one layer, and a discriminator."""
    path = tmp_path_factory.mktemp("models") / "m"
    made = {
        "generator": Product(small(), {"latents": Drawn(Latent(dim=3))}),
        "discriminator": Product(small("examples", 2, 1), {"examples": Given("real")}, 0.5),
    }
    write_products(path, made, {"data": DATA.model_dump(mode="json")})
    return path


def saying(tmp_path, about):
    (tmp_path / ABOUT).write_text(json.dumps(about))
    return ModelFolder(tmp_path)


def read(tmp_path, **source):
    """The one input of a product of which model.json says this."""
    said = {"file": "p.keras", "sha256": "0", "weights": 1, "inputs": {"x": source}}
    return saying(tmp_path, {"products": {"p": said}}).describe("p")


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ({"drawn": DRAWN}, Drawn(Latent(dim=3))),
        ({"field": "real"}, Given("real")),
        ({"field": "real", "packed": 1}, Given("real", 1)),
        ({"field": "real", "packed": 1024}, Given("real", 1024)),
    ],
)
@pytest.mark.parametrize("shape", [[1], [3], [8, 8, 1]])
def test_an_input_comes_from_where_it_is_said_to(source, origin, shape, tmp_path):
    found = read(tmp_path, shape=shape, **source)
    assert isinstance(found, Described)
    assert found.sources == {"x": origin}
    assert found.shapes == {"x": tuple(shape)}
    assert (found.threshold, found.stddev) == (None, None)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"shape": [0], "field": "real"}, r"inputs\.x\.shape\.0: found 0"),
        ({"shape": [2, 0], "field": "real"}, r"inputs\.x\.shape\.1: found 0"),
        ({"shape": [3], "field": "real", "packed": 0}, r"inputs\.x\.packed: found 0"),
        ({"shape": [3], "field": "real", "packed": 1025}, r"inputs\.x\.packed: found 1025"),
        ({"shape": [3]}, "needs either drawn or field"),
        ({"shape": [3], "field": "real", "drawn": DRAWN}, "needs either drawn or field"),
        ({"shape": [3], "field": "../real"}, r"inputs\.x\.field: found"),
    ],
)
def test_an_input_that_comes_from_nowhere_is_refused(source, told, tmp_path):
    with pytest.raises(UserError, match=rf"{ABOUT}: products\.p\..*{told}"):
        read(tmp_path, **source)


@pytest.mark.parametrize(
    ("stddev", "fits"), [(1e-3, True), (1.0, True), (0.0, False), (-0.5, False)]
)
def test_a_products_noise_has_a_width(stddev, fits, tmp_path):
    said = {"file": "p.keras", "sha256": "0", "weights": 1, "inputs": {}, "stddev": stddev}
    found = saying(tmp_path, {"products": {"p": said}})
    if fits:
        assert found.describe("p").stddev == stddev
    else:
        with pytest.raises(UserError, match=r"products\.p\.stddev: found"):
            found.describe("p")


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"products": {"../up": {}, "../down": {}}}, r"found a product called \.\./up"),
        ({"products": {"p": {}, "P q": {}}}, "found a product called P q"),
        ({"product": {}}, "products"),
        ({"products": None}, "NoneType"),
        ([], "should be a mapping"),
    ],
)
def test_a_file_that_names_no_products_is_refused(about, told, tmp_path):
    """Each time that it is asked, and with what it is about."""
    found = saying(tmp_path, about)
    for _ in range(2):
        with pytest.raises(UserError, match=rf"{ABOUT}: not what the pipeline writes.*{told}"):
            assert found.about


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=ABOUT):
        ModelFolder(tmp_path / "none").load_all()


def test_model_json_is_read_once(written, monkeypatch):
    seen = []
    read_json = folder.read_json
    monkeypatch.setattr(folder, "read_json", lambda path: seen.append(path) or read_json(path))
    found = ModelFolder(written)
    assert list(found.load_all()) == list(found.about["products"]) == ["generator", "discriminator"]
    assert seen == [written / ABOUT]
    assert found.data == DATA
    assert found.data is found.data


def test_data_that_model_json_does_not_describe_are_not_known(tmp_path):
    assert saying(tmp_path, {"products": {}}).data is None
    with pytest.raises(UserError, match=rf"{ABOUT}: data\.fields: missing"):
        assert saying(tmp_path, {"products": {}, "data": {"classes": []}}).data


def test_a_product_is_what_was_saved(written):
    found = ModelFolder(written).load_all()
    assert found["generator"].inputs == {"latents": Drawn(Latent(dim=3))}
    assert found["discriminator"].inputs == {"examples": Given("real")}
    assert [found[name].threshold for name in found] == [None, 0.5]
    latents = np.ones((2, 3), np.float32)
    assert found["generator"].network({"latents": latents}).shape == (2, 2)


def test_a_network_that_is_another_than_it_is_said_to_be_is_told(written, tmp_path):
    about = json.loads((written / ABOUT).read_text())
    about["products"]["generator"]["inputs"]["latents"]["shape"] = [4]
    found = saying(tmp_path, about)
    (tmp_path / "generator.keras").write_bytes((written / "generator.keras").read_bytes())
    with pytest.raises(UserError, match=rf"generator\.keras: .*does not fit {ABOUT}: its inputs"):
        found.load("generator")


def test_what_makes_no_examples_is_told_before_anything_is_loaded(tmp_path):
    found = saying(tmp_path, {"products": {"discriminator": {}}})
    with pytest.raises(UserError, match=rf"{ABOUT}: .*there is no generator or translator"):
        found.load_all()


ACCOUNT = {
    "reports": [
        {
            "name": "loss",
            "label": "l",
            "kind": "loss",
            "meaning": "m",
            "even": 0.5,
            "even_label": "e",
        }
    ],
    "symptoms": [{"problem": "p", "evidence": "e", "remedies": ["one", "two"]}],
    "remedies": {"p": ["one"]},
    "critic": False,
}


def test_what_the_method_said_is_read_as_json_has_it(tmp_path):
    found = saying(tmp_path, {"products": {}, **ACCOUNT}).account
    assert found.reports == (Report("loss", "l", "loss", "m", 0.5, "e"),)
    assert found.symptoms[0].remedies == ("one", "two")
    assert (found.remedies, found.critic) == ({"p": ("one",)}, False)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"critic": "no"}, "critic: Input should be a valid boolean"),
        ({"critic": 1}, "critic: Input should be a valid boolean"),
        ({"reports": None, "critic": None}, "reports: Input should be a valid"),
        ({"symptoms": [{"problem": 5, "evidence": "e"}]}, r"symptoms\.0\.problem: Input should"),
        ({"remedies": {"p": "one"}}, r"remedies\.p: Input should"),
    ],
)
def test_the_first_of_what_no_method_says_is_told(changes, told, tmp_path):
    with pytest.raises(UserError, match=rf"{ABOUT}: not what the pipeline writes.*{told}") as error:
        assert saying(tmp_path, {"products": {}, **ACCOUNT, **changes}).account
    assert len(error.value.problems) == 1
    assert "http" not in error.value.problems[0]


def test_keras_too_runs_no_code_of_a_file(written, tmp_path, monkeypatch):
    """Whatever its inspection lets pass."""
    x = keras.Input((3,), name="x")
    own = keras.Model({"x": x}, keras.layers.Lambda(lambda y: y + 1, name="own")(x))
    own.save(tmp_path / "own.keras")
    with pytest.raises(UserError, match=r"own\.keras: .*holds a Lambda"):
        load_network(tmp_path / "own.keras")
    monkeypatch.setattr(folder, "inspect", lambda path: None)
    with pytest.raises(UserError, match=r"own\.keras: .*not what the pipeline writes.*lambda"):
        load_network(tmp_path / "own.keras")
    assert load_network(written / "generator.keras").count_params() == 8


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_no_network_is_told_in_a_line(content, tmp_path):
    (tmp_path / "any.keras").write_bytes(content)
    with pytest.raises(UserError, match=r"any\.keras: not what the pipeline writes") as error:
        load_network(tmp_path / "any.keras")
    assert len(error.value.problems) == 1
    with pytest.raises(UserError, match=r"none\.keras"):
        load_network(tmp_path / "none.keras")


def test_a_source_is_one_of_two():
    assert Source(shape=(2,), field="real").origin == Given("real", 1)
    assert Source(shape=(3,), drawn=Latent(dim=3)).origin == Drawn(Latent(dim=3))
