"""Whether dvc.lock is what `dvc repro` would leave: `forger check_lock`.

Compares what the stages depend on with dvc.lock, so it needs no results, and no data except those
imported or added. (`dvc repro --dry` says the same, but exits 0 when something is stale.)
"""

import re
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from forger.core.errors import UserError, run
from forger.data.outside import FOLDER, absent
from forger.parameters import read
from jobs.shared import checkout
from jobs.shared.arguments import nothing
from jobs.shared.checkout import call, list_tracked, remotes
from jobs.shared.lock import read_stages

FRESH = "Every stage is what dvc.lock says."


def main() -> None:
    """Exit 2 and name the stages that would run again, if there are any."""
    nothing("check_lock", __doc__)
    if gone := forgotten():
        raise UserError(
            f"dvc.lock: has stages that dvc.yaml lacks: {', '.join(gone)}; delete their entries"
        )
    if stale := stages():
        raise UserError(f"dvc.lock: stale: {', '.join(stale)}; run `dvc repro` and commit dvc.lock")
    print(FRESH)


def forgotten() -> list[str]:
    """Return the stages of dvc.lock that dvc.yaml no longer has."""
    known = YAML(typ="safe", pure=True).load(Path("dvc.yaml"))["stages"]
    return [name for name in read_stages() if name.partition("@")[0] not in known]


def stages() -> list[str]:
    """Return the stages that would run, or whose dependencies changed and are not here."""
    if imported := list_tracked(Path.cwd()):
        call(Path.cwd(), "dvc", "pull" if remotes(Path.cwd()) else "checkout", *imported)
    # Other stages read what `check` finds out about the machine, so it must run here first.
    made = subprocess.run([sys.executable, "-m", "stages.check"], check=False)
    if made.returncode == 2:
        raise UserError("stages.check found problems; see above")
    if made.returncode != 0:
        raise UserError(f"stages.check failed with exit code {made.returncode}; see above")
    parameters = read()
    for recipe in parameters.run:  # without its link, missing data count as unchanged
        if absent(parameters.recipes[recipe].dataset):
            (FOLDER / recipe).unlink()
    done = checkout.run(Path.cwd(), "dvc", "repro", "--dry", "--allow-missing")
    stale = re.findall(
        r"Running stage '([^']+)'|failed to reproduce '([^']+)'", done.stdout + done.stderr
    )
    if done.returncode != 0 and not stale:
        raise UserError(f"dvc repro --dry: {done.stderr.strip().splitlines()[-1]}")
    return [one or other for one, other in stale]


if __name__ == "__main__":
    run(main)
