"""Files that a person names on the command line: what the system refuses is told with the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FileAccessError, TooLargeError
from provenance.files.atomic import PUBLIC, make_folder, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_output_folder", "read_file", "write_file"]

MAX_FILE_BYTES = 64 << 20
"""Far above every receipt, policy and proof, and far below the memory of a small machine."""


def read_file(path: Path, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """Return a file's bytes, at most ``limit`` of them.

    Raises:
        FileAccessError: it cannot be read.
        TooLargeError: it is longer.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(limit + 1)
            length = len(octets) if len(octets) <= limit else file.seek(0, 2)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    if length > limit:
        raise TooLargeError(limit=limit, length=length, unit="bytes", field=str(path))
    return octets


def write_file(path: Path, octets: bytes, *, mode: int = PUBLIC, replace: bool = True) -> None:
    """Write a file, whole or not at all.

    Raises:
        FileAccessError: it cannot be written.
        AlreadyExistsError: it is there and ``replace`` is False.
    """
    try:
        write_bytes(path, octets, mode=mode, replace=replace)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def make_output_folder(path: Path) -> None:
    """Make a folder that everybody may read, unless it is there.

    Raises:
        FileAccessError: it cannot be made.
    """
    try:
        make_folder(path, mode=0o755)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
