"""Files as a zip whose bytes follow from names and contents alone.

Entries stand in the order of their names, stored and not compressed (a compressor's output is
its version's own), with the earliest time that the format knows and the same rights everywhere.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["to_zip"]

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_RIGHTS: Final = 0o100644 << 16


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of files by name, ``/`` between folders."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _RIGHTS
            archive.writestr(entry, files[name])
    return stream.getvalue()
