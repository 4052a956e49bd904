"""dvc.yaml's dependencies are what the stages import, and imports run one way."""

import shutil
import subprocess
import sys
from pathlib import Path

import dvc.api
import pytest
from ruamel.yaml import YAML

from forger.config.declared import Declared
from forger.parameters import Parameters
from forger.recipe import Recipe
from tests.project import ROOT, imported, needed

PIPELINE = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())["stages"]
STAGES = ["check", "dataset", "train", "reference", "evaluate", "report", "summary"]
# Folders that are tables of kinds: a stage depends on the whole of them.
TABLES = [
    f"stages/gan/{name}"
    for name in ("datasets", "networks", "methods", "metrics", "engine", "views")
]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_what_it_imports(stage):
    files = needed(Path(f"stages/{stage}.py"))
    if stage == "report":
        files |= needed(Path("stages/report_notebook.py"))
    expected = {
        next((table for table in TABLES if str(file).startswith(f"{table}/")), str(file))
        for file in files
        if (ROOT / file).read_text().strip()
    }
    declared = {dep for dep in PIPELINE[stage]["deps"] if dep.startswith("stages/")}
    assert declared - {"forger/report/templates"} == expected


def test_every_stage_is_described_and_follows_check():
    for name, stage in PIPELINE.items():
        assert stage["desc"], name
        assert stage["cmd"].startswith(f"python3 -m stages.{name}")
    for name in ("dataset", "train", "reference", "evaluate", "report"):
        assert "data/resolved.json" in PIPELINE[name]["deps"]


def test_what_dvc_needs_has_no_default():
    """To DVC a parameter that is not there is missing, whatever its default: so to `check` too."""
    for stage in PIPELINE.values():
        for key in stage.get("params", []):
            whole, _, rest = key.partition(".${item.recipe}.")
            assert Parameters.model_fields[whole].is_required(), key
            assert not rest or Recipe.model_fields[rest].is_required(), key


@pytest.fixture(scope="module")
def unrun(tmp_path_factory):
    """The pipeline before any run. (DVC takes seconds to read a whole dvc.lock.)"""
    folder = tmp_path_factory.mktemp("unrun")
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.mark.parametrize("stage", [*(f"{s}@digits" for s in STAGES[1:-1]), "summary"])
def test_a_stage_sees_what_dvc_declares_for_it(stage, unrun, monkeypatch):
    monkeypatch.chdir(unrun)
    assert Declared(stage).values == dvc.api.params_show(stages=stage)


LAYERS = [
    {
        "params", "isolation.py", "errors.py", "seeds.py", "files.py", "figures.py", "stopping.py",
        "stage.py",
    },
    {
        "datasets", "networks", "environment.py", "dataset_files.py", "recipe.py", "archives.py",
        "limits.py", "outside.py",
    },
    {"engine", "objectives.py", "penalties.py"},
    {"methods"},
    {
        "training.py", "assembly.py", "generator.py", "discriminator.py", "classifier.py",
        "quality.py", "diagnosis.py", "grade.py", "neighbours.py",
        "watch.py", "snapshots.py", "evaluation.py", "metrics", "plots.py", "views",
        "discriminator_plots.py",
        "batches.py", "results.py", "settings.py", "tables.py", "models.py", "inspection.py",
        "notebooks.py",
        "pages.py", "progress.py", "timings.py", "history.py", "calls.py", "checkpoints.py",
        "style.py", "kernel.py",
    },
]  # fmt: skip


def layer(path: Path) -> int:
    return next(i for i, names in enumerate(LAYERS) if path.parts[2] in names)


def test_imports_run_one_way():
    for path in sorted((ROOT / "stages/gan").glob("**/*.py")):
        path = path.relative_to(ROOT)
        if not (ROOT / path).read_text().strip():
            continue
        for target in imported(path):
            if target == Path("stages/__init__.py"):
                continue  # the package that they are all in
            if not (ROOT / target).read_text().strip():
                continue
            assert target.parts[:2] == ("stages", "gan"), f"{path} imports {target}"
            assert layer(target) <= layer(path), f"{path} imports {target}"


def test_what_does_not_train_does_not_import_tensorflow():
    program = (
        "import sys\n"
        "for name in ('check', 'report', 'summary', 'gan.plots'):\n"
        "    __import__(f'stages.{name}')\n"
        "    assert not {'tensorflow', 'keras'} & set(sys.modules), name\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_modules_are_short():
    for path in (*ROOT.glob("stages/**/*.py"), *ROOT.glob("jobs/*.py")):
        assert len(path.read_text().splitlines()) <= 250, path
    for path in (ROOT / "stages" / f"{stage}.py" for stage in STAGES):
        assert len(path.read_text().splitlines()) <= 75, path
