"""Notebooks whose bytes depend on their source and their results only."""

from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbconvert import HTMLExporter

from stages.gan.errors import UserError
from stages.gan.files import whole

# What the notebook's machine or moment leaves in it.
VOLATILE = ("papermill", "execution")


def execute(source: Path, target: Path, **parameters: str) -> None:
    """Run a py:percent script as a notebook, its cell tagged `parameters` overridden.

    Raises:
        papermill.PapermillExecutionError: a cell failed.
        UserError: the kernel was killed from outside, as the system does where memory runs out.
    """
    with TemporaryDirectory() as scratch:
        start, done = Path(scratch, "start.ipynb"), Path(scratch, "done.ipynb")
        jupytext.write(jupytext.read(source), start)
        try:
            papermill.execute_notebook(
                str(start),
                str(done),
                parameters=parameters,
                progress_bar=False,
                # A kernel warns about its own loopback, and complains when its stage is stopped.
                extra_arguments=["--IPKernelApp.log_level=50"],
            )
        except DeadKernelError:
            raise UserError(
                f"{source}: its notebook's kernel was killed, as systems do where memory runs out; "
                "close other programs, then run again"
            ) from None
        notebook = nbformat.read(done, as_version=4)
    _normalize(notebook)
    with whole(target) as part:
        nbformat.write(notebook, part)


def _normalize(notebook: nbformat.NotebookNode) -> None:
    """Number the cells instead of their random ids; drop times, paths and versions."""
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": language},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k not in VOLATILE}


def to_html(notebook: Path) -> str:
    """The body of a page, pictures embedded, without the code and without scripts."""
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True)
    exporter.embed_images = True
    body, _ = exporter.from_filename(str(notebook))
    return str(body)
