"""What ``code_points.mjs`` has to find, by Python's text."""

from __future__ import annotations

from provenance.digests import sha256
from provenance.errors import NotNormalizedError
from provenance.text import casefold_key, nfc

__all__ = ["block_digests"]


def block_digests() -> list[str]:
    """Return one digest for each block of 4,096 code points: NFC and case folding of each."""
    return [
        sha256("".join(map(_line, range(block, block + 4096))).encode()).hex()
        for block in range(0, 0x110000, 4096)
    ]


def _line(point: int) -> str:
    try:
        return f"{point}:{nfc(chr(point))}:{casefold_key(chr(point))}\n"
    except NotNormalizedError as error:
        return f"{point}:{error.code}\n"
