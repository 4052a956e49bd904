"""Fit `ctgan.CTGAN` to a table and draw rows from it: a script for the interpreter that has ctgan.

    python ctgan_fit.py TRAIN.csv SAMPLES.csv ROWS SEED DISCRETE …

It imports nothing of Forger, whose environment need not have PyTorch. The last line that it prints
is what it took, as JSON.
"""

from __future__ import annotations

import json
import random
import resource
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN

EPOCHS = 300  # as published, and the package's default


def main(train: str, samples: str, rows: str, seed: str, *discrete: str) -> None:
    """Fit the package's CTGAN with its own settings, and write rows of it.

    Args:
        train: the CSV file of the rows to learn from.
        samples: the CSV file to write.
        rows: how many rows to write.
        seed: of all that is random.
        discrete: the names of the columns that have a few values only.
    """
    torch.set_num_threads(1)  # with which it takes the least processor time
    random.seed(int(seed))
    np.random.seed(int(seed))
    torch.manual_seed(int(seed))
    table = pd.read_csv(train, dtype=dict.fromkeys(discrete, str), keep_default_na=False)
    model = CTGAN(epochs=EPOCHS, enable_gpu=False)
    begun = _processor_time()
    model.fit(table, discrete)
    seconds = _processor_time() - begun
    model.sample(int(rows)).to_csv(samples, index=False)
    print(json.dumps({"seconds": seconds, "version": version("ctgan")}))


def _processor_time() -> float:
    """Return the seconds of processor time so far, children's included."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
