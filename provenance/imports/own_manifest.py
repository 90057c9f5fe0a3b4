"""Manifests of our own (``docs/formats.md``, Fingerprint v1), made by somebody else or earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.files.manifest_file import read_declared_manifest, read_manifest
from provenance.imported import Imported

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read", "sniff"]

_FORMATS = (b'{"format":"provenance-manifest"', b'{"format":"provenance-declared-manifest"')


def sniff(path: Path) -> bool:
    """Tell whether the file begins as a manifest does."""
    return path.is_file() and _head(path).startswith(_FORMATS)


def read(path: Path) -> Imported:
    """Read a manifest; its digest, count and lengths are checked as always.

    Whoever made it hashed the files, but the depositor did not: every digest is imported.

    Raises:
        MalformedError: no manifest, or not one that holds together.
        ManifestMismatchError: the entries are not those of its header.
    """
    if _head(path).startswith(_FORMATS[1]):
        return Imported("provenance-manifest", tuple(read_declared_manifest(path)))
    entries = tuple(entry._replace(imported=True) for entry in read_manifest(path))
    return Imported("provenance-manifest", entries)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""
