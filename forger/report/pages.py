"""Self-contained web pages from the templates in forger/report/templates."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TYPES = {".png": "image/png", ".gif": "image/gif"}
TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, folder: Path = TEMPLATES, **values: Any) -> str:
    """Render a template found in `folder` or in forger/report/templates.

    Values are escaped if the template is HTML.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def embed(picture: Path) -> str:
    """Return a picture as a data URI."""
    content = base64.b64encode(picture.read_bytes()).decode()
    return f"data:{TYPES[picture.suffix]};base64,{content}"
