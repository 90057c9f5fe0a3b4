"""SHA-256 that S3 stores with its objects, taken as they are: level ``imported``, source ``s3``.

Only a checksum of a whole object is an identity. One of an object that came in parts is a hash of
their hashes (``COMPOSITE``, written ``<base64>-<parts>``), and says nothing about the content
without the parts' sizes: it is refused. The service's word is all there is; nothing is read.
"""

from __future__ import annotations

import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from provenance.errors import (
    FileAccessError,
    MissingChecksumError,
    UnavailableError,
    UnsupportedVersionError,
    UnusableDatasetError,
)
from provenance.files.tree import Problems
from provenance.files.walk import CHANGED_FILE
from provenance.fingerprint import FileEntry
from provenance.imported import SHA256, Imported, Listed, entries_of
from provenance.remote.location import DroppedError, RefusedError, open_location
from provenance.remote.rows import in_manifest_order

if TYPE_CHECKING:
    from provenance.remote.location import RemoteFile
    from provenance.remote.s3_objects import Head, S3Objects
    from provenance.remote.url import Url

__all__ = ["read_stored"]

_FULL = {"FULL_OBJECT", ""}
"""Of a service that does not say, the form tells; see ``_stored``."""


def read_stored(url: Url) -> Imported:
    """Return the files below an ``s3://`` URL, with the checksums that are stored.

    Raises:
        UnsupportedVersionError: another kind of URL.
        FileAccessError: nothing is there, or it must not be read.
        MissingChecksumError: objects without a SHA-256 of the whole, all of them named.
        UnusableDatasetError: keys that no manifest may have, or objects that change.
        UnavailableError: nobody answers.
    """
    if url.scheme not in {"s3", "s3a"}:
        raise UnsupportedVersionError(
            f"expected s3://BUCKET/PREFIX, got {url}; download what is to be imported",
            field="SOURCE",
        )
    problems = Problems()
    location = cast("S3Objects", open_location(url))
    try:
        files = in_manifest_order(location.files(problems), problems)
        with ThreadPoolExecutor(location.threads) as threads:
            heads = list(threads.map(lambda file: _head(location, file), files))
    finally:
        location.close()
    for file, head in zip(files, heads, strict=True):
        if (head.length, head.etag) != (file.length, file.version):
            problems.add(file.path, CHANGED_FILE)
    if problems:
        raise UnusableDatasetError(sorted(problems))
    return Imported("s3", _entries(files, heads))


def _head(location: S3Objects, file: RemoteFile) -> Head:
    try:
        return location.head(file.key)
    except RefusedError as error:
        raise FileAccessError(f"{location.url}: {file.path}: {error}", field="URL") from error
    except DroppedError as error:
        raise UnavailableError(f"{location.url}: {file.path}: {error}") from error


def _entries(files: list[RemoteFile], heads: list[Head]) -> tuple[FileEntry, ...]:
    listed: list[Listed] = []
    without: list[tuple[str, str]] = []
    for file, head in zip(files, heads, strict=True):
        digest = _stored(head)
        if digest is None:
            without.append((file.path, head.sha256 or "none"))
        else:
            listed.append(Listed(file.path, SHA256, digest, head.length, file.path))
    if without:
        raise MissingChecksumError(without)
    return tuple(entry for entry in entries_of(listed) if isinstance(entry, FileEntry))


def _stored(head: Head) -> bytes | None:
    """Return the SHA-256 of the whole object, or None where only something else is stored."""
    is_in_parts = "-" in head.etag and not head.checksum_type
    if head.checksum_type not in _FULL or is_in_parts:
        return None
    try:
        digest = base64.b64decode(head.sha256, validate=True)  # "-" of a composite is not base64
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == 32 else None
