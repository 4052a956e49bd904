"""What an edit of the code makes stale: those results that it may change, and no others."""

import json

import pytest

pytestmark = pytest.mark.slow

OBJECTIVE = '''"""An objective of somebody's own: that of least squares, with other targets."""

from forger.core.lazy import ops
from forger.methods.objectives.base import Objective

OBJECTIVE = Objective(
    real=lambda real, _: ops.mean(ops.square(real - 1)),
    fake=lambda fake, _: ops.mean(ops.square(fake + 1)),
    generator=lambda fake, _: ops.mean(ops.square(fake)),
    threshold=0.0,
)
'''


def edit(clone, path, change):
    file = clone.folder / path
    file.write_text(change(file.read_text()))


def line(name, target):
    """Add a line to a table of kinds."""
    return lambda text: text.replace("\nKINDS = {\n", f'\nKINDS = {{\n    "{name}": "{target}",\n')


def stale(clone):
    """The stages that would run, once `check` has looked."""
    clone.run("dvc", "repro", "check")
    return set(json.loads(clone.run("dvc", "status", "--json").stdout))


def of_both(*stages):
    return {
        f"{stage}@{recipe}" for stage in stages for recipe in ("sinusoid", "digits_conditional")
    }


def test_comments_and_new_kinds_make_nothing_stale(done):
    for path in (
        "forger/training/trainer.py", "forger/report/plots.py", "forger/metrics/mmd.py",
        "forger/data/base.py", "stages/train.py",
    ):  # fmt: skip
        edit(done, path, lambda text: f"{text}\n# It could be said differently.\n")
    edit(done, "forger/engine/model.py", lambda text: text.replace('"""The', '"""This is the', 1))
    (done.folder / "forger/methods/objectives/mine.py").write_text(OBJECTIVE)
    edit(
        done,
        "forger/methods/objectives/kinds.py",
        line("mine", "forger.methods.objectives.mine.OBJECTIVE"),
    )
    for table in ("data/kinds", "networks/families", "methods/kinds"):
        edit(done, f"forger/{table}.py", line("mine", "forger.mine.Mine"))
    assert stale(done) == set()

    # The new objective is there, for who asks for it.
    changes = ("-S", "recipes/sinusoid.yaml:method.objective=mine", "-S", "run=[sinusoid]")
    output = done.run("dvc", "exp", "run", *changes).stdout
    assert "Running stage 'train@sinusoid'" in output
    assert "Running stage 'reference@sinusoid'" not in output
    named = json.loads(done.text("data/code/sinusoid/train.json"))["code"]
    assert "forger/methods/objectives/mine.py" in named
    done.restore()
    (done.folder / "forger/methods/objectives/mine.py").unlink()


def test_a_comment_of_the_notebook_is_part_of_the_page(done):
    edit(done, "stages/report_notebook.py", lambda text: f"{text}\n# As one sees.\n")
    assert stale(done) == of_both("report")
    done.restore()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("forger/methods/objectives/relativistic.py", {"train@digits_conditional"}),
        ("forger/methods/conditional_gan.py", {"train@digits_conditional"}),
        ("forger/networks/mlp.py", of_both("train")),
        ("forger/data/sinusoid.py", {"dataset@sinusoid"}),
        ("forger/data/looks.py", of_both("dataset", "report")),
        ("forger/models/inspection.py", of_both("evaluate", "report")),
        ("forger/metrics/mmd.py", of_both("reference", "evaluate")),
        ("forger/report/views/curves.py", of_both("report")),
        ("stages/report_notebook.py", of_both("report")),
        (
            "forger/core/seeds.py",
            of_both("dataset", "train", "reference", "evaluate", "report"),
        ),
        ("forger/networks/dcgan.py", set()),
        ("forger/data/mnist.py", set()),
        ("jobs/gate.py", set()),
    ],
)
def test_an_edit_makes_stale_what_runs_it(path, expected, done):
    edit(done, path, lambda text: f"{text}\nEDITED = True\n")
    assert stale(done) == expected
    done.restore()
