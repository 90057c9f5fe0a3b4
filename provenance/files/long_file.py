"""Hash one long file of an open folder, by several algorithms at once if need be.

SHA-256 over a long buffer lets go of the interpreter's lock, so threads suffice. Each further
algorithm has a thread of its own; all of them take the same ``pieces``, so the file is read once.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
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
from provenance.files.pieces import PIECE_BYTES, Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["READ_BYTES", "Digest", "Hashed", "begin_digest", "hash_long"]

READ_BYTES = 256 << 10
"""Read at a time: what fits the second-level cache."""


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


class Digest(Protocol):
    """What takes a file piece by piece, and answers at its end."""

    def update(self, piece: bytes | memoryview, /) -> object:
        """Take the next piece."""

    def digest(self) -> bytes:
        """Return the digest of all that was taken."""


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
    others = [begin_digest(algorithm) for algorithm in algorithms]
    read = _read_for_all if others and before.st_size > PIECE_BYTES else _read
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


def begin_digest(algorithm: str) -> Digest:
    """Begin the digest of a whole file, a tree of its chunks among them."""
    if algorithm == CHUNKS:
        return ChunkTree()
    digest: Digest = make_digest(algorithm)
    return digest


def _read(
    descriptor: int, expected: int, on_read: Callable[[int], None], digests: Sequence[Digest]
) -> int:
    """Give the content to all digests in this thread; return its length."""
    # no more than the file needs: where memory goes back at once, each page of it costs anew
    buffer = memoryview(bytearray(min(READ_BYTES, expected + 1)))
    total = 0
    # a file that grows as fast as it is read would have no end
    while total <= expected and (length := os.readv(descriptor, [buffer])):
        for digest in digests:
            digest.update(buffer[:length])
        total += length
        on_read(length)
    return total


def _read_for_all(
    descriptor: int, expected: int, on_read: Callable[[int], None], digests: Sequence[Digest]
) -> int:
    """Give the content to the first digest here and to the others in threads of their own."""
    first, *others = digests
    pieces = Pieces(descriptor, expected, len(digests))
    with ThreadPoolExecutor(len(others), thread_name_prefix="hash-other") as threads:
        feeding = [threads.submit(pieces.feed, other) for other in others]
        total = pieces.feed(first, on_read)
        for one in feeding:
            one.result()  # which raises where that thread could not read
    return total + len(os.pread(descriptor, 1, expected))
