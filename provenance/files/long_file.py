"""Hash one long file of an open folder, by several algorithms at once if need be.

SHA-256 over a long buffer lets go of the interpreter's lock, so threads suffice. Each further
algorithm has a thread of its own; all of them take the same buffers, so the file is read once::

    read -> [buffer] [buffer] [buffer] [buffer] -> SHA-256 here
                                                -> chunks in a thread
                                                -> SM3 in another
"""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import stat
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from provenance.chunks import ChunkTree
from provenance.files.hash_file import (
    CHANGED,
    CHUNKS,
    FAILED,
    HASHED,
    NOT_A_FILE,
    OPEN_FLAGS,
    has_changed,
    make_digest,
    remembered,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["READ_BYTES", "Hashed", "hash_long"]

READ_BYTES = 256 << 10
"""Read at a time: what fits the second-level cache."""

SHARED_BYTES = 1 << 20
"""Read at a time for several threads: passing a buffer on costs as much as hashing 30 kB."""

BUFFERS = 4
"""Buffers on the way: the reader may be so far ahead of the slowest algorithm."""


class Hashed(NamedTuple):
    """What became of a file; ``others`` are further digests by algorithm.

    ``number`` is the length in bytes when ``outcome`` is HASHED, an errno when it is FAILED;
    ``state`` is place and state of what may be remembered, zeros otherwise.
    """

    outcome: int
    sha256: bytes = b""
    number: int = 0
    state: bytes = b""
    others: tuple[bytes, ...] = ()
    chunks: tuple[bytes, ...] = ()


class _Digest(Protocol):
    def update(self, piece: memoryview, /) -> object: ...

    def digest(self) -> bytes: ...


def hash_long(
    folder: int,
    name: bytes,
    on_read: Callable[[int], None],
    algorithms: Sequence[str] = (),
) -> Hashed:
    """Hash the file ``name`` of the folder open as descriptor ``folder``.

    Args:
        on_read: told the count of bytes after each piece; what it raises ends the hashing.
        algorithms: what else to hash by, names of ``hash_file.make_digest``.
    """
    try:
        descriptor = os.open(name, OPEN_FLAGS, dir_fd=folder)
    except OSError as error:
        return Hashed(FAILED, number=error.errno or errno.EIO)
    try:
        return _hash_open(descriptor, on_read, algorithms)
    except OSError as error:
        return Hashed(FAILED, number=error.errno or errno.EIO)
    finally:
        os.close(descriptor)


def _hash_open(
    descriptor: int, on_read: Callable[[int], None], algorithms: Sequence[str]
) -> Hashed:
    began_ns = time.time_ns()
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return Hashed(NOT_A_FILE)
    before, is_settled = settle(descriptor, before)
    if not is_settled:
        return Hashed(CHANGED)
    sha256 = hashlib.sha256()
    others = [_begin(algorithm) for algorithm in algorithms]
    read = _read_for_all if others else _read
    length = read(descriptor, before.st_size, on_read, [sha256, *others])
    if length != before.st_size or has_changed(before, os.fstat(descriptor)):
        return Hashed(CHANGED)
    return Hashed(
        HASHED,
        sha256.digest(),
        length,
        remembered(before, began_ns),
        tuple(other.digest() for other in others),
        next((other.hashes() for other in others if isinstance(other, ChunkTree)), ()),
    )


def _begin(algorithm: str) -> _Digest:
    if algorithm == CHUNKS:
        return ChunkTree()
    digest: _Digest = make_digest(algorithm)
    return digest


def _read(
    descriptor: int, expected: int, on_read: Callable[[int], None], digests: Sequence[_Digest]
) -> int:
    """Give the content to the only digest; return its length."""
    (digest,) = digests
    buffer = memoryview(bytearray(READ_BYTES))
    total = 0
    # a file that grows as fast as it is read would have no end
    while total <= expected and (length := os.readv(descriptor, [buffer])):
        digest.update(buffer[:length])
        total += length
        on_read(length)
    return total


def _read_for_all(
    descriptor: int, expected: int, on_read: Callable[[int], None], digests: Sequence[_Digest]
) -> int:
    """Give the content to the first digest here and to the others in threads, in step."""
    first, *others = digests
    lanes = [_Lane(digest) for digest in others]
    buffers = [memoryview(bytearray(SHARED_BYTES)) for _ in range(BUFFERS)]
    total = turn = 0
    try:
        while total <= expected:
            for lane in lanes:
                lane.wait_for_room()
            buffer = buffers[turn % BUFFERS]
            length = os.readv(descriptor, [buffer])
            if not length:
                break
            for lane in lanes:
                lane.give(buffer[:length])
            first.update(buffer[:length])
            total, turn = total + length, turn + 1
            on_read(length)
    finally:
        for lane in lanes:
            lane.end()
    return total


class _Lane:
    """A thread that feeds one digest, at most ``BUFFERS - 1`` pieces behind."""

    def __init__(self, digest: _Digest) -> None:
        self._digest = digest
        self._pieces: queue.SimpleQueue[memoryview | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(BUFFERS - 1)
        self._thread = threading.Thread(target=self._feed, name="hash-other")
        self._thread.start()

    def _feed(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._digest.update(piece)
            self._room.release()

    def wait_for_room(self) -> None:
        self._room.acquire()

    def give(self, piece: memoryview) -> None:
        self._pieces.put(piece)

    def end(self) -> None:
        """Let the thread do what it was given, and wait for its end."""
        self._pieces.put(None)
        self._thread.join()
