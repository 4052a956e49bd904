"""Fingerprints of code: what changes a result is seen, and nothing else is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import create_model

from forger.config.declared import call
from forger.config.kinds import Kinds, list_kinds
from forger.config.section import Section
from forger.core import code
from forger.core.errors import UserError
from forger.parameters import read
from tests.project import ROOT, copy_parameters

DATASET = "forger.data.digits.Digits"
KINDS = {
    DATASET, "forger.networks.mlp.MLP", "forger.methods.gan.GAN",
    "forger.methods.objectives.non_saturating.OBJECTIVE", "forger.training.snapshots.Snapshots",
}  # fmt: skip
MODULE = '''"""What it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

KINDS = {"a": "forger.networks.mlp.MLP"}
LIMIT = 1.5


class Thing:
    """One of them."""

    size: int = 3  # in pixels

    def grow(self, by: int = 2) -> str:
        """Add to it."""
        self.size += by
        return f"{self.size:>{LIMIT}} and {by!r}"
'''


def forget():
    """Read files anew."""
    for cached in (code._tree, code.digest, code.find_imports):
        cached.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one module, whose content may be given."""
    monkeypatch.setattr(code, "ROOT", tmp_path)

    def digest(content: str) -> str:
        (tmp_path / "module.py").write_text(content)
        forget()
        return code.digest(Path("module.py"))

    yield digest
    forget()


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"""What it is."""', '"""What it was."""'),
        ('"""What it is."""\n', ""),
        ('    """One of them."""\n', ""),
        ('        """Add to it."""\n', "        # Add to it.\n"),
        ("  # in pixels", ""),
        ("LIMIT = 1.5", "LIMIT = (\n    1.50\n)"),
        ("    import keras", "    import keras\n    import jax"),
        ('"a": "forger.networks.mlp.MLP"', '"a": "forger.networks.mlp.MLP", "b": "forger.x.Y"'),
        ('f"{self.size:>{LIMIT}} and {by!r}"', "f'{self.size:>{LIMIT}} and ' f'{by!r}'"),
    ],
)
def test_what_changes_nothing_changes_no_hash(was, now, project):
    assert was in MODULE
    assert project(MODULE.replace(was, now)) == project(MODULE)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("KINDS = 2", "KINDS = 3"),
        ('KINDS = ("a", "b")', 'KINDS = ("a", "c")'),
        ('KINDS = {"a": 1}', 'KINDS = {"a": 2}'),
        ('KINDS = {"a": "b"}', 'KINDS = {"a": "c"}'),  # nobody's kinds
        ('KINDS = {"a": "mine.OBJECTIVE"}', 'KINDS = {"a": "mine.OTHER"}'),
        ('ALSO = KINDS = {"a": "forger.x.Y"}', 'ALSO = KINDS = {"a": "forger.x.Z"}'),
        ("def f():\n    KINDS = 1\n    return KINDS", "def f():\n    KINDS = 2\n    return KINDS"),
        ('class A:\n    KINDS = {"a": "forger.x.Y"}', 'class A:\n    KINDS = {"a": "forger.x.Z"}'),
        ("for KINDS in X:\n    n += 1", "for KINDS in X:\n    n += 2"),
        ("if X:\n    KINDS = {}", "if X:\n    pass"),
    ],
)
def test_only_a_table_of_kinds_is_left_out(was, now, project):
    assert project(was) != project(now)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("1.5", "1.6"), ("1.5", "'1.5'"), ("= 3", "= True"), ("int = 2", "int = -2"),
        ("+=", "-="), ("class Thing:", "class Thing(dict):"), ("by!r", "by!s"), (" and ", " or "),
        ("self.size += by\n", "self.size = by\n"), ("-> str", "-> bytes"), ("LIMIT =", "LIMITS ="),
        ("    def grow", "    @classmethod\n    def grow"), (":>{LIMIT}", ":<{LIMIT}"),
        ("        self.size += by\n", ""), ("annotations\n", "annotations, division\n"),
    ],
)  # fmt: skip
def test_what_may_change_a_result_changes_the_hash(was, now, project):
    assert was in MODULE
    assert project(MODULE.replace(was, now)) != project(MODULE)


def test_every_kind_that_a_recipe_names_is_chosen():
    """Also those that stand in a mapping, as its networks do."""
    assert {*list_kinds(read(ROOT).recipes["digits"])} == KINDS


Network = Annotated[Any, Kinds({"mlp": "forger.networks.mlp.MLP"}, "family")]
Loss = Annotated[str, Kinds({"hinge": "forger.methods.objectives.hinge.OBJECTIVE"})]
MLP = {"family": "mlp"}


@pytest.mark.parametrize(
    ("annotation", "value", "n"),
    [
        (Network, MLP, 1), (Network | None, MLP, 1), (Network | None, None, 0), (Loss, "hinge", 1),
        (Loss | None, "hinge", 1), (tuple[Network, ...], [MLP, MLP], 2), (list[Loss], ["hinge"], 1),
        (dict[str, Network], {"a": MLP}, 1), (dict[str, Network] | None, {"a": MLP}, 1),
        (dict[str, dict[str, Network]], {"a": {"b": MLP}}, 1), (int | None, 3, 0),
        (dict[str, tuple[Network, ...]], {"a": [MLP]}, 1), (dict[str, float], {"a": 1.0}, 0),
    ],
)  # fmt: skip
def test_kinds_are_found_wherever_a_section_may_have_them(annotation, value, n):
    section = create_model("Some", __base__=Section, field=(annotation, ...))
    outer = create_model("Outer", __base__=Section, inner=(section | None, None))
    found = outer.model_validate_json(json.dumps({"inner": {"field": value}}))
    assert len([*list_kinds(found)]) == n


@pytest.mark.parametrize("target", ["forger.networks.mpl.MLP", "forger.networks.mlp.MPL"])
def test_a_line_of_a_table_that_leads_nowhere_is_told(target):
    with pytest.raises(UserError, match=rf"the table that has a says {target}, which is not there"):
        Kinds({"a": target}).load("a")


def test_a_kind_that_is_not_chosen_is_no_part_of_a_stage():
    train = set(code.describe("train", KINDS)["code"])
    assert {"forger/networks/mlp.py", "forger/methods/gan.py"} <= train
    others = {
        "forger/networks/dcgan.py",
        "forger/methods/conditional_gan.py",
        "forger/data/mnist.py",
    }
    assert not others & train
    # Kinds of tables that a stage does not read.
    assert not {"forger/data/digits.py", "forger/networks/mlp.py"} & set(
        code.describe("evaluate", KINDS)["code"]
    )
    assert "forger/data/digits.py" in code.describe("dataset", KINDS)["code"]


@pytest.mark.parametrize("stage", ["dataset", "train", "reference", "evaluate", "report"])
def test_the_codecs_that_a_dataset_imports_are_chosen_with_it(stage):
    """No stage but `dataset` imports the dataset itself; all read data.json, which names codecs."""
    codec, file = "forger.data.codecs.affine.Affine", "forger/data/codecs/affine.py"
    found, without = (code.describe(stage, own) for own in (KINDS, KINDS - {DATASET}))
    assert codec in found["kinds"]
    assert file in found["code"]
    assert codec not in without["kinds"]
    assert file not in without["code"]


def test_a_table_s_line_that_leads_elsewhere_is_seen():
    """Also where both kinds are in one module."""
    ring, grid = ({f"forger.data.mixture.{name}"} for name in ("Ring", "Grid"))
    assert code.describe("dataset", ring) != code.describe("dataset", grid)


def every_table():
    for path in sorted((ROOT / "forger").rglob("*.py")):
        own = path.relative_to(ROOT)
        if targets := code._read_table(own):
            yield own, targets


def test_every_table_lists_what_is_there():
    tables = dict(every_table())
    assert len(tables) >= 4
    for path, targets in tables.items():
        assert "Kinds(KINDS" in (ROOT / path).read_text(), path
        Kinds({str(i): target for i, target in enumerate(targets)}).every()


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_versions_of_python_find_the_same(version, tmp_path):
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-V"], check=False).returncode:
        pytest.skip(f"Python {version} is not here")
    program = (
        "import json, sys; from forger.core import code\n"
        f"print(json.dumps({{s: code.describe(s, {KINDS}) for s in (*code.STAGES, code.LAST)}}))"
    )
    told = [
        subprocess.run([each, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout
        for each in (python, sys.executable)
    ]
    assert told[0] == told[1]


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """A checked project, in a copy of its files."""
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    copy_parameters(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["dataset", "digits"])

    def write(found: dict[str, str]) -> None:
        path = code.FOLDER / "digits/dataset.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found))

    return write


def test_a_stage_that_imports_what_it_does_not_declare_fails(pipeline, monkeypatch):
    monkeypatch.setattr(sys, "modules", {})  # this process has imported everything
    pipeline(code.describe("dataset", KINDS))
    call("dataset", lambda declared: None)
    import forger.networks.mlp as own

    with pytest.raises(UserError, match=r"imported forger/networks/mlp\.py, which data/code does"):
        call("dataset", lambda declared: sys.modules.update(x=own))


@pytest.mark.parametrize("path", ["mine.py", "jobs/gate.py", "lib/mine/__init__.py"])
def test_whatever_else_lies_in_the_project_may_not_be_imported(path, pipeline, monkeypatch):
    """An edit of it would go unseen."""
    monkeypatch.setattr(sys, "modules", {})
    pipeline(code.describe("dataset", KINDS))
    installed = ModuleType("installed")
    installed.__file__ = f"{sys.prefix}/lib/installed.py"
    call("dataset", lambda declared: sys.modules.update(installed=installed))
    own = ModuleType("own")
    own.__file__ = str(ROOT / path)
    with pytest.raises(UserError, match=rf"imported {path}, which data/code does not name"):
        call("dataset", lambda declared: sys.modules.update(own=own))


def test_a_stage_whose_code_was_edited_after_check_fails(pipeline):
    found = code.describe("dataset", KINDS)
    pipeline({**found, "code": {**found["code"], "forger/core/seeds.py": "another"}})
    with pytest.raises(UserError, match=r"forger/core/seeds\.py was edited since `check` ran"):
        call("dataset", lambda declared: None)


@pytest.mark.parametrize(
    "content", ["", "[1]", "null", "{}", '{"code": {"nosuch.py": "1"}}', '{"code": 3}']
)
def test_a_damaged_fingerprint_is_told(content, pipeline):
    pipeline({})
    (code.FOLDER / "digits/dataset.json").write_text(content)
    with pytest.raises(UserError, match=r"code/digits/dataset\.json: not what the pipeline"):
        call("dataset", lambda declared: None)


def test_a_stage_before_check_is_told(pipeline):
    with pytest.raises(UserError, match=r"data/code/digits/dataset\.json: .*run `dvc repro`"):
        call("dataset", lambda declared: None)


@pytest.mark.parametrize("stage", [*code.STAGES, code.LAST])
def test_an_edit_of_any_module_that_a_stage_runs_makes_it_stale(stage, tmp_path, monkeypatch):
    before = code.describe(stage, KINDS)["code"]
    for name in ("forger", "stages"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr(code, "ROOT", tmp_path)
    for path in map(Path, before):
        with (tmp_path / path).open("a") as file:
            file.write("\nMUTANT = 1\n")
        forget()
        assert code.digest(path) != before[path.as_posix()]
    forget()
