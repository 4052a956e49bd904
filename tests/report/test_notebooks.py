"""What a notebook's execution leaves, and says."""

import json
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from forger.core.errors import UserError
from forger.report.notebooks import execute, to_html

HEADER = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
name = "none"

"""


@pytest.fixture
def run(tmp_path):
    """A function that executes cells, and returns the notebook's."""

    def run(*cells):
        source, target = tmp_path / "source.py", tmp_path / "target.ipynb"
        source.write_text(HEADER + "\n".join(f"# %%\n{cell}\n" for cell in cells))
        execute(source, target, name="Ada")
        return [cell for cell in json.loads(target.read_text())["cells"] if cell["outputs"]]

    return run


def test_cells_see_parameters_and_each_other_and_show_what_they_display_in_order(run, tmp_path):
    cells = run(
        "said = f'Hello {name}'",
        "from IPython.display import HTML, display\n"
        "print('first')\ndisplay(HTML('<b>second</b>'))\nHTML(f'<i>{said}</i>')",
        "None",
        "said;",
    )
    printed, second, last = cells[0]["outputs"]
    assert printed == {"name": "stdout", "output_type": "stream", "text": ["first\n"]}
    assert second["data"]["text/html"] == ["<b>second</b>"]
    assert last["data"]["text/html"] == ["<i>Hello Ada</i>"]
    assert len(cells) == 1  # nothing else shows anything
    page = to_html(tmp_path / "target.ipynb")
    assert page.index("first") < page.index("second") < page.index("Hello Ada")


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("1 / 0", ZeroDivisionError),
        ("this is no Python", SyntaxError),
        ("from forger.core.errors import UserError\nraise UserError('so')", UserError),
        ("raise SystemExit(3)", SystemExit),
        ("raise KeyboardInterrupt", KeyboardInterrupt),
    ],
)
def test_what_a_cell_raises_is_raised_and_nothing_is_written(run, tmp_path, cell, error):
    with pytest.raises(error):
        run("fine = 1", cell, "open('after', 'w')")
    assert not (tmp_path / "target.ipynb").exists()
    assert not InteractiveShell.initialized()


def test_warnings_are_handed_on_and_no_result(run, capsys):
    (cell,) = run("import sys\nprint('careful', file=sys.stderr)\n1")
    told = capsys.readouterr()
    assert "careful" in told.err
    assert not told.out
    assert "careful" not in json.dumps(cell["outputs"])


def test_bytes_are_those_of_the_source_and_this_process_is_as_it_was(run, tmp_path):
    before = sys.modules["__main__"], sys.displayhook, sys.stdout, sys.excepthook
    contents = set()
    for _ in range(2):
        run("2 + 2", "import numpy as np\nnp.arange(3)")
        contents.add((tmp_path / "target.ipynb").read_bytes())
    assert len(contents) == 1
    assert (sys.modules["__main__"], sys.displayhook, sys.stdout, sys.excepthook) == before
    assert str(tmp_path) not in contents.pop().decode()
