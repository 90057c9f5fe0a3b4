"""Hash one file of an open folder; as a program, serve such work to a parent process.

Every name is opened relative to a folder's descriptor and never through a link, so a folder that
is swapped meanwhile leads nowhere else. A file must be the same before and after it is read.

As a program (``hasher`` starts it) it imports the standard library only, takes batches over the
socket whose descriptor is its argument, and ends when that closes::

    batch    4 bytes length ‖ names, those of one folder joined by 00, folders joined by ``/``;
             the folders' descriptors come along (SCM_RIGHTS)
    answer   41 bytes a file, in order: outcome ‖ SHA-256 ‖ length or errno
"""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ANSWER",
    "CHANGED",
    "FAILED",
    "HASHED",
    "HEAD",
    "MOST_DESCRIPTORS",
    "NOT_A_FILE",
    "OPEN_FLAGS",
    "Hashed",
    "hash_file",
    "receive",
]

HASHED, FAILED, CHANGED, NOT_A_FILE = range(4)
"""The outcomes; FAILED comes with an errno."""

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""No link is followed; a pipe or terminal put in a file's place neither blocks nor takes over."""

CHUNK_BYTES = 256 << 10
"""Read at a time from a long file: what fits the second-level cache."""

MOST_DESCRIPTORS = 253
"""Descriptors in one message: SCM_MAX_FD of Linux."""

ANSWER = struct.Struct(">B32sQ")
HEAD = struct.Struct(">I")


class Hashed(NamedTuple):
    """What became of one file: its SHA-256 and length, or why there are none.

    ``number`` is the length in bytes when ``outcome`` is HASHED, an errno when it is FAILED.
    """

    outcome: int
    sha256: bytes
    number: int


def hash_file(folder: int, name: bytes, on_read: Callable[[int], None]) -> Hashed:
    """Hash the file ``name`` of the folder open as descriptor ``folder``.

    Args:
        on_read: told the count of bytes after each chunk of a long file, and at the end.
    """
    try:
        descriptor = os.open(name, OPEN_FLAGS, dir_fd=folder)
    except OSError as error:
        return Hashed(FAILED, b"", error.errno or errno.EIO)
    try:
        return _hash_open_file(descriptor, on_read)
    except OSError as error:
        return Hashed(FAILED, b"", error.errno or errno.EIO)
    finally:
        os.close(descriptor)


def _hash_open_file(descriptor: int, on_read: Callable[[int], None]) -> Hashed:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return Hashed(NOT_A_FILE, b"", 0)
    if before.st_size < CHUNK_BYTES:
        digest, length = _read_short(descriptor, before.st_size)
        on_read(length)
    else:
        digest, length = _read_long(descriptor, before.st_size, on_read)
    if length != before.st_size or _state(before) != _state(os.fstat(descriptor)):
        return Hashed(CHANGED, b"", 0)
    return Hashed(HASHED, digest, length)


def _read_short(descriptor: int, length: int) -> tuple[bytes, int]:
    # one byte more than there should be: when it does not come, that was the end of the file
    content = os.read(descriptor, length + 1)
    while len(content) < length and (more := os.read(descriptor, length + 1 - len(content))):
        content += more
    return hashlib.sha256(content).digest(), len(content)


def _read_long(descriptor: int, expected: int, on_read: Callable[[int], None]) -> tuple[bytes, int]:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK_BYTES))
    total = 0
    # a file that grows as fast as it is read would have no end
    while total <= expected and (length := os.readv(descriptor, [buffer])):
        digest.update(buffer[:length])
        total += length
        on_read(length)
    return digest.digest(), total


def _state(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def receive(connection: socket.socket, length: int) -> bytes | None:
    """Return exactly ``length`` bytes, None when the other end closes first."""
    octets = bytearray(length)
    view = memoryview(octets)
    while view:
        received = connection.recv_into(view)
        if not received:
            return None
        view = view[received:]
    return bytes(octets)


def _serve(connection: socket.socket) -> None:
    """Hash batches until the parent closes the socket, or dies."""
    while True:
        head, folders, _, _ = socket.recv_fds(connection, HEAD.size, MOST_DESCRIPTORS)
        names = receive(connection, *HEAD.unpack(head)) if len(head) == HEAD.size else None
        if names is None:
            return
        answers = [
            ANSWER.pack(*hash_file(folder, name, _ignore))
            for folder, group in zip(folders, names.split(b"/"), strict=True)
            for name in group.split(b"\0")
        ]
        for folder in folders:
            os.close(folder)
        connection.sendall(b"".join(answers))


def _ignore(_: int) -> None:
    """Take a count of bytes that nobody asked for."""


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as _parent:
        _serve(_parent)
