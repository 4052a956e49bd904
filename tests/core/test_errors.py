"""What the machine refuses is told in a line; what is a fault of ours is not hidden."""

import errno
import os
import subprocess
import sys

import numpy as np
import papermill
import pytest

from forger.core.errors import REFUSALS, UserError, refusal, run
from forger.core.files import whole
from forger.core.isolation import UNEXPECTED
from tests.project import COVERAGE, ROOT


def cell_error(name, value):
    return papermill.PapermillExecutionError(1, 1, "x", name, value, [f"{name}: {value}"])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a/b.npy"), "a/b.npy: No space left on"),
        (PermissionError(errno.EACCES, "", "models"), "models: Permission denied; make it acc"),
        (OSError(errno.EROFS, "", "models"), "models: Read-only file system; make it writable"),
        (OSError("65536 requested and 4096 written"), "No space left on device; free some space"),
        (OSError("[Errno 28] Can't write data (…, error message = 'No space …')"), "No space left"),
        (cell_error("OSError", "[Errno 28] No space left on device: 'a.png'"), "a.png: No space"),
        (MemoryError("Unable to allocate 1. TiB for an array"), "out of memory; close other"),
        (np._core._exceptions._ArrayMemoryError((10**9,), np.dtype(float)), "out of memory; close"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes."), "out of memory;"),
        (cell_error("MemoryError", ""), "out of memory;"),
    ],
)
def test_what_the_machine_refuses(error, told):
    (line,) = refusal(error).problems
    assert line.startswith(told)
    assert "\n" not in line


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError(errno.ENOENT, "", "x"), ValueError("x"), cell_error("KeyError", "x")],
)
def test_our_own_faults_are_not_hidden(error, capsys):
    assert refusal(error) is None

    def fails():
        raise error

    with pytest.raises(SystemExit) as ended:
        run(fails)
    assert ended.value.code == UNEXPECTED
    assert type(error).__name__ in capsys.readouterr().err


def test_how_a_command_ends(capsys):
    def refused():
        raise UserError("one", "two")

    with pytest.raises(SystemExit) as ended:
        run(refused)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: one\nerror: two\n"
    with pytest.raises(SystemExit) as ended:
        run(lambda: None)
    assert ended.value.code == 0


def test_a_quiet_end():
    for program, code in (
        ("from forger.core.errors import run\ndef main(): raise KeyboardInterrupt\nrun(main)", 130),
        ("from forger.core.errors import run\nrun(lambda: print('x\\n' * 10**6))", 141),
    ):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == code


def test_nothing_is_left_of_what_could_not_be_written(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").touch()
    for name in ("new.json", "folder"):
        with pytest.raises(OSError, match="full"), whole(tmp_path / name) as part:
            part.mkdir()
            (part / "half").touch()
            raise OSError("full")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]


def test_what_a_kill_left_is_gone_after_the_next_writing(tmp_path):
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    for pid in (int(gone.stdout), os.getppid()):
        (tmp_path / f".part-{pid}-models").mkdir()
    with whole(tmp_path / "models") as part:
        part.mkdir()
    assert {path.name for path in tmp_path.iterdir()} == {"models", f".part-{os.getppid()}-models"}


@pytest.mark.parametrize("size", [0, 1, 4096, 10**6])
def test_a_stage_without_space(tmp_path, size):
    """A limit on a file's size is met as a full disk is."""
    program = (
        "import resource; from pathlib import Path; import numpy as np;"
        "from forger.data.base import Data; from forger.data.folder import DataFolder;"
        "from forger.core.stage import run; from tests.data.described import described;"
        "real = {'real': np.zeros((10**6, 1), np.float32)};"
        "data = Data({'train': real}, described(1));"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "run(lambda: DataFolder(Path('data')).write(data))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        # Coverage, which has no space for its findings either, would complain beside it.
        env={k: v for k, v in os.environ.items() if k not in COVERAGE} | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "File too large; raise the limit" in line or "No space left" in line
    assert list(tmp_path.iterdir()) == []


def test_every_refusal_says_what_to_do():
    assert all(text.endswith("then run again") for text in REFUSALS.values())


@pytest.mark.parametrize("odd", ["\x1b[2J", "\n", "\r", "\u2028", "\u202e", "\0", "\x85"])
def test_a_problem_is_a_plain_line_whatever_it_names(odd):
    error = UserError(f"mine.csv: column a{odd}b: found {odd}")
    assert all(line.isprintable() for line in error.problems)
    assert str(error).isprintable()
    assert "mine.csv: column a\\" in str(error)
