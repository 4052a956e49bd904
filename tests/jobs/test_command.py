"""The command `forger`: whose code it runs, what it refuses, and what a shell completes of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.__main__ import commands
from tests.project import ROOT

FORGER = Path(sys.executable).parent / "forger"


def forger(*words, cwd=ROOT):
    return subprocess.run([FORGER, *words], cwd=cwd, capture_output=True, text=True, timeout=60)


def test_each_checkout_runs_its_own_code(tmp_path):
    shutil.copytree(ROOT / "jobs/shared", tmp_path / "jobs/shared")
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(ROOT / "jobs" / name, tmp_path / "jobs" / name)
    (tmp_path / "forger").symlink_to(ROOT / "forger")
    (tmp_path / "jobs/mine.py").write_text(
        '"""Say what is asked: `forger mine WORD`."""\nimport sys\nprint(sys.argv[1:], __file__)\n'
    )
    told = forger("mine", "a b", "--c", cwd=tmp_path)
    assert told.stdout.startswith("['a b', '--c']")
    assert str(tmp_path / "jobs/mine.py") in told.stdout
    assert forger(cwd=tmp_path).stdout == "forger mine WORD  Say what is asked\n"


def test_its_exit_code_is_the_commands():
    assert forger("gate", "--nosuch").returncode == 2
    assert forger("--help").returncode == 0


@pytest.mark.parametrize(
    ("word", "told"),
    [("gat", 'found "gat"; did you mean gate?'), ("-x", "unrecognized arguments: -x")],
)
def test_what_is_no_command_is_told(word, told):
    refused = forger(word)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_it_wants_a_project(tmp_path):
    refused = forger("gate", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: forger: no project here")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("forger ", sorted(name for name, _, _ in commands())),
        ("forger generate gaussian", ["gaussian", "gaussian_tuned"]),
        ("forger gate --recipe sinu", ["sinusoid", "sinusoid_tuned"]),
        ("forger gate --re", ["--recipe", "--rev"]),
    ],
)
def test_bash_completes_commands_options_and_recipes(typed, offered):
    words = typed.split(" ")
    made = forger("completion", "bash").stdout
    ask = f"""{made}
    COMP_WORDS=({typed} {'""' if not words[-1] else ""}); COMP_CWORD={len(words) - 1}
    _shtab_forger; printf '%s\\n' "${{COMPREPLY[@]}}" """
    told = subprocess.run(
        ["bash", "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert sorted(told.split()) == offered


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not here")
def test_zsh_takes_the_script():
    made = forger("completion", "zsh").stdout
    ask = 'autoload -U compinit; compinit -D -u; eval "$0"; print $_comps[forger]'
    told = subprocess.run(["zsh", "-f", "-c", ask, made], capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("_shtab_forger\n", "")
