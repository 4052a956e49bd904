"""A recipe's file, with comments that say why."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from jobs.new.proposal import Proposal


def describe(name: str, proposal: Proposal) -> str:
    """Return the text of recipes/NAME.yaml."""
    sections = {"source": {"title": f"{name}, of one's own data"}, **proposal.sections}
    values = _comment(sections, proposal.remarks)
    values.yaml_set_start_comment("\n".join(proposal.findings))
    yaml = YAML()
    yaml.width = 100
    yaml.representer.ignore_aliases = lambda _: True
    text = io.StringIO()
    yaml.dump(values, text)
    return text.getvalue()


def _comment(values: Mapping[str, Any], remarks: Mapping[str, str]) -> CommentedMap:
    """Return the same values, each key with the remark on it behind or, of a block, above it."""
    made = CommentedMap()
    for key, value in values.items():
        below = {
            name.removeprefix(f"{key}."): text
            for name, text in remarks.items()
            if name.startswith(f"{key}.")
        }
        made[key] = _comment(value, below) if isinstance(value, Mapping) else _quote(value)
        if key in remarks and isinstance(value, Mapping | list):
            made.yaml_set_comment_before_after_key(key, remarks[key])
        elif key in remarks:
            made.yaml_add_eol_comment(remarks[key], key)
    return made


def _quote(value: Any) -> Any:
    """Return a value with quotes around words that YAML 1.1, of other tools, has a meaning for."""
    if isinstance(value, list):
        return [_quote(each) for each in value]
    if isinstance(value, str) and value.lower() in ("y", "n", "yes", "no", "on", "off"):
        return SingleQuotedScalarString(value)
    return value
