"""What a worker of a cluster does: hash the files of one batch, and say what became of each.

The workers import this file by its name, so they need this package, of the same version.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from provenance.files.hash_file import CHANGED, FAILED, NOT_A_FILE, OPEN_FLAGS
from provenance.files.long_file import hash_long
from provenance.files.tree import NOT_READABLE, SPECIAL, SYMLINK
from provenance.files.walk import CHANGED_FILE
from provenance.remote.hash_url import hash_files
from provenance.remote.location import open_location
from provenance.remote.rows import Row
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.remote.location import Location, RemoteFile
    from provenance.remote.url import Url

__all__ = ["Expected", "LocalBatch", "UrlBatch", "hash_batch", "versions"]


class Expected(NamedTuple):
    """A file as the walk saw it: its name on the disk, length, and time of change in ns."""

    name: bytes
    length: int
    modified_ns: int


class LocalBatch(NamedTuple):
    """Files of one folder, which the workers see under the same path."""

    root: str
    prefix: str
    """Path of the folder in the manifest, with ``/`` at the end, or empty."""
    files: tuple[Expected, ...]
    algorithms: tuple[str, ...]


class UrlBatch(NamedTuple):
    """Files behind a URL, which the workers read with credentials of their own."""

    url: Url
    files: tuple[RemoteFile, ...]
    algorithms: tuple[str, ...]


def versions() -> tuple[str, str]:
    """Return what must be the same on all machines: our version, and that of Python."""
    return (
        f"provenance-ledger {version('provenance-ledger')}",
        f"Python {sys.version_info[0]}.{sys.version_info[1]}",
    )


def hash_batch(batch: LocalBatch | UrlBatch) -> list[Row]:
    """Return a row for each file.

    Raises:
        FileAccessError: the place of a URL cannot be opened here.
        UnavailableError: the place of a URL does not answer.
    """
    if isinstance(batch, LocalBatch):
        return _hash_local(batch)
    location = _location(batch.url)
    rows = hash_files(location, batch.files, batch.algorithms, _count_nothing)
    return [row for _, row in rows]


@lru_cache(maxsize=4)
def _location(url: Url) -> Location:
    """Keep the connections between the batches of one dataset."""
    return open_location(url)


def _count_nothing(_: int) -> None:
    """Take no notice: progress is told by the batch."""


# --- files that all machines see ----------------------------------------------------------


def _hash_local(batch: LocalBatch) -> list[Row]:
    try:
        with _folder(batch.root, batch.prefix) as folder:
            return [_hash_file(folder, file, batch.algorithms) for file in batch.files]
    except OSError as error:
        return [_not_readable(error.errno or errno.EIO)] * len(batch.files)


def _hash_file(folder: int, file: Expected, algorithms: tuple[str, ...]) -> Row:
    try:
        found = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return _not_readable(error.errno or errno.EIO)
    if (found.st_size, found.st_mtime_ns) != (file.length, file.modified_ns):
        return Row(wrong=CHANGED_FILE, detail=_here("another length or time"))
    hashed = hash_long(folder, file.name, _count_nothing, algorithms)
    if hashed.outcome == FAILED:
        return _not_readable(hashed.number)
    if hashed.outcome == NOT_A_FILE:
        return Row(wrong=SPECIAL)
    if hashed.outcome == CHANGED or hashed.number != file.length:
        return Row(wrong=CHANGED_FILE)
    return Row(hashed.sha256, hashed.number, hashed.others, hashed.chunks)


def _not_readable(number: int) -> Row:
    if number == errno.ELOOP:
        return Row(wrong=SYMLINK)
    return Row(wrong=NOT_READABLE, detail=_here(os.strerror(number)))


def _here(text: str) -> str:
    """Add on which machine: it may be the only one that sees it so."""
    return f"{text} ({platform.node()})"


@contextmanager
def _folder(root: str, prefix: str) -> Iterator[int]:
    """Open a folder, no part of its path below ``root`` through a link."""
    descriptor = os.open(Path(root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in prefix.split("/")[:-1]:
            below = os.open(
                _name_on_disk(descriptor, part), OPEN_FLAGS | os.O_DIRECTORY, dir_fd=descriptor
            )
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _name_on_disk(folder: int, name: str) -> str:
    """Return the name whose NFC is ``name``; the walk has seen that there is only one."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        found = [one for one in os.listdir(folder) if not one.isascii() and nfc(one) == name]
        return found[0] if found else name
    return name
