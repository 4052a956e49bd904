"""Self-contained web pages from the templates in stages/templates."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TYPES = {".png": "image/png", ".gif": "image/gif"}


def render(template: str, **values: Any) -> str:
    """A page from stages/templates; what it is given is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def embedded(picture: Path) -> str:
    """A picture as a data URI."""
    content = base64.b64encode(picture.read_bytes()).decode()
    return f"data:{TYPES[picture.suffix]};base64,{content}"
