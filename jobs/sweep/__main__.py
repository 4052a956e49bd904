"""Search a recipe's parameters: `forger sweep sweeps/sinusoid.yaml`.

Every training is a DVC experiment. A sweep that was stopped goes on when it is run again.
Writes reports/sweeps/NAME.html.
"""

from __future__ import annotations

from pathlib import Path

import optuna

from forger.core.code import PACKAGES
from forger.core.errors import UserError
from forger.core.files import write_text
from jobs.shared.arguments import Parser, path
from jobs.shared.checkout import alone, dvc
from jobs.shared.experiments import Runner, references, resumable
from jobs.shared.git import git
from jobs.shared.revisions import Revision
from jobs.sweep.clean import clean
from jobs.sweep.disk import forecast
from jobs.sweep.page import as_html
from jobs.sweep.parameters import resolve
from jobs.sweep.progress import Progress
from jobs.sweep.search import Search, check_promise, look_at, open_study
from jobs.sweep.space import FOLDER, Sweep, match_names, read

REPORTS = Path("reports/sweeps")


def main() -> None:
    """Search, report or clean, as the command line asks."""
    arguments = command_line().parse_args()
    file: Path = arguments.file
    sweep = read(file)
    if arguments.report:
        report(file, sweep)
        return
    with alone(FOLDER / f"{file.stem}.lock", f"the sweep {file.stem} is already running"):
        if arguments.clean:
            clean(file.stem)
        else:
            search(file, sweep)


def search(file: Path, sweep: Sweep) -> None:
    """Run the remaining trials, then write the report."""
    study = begun(file, sweep)
    commit = study.user_attrs["commit"]
    values = Revision(commit).parameters()
    parameters = resolve(sweep, str(file), values)
    print(forecast(sweep, Revision(commit), Path(dvc("cache", "dir"))))
    _tell_of_changes(commit)
    runner = Runner(FOLDER / file.stem, match_names(file.stem), commit)
    with Progress(sweep, study) as progress:
        runner.watch = progress.stage
        runner.prepare()
        found = Search(sweep, file, parameters, values, study, runner, progress.experiment)
        for trial in found.run():
            progress.trial(trial)
    report(file, sweep)


def begun(file: Path, sweep: Sweep) -> optuna.Study:
    """Return the sweep's study, new or as it was left.

    Raises UserError where the study is another sweep's, or is gone while its experiments are not.
    """
    log = FOLDER / file.stem / "study.log"
    new = not log.exists()
    if new:
        commit = git("rev-parse", "--verify", "HEAD")
        resolve(sweep, str(file), Revision(commit).parameters())
        if left := references(match_names(file.stem)):
            raise UserError(
                f"{file}: {len(left)} experiments of an earlier sweep of this name are there, but "
                "not its study; remove them with --clean, or name the file differently"
            )
    study = open_study(log, sweep)
    if "sweep" not in study.user_attrs:
        study.set_user_attr("commit", git("rev-parse", "--verify", "HEAD"))
        study.set_user_attr("sweep", sweep.promise())
    check_promise(study, sweep, str(file))
    return study


def report(file: Path, sweep: Sweep) -> None:
    """Write the report, and say where it is."""
    log = FOLDER / file.stem / "study.log"
    if not log.exists():
        raise UserError(f"{file}: this sweep has not begun: there is nothing to report")
    study = look_at(log)
    check_promise(study, sweep, str(file))
    page = REPORTS / f"{file.stem}.html"
    write_text(page, as_html(file.stem, sweep, study))
    print(f"The report: {page.resolve()}")


def _tell_of_changes(commit: str) -> None:
    """Say what has changed since `commit`: the sweep began there, and runs nothing newer."""
    what = ("params.yaml", "recipes", "dvc.yaml", *PACKAGES)
    changed = git("diff", "--name-only", "--relative", commit, "--", *what)
    if files := changed.splitlines():
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        print(
            f"Note: this sweep runs commit {commit[:7]}; what has changed since in "
            f"{', '.join(files[:3])}{more} is not part of it."
        )


def command_line() -> Parser:
    """Return the parser of the command's arguments."""
    parser = Parser("sweep", __doc__)
    parser.add_argument("file", type=path, metavar="FILE", help="the sweep, such as sweeps/x.yaml")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--report", action="store_true", help="only write the report again")
    what.add_argument(
        "--clean",
        action="store_true",
        help="remove the sweep's experiments and study, and what only they used of DVC's cache",
    )
    return parser


if __name__ == "__main__":
    resumable(main)
