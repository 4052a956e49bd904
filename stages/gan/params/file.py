"""Reading YAML files as DVC reads them."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.gan.errors import UserError


def load(path: Path) -> Any:
    """What a YAML file says, as DVC reads it (YAML 1.2). Raises UserError."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
