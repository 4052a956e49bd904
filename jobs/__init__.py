"""Commands over the pipeline of the checkout they are started in: `python3 -m jobs.NAME`.

A git hook that starts one has variables set that name the hook's repository. They are dropped
before anything can read them, DVC in this process included.
"""

import os

from forger.core.isolation import isolate

isolate("jobs")

from jobs.shared.git import detach  # noqa: E402 - only in the project's own environment

for name in os.environ.keys() - detach(os.environ).keys():
    del os.environ[name]
