"""Writers of samples, one function per kind of file.

They take samples a chunk at a time and hold only some of them. The bytes depend on nothing but the
samples.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZipFile, ZipInfo

import numpy as np

from forger.core.files import EPOCH
from forger.data.codecs.table import Table
from forger.data.table_rows import build_texts, build_typed
from jobs.generate import curves
from jobs.generate.image_files import write_folder, write_zip
from jobs.generate.samples import Chunk
from jobs.shared.trained import Trained

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 2**24  # bytes: small ones make Parquet slow, and its table of contents long
Writer = Callable[[Path, Iterable[Chunk], int, Trained], None]


def write_npz(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write `samples` float32 `[n, …]` and, if there are any, `labels` int64 `[n]`.

    Args:
        path: the file to write.
        chunks: the samples, with their labels if the generator takes some.
        n: the number of samples in all.
        trained: the generator that they come from.
    """
    # An archive takes one member after the other, so the labels wait.
    with ZipFile(path, "w") as archive, TemporaryFile() as waiting:
        shape = curves.shape_of(trained) if curves.from_a_file(trained) else trained.data.real.shape
        with _member(archive, "samples", np.float32, (n, *shape)) as member:
            for samples, labels in _cut(chunks, trained):
                member.write(samples.astype("<f4").tobytes())
                if labels is not None:
                    waiting.write(labels.astype("<i8").tobytes())
        if trained.conditional:
            waiting.seek(0)
            with _member(archive, "labels", np.int64, (n,)) as member:
                shutil.copyfileobj(waiting, member)


def write_csv(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write one row per sample and one column per number, with `label` last.

    Column `x_2_5_0` is row 2, column 5 of channel 0. A table has its own columns, as its file has
    them.

    Args: as in `write_npz`.
    """
    from pyarrow.csv import CSVWriter, WriteOptions

    codec = trained.data.real.codec
    tables = _tables(chunks, trained, typed=False)
    if isinstance(codec, Table):
        _write_texts(path, tables, codec.delimiter)
        return
    options = WriteOptions(include_header=curves.has_header(trained))
    first = next(tables)
    with CSVWriter(str(path), first.schema, write_options=options) as writer:
        for table in chain([first], tables):
            writer.write_table(table)


def _write_texts(path: Path, tables: Iterable[pa.Table], delimiter: str) -> None:
    """Write tables of text; Arrow's own writer would put every value in quotes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        for i, table in enumerate(tables):
            if i == 0:
                writer.writerow(table.column_names)
            writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))


def write_parquet(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write the same columns as `write_csv`.

    Args: as in `write_npz`.
    """
    from pyarrow.parquet import ParquetWriter

    tables = _tables(chunks, trained, typed=True)
    first = next(tables)
    options: dict[str, Any] = {"compression": "zstd"}
    if not isinstance(trained.data.real.codec, Table):
        # The numbers hardly repeat, so a dictionary would make the file larger.
        options |= {"use_dictionary": False, "use_byte_stream_split": True}
    with ParquetWriter(str(path), first.schema, **options) as writer:
        for group in _gather(chain([first], tables), ROW_GROUP):
            writer.write_table(group)


def write_png(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Draw a picture of at most the view's `most` samples, few enough to hold.

    Args: as in `write_npz`.
    """
    from forger.report.views.kinds import view_of

    samples = np.concatenate([samples for samples, _ in chunks])
    view_of(trained.data.real, samples).alone(samples).savefig(path, format="png")


def write_npy(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write an array of the samples alone: curves as a person's file had them, NaN at their ends.

    Args: as in `write_npz`.
    """
    shape = curves.shape_of(trained) if curves.from_a_file(trained) else trained.data.real.shape
    header = {"descr": "<f4", "fortran_order": False, "shape": (n, *shape)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for samples, _ in _cut(chunks, trained):
            file.write(samples.astype("<f4").tobytes())


WRITERS: dict[str, Writer] = {
    ".npz": write_npz,
    ".npy": write_npy,
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".png": write_png,
}
# Of images only. A path without an extension is a folder.
OF_IMAGES: dict[str, Writer] = {".zip": write_zip, "": write_folder}
EVERY = WRITERS | OF_IMAGES
ALLOWED = f"{', '.join(WRITERS)}; of images also .zip, or none for a folder"


def most(suffix: str, trained: Trained) -> int | None:
    """Return how many samples a kind of file has room for; None: any number."""
    if suffix != ".png":
        return None
    from forger.report.views.kinds import VIEWS

    return VIEWS[trained.data.real.view].most


def _member(archive: ZipFile, name: str, dtype: type, shape: tuple[int, ...]) -> IO[bytes]:
    """Open an array's member, with its header written, for the array's bytes."""
    member = archive.open(ZipInfo(f"{name}.npy", EPOCH), "w", force_zip64=True)
    descr = np.dtype(dtype).newbyteorder("<").str
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)
    return member


def _gather(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of at least `size` bytes, except for the last."""
    import pyarrow as pa

    waiting = []
    held = 0
    for table in tables:
        waiting.append(table)
        held += table.nbytes
        if held >= size:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
            held = 0
    if waiting:
        yield pa.concat_tables(waiting)


def _cut(chunks: Iterable[Chunk], trained: Trained) -> Iterator[Chunk]:
    """Yield the chunks, with curves cut at their ends."""
    for samples, labels in chunks:
        yield curves.cut(samples, trained) if curves.from_a_file(trained) else samples, labels


def _tables(chunks: Iterable[Chunk], trained: Trained, typed: bool) -> Iterator[pa.Table]:
    """Yield the samples of each chunk as a table; rows of a table as text, or as typed values."""
    codec = trained.data.real.codec
    start = 0
    for samples, labels in chunks:
        if isinstance(codec, Table):
            yield (build_typed if typed else build_texts)(samples, codec)
        elif curves.from_a_file(trained):
            yield curves.table(samples, labels, start, trained)
        else:
            yield _table(_schema(trained), samples, labels)
        start += len(samples)


def _schema(trained: Trained) -> pa.Schema:
    if curves.from_a_file(trained):
        return curves.schema(trained)
    import pyarrow as pa

    places = np.ndindex(*trained.data.real.shape)
    fields = [("_".join(["x", *map(str, place)]), pa.float32()) for place in places]
    return pa.schema([*fields, ("label", pa.int64())] if trained.conditional else fields)


def _table(schema: pa.Schema, samples: np.ndarray, labels: np.ndarray | None) -> pa.Table:
    import pyarrow as pa

    columns = [*np.ascontiguousarray(samples.reshape(len(samples), -1).T)]
    columns += [] if labels is None else [labels]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=schema)
