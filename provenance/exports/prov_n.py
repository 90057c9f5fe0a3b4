"""The deposit as PROV-N (W3C recommendation, 2013); see ``prov_document``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.exports.prov_document import serialized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject

__all__ = ["write"]


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the text; errors are those of ``prov_document.document``."""
    return serialized(subject, "provn")
