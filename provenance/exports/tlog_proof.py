"""The record's inclusion as a C2SP tlog-proof (c2sp.org/tlog-proof@v1); see ``receipt``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.receipt import to_tlog_proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject

__all__ = ["write"]


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the proof."""
    yield to_tlog_proof(subject.parts.receipt).encode()
