"""Reads what others have written about a dataset: file lists, packages, repositories' metadata.

One file a format, each with two functions: ``sniff(path)`` tells by names and first bytes whether
a path is of its format, and ``read(path)`` gives an ``Imported``. A reader is loaded when it is
asked for. The table is in the order of trying: what says its format plainly comes first, a bare
list of checksums last.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from provenance.errors import FileAccessError, UnsupportedVersionError
from provenance.imported import N_, remark

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["READERS", "Reader", "kinds_of", "read_source", "reader_of"]

READERS: dict[str, str] = {
    "bagit": "bagit",
    "ocfl": "ocfl",
    "git-annex": "git_annex",
    "dvc": "dvc",
    "eln": "eln",
    "ro-crate": "ro_crate",
    "frictionless": "frictionless",
    "croissant": "croissant",
    "dataverse": "dataverse",
    "invenio": "invenio",
    "datacite": "datacite",
    "citation-cff": "citation_cff",
    "provenance-manifest": "own_manifest",
    "sha256sums": "sha256sums",
}
"""Kind of source, as ``--as`` names it -> the file of this folder that reads it."""


class Reader(Protocol):
    """What each file of this folder that reads a format has."""

    def sniff(self, path: Path) -> bool:
        """Tell whether ``path``, which exists, is of this format; raises nothing."""
        ...

    def read(self, path: Path) -> Imported:
        """Read it.

        Raises:
            MalformedError: or a leaf of it; ``field`` names file and line, or the JSON path.
        """
        ...


def reader_of(kind: str) -> Reader:
    """Return the reader of a kind of source.

    Raises:
        UnsupportedVersionError: there is no such kind.
    """
    if kind not in READERS:
        raise UnsupportedVersionError(
            f"expected one of {', '.join(READERS)}, got {kind!r:.80}", field="--as"
        )
    return cast("Reader", import_module(f"provenance.imports.{READERS[kind]}"))


def kinds_of(path: Path) -> list[str]:
    """Return every kind that a path could be, the likeliest first."""
    return [kind for kind in READERS if reader_of(kind).sniff(path)]


def read_source(path: Path, kind: str | None = None) -> Imported:
    """Read a source of ``kind``, or of the first kind that recognizes it.

    Raises:
        FileAccessError: nothing is there, or it cannot be read.
        UnsupportedVersionError: it is of no kind that is known.
        MalformedError: see ``Reader.read``.
    """
    if not path.exists():
        raise FileAccessError(f"{path}: no such file or folder", field="SOURCE")
    kinds = kinds_of(path) if kind is None else [kind]
    if not kinds:
        raise UnsupportedVersionError(
            f"{path}: this is none of {', '.join(READERS)}", field="SOURCE"
        )
    imported = reader_of(kinds[0]).read(path)
    if len(kinds) == 1:
        return imported
    others = remark(
        N_("Read as {kind}; it could also be {others}: choose with --as."),
        kind=kinds[0],
        others=", ".join(kinds[1:]),
    )
    return replace(imported, warnings=(*imported.warnings, others))
