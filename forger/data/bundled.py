"""Tables that come with scikit-learn: a few hundred rows each, to try things with."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import Field

from forger.data.rows import Rows
from forger.data.table_files import Texts, encode_texts


class Bundled(Rows):
    """A table of scikit-learn's, with its target as a category or a number."""

    kind: Literal["bundled"]
    name: Literal["breast_cancer", "diabetes", "iris", "wine"] = Field(
        description="569 rows of 31 columns, 442 of 11, 150 of 5, 178 of 14"
    )

    @property
    def place(self) -> str:
        return f"scikit-learn's {self.name}"

    def read(self, folder: Path) -> dict[str, Texts]:
        bunch = getattr(import_module("sklearn.datasets"), f"load_{self.name}")(as_frame=True)
        frame = bunch.frame
        if "target_names" in bunch:
            frame["target"] = [str(bunch.target_names[label]) for label in bunch.target]
        return encode_texts(pa.Table.from_pandas(frame, preserve_index=False))
