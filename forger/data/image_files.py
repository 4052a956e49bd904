"""Images in a folder or a zip archive: which there are, safely opened."""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

import numpy as np

from forger.core.archives import damaged, open_checked
from forger.core.errors import UserError
from forger.core.text import printable

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
MOST_FILES = 10_000_000
MOST_BYTES = 2**30  # of one file
MOST_UNPACKED = 2**42  # of a zip archive: its images are read one by one
UNREADABLE = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
CACHED = re.compile(r"/files/md5/[0-9a-f]{2}/[0-9a-f]{30}$")  # what DVC's links lead to


class ImageFiles(ABC):
    """Images by name: their paths within a folder or an archive, with `/`, in sorted order.

    Attributes:
        path: the folder or the archive.
        names: of the images.
        folders: of the outermost folders, empty ones included.
        others: how many files are no images, by suffix.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self.folders: list[str] = []
        self.others: Counter[str] = Counter()

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open an image. Raises UserError if it can't be."""

    @abstractmethod
    def check(self, name: str, file: BinaryIO) -> None:
        """Raise UserError if an open image is not what it was when it was listed."""

    def refuse(self, name: str, why: object, instead: str) -> NoReturn:
        """Raise UserError about an image."""
        raise damaged(self.path / name, why, instead) from None

    def _add(self, names: Iterator[str]) -> None:
        """Sort what there is into images, other files and folders, whose names end with `/`."""
        for name in names:
            path = PurePosixPath(name)
            if any(part.startswith((".", "__MACOSX")) for part in path.parts):
                continue  # what file managers leave behind
            if len(path.parts) > 1 or name.endswith("/"):
                self.folders.append(path.parts[0])
            if name.endswith("/"):
                continue
            if path.suffix.lower() in SUFFIXES:
                self.names.append(name)
            else:
                self.others[path.suffix.lower() or "no suffix"] += 1
            if len(self.names) > MOST_FILES:
                raise UserError(f"{self.path}: holds more than {MOST_FILES:,} images")
        self.names.sort()
        self.folders = sorted(set(self.folders))
        if not self.names:
            found = ", ".join(sorted(self.others)[:10])
            raise UserError(
                f"{self.path}: found no images{f' among files of {found}' if found else ''}; "
                f"expected {', '.join(SUFFIXES)}"
            )


class Folder(ImageFiles):
    """A folder, with all folders in it. Links must lead to files that are in it, too."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._root = path.resolve()
        self._seen: dict[str, tuple[int, int]] = {}
        self._add(self._walk(path, ""))

    def open(self, name: str) -> BinaryIO:
        try:
            file = (self.path / name).open("rb")
        except OSError as error:
            self.refuse(name, error.strerror or error, "make it readable, or remove it")
        self.check(name, file)
        return file

    def check(self, name: str, file: BinaryIO) -> None:
        if _state(os.fstat(file.fileno())) != self._seen[name]:
            self.refuse(name, "changed while it was read", "run again when nobody writes to it")

    def _walk(self, folder: Path, within: str) -> Iterator[str]:
        """Yield the names of all files and folders; those of folders end with `/`."""
        waiting = [(folder, within)]
        while waiting:
            place, within = waiting.pop()
            try:
                with os.scandir(place) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                raise damaged(place, error.strerror or error, "make it readable") from None
            for entry in found:
                name = f"{within}{entry.name}"
                if entry.is_symlink():
                    self._check_link(name)
                if entry.is_dir(follow_symlinks=False):
                    yield f"{name}/"
                    waiting.append((Path(entry.path), f"{name}/"))
                else:
                    self._seen[name] = self._look(name)
                    yield name

    def _look(self, name: str) -> tuple[int, int]:
        found = (self.path / name).stat()
        if not stat.S_ISREG(found.st_mode):
            self.refuse(name, "is no plain file", "remove it")
        if found.st_size > MOST_BYTES and PurePosixPath(name).suffix.lower() in SUFFIXES:
            self.refuse(name, f"has {found.st_size:,} bytes", f"at most {MOST_BYTES:,}")
        return _state(found)

    def _check_link(self, name: str) -> None:
        place = self.path / name
        try:
            target = place.resolve(strict=True)
        except (OSError, RuntimeError):
            self.refuse(name, "is a symbolic link to nowhere", "remove it")
        if target.is_dir():
            self.refuse(name, "is a symbolic link to a folder", "move the folder here")
        if not target.is_relative_to(self._root) and not CACHED.search(target.as_posix()):
            self.refuse(name, "is a symbolic link out of the folder", "copy the file here")


class Archive(ImageFiles):
    """A zip archive, of which nothing is unpacked to the disk."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        super().__init__(path)
        self._archive = archive
        for member in archive.infolist():
            self._check_member(member)
        self._add(iter(archive.namelist()))

    def open(self, name: str) -> BinaryIO:
        try:
            return self._archive.open(name)  # type: ignore[return-value]
        except UNREADABLE as error:
            self.refuse(name, error, "make the archive again")

    def check(self, name: str, file: BinaryIO) -> None:
        """Read on to the image's end, where the archive's checksum is verified."""
        try:
            while file.read(2**20):
                pass
        except UNREADABLE as error:
            self.refuse(name, error, "make the archive again")

    def _check_member(self, member: zipfile.ZipInfo) -> None:
        name = member.filename
        # `filename` has no backslashes, which Python takes for slashes only on Windows.
        path = PurePosixPath(member.orig_filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
            self.refuse(printable(name), "leads out of the archive", "make the archive again")
        if stat.S_ISLNK(member.external_attr >> 16):
            self.refuse(name, "is a symbolic link", "pack the file itself")
        if member.file_size > MOST_BYTES:
            self.refuse(name, f"has {member.file_size:,} bytes", f"at most {MOST_BYTES:,}")


@contextmanager
def open_files(path: Path) -> Iterator[ImageFiles]:
    """Yield the images of a folder or a zip archive.

    Raises:
        UserError: there are none, or something in it is unsafe.
    """
    if path.is_dir():
        yield Folder(path)
        return
    try:
        archive = open_checked(path, (), MOST_UNPACKED, MOST_FILES)
    except UNREADABLE as error:
        raise damaged(path, error, "expected a folder or a zip archive of images") from None
    with archive:
        yield Archive(path, archive)


def find_groups(files: ImageFiles, pattern: str) -> np.ndarray:
    """Return each image's group, int64 `[n]`, by a pattern of its path."""
    names = []
    for name in files.names:
        found = re.search(pattern, name)
        if found is None or (named := found[1] if found.re.groups else found[0]) is None:
            raise UserError(f"dataset.group: found no {pattern!r} in {name}; it must be in each")
        names.append(named)
    _, groups = np.unique(names, return_inverse=True)
    return np.asarray(groups, np.int64)


def _state(found: os.stat_result) -> tuple[int, int]:
    """Return what changes with a file's content."""
    return found.st_size, found.st_mtime_ns
