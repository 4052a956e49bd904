"""Commands over the pipeline, each of the checkout that it is started in: `python3 -m jobs.NAME`.

A hook of git's that starts one has variables set that name the hook's repository. They are dropped
before anything, DVC within this process included, can read them.
"""

import os

from forger.core.isolation import isolate

isolate("jobs")

from jobs.shared.git import detached  # noqa: E402 - only in the project's own environment

for name in os.environ.keys() - detached(os.environ).keys():
    del os.environ[name]
