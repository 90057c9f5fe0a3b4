"""Exports: a deposit in the formats that researchers, repositories and journals already use.

    receipt (+ manifest, data, policy) -> Subject -> one file of this folder -> text, or a folder

Each format has a file of its own, with ``write(subject)`` that yields the bytes of a text, or
``make(subject, folder)`` that fills a new folder. Nothing is invented: what the receipt does not
show is absent (``subject``), and what a format cannot carry is told by ``remarks``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from provenance.errors import MalformedError
from provenance.exports.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import ModuleType

    from provenance.imported import Remark

__all__ = ["FOLDERS", "FORMATS", "Subject", "is_folder", "make_folder", "remarks", "write_text"]

FORMATS: Final = {
    "tlog-proof": "tlog_proof",
    "sha256sums": "sha256sums",
    "bagit": "bagit",
    "ro-crate": "ro_crate",
    "prov-json": "prov_json",
    "prov-n": "prov_n",
    "prov-jsonld": "prov_jsonld",
    "datacite": "datacite",
    "citation-cff": "citation_cff",
    "jats": "jats",
    "badge": "badge",
}
"""Format -> the file of this folder that makes it; only the one asked for is imported."""

FOLDERS: Final = frozenset({"bagit", "ro-crate"})
"""Formats that are a folder and not one text."""


def is_folder(name: str) -> bool:
    """Tell whether a format is a folder.

    Raises:
        MalformedError: there is no such format.
    """
    _module(name)
    return name in FOLDERS


def write_text(name: str, subject: Subject) -> Iterable[bytes]:
    """Return the text of a format in pieces; good only when the last one came without an error.

    Raises:
        MalformedError: the format needs what is not given, or cannot carry what is.
        DriverMissingError: a package is not installed.
    """
    return cast("Callable[[Subject], Iterable[bytes]]", _module(name).write)(subject)


def make_folder(name: str, subject: Subject, target: Path) -> None:
    """Make the folder of a format: it appears under ``target``, whole, when all is well.

    Raises:
        AlreadyExistsError: something is at ``target``.
        SourceMismatchError: the data are not what the record signs.
        MalformedError: as ``write_text``.
    """
    # imported here: a text needs nothing that copies files
    from provenance.exports.payload import new_folder  # noqa: PLC0415

    with new_folder(target) as folder:
        cast("Callable[[Subject, Path], None]", _module(name).make)(subject, folder)


def remarks(name: str, subject: Subject) -> tuple[Remark, ...]:
    """Return what the format cannot carry, or what its readers get wrong."""
    find = getattr(_module(name), "remarks", None)
    return () if find is None else cast("Callable[[Subject], tuple[Remark, ...]]", find)(subject)


def _module(name: str) -> ModuleType:
    file = FORMATS.get(name)
    if file is None:
        raise MalformedError(
            f"expected one of {', '.join(FORMATS)}; got {name!a:.40}", field="--to"
        )
    return import_module(f"provenance.exports.{file}")
