"""What a notebook's execution leaves, and says."""

import pytest

from forger.core.errors import UserError
from forger.report.notebooks import execute

HEADER = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
recipe = "none"

# %%
"""


def test_a_killed_kernel_is_told_in_a_line(tmp_path):
    source, target = tmp_path / "kill.py", tmp_path / "kill.ipynb"
    source.write_text(f"{HEADER}import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with pytest.raises(UserError, match="kernel was killed") as told:
        execute(source, target, recipe="none")
    assert len(told.value.problems) == 1
    assert not target.exists()
