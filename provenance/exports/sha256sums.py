r"""A list for ``sha256sum -c``: the files of the manifest, names escaped as GNU coreutils does.

    9c6536d3…  a.csv
    \e3b0c442…  b\\c.csv

Lengths and the dataset digest have no place in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.fingerprint import to_sha256sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject

__all__ = ["write"]


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the lines.

    Raises:
        MalformedError: no manifest was given, or none that parses.
        ManifestMismatchError: it is not the one that the record signs.
    """
    return to_sha256sum(subject.entries())
