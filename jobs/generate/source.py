"""What a translator is given: an array of a person's own, in the data's units."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forger.core.errors import UserError
from forger.data.description import DataField

SUFFIX = ".npy"


def read(path: Path, field: DataField) -> np.ndarray:
    """Return examples of a field, `[n, …]`, memory-mapped, in the field's own units.

    Raises:
        UserError: there is no such file, or it is not what the field's examples are.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or 'no NumPy file'}") from None
    except Exception:  # a damaged header raises errors of Python's parser
        raise UserError(f"{path}: found no {SUFFIX} file of numbers") from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise UserError(f"{path}: found no {SUFFIX} file of numbers")
    if found.shape[1:] != field.shape or not len(found):
        shape = ", ".join(map(str, field.shape))
        raise UserError(f"{path}: found an array of shape {found.shape}; must be (n, {shape})")
    if why := field.codec.misfit(found):
        raise UserError(f"{path}: {why} ({field.units})")
    return found
