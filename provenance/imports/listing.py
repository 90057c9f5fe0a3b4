"""Files as a document lists them, completed by what lies beside it.

A file with a digest is taken as the document says. One without is hashed here when it is at hand,
so that the dataset is whole; when it is not, it is left out and named. A file whose length is not
the stated one is read again: either the statement was careless, or the digest is of other data.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Protocol

from provenance.errors import FileAccessError, MalformedError
from provenance.imported import N_, SHA256, Listed, entries_of
from provenance.imports.findings import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from provenance.fingerprint import DeclaredEntry, FileEntry
    from provenance.imports.findings import Findings

__all__ = ["FolderPlace", "Hashed", "Item", "NoPlace", "Place", "complete"]


class Item(NamedTuple):
    """One file of a document; ``path`` is cleaned, ``where`` is its JSON path."""

    path: str
    algorithm: str
    digest: bytes | None
    length: int | None
    where: str


class Hashed(NamedTuple):
    """What was read of one file: its SHA-256 and length in bytes."""

    path: str
    sha256: bytes
    length: int


class Place(Protocol):
    """Where the files may lie."""

    def length(self, path: str) -> int | None:
        """Return the length in bytes of a file that is at hand, else None."""
        ...

    def hash(self, paths: Collection[str]) -> Iterator[Hashed]:
        """Read files that are at hand, in any order."""
        ...


class NoPlace:
    """Nothing is at hand."""

    def length(self, path: str) -> int | None:  # noqa: ARG002 -- a Place
        """Return None."""
        return None

    def hash(self, paths: Collection[str]) -> Iterator[Hashed]:  # noqa: ARG002 -- a Place
        """Yield nothing."""
        return iter(())


class FolderPlace:
    """The folder in which a document lies; no link is followed, be it to a file or a folder."""

    def __init__(self, folder: Path) -> None:
        """Look into ``folder``."""
        self._folder = folder

    def length(self, path: str) -> int | None:
        """Return the length of a plain file, else None."""
        place = os.path.join(os.path.realpath(self._folder), path)  # noqa: PTH118 -- a real path is text
        try:
            found = os.lstat(place)
            if os.path.realpath(place) != place:
                return None
        except (OSError, ValueError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def hash(self, paths: Collection[str]) -> Iterator[Hashed]:
        """Read the files.

        Raises:
            FileAccessError: one cannot be read, or a link was put in its place.
        """
        for path in paths:
            place = self._folder / path
            try:
                descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with os.fdopen(descriptor, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").digest()
                    yield Hashed(path, digest, file.tell())
            except OSError as error:
                raise FileAccessError(f"{place}: {error.strerror}") from error


def complete(
    items: Iterable[Item], place: Place, findings: Findings
) -> tuple[FileEntry, ...] | tuple[DeclaredEntry, ...]:
    """Return the entries of a document's files.

    Raises:
        MalformedError: see ``imported.entries_of``; or a file at hand has another content.
    """
    files = _of_one_kind(list(items), findings)
    lengths = {one.path: place.length(one.path) for one in files}
    is_declared = any(one.digest is not None and one.algorithm != SHA256 for one in files)
    bare = {one.path for one in files if one.digest is None}
    to_hash = {path for path in bare if lengths[path] is not None and not is_declared}
    doubtful = {one.path for one in files if _is_doubtful(one, lengths[one.path])}
    read = {one.path: one for one in place.hash(sorted(to_hash | doubtful))}
    _tell(files, lengths, to_hash, findings)
    listed = [
        _listed(one, lengths[one.path], read.get(one.path))
        for one in files
        if one.path not in bare or one.path in to_hash
    ]
    return entries_of(listed)


def _of_one_kind(files: list[Item], findings: Findings) -> list[Item]:
    """Where some files have a SHA-256, take no other digest: a list has one algorithm."""
    others = [one for one in files if one.digest is not None and one.algorithm != SHA256]
    if len(others) == sum(one.digest is not None for one in files):
        return files
    if others:
        findings.note(
            N_("Their digest there is no SHA-256, so it is not taken ({count}): {names}."),
            count=len(others),
            names=shown(one.path for one in others),
        )
    return [
        one if one.algorithm == SHA256 else one._replace(algorithm=SHA256, digest=None)
        for one in files
    ]


def _is_doubtful(item: Item, at_hand: int | None) -> bool:
    return (
        item.digest is not None
        and item.algorithm == SHA256
        and None not in {item.length, at_hand}
        and item.length != at_hand
    )


def _listed(item: Item, at_hand: int | None, read: Hashed | None) -> Listed:
    if read is None:
        if item.digest is None:
            raise MalformedError("the file is gone", field=item.where)
        length = at_hand if item.length is None else item.length
        return Listed(item.path, item.algorithm, item.digest, length, item.where)
    if item.digest not in {None, read.sha256}:
        raise MalformedError(
            f"{item.path!r:.200}: expected {item.length} bytes as described, got a file of "
            f"{read.length} bytes and other content",
            field=item.where,
        )
    return Listed(item.path, SHA256, read.sha256, read.length, item.where, hashed=True)


def _tell(
    files: list[Item], lengths: dict[str, int | None], hashed: set[str], findings: Findings
) -> None:
    if hashed:
        findings.note(
            N_("Without a digest there, so hashed here ({count}): {names}."),
            count=len(hashed),
            names=shown(sorted(hashed)),
        )
    left_out = sorted({one.path for one in files if one.digest is None} - hashed)
    if left_out:
        findings.note(
            N_("Without a digest there, so left out ({count}): {names}."),
            count=len(left_out),
            names=shown(left_out),
        )
    if not any(length is not None for length in lengths.values()):
        return  # a document alone, not one with its files
    missing = [one.path for one in files if one.digest and lengths[one.path] is None]
    if missing:
        findings.note(
            N_("Listed there, but not at hand ({count}): {names}."),
            count=len(missing),
            names=shown(missing),
        )
