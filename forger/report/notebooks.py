"""Notebooks whose bytes depend only on their source and their results."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbconvert import HTMLExporter

from forger.core.errors import UserError
from forger.core.files import whole
from forger.report import kernel

# Cell metadata that depends on the machine or the moment.
VOLATILE = ("papermill", "execution")
LOOK = "import json\n\nfrom forger.core import code\n\nprint(json.dumps(code.loaded()))"


class ThisPython(AsyncKernelManager):
    """Starts the kernel on this very Python, without searching for an installed one."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", kernel.__name__, "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def execute(source: Path, target: Path, **parameters: str) -> list[str]:
    """Run a py:percent script as a notebook, overriding its cell tagged `parameters`.

    What the cells write to standard error goes to this process's and stays out of the notebook.

    Returns:
        The project's modules that the notebook imported.

    Raises:
        papermill.PapermillExecutionError: a cell failed.
        UserError: the kernel was killed from outside, as happens when memory runs out.
    """
    with TemporaryDirectory() as scratch:
        start, done = Path(scratch, "start.ipynb"), Path(scratch, "done.ipynb")
        content = jupytext.read(source)
        content.cells.append(nbformat.v4.new_code_cell(LOOK))
        jupytext.write(content, start)
        try:
            papermill.execute_notebook(
                str(start),
                str(done),
                parameters=parameters,
                progress_bar=False,
                kernel_manager_class=ThisPython,
                # A kernel warns about its own loopback, and complains if its stage is stopped.
                extra_arguments=["--IPKernelApp.log_level=50"],
            )
        except DeadKernelError:
            raise UserError(
                f"{source}: its notebook's kernel was killed, as systems do where memory runs out; "
                "close other programs, then run again"
            ) from None
        notebook = nbformat.read(done, as_version=4)
    _hand_on_warnings(notebook)
    _normalize(notebook)
    imported: list[str] = json.loads(notebook.cells.pop().outputs[0].text)
    with whole(target) as part:
        nbformat.write(notebook, part)
    return imported


def _hand_on_warnings(notebook: nbformat.NotebookNode) -> None:
    """Move standard error from the cells' outputs to this process's.

    It holds warnings, which depend on the machine and may name its paths.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        told = [output for output in outputs if output.get("name") == "stderr"]
        sys.stderr.writelines(output.text for output in told)
        if outputs:
            cell.outputs = [output for output in outputs if output not in told]


def _normalize(notebook: nbformat.NotebookNode) -> None:
    """Replace the cells' random ids by numbers; drop times, paths and versions."""
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": language},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k not in VOLATILE}


def to_html(notebook: Path) -> str:
    """Return the body of a page, with pictures embedded, and without code and scripts."""
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True)
    exporter.embed_images = True
    body, _ = exporter.from_filename(str(notebook))
    return str(body)
