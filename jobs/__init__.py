"""Commands over the pipeline, each of the checkout that it is started in.

A hook of git's that starts one has variables set that name the hook's repository. They are dropped
before anything, DVC within this process included, can read them.
"""

import os

from jobs.git import local_variables

for name in local_variables():
    os.environ.pop(name, None)
