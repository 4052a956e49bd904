"""Checks that several kinds of data have in common."""

from __future__ import annotations

from pathlib import Path

from forger.core.archives import damaged


def check_shares(held_out: float, validation: float, examples: str) -> None:
    """Raise ValueError, with the key, if the shares of two parts leave nothing to train with.

    Args:
        held_out, validation: shares of all examples.
        examples: what they are called.
    """
    if held_out + validation >= 1:
        raise ValueError(
            f"held_out: found {held_out:g}, and validation {validation:g}; together they must "
            f"leave some {examples} to train with"
        )


def find_place(folder: Path, path: str) -> Path:
    """Return where `dataset.path` leads from `folder`, whether or not anything is there.

    Raises UserError if no file system can tell.
    """
    try:
        place = folder / Path(path).expanduser()
        place.exists()
    # An unknown user's home, too long a name, no permission, an illegal character.
    except (OSError, RuntimeError, ValueError) as error:
        raise damaged(Path(path), error, "set dataset.path to what can be read") from None
    return place
