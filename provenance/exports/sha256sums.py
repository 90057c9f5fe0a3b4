r"""A list for ``sha256sum -c``: the files of the manifest, names escaped as GNU coreutils does.

    9c6536d3…  a.csv
    \e3b0c442…  b\\c.csv

Lengths and the dataset digest have no place in it. With the data at hand the names are spelled as
on the disk, since ``sha256sum`` opens what the list says, and a manifest has NFC only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.files.spelling import spelled_on_disk
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
    entries = subject.entries()
    return to_sha256sum(entries if subject.data is None else spelled_on_disk(entries, subject.data))
