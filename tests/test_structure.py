"""The pipeline's dependencies are what the stages run, and imports run one way."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import dvc.api
import pytest
from ruamel.yaml import YAML

from forger.config.declared import Declared
from forger.core import code
from forger.parameters import Settings
from forger.recipe import Recipe
from tests.project import ROOT, copy_parameters

PIPELINE = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())["stages"]
STAGES = ["check", *code.STAGES, code.LAST]
# A part of the library imports itself and what stands before it.
LAYERS = [
    "core", "config", "compute.py", "data", "networks", "engine", "methods", "models", "metrics",
    "training", "evaluation", "report", "recipe.py", "limits.py", "checks.py", "parameters.py",
]  # fmt: skip
LIBRARY = sorted(path.relative_to(ROOT) for path in (ROOT / "forger").rglob("*.py"))


def test_every_stage_depends_on_the_code_it_runs():
    assert list(PIPELINE) == STAGES
    assert {"forger", "stages"} <= set(PIPELINE["check"]["deps"])
    for stage in code.STAGES:
        assert f"data/code/${{item.recipe}}/{stage}.json" in PIPELINE[stage]["deps"]
    assert f"data/code/{code.LAST}.json" in PIPELINE[code.LAST]["deps"]
    for stage in STAGES[1:]:  # what matters as it is written, comments included
        others = {dep for dep in PIPELINE[stage]["deps"] if dep.startswith(("forger", "stages"))}
        rendered = Path("forger/report/pages.py") in code.closure(code.starts(stage))
        notebooks = {str(path) for path in code.starts(stage) if "_notebook" in path.name}
        assert others == {*["forger/report/templates"] * rendered, *notebooks}


def test_every_stage_is_described_and_follows_check():
    for name, stage in PIPELINE.items():
        assert stage["desc"], name
        assert stage["cmd"].startswith(f"python3 -m stages.{name}")
    for name in code.STAGES:
        assert "data/resolved.json" in PIPELINE[name]["deps"]


def test_what_dvc_needs_has_no_default():
    """To DVC a parameter that is not there is missing, whatever its default: so to `check` too."""
    for stage in PIPELINE.values():
        for key in stage.get("params", []):
            for name in next(iter(key.values())) if isinstance(key, dict) else [key]:
                section = Recipe if isinstance(key, dict) else Settings
                assert section.model_fields[name].is_required(), name


@pytest.fixture(scope="module")
def unrun(tmp_path_factory):
    """The pipeline before any run. (DVC takes seconds to read a whole dvc.lock.)"""
    folder = tmp_path_factory.mktemp("unrun")
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    shutil.copy(ROOT / "dvc.yaml", folder)
    copy_parameters(folder)
    return folder


@pytest.mark.parametrize("stage", [*(f"{s}@digits" for s in code.STAGES), code.LAST])
def test_a_stage_sees_what_dvc_declares_for_it(stage, unrun, monkeypatch):
    monkeypatch.chdir(unrun)
    assert Declared(stage).values == dvc.api.params_show(stages=stage)


def layer(path: Path) -> int:
    return LAYERS.index(path.parts[1])


def imported(path: Path) -> set[Path]:
    """The project's modules that one of them names, for type checkers or to run."""
    nodes = list(ast.walk(ast.parse((ROOT / path).read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = [Path(*name.split(".")) for name in names]
    files = [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py")]
    return {file for file in files if (ROOT / file).is_file()}


def test_imports_of_the_library_run_one_way():
    for path in LIBRARY[1:]:
        for target in imported(path) - {LIBRARY[0]}:
            assert target.parts[0] == "forger", f"{path} imports {target}"
            assert layer(target) <= layer(path), f"{path} imports {target}"


def test_nothing_imports_in_a_circle():
    paths = [*LIBRARY, *(p.relative_to(ROOT) for p in (ROOT / "jobs").rglob("*.py"))]
    waiting = {path: imported(path) - {path} for path in paths}
    while free := [path for path, needed in waiting.items() if not needed & waiting.keys()]:
        for path in free:
            del waiting[path]
    assert not waiting


def test_the_jobs_shared_parts_import_no_job():
    """They, the stages and the library stand below the commands."""
    for path in (ROOT / "jobs/shared").glob("*.py"):
        for target in imported(path.relative_to(ROOT)):
            assert target.parts[0] == "forger" or target.parts[:2] == ("jobs", "shared"), path


def test_stages_import_the_library_and_neither_a_job_nor_each_other():
    for path in (ROOT / "stages").glob("*.py"):
        for target in imported(path.relative_to(ROOT)) - {Path("stages/__init__.py")}:
            assert target.parts[0] == "forger", f"{path} imports {target}"


def test_jobs_import_no_stage_and_no_other_job():
    """What several of them need is in jobs/shared; a job that is a folder has parts.

    Shells complete what the list of all jobs names.
    """
    for path in (ROOT / "jobs").rglob("*.py"):
        own = path.relative_to(ROOT).parts[:2]
        if own in (("jobs", "shared"), ("jobs", "completion.py")):
            continue
        for target in imported(path.relative_to(ROOT)):
            at_home = target.parts[:2] in (("jobs", "shared"), ("jobs", "__init__.py"), own)
            assert target.parts[0] == "forger" or at_home, f"{path} imports {target}"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("stages/train.py", "from stages.dataset import main as other"),
        ("jobs/gate.py", "from stages import train"),
        ("jobs/gate.py", "from jobs.parameters import reference"),
        ("jobs/sweep/space.py", "from jobs.compare import page"),
        ("jobs/shared/git.py", "from jobs import gate"),
        ("forger/data/base.py", "from forger.report import tables"),
    ],
)
def test_an_arrow_that_points_the_wrong_way_is_found(path, line, monkeypatch):
    real = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda self, *a, **k: real(self, *a, **k) + (line if self == ROOT / path else ""),
    )
    with pytest.raises(AssertionError, match=r"imports|assert"):
        test_imports_of_the_library_run_one_way()
        test_stages_import_the_library_and_neither_a_job_nor_each_other()
        test_jobs_import_no_stage_and_no_other_job()
        test_the_jobs_shared_parts_import_no_job()


def test_what_does_not_train_does_not_import_keras():
    program = (
        "import sys\n"
        "for name in ('stages.check', 'stages.report', 'stages.summary', 'forger.report.plots'):\n"
        "    __import__(name)\n"
        "from forger.parameters import read\n"
        "read()\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_functions_take_few_arguments():
    """Of more, some belong together."""
    for path in (*ROOT.glob("forger/**/*.py"), *ROOT.glob("jobs/**/*.py"), *ROOT.glob("stages/*")):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = node.args
                names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                own = [name for name in names if name not in ("self", "cls")]
                assert len(own) <= 5, f"{path}: {node.name}"


def test_modules_are_short():
    for path in (*ROOT.glob("forger/**/*.py"), *ROOT.glob("jobs/**/*.py")):
        assert len(path.read_text().splitlines()) <= 250, path
    for path in (ROOT / "stages" / f"{stage}.py" for stage in STAGES):
        assert len(path.read_text().splitlines()) <= 75, path


def test_every_mutant_that_is_explained_is_of_a_line_that_is_there():
    config = tomllib.loads((ROOT / "tests/torture/mutants.toml").read_text())
    for entry in config["equivalent"]:
        code = " ".join((ROOT / entry["file"]).read_text().split())
        assert entry["was"] in code, entry["file"]
    for pattern in config["tests"]:
        assert [*ROOT.glob(pattern)], pattern
