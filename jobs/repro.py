"""Run `dvc repro`, then say what this machine reproduced to the byte: `forger repro`.

Compares dvc.lock with the one committed in git, artefact by artefact.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from forger.core.errors import UserError, run
from forger.core.stage import LOCK
from forger.data.outside import link
from forger.parameters import read
from jobs.shared import checkout
from jobs.shared.arguments import nothing
from jobs.shared.checkout import call
from jobs.shared.git import git
from jobs.shared.lock import HALF, Hashes, comparison, hashes, intact, outputs

PAGE = Path("reports/index.html")


def main() -> None:
    """Make what is stale, and report."""
    nothing("repro", __doc__)
    # Check first: DVC has no one-line message for a `run` that is not a list, or for a link to data
    # that are gone.
    parameters = read()
    link({name: parameters.recipes[name].dataset for name in parameters.run})
    content = set_aside_damaged()
    bring_back(content, parameters.run)
    call(Path.cwd(), "dvc", "repro")
    now = hashes(LOCK.read_text(encoding="utf-8"))
    if now == outputs(content):
        print("Every result is what dvc.lock says.")
    print(comparison(now, read_committed()))
    print(f"The report: {PAGE.resolve()}")


def set_aside_damaged() -> dict[str, Any]:
    """Return what dvc.lock holds, or nothing if it is damaged.

    A damaged one is set aside; what it said about finished stages is in DVC's run-cache too.
    """
    if not LOCK.exists():
        return {}
    if (content := intact(LOCK)) is None:
        aside = LOCK.replace(f"{LOCK}.damaged")
        print(f"{HALF}; it is now {aside}", flush=True)
        return {}
    return content


def bring_back(lock: dict[str, Any], recipes: Collection[str]) -> None:
    """Check out what the lock records if the workspace lacks results of these recipes.

    They are absent after a run of other recipes. What DVC's cache lacks too, `dvc repro` makes.
    """
    lost = any(
        name.partition("@")[2] in ("", *recipes) and not Path(out["path"]).exists()
        for name, stage in lock.get("stages", {}).items()
        for out in stage.get("outs", [])
    )
    if lost:  # everything at once, as DVC reads the whole lock for each path given
        checkout.run(Path.cwd(), "dvc", "checkout", "--quiet", "--allow-missing")


def read_committed() -> Hashes:
    """Return the artefacts of the committed dvc.lock.

    There are none outside git, before the first commit, or if DVC could not read it. Raises
    UserError if git refuses the repository.
    """
    try:
        git("rev-parse", "--git-dir")
    except UserError as error:
        if "not a git repository" in str(error):
            return {}
        raise
    return hashes(git("show", f"HEAD:./{LOCK}", check=False))


if __name__ == "__main__":
    run(main)
