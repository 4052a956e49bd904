"""Print what completes `forger` in a shell: `forger completion bash`.

Put `eval "$(forger completion bash)"` in `~/.bashrc`, or the same with zsh in `~/.zshrc`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module

import shtab

from forger.core.errors import run
from jobs.__main__ import commands
from jobs.shared.arguments import Parser

# Completes the recipes that exist when it is asked.
RECIPES = dict.fromkeys(("bash", "zsh"), "_forger_recipes")
PREAMBLE = {
    "bash": """_forger_recipes() {
  compgen -W "$(cd recipes 2>/dev/null && ls | sed -n 's/[.]yaml$//p')" -- "$1"
}""",
    "zsh": "_forger_recipes() { compadd -- recipes/*.yaml(N:t:r) }",
}


def main() -> None:
    """Write the script to standard output."""
    shell = command_line().parse_args().shell
    print(shtab.complete(everything(), shell, preamble=PREAMBLE[shell]))


def command_line() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("completion", __doc__)
    parser.add_argument("shell", choices=tuple(RECIPES))
    return parser


def everything() -> ArgumentParser:
    """Return a parser of all commands."""
    parser = ArgumentParser("forger")
    added = parser.add_subparsers()
    for name, _, purpose in commands():
        module = import_module(f"jobs.{name}")
        if hasattr(module, "__path__"):
            module = import_module(f"jobs.{name}.__main__")
        own = [module.command_line()] if hasattr(module, "command_line") else []
        command = added.add_parser(name, help=purpose, parents=own, add_help=not own)
        for action in command._actions:
            if action.dest == "recipe":
                action.complete = RECIPES  # type: ignore[attr-defined] # as shtab has it
    return parser


if __name__ == "__main__":
    run(main)
