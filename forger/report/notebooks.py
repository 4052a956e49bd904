"""Notebooks whose bytes depend only on their source and their results."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import papermill
from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import RichOutput, capture_output
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

from forger.core.files import whole

# Cell metadata that depends on the machine or the moment.
VOLATILE = ("papermill", "execution")


class Displaying(DisplayHook):
    """Displays the value of a cell's last line as everything else."""

    def __call__(self, result: Any = None) -> None:
        if result is not None and not self.quiet():  # as after a semicolon
            display(result)


class InProcess(Engine):
    """Runs cells in this process: a kernel's start takes longer than what the cells do.

    There is no kernel to find or configure, and a shell that is made by hand reads no profile.
    """

    NAME = "in process"

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, names: dict[str, Any], **_: Any
    ) -> None:
        """Run every cell, and add what they define to `names`. Raises what a cell raises."""
        shell = InteractiveShell.instance(
            config=Config(HistoryManager={"enabled": False}),
            user_module=ModuleType("notebook"),  # not this process's __main__
            displayhook_class=Displaying,
        )
        try:
            cls._run(nb_man, shell)
            names |= shell.user_ns
        finally:
            InteractiveShell.clear_instance()

    @classmethod
    def _run(cls, nb_man: NotebookExecutionManager, shell: InteractiveShell) -> None:
        number = 0
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code":
                number += 1
                with capture_output() as captured:
                    result = shell.run_cell(cell.source, store_history=True)
                # It holds warnings, which depend on the machine and may name its paths.
                sys.stderr.write(captured.stderr)
                result.raise_error()
                cell.execution_count = number
                cell.outputs = [*_outputs(captured.stdout, captured.outputs)]
            nb_man.cell_complete(cell, index)


papermill_engines.register(InProcess.NAME, InProcess)


def _outputs(printed: str, shown: list[RichOutput]) -> Iterator[NotebookNode]:
    if printed:
        yield nbformat.v4.new_output("stream", name="stdout", text=printed)
    for each in shown:
        yield nbformat.v4.new_output("display_data", data=each.data, metadata=each.metadata)


def execute(source: Path, target: Path, **parameters: str) -> dict[str, Any]:
    """Run a py:percent script as a notebook, overriding its cell tagged `parameters`.

    What the cells write to standard error goes to this process's and stays out of the notebook.

    Returns:
        What the cells have defined, by name.

    Raises:
        Exception: what a cell raises.
    """
    names: dict[str, Any] = {}
    with TemporaryDirectory() as scratch:
        start = Path(scratch, "start.ipynb")
        done = Path(scratch, "done.ipynb")
        jupytext.write(jupytext.read(source), start)
        papermill.execute_notebook(
            str(start),
            str(done),
            parameters=parameters,
            progress_bar=False,
            engine_name=InProcess.NAME,
            names=names,
        )
        notebook = nbformat.read(done, as_version=4)
    _normalize(notebook)
    with whole(target) as part:
        nbformat.write(notebook, part)
    return names


def _normalize(notebook: NotebookNode) -> None:
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
