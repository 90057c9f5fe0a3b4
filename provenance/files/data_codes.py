"""ISCC Data-Codes of files, and which files of two sides are near by them.

A code has 256 bits that similar bytes mostly share. Only files of similar length are compared:
sorted by length, each meets those within a factor of ``_LENGTH_FACTOR``, and no more pairs than
``MOST_PAIRS`` in all.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from typing import TYPE_CHECKING, Final

from iscc_lib import DataHasher, iscc_decode

from provenance.overlap import CODE_BITS, LEAST_CODED_BYTES, LENGTH_FACTOR, NEAR_BITS, NearFiles

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MOST_PAIRS", "DataCodes", "read_code"]

MOST_PAIRS: Final = 50_000_000
"""Pairs of codes that are compared at most: some ten seconds."""

_BEST: Final = 5
"""Matches that are told of each file of A, the nearest."""

_PIECE_BYTES: Final = 1 << 20

_TABLE = "CREATE TABLE codes (side INTEGER, path TEXT, length INTEGER, code BLOB)"
_BY_LENGTH = "SELECT path, length, code FROM codes WHERE side = ? ORDER BY length, path"


def read_code(source: BinaryIO) -> tuple[bytes, int, bytes | None]:
    """Read a file to its end.

    Returns:
        SHA-256, length, and Data-Code of 32 bytes, None for a file too short for one.
    """
    sha256, hasher, length = hashlib.sha256(), DataHasher(), 0
    while piece := source.read(_PIECE_BYTES):
        sha256.update(piece)
        hasher.update(piece)
        length += len(piece)
    if length < LEAST_CODED_BYTES:
        return sha256.digest(), length, None
    code: bytes = iscc_decode(hasher.finalize(bits=CODE_BITS)["iscc"])[-1]
    return sha256.digest(), length, code


class DataCodes:
    """The codes of two sides, kept in a private database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Begin with none."""
        self._database = database
        self._database.execute(_TABLE)
        self.is_cut = False
        """Whether pairs were left out, since there were more than ``MOST_PAIRS``."""

    def add(self, side: int, path: str, length: int, code: bytes) -> None:
        """Keep the code of a file."""
        row = (side, path, length, code)
        self._database.execute("INSERT INTO codes VALUES (?, ?, ?, ?)", row)

    def near(self) -> Iterator[NearFiles]:
        """Yield the nearest files of B for each file of A, nearest first."""
        window: deque[tuple[str, int, int]] = deque()
        others = self._by_length(1)
        coming = next(others, None)
        pairs = 0
        for path, length, code in self._by_length(0):
            while coming is not None and coming[1] <= length * LENGTH_FACTOR:
                window.append(coming)
                coming = next(others, None)
            while window and window[0][1] * LENGTH_FACTOR < length:
                window.popleft()
            pairs += len(window)
            if pairs > MOST_PAIRS:
                self.is_cut = True
                return
            distances = (((code ^ one[2]).bit_count(), one[0]) for one in window)
            near = (one for one in distances if one[0] <= NEAR_BITS)
            for distance, other in heapq.nsmallest(_BEST, near):
                yield NearFiles(path, other, distance)

    def _by_length(self, side: int) -> Iterator[tuple[str, int, int]]:
        for path, length, code in self._database.execute(_BY_LENGTH, (side,)):
            yield path, length, int.from_bytes(code, "big")
