"""Manifests on disk, written and read line by line: a million files need no memory of their own.

The header comes first and is known last, so the lines are spooled to a file without a name,
which is gone whatever happens, and the manifest appears whole.
"""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING

from provenance.errors import FileAccessError
from provenance.files import atomic
from provenance.fingerprint import (
    MAX_LINE_BYTES,
    Tally,
    entry_line,
    header_line,
    parse_declared_manifest,
    parse_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from provenance.fingerprint import DeclaredEntry, FileEntry, Manifest, Summary

__all__ = [
    "read_declared_manifest",
    "read_manifest",
    "write_declared_manifest_file",
    "write_manifest_file",
]


def write_manifest_file(path: Path, entries: Iterable[FileEntry]) -> Summary:
    """Write the manifest of entries in order, as ``hash_dataset`` or ``in_order`` yields them.

    Nothing is written when the iteration ends in an error.

    Raises:
        EmptyDatasetError: there is no entry.
        FileAccessError: the file cannot be written.
    """
    return _write(path, entries, "sha256")


def write_declared_manifest_file(
    path: Path, entries: Iterable[DeclaredEntry], algorithm: str
) -> Summary:
    """Write a declared manifest, all of whose entries are by ``algorithm``; else the same."""
    return _write(path, entries, algorithm)


def read_manifest(path: Path) -> Manifest[FileEntry]:
    """Begin to read a manifest: its header now, its entries by iterating, once.

    Raises:
        FileAccessError: the file cannot be read.
        MalformedError: the first line is not the header of a manifest.
    """
    return parse_manifest(_lines(path))


def read_declared_manifest(path: Path) -> Manifest[DeclaredEntry]:
    """Begin to read a declared manifest; as ``read_manifest``."""
    return parse_declared_manifest(_lines(path))


def _write(path: Path, entries: Iterable[FileEntry | DeclaredEntry], algorithm: str) -> Summary:
    try:
        with tempfile.TemporaryFile(dir=path.parent) as spool:
            tally = _spool(spool, entries)
            summary = tally.summary()
            spool.seek(0)
            with atomic.writing(path) as file:
                file.write(header_line(summary, algorithm))
                shutil.copyfileobj(spool, file, 1 << 20)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    return summary


def _spool(spool: BinaryIO, entries: Iterable[FileEntry | DeclaredEntry]) -> Tally:
    tally = Tally()
    for entry in entries:
        tally.add(entry)
        spool.write(entry_line(entry))
    return tally


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            # one byte above the limit is enough for the parser to refuse the line
            while line := file.readline(MAX_LINE_BYTES + 1):
                yield line
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
