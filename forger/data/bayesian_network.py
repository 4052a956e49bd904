"""Tables of categories, drawn from a Bayesian network in a person's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.core.errors import UserError
from forger.data.base import Data
from forger.data.bif import Node, order_nodes, read_network
from forger.data.checks import find_file
from forger.data.codecs.columns import Category, Constant
from forger.data.codecs.table import Table
from forger.data.column_fits import describe_rows
from forger.data.simulated import LawOfRows

ENDINGS = (".bif", ".bif.gz")


class BayesianNetwork(LawOfRows):
    """Rows of categories: each column has a law of its own, given those that it depends on."""

    law: ClassVar[str] = "network"

    kind: Literal["bayesian_network"]
    path: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="a .bif file of its variables and their probabilities, or a .bif.gz"
    )

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | {"network"}

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is nothing to read."""
        return find_file(folder, self.path, ENDINGS, "a network")

    def make(self, folder: Path) -> Data:
        nodes = read_network(self.locate(folder))
        varying = [i for i, node in enumerate(nodes) if len(node.states) > 1]
        if not varying:
            raise UserError(
                f"{self.path}: every variable has one state, so that all rows are the same"
            )
        codec = Table(
            columns=tuple(
                Category(name=nodes[i].name, categories=nodes[i].states) for i in varying
            ),
            constants=tuple(
                Constant(name=node.name, value=node.states[0])
                for node in nodes
                if len(node.states) == 1
            ),
            order=tuple(node.name for node in nodes),
        )
        law = [{**node._asdict(), "table": node.table.tolist()} for node in nodes]
        parts = self.draw_each(lambda n, rng: draw_network(nodes, n, rng)[:, varying])
        return self.encode_each(parts, describe_rows(codec), nodes=law)


def draw_network(nodes: Sequence[Node], n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` rows of a network: the place of each variable's state, float64 `[n, nodes]`."""
    by_name = {node.name: node for node in nodes}
    drawn: dict[str, np.ndarray] = {}
    for name in order_nodes({node.name: node.parents for node in nodes}):
        node = by_name[name]
        chances = node.table[tuple(drawn[parent] for parent in node.parents)]
        ends = np.broadcast_to(np.cumsum(chances, axis=-1), (n, len(node.states)))
        # Of the last end, rounding may leave a little less than 1.
        uniform = rng.random((n, 1)) * ends[:, -1:]
        drawn[name] = (uniform >= ends).sum(axis=1)
    return np.stack([drawn[node.name] for node in nodes], axis=1).astype(np.float64)
