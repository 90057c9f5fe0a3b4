"""Files that a person names on the command line: what the system refuses is told with the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FileAccessError, MalformedError, TooLargeError
from provenance.files.atomic import PUBLIC, check_place, make_folder, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["beside", "check_outside", "make_output_folder", "read_file", "write_file"]

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


def beside(dataset: Path, suffix: str) -> Path:
    """Return the place next to a dataset that is named after it."""
    named = dataset.resolve() if dataset.name in {"", ".."} else dataset
    return named.parent / f"{named.name}{suffix}"


def check_outside(target: Path, dataset: Path) -> None:
    """Refuse to write into what is fingerprinted: the dataset would be another one from then on.

    Raises:
        MalformedError: ``target`` is the dataset or lies in it.
        FileAccessError: a device or a pipe is there; told now, and not when all is hashed.
    """
    if target.resolve().is_relative_to(dataset.resolve()):
        raise MalformedError(
            f"{target} lies inside the dataset {dataset}: name a place outside it",
            field="--output",
        )
    if not target.is_dir():
        try:
            check_place(target)
        except OSError as error:
            raise FileAccessError(f"{target}: {error.strerror}") from error


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
