"""Bring in new data, run the pipeline, and accept what is no worse: `forger retrain`.

It works in a clone of the last commit that shares DVC's cache, so the checkout it is started in
stays as it is, however it ends. If accepted, the results are committed on a new branch, with a
summary in reports/accepted. Accepted or rejected, the summary is in reports/retrain, which git
ignores, and `dvc exp show` lists the experiment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from forger.core.errors import UserError, run
from forger.core.files import whole, write_text
from forger.core.stage import LOCK
from jobs.shared.arguments import Parser, override
from jobs.shared.checkout import alone, call, clone, environment, list_tracked, remotes
from jobs.shared.experiments import namespace
from jobs.shared.git import fetch, git
from jobs.shared.verdicts import HOLD

ACCEPTED = 0
REJECTED = 1
FAILED = 2
NOTHING_NEW = 3
FOLDER = Path("reports/retrain")
COMMITTED = Path("reports/accepted")
SCRATCH = Path(".dvc/tmp/retrain")
# The files whose change makes a new result; reports/timings.json alone does not.
RESULTS = (str(LOCK), "params.yaml", "recipes", "*.dvc")


def main() -> None:
    """Retrain; exit 0 if accepted, 1 if rejected by the gate, 2 on failure, 3 if nothing is new."""
    arguments = command_line().parse_args()
    with alone(SCRATCH / "lock", "another retrain is running in this checkout"):
        code, told = retrain(arguments.set)
    print(told)
    raise SystemExit(code)


def retrain(overrides: Sequence[str]) -> tuple[int, str]:
    """Run everything, and return the exit code and the message."""
    if git("for-each-ref", "refs/heads/retrain"):
        raise UserError("a branch is called retrain, where git can have no retrain/…; rename it")
    with scratch() as folder:
        update(folder)
        remote = remotes(folder)
        if remote:  # the summary needs every recipe, changed or not
            call(folder, "dvc", "pull", "--allow-missing", "report")
        changes = [f"-S{change}" for change in overrides]
        pulled = ["--pull", "--allow-missing"] if remote else []
        call(folder, "dvc", "exp", "run", *pulled, *changes)
        if not has_changed(folder):
            return NOTHING_NEW, "Nothing new: every result is what the last commit has."
        experiments = f"{namespace(git('rev-parse', '--verify', 'HEAD'))}/*"
        fetch(folder, f"+{experiments}:{experiments}")
        gate = judge(folder)
        verdict = "Accepted" if gate.returncode == ACCEPTED else "Rejected by the gate"
        summarise(folder, verdict, gate.stdout)
        if gate.returncode == REJECTED:
            publish(folder)
            return REJECTED, f"{gate.stdout}\n{verdict}; all is as it was. See {FOLDER}."
        branch = commit(folder, verdict)
        if branch is None:
            return NOTHING_NEW, "Nothing new: a branch with these results is there already."
        if remote:
            call(folder, "dvc", "push", "--run-cache")
        fetch(folder, f"refs/heads/{branch}:refs/heads/{branch}")
        publish(folder)
        return ACCEPTED, f"{gate.stdout}\n{verdict}: branch {branch}. See {FOLDER}."


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield the project in a clone of the last commit, and remove the clone at the end."""
    for left in SCRATCH.glob("clone-*"):  # left by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    folder = (SCRATCH / f"clone-{os.getpid()}").resolve()
    try:
        yield clone(folder, "HEAD")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def update(folder: Path) -> None:
    """Update imported data from their sources; data that this checkout added stay as they are."""
    names = list_tracked(folder)
    imports = [
        name for name in names if "\ndeps:" in f"\n{(folder / name).read_text(encoding='utf-8')}"
    ]
    if imports:
        call(folder, "dvc", "update", *imports)
    if others := [name for name in names if name not in imports]:
        call(folder, "dvc", "pull" if remotes(folder) else "checkout", *others)


def has_changed(folder: Path) -> bool:
    """Tell whether a result differs from the last commit's."""
    return bool(git("status", "--porcelain", "--", *RESULTS, folder=folder))


def judge(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the gate, also against the last accepted revision.

    Raises UserError if it can't tell whether that was better.
    """
    command = [sys.executable, "-m", "jobs.gate", "--against", "HEAD"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment(), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    # The exit code alone does not mean rejection: Python exits with 1 too if it can't start.
    rejected = done.returncode == REJECTED and done.stdout.rstrip().endswith(HOLD)
    if done.returncode != ACCEPTED and not rejected:
        print(done.stdout, end="")  # says what was not compared, and what to run
        raise UserError("the gate could not be judged, so that nothing is accepted; see above")
    return done


def summarise(folder: Path, verdict: str, gate: str) -> None:
    """Write summary.md, with the comparison and the pictures, in the clone."""
    call(folder, sys.executable, "-m", "jobs.compare", "HEAD", "workspace")
    target = folder / COMMITTED
    shutil.rmtree(target, ignore_errors=True)  # that of the last commit
    target.mkdir(parents=True)
    for picture in sorted((folder / "reports/recipes").glob("*/pictures/samples.png")):
        shutil.copy(picture, target / f"{picture.parent.parent.name}.png")
    pictures = "\n".join(f"![{path.stem}]({path.name})" for path in sorted(target.glob("*.png")))
    comparison = (folder / "reports/experiments.md").read_text(encoding="utf-8")
    text = f"## {verdict}\n\n```\n{gate.strip()}\n```\n\n{comparison}\n{pictures}\n"
    write_text(target / "summary.md", text)


def publish(folder: Path) -> None:
    """Put the summary here in place of an earlier one, now that what it says holds."""
    with whole(FOLDER) as part:
        shutil.copytree(folder / COMMITTED, part)
        shutil.copy(folder / "reports/experiments.html", part)


def commit(folder: Path, verdict: str) -> str | None:
    """Commit the results on a branch named after them; return None if that branch exists."""
    git("add", "--all", folder=folder)
    git("add", "--force", str(COMMITTED), folder=folder)
    branch = f"retrain/{git('hash-object', str(LOCK), folder=folder)[:10]}"
    known = git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").splitlines()
    if any(ref.endswith(f"/{branch}") for ref in known):
        return None
    git("checkout", "--quiet", "-b", branch, folder=folder)
    git("commit", "--quiet", "--message", f"Retrain: {verdict.lower()}", folder=folder)
    return branch


def command_line() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("retrain", __doc__)
    parser.add_argument(
        "-S", "--set", action="append", type=override, default=[], metavar="KEY=VALUE",
        help="change a parameter",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    run(main)
