"""The pieces of one file, read once and hashed by several threads, each at its own pace.

Whoever is ahead of the others reads ahead for all of them, and so falls back: with a processor
each, all come to share the reading, and nobody sleeps and has to be woken::

    read by any of them -> [piece] [piece] [piece] -> SHA-256
                                                   -> chunks

A piece is kept until everybody has had it. The place of the last one that came free is used
first, as the processors' caches still hold it.
"""

from __future__ import annotations

import mmap
import os
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PIECE_BYTES", "Pieces"]

PIECE_BYTES = 1 << 20
"""Taken at a time: what passes between threads costs as much as hashing some 30 kB."""

AHEAD = 1
"""Pieces to have beside the one that is taken, so that nobody waits for one that is being read."""

MOST_PIECES = 16
"""Held at once: 9 ms of hashing, longer than a processor is away with other programs mostly."""


class _Digest(Protocol):
    def update(self, piece: memoryview, /) -> object: ...


class Pieces:
    """The content of an open file from its first byte on, for as many threads as ``takers``."""

    def __init__(self, descriptor: int, length: int, takers: int) -> None:
        """Take a file of ``length`` bytes; read nothing yet."""
        self._descriptor = descriptor
        self._length = length
        self._takers = takers
        self._count = -(-length // PIECE_BYTES)
        places = min(self._count, MOST_PIECES)
        # such memory is taken when it is written to first: most files need few of the places
        room = memoryview(mmap.mmap(-1, max(1, places) * PIECE_BYTES, mmap.MAP_PRIVATE))
        self._free = [room[at * PIECE_BYTES :][:PIECE_BYTES] for at in range(places)]
        self._next = 0
        self._ready: dict[int, memoryview] = {}
        self._wanted_by: dict[int, int] = {}
        self._is_stopped = False
        self._changed = threading.Condition()

    def feed(self, digest: _Digest, on_read: Callable[[int], None] | None = None) -> int:
        """Give the whole content to a digest; each of the takers calls this once.

        Args:
            on_read: told the count of bytes after each piece; what it raises ends it for all.

        Returns:
            How many bytes it was given: fewer than the file had when it was cut meanwhile, or
            when it ended for another taker.
        """
        total = 0
        try:
            for index in range(self._count):
                piece = self._take(index)
                if piece is None:
                    break
                digest.update(piece)
                total += len(piece)
                self._give_back(index)
                if on_read is not None:
                    on_read(len(piece))
        finally:
            if total < self._length:
                self._stop()
        return total

    def _take(self, index: int) -> memoryview | None:
        """Return a piece, having read ahead where nobody else has; None when all is over."""
        while True:
            with self._changed:
                if self._is_stopped:
                    return None
                if self._next < min(self._count, index + 1 + AHEAD) and self._free:
                    number, place = self._next, self._free.pop()
                    self._next += 1
                elif index in self._ready:
                    return self._ready[index]
                else:
                    self._changed.wait()
                    continue
            self._read(number, place)

    def _read(self, number: int, place: memoryview) -> None:
        start = number * PIECE_BYTES
        piece = place[: self._length - start]
        filled = 0
        while filled < len(piece):
            count = os.preadv(self._descriptor, [piece[filled:]], start + filled)
            if not count:
                self._stop()
                return
            filled += count
        with self._changed:
            self._ready[number] = piece
            self._wanted_by[number] = self._takers
            self._changed.notify_all()

    def _give_back(self, index: int) -> None:
        with self._changed:
            self._wanted_by[index] -= 1
            if not self._wanted_by[index]:
                del self._wanted_by[index]
                self._free.append(self._ready.pop(index))
                self._changed.notify_all()

    def _stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
