"""Writing files whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def write_text(path: Path, text: str) -> None:
    """Write through a file beside it, so that a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def write_json(path: Path, content: Any) -> None:
    """JSON with a line a value, as a person reads it. NaN and infinity are refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Named arrays as one .npz; its bytes depend on the arrays only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **arrays)


def write_history(folder: Path, history: pd.DataFrame) -> None:
    """history.csv, and each report as a file of its own in curves/, as `dvc plots` takes them."""
    (folder / "curves").mkdir(parents=True, exist_ok=True)
    history.to_csv(folder / "history.csv", index=False)
    for name in history.columns.drop(["epoch", "step"]):
        history[["epoch", name]].to_csv(folder / "curves" / f"{name}.csv", index=False)
