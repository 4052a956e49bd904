"""Reading archives from elsewhere, whose unpacked size is known before anything is unpacked.

A zip's directory and an array's header declare sizes, and no more than that is ever unpacked.
"""

from __future__ import annotations

import gzip
import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

import numpy as np

from forger.core.errors import UserError
from forger.core.text import printable

MOST_BYTES = 2**30  # of one file, unpacked
MOST_MEMBERS = 100
RATIO = 200  # the largest compression ratio
SMALL = 2**20  # bytes that a file may have beyond it
BLOCK = 2**20


def damaged(path: Path, why: object, instead: str) -> UserError:
    """Return the error for a file that can't be read, with what to do `instead`."""
    told = printable(" ".join(str(why).split()) or type(why).__name__, 200)
    return UserError(f"{printable(str(path))}: {told}; {instead}")


def open_checked(
    path: Path, names: Collection[str], most: int = MOST_BYTES, members: int = MOST_MEMBERS
) -> zipfile.ZipFile:
    """Open a zip archive that holds these members and is safe to unpack; others may be in it.

    Args:
        path: the archive.
        names: the members that it must have.
        most: bytes that all members may have, unpacked.
        members: how many there may be.

    Raises:
        ValueError: a member is missing, there twice, encrypted or packed in an unknown way, or the
            archive would unpack to too much.
        OSError, BadZipFile: it is not an archive.
    """
    if not path.is_file():
        raise ValueError("is no file")
    archive = zipfile.ZipFile(path)
    try:
        _check(archive.infolist(), names, most, members)
    except BaseException:
        archive.close()
        raise
    return archive


def _check(members: list[zipfile.ZipInfo], names: Collection[str], most: int, number: int) -> None:
    found = [member.filename for member in members]
    if missing := sorted(set(names) - set(found)):
        raise ValueError(f"holds no {missing[0]}")
    if len(set(found)) < len(found) or len(found) > number:
        raise ValueError(f"holds {len(found)} members, or one twice")
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise ValueError(f"{member.filename} is encrypted, or packed in an unknown way")
        if member.file_size > RATIO * member.compress_size + SMALL:
            raise ValueError(
                f"{member.filename} would unfold {member.compress_size:,} bytes to "
                f"{member.file_size:,}"
            )
    if (total := sum(member.file_size for member in members)) > most:
        raise ValueError(f"would unfold to {total:,} bytes; at most {most:,}")


def read_npz(path: Path, names: Collection[str], most: int = MOST_BYTES) -> dict[str, np.ndarray]:
    """Return these arrays of an .npz. Arrays of objects, which may hold programs, are refused.

    Raises:
        ValueError, OSError, BadZipFile: an array can't be read; the message says why.
    """
    arrays = {}
    with open_checked(path, [f"{name}.npy" for name in names], most) as archive:
        for name in names:
            member = archive.getinfo(f"{name}.npy")
            try:
                with archive.open(member) as file:
                    arrays[name] = _array(file, member.file_size, name)
            except Exception as error:  # a damaged header can fail in Python's parser
                raise ValueError(f"{name}: {error}") from None
    return arrays


def _array(file: IO[bytes], size: int, name: str) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if header is None:
        raise ValueError(f"{name}: found version {version} of .npy; allowed: 1.0, 2.0")
    shape, by_column, dtype = header(file)
    if dtype.kind not in "biuf" or any(side < 0 for side in shape):
        raise ValueError(f"{name}: found {dtype} {list(shape)}; allowed: plain numbers")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted != size - file.tell():
        raise ValueError(f"{name}: its header says {wanted:,} bytes; {size - file.tell():,} follow")
    content = file.read()  # to its end, where the zip's checksum is verified
    return np.frombuffer(content, dtype).reshape(shape, order="F" if by_column else "C")


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes (magic 0 0 8 d, d big-endian sizes, the data), .gz or not.

    Raises:
        ValueError, OSError, EOFError, zlib.error: it can't be read; the message says why.
    """
    if not path.is_file():
        raise ValueError("is no file")
    zipped = path.suffix == ".gz"
    with gzip.open(path) if zipped else path.open("rb") as file:
        magic = bytes([0, 0, 8, dimensions])
        start = file.read(4 + 4 * dimensions)
        if start[:4] != magic or len(start) < 4 + 4 * dimensions:
            found = start[:4].hex() or "an empty file"
            raise ValueError(f"expected the IDX magic {magic.hex()}, found {found}")
        shape = np.frombuffer(start[4:], ">u4").astype(int).tolist()
        wanted = math.prod(shape)
        if wanted > MOST_BYTES:
            raise ValueError(f"its header says {shape}; at most {MOST_BYTES:,} bytes")
        content = bytearray()
        while len(content) <= wanted and (block := file.read(BLOCK)):
            content += block
    if len(content) != wanted:
        more = "more" if len(content) > wanted else f"{len(content):,} bytes"
        raise ValueError(f"truncated or damaged: its header says {shape}, {more} follow")
    return np.frombuffer(content, np.uint8).reshape(shape)
