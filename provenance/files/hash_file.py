"""Hash batches of short files, also in a process of its own.

Every name is opened relative to a folder's descriptor and never through a link, so a folder that
is swapped meanwhile leads nowhere else. A file must be the same before and after it is read. A
long one is only told, since it is better read by a thread of its own (``long_file``).

In a process of its own (``hasher`` starts it) ``serve`` takes batches over a socket and ends when
that closes. This file imports no more of the standard library than it must, for
it should be at work within hundredths of a second::

    batch    4 bytes length ‖ groups joined by ``//``; their folders' descriptors come along
    group    what precedes the names in the manifest, empty or ending in ``/`` ‖ 00 ‖ names
             joined by 00; one that is another on the disk is written ``name/name on the disk``
    answer   columns, see ``Answer``
"""

from __future__ import annotations

import _socket  # socket itself takes longer to import than a hundred files to hash
import errno
import gc
import hashlib
import os
import struct
import sys
import time

TYPE_CHECKING = False  # as typing has it, which takes as long as three hundred files
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeAlias

    LookUp: TypeAlias = Callable[[Sequence[bytes]], dict[bytes, bytes]]
    Outcome: TypeAlias = tuple[int, int, bytes]

__all__ = [
    "CHANGED",
    "CHUNKS",
    "FAILED",
    "HASHED",
    "HEAD_BYTES",
    "LONG",
    "LONG_BYTES",
    "MOST_DESCRIPTORS",
    "NOT_A_FILE",
    "OPEN_FLAGS",
    "STATE_BYTES",
    "Answer",
    "BatchHasher",
    "has_changed",
    "make_digest",
    "names_of",
    "open_look_up",
    "place_and_state",
    "remembered",
    "serve",
    "settle",
    "slot_of",
]

HASHED, FAILED, CHANGED, NOT_A_FILE, LONG = range(5)
"""What became of a file; FAILED comes with an errno, HASHED and LONG with a length."""

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""No link is followed; a pipe or terminal put in a file's place neither blocks nor takes over."""

LONG_BYTES = 1 << 20
"""From here on a file is long: half a millisecond of work, worth the way to a thread."""

TICK_NS = 20_000_000
"""A kernel writes the time of its last tick, up to 10 ms ago: a second change in the same tick
would leave no trace. So a file must be older than that before it is read."""

RACY_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again without another time to show for it:
the coarsest clock of a file system (FAT) ticks that slowly."""

MOST_DESCRIPTORS = 253
"""Descriptors in one message: SCM_MAX_FD of Linux."""

HEAD_BYTES = 4
STATE_BYTES = 40
CHUNKS = "sha256-chunks"
_NOTHING = bytes(32)
_STATE = struct.Struct(">QQqqq")
_NO_STATE = bytes(_STATE.size)
_FILE_TYPE, _REGULAR = 0o170000, 0o100000
_CHUNK_START = hashlib.sha256(b"\0")


class Answer:
    """What became of the files of a batch, in columns; each hash has 32 bytes.

    ``numbers`` are lengths in bytes, or an errno. ``leaf_hashes`` are those of the dataset's tree
    (RFC 9162 §2.1.1 over SHA-256 ‖ path). ``others`` has a column for each further algorithm; the
    one of chunks holds the hash of the only chunk. ``states``, only where they are asked for, are
    place and state (``place_and_state``) of what may be remembered, zeros for the rest.
    """

    __slots__ = ("digests", "leaf_hashes", "numbers", "others", "outcomes", "states")

    def __init__(self, octets: bytes, count: int, others: int, *, has_states: bool) -> None:
        """Cut the ``octets`` of an answer for ``count`` files."""
        sizes = [1, 8, 32, 32, *[32] * others, *[STATE_BYTES] * has_states]
        columns, start = [], 0
        for size in sizes:
            columns.append(octets[start : start + size * count])
            start += size * count
        self.outcomes, numbers, self.digests, self.leaf_hashes, *self.others = columns
        self.states = self.others.pop() if has_states else b""
        self.numbers = struct.unpack(f"={count}Q", numbers)

    @staticmethod
    def size(count: int, others: int, *, has_states: bool) -> int:
        """Return the length in bytes of an answer for ``count`` files."""
        return count * (73 + 32 * others + STATE_BYTES * has_states)


class BatchHasher:
    """Hashes batches of short files, one after the other, with one buffer."""

    def __init__(
        self,
        algorithms: Sequence[str] = (),
        *,
        look_up: LookUp | None = None,
        wants_states: bool = False,
    ) -> None:
        """Also hash by ``algorithms``; ask ``look_up`` for what is known of place and state."""
        self._buffer = memoryview(bytearray(LONG_BYTES))
        self._buffers = [self._buffer]
        self._algorithms = algorithms
        self._look_up = look_up
        self._wants_states = wants_states
        self._wants_more = wants_states or bool(algorithms)
        self._others: list[list[bytes]] = []
        self._states: list[bytes] = []
        self._began_ns = 0

    def hash_batch(self, folders: Sequence[int], batch: bytes) -> bytes:
        """Return the answer (see ``Answer``) for a batch, whose head is taken off."""
        outcomes = bytearray()
        numbers: list[int] = []
        digests: list[bytes] = []
        leaf_hashes: list[bytes] = []
        self._others, self._states = [[] for _ in self._algorithms], []
        self._began_ns = time.time_ns()
        sha256, hash_file = hashlib.sha256, self._hash_file
        known = self._known(folders, batch) if self._look_up is not None else {}
        for folder, group in zip(folders, batch.split(b"//"), strict=True):
            prefix, *names = group.split(b"\0")
            for name, on_disk in _both(names, group.count(b"/") > prefix.count(b"/")):
                try:
                    found = known and known.get((folder, on_disk))
                    outcome, number, digest = found or hash_file(folder, on_disk)
                except OSError as error:
                    outcome, number, digest = FAILED, error.errno or errno.EIO, _NOTHING
                outcomes.append(outcome)
                numbers.append(number)
                digests.append(digest)
                leaf_hashes.append(sha256(b"\0" + digest + prefix + name).digest())
                if self._wants_more and len(self._states) < len(digests):
                    self._add_nothing()
        columns = [digests, leaf_hashes, *self._others, self._states if self._wants_states else []]
        packed = struct.pack(f"={len(numbers)}Q", *numbers)
        return b"".join([bytes(outcomes), packed, *(b"".join(column) for column in columns)])

    def _known(self, folders: Sequence[int], batch: bytes) -> dict[tuple[int, bytes], Outcome]:
        """Return what is known of the files of a batch, which need not even be opened."""
        wanted: dict[bytes, tuple[tuple[int, bytes], int]] = {}
        for folder, name in names_of(folders, batch):
            try:
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:
                continue  # told when it is opened
            if found.st_mode & _FILE_TYPE == _REGULAR:
                wanted[place_and_state(found)] = ((folder, name), found.st_size)
        answers = self._look_up(list(wanted)) if self._look_up and wanted else {}
        known: dict[tuple[int, bytes], Outcome] = {}
        for known_by, sha256 in answers.items():
            if known_by in wanted:
                file, length = wanted[known_by]
                known[file] = (HASHED, length, sha256)
        return known

    def _hash_file(self, folder: int, name: bytes) -> Outcome:
        """Return outcome, number and SHA-256."""
        descriptor = os.open(name, OPEN_FLAGS, dir_fd=folder)
        try:
            before = os.fstat(descriptor)
            length = before.st_size
            if before.st_mode & _FILE_TYPE != _REGULAR:
                return NOT_A_FILE, 0, _NOTHING
            if length >= LONG_BYTES:
                return LONG, length, _NOTHING
            if self._began_ns - before.st_ctime_ns < TICK_NS:
                before, is_settled = settle(descriptor, before)
                if not is_settled:
                    return CHANGED, 0, _NOTHING
            count = os.readv(descriptor, self._buffers)
            while 0 < count < length and (more := os.readv(descriptor, [self._buffer[count:]])):
                count += more
            content = self._buffer[:count]
            digest = hashlib.sha256(content).digest()
            if count != length or has_changed(before, os.fstat(descriptor)):
                return CHANGED, 0, _NOTHING
        finally:
            os.close(descriptor)
        if self._wants_more:
            self._add(content, before)
        return HASHED, length, digest

    def _add(self, content: memoryview, found: os.stat_result) -> None:
        """Hash by the other algorithms too, and note what may be remembered."""
        for algorithm, column in zip(self._algorithms, self._others, strict=True):
            other = make_digest(algorithm)
            other.update(content)
            column.append(other.digest())
        self._states.append(remembered(found, self._began_ns))

    def _add_nothing(self) -> None:
        for column in self._others:
            column.append(_NOTHING)
        self._states.append(_NO_STATE)


def settle(descriptor: int, found: os.stat_result) -> tuple[os.stat_result, bool]:
    """Wait, where an open file changed this instant, until a further change shows in its times.

    Returns:
        Its state then, and whether it is still as ``found``.
    """
    age_ns = time.time_ns() - found.st_ctime_ns
    if not 0 <= age_ns < TICK_NS:  # a time ahead of ours is another clock's
        return found, True
    time.sleep((TICK_NS - age_ns) / 1e9)
    again = os.fstat(descriptor)
    return again, not has_changed(found, again)


def has_changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Tell whether an open file was written to, cut or touched between two looks at it."""
    return (
        before.st_size != after.st_size
        or before.st_mtime_ns != after.st_mtime_ns
        or before.st_ctime_ns != after.st_ctime_ns
    )


def place_and_state(found: os.stat_result) -> bytes:
    """Return what a file is known by: device, inode; length, and its two times in nanoseconds."""
    return _STATE.pack(
        found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )


def remembered(found: os.stat_result, began_ns: int) -> bytes:
    """Return place and state of a file read after ``began_ns``, zeros when it changed just then."""
    if began_ns - found.st_ctime_ns < RACY_NS or abs(began_ns - found.st_mtime_ns) < RACY_NS:
        return _NO_STATE
    return place_and_state(found)


def open_look_up(path: str) -> LookUp:
    """Open the cache at ``path`` (``digest_cache``) for reading; who cannot read it knows nothing.

    Asked for what several files are known by (``place_and_state``), it answers a dict of those
    that it knows, with the SHA-256 of each.
    """
    # imported here: a run without a cache need not wait for it
    import sqlite3  # noqa: PLC0415

    try:
        database = sqlite3.connect(_read_only(path), uri=True, timeout=1, isolation_level=None)
    except sqlite3.Error:
        return _know_nothing

    def look_up(wanted: Sequence[bytes]) -> dict[bytes, bytes]:
        slots = ",".join(str(slot_of(known_by)) for known_by in wanted)
        query = f"SELECT known_by, sha256 FROM digests WHERE slot IN ({slots})"  # noqa: S608 -- integers
        try:
            rows = database.execute(query).fetchall()
        except sqlite3.Error:
            return {}
        return {known: sha256 for known, sha256 in rows if _is_digest(sha256)}

    return look_up


def _is_digest(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def slot_of(known_by: bytes) -> int:
    """Return the row of the cache for what is known by ``place_and_state``; two may have one."""
    device, inode = (int.from_bytes(known_by[at : at + 8], "big") for at in (0, 8))
    return (inode ^ device << 40) & 0x7FFF_FFFF_FFFF_FFFF


def _read_only(path: str) -> str:
    for mark in "%?#":  # what ends a path in a URI, RFC 3986 §3.3
        path = path.replace(mark, f"%{ord(mark):02X}")
    return f"file:{path}?mode=ro"


def _know_nothing(_: Sequence[bytes]) -> dict[bytes, bytes]:
    """Stand in for a cache that cannot be read."""
    return {}


def make_digest(algorithm: str) -> Any:  # noqa: ANN401 -- hashlib and blake3 share no base
    """Begin a digest: of one chunk (``00`` first), BLAKE3, or one that hashlib knows by name."""
    if algorithm == CHUNKS:
        return _CHUNK_START.copy()
    if algorithm == "blake3":
        # imported here: only who asks for it waits for it
        from blake3 import blake3  # noqa: PLC0415

        return blake3()
    return hashlib.new(algorithm)


def names_of(folders: Sequence[int], batch: bytes) -> list[tuple[int, bytes]]:
    """Return folder and name on the disk of each file of a batch."""
    return [
        (folder, name.rpartition(b"/")[2])
        for folder, group in zip(folders, batch.split(b"//"), strict=True)
        for name in group.split(b"\0")[1:]
    ]


def _both(names: Sequence[bytes], has_others: bool) -> Iterator[tuple[bytes, bytes]]:  # noqa: FBT001 -- private
    """Pair each name with the one that it has on the disk."""
    if not has_others:
        return zip(names, names, strict=True)
    parted = (name.partition(b"/") for name in names)
    return ((name, on_disk or name) for name, _, on_disk in parted)


# --- the program --------------------------------------------------------------------------


def _receive(connection: _socket.socket, length: int) -> bytes | None:
    octets = bytearray(length)
    view = memoryview(octets)
    while view:
        received = connection.recv_into(view)
        if not received:
            return None
        view = view[received:]
    return bytes(octets)


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    return [
        descriptor
        for level, kind, octets in ancillary
        if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS)
        for (descriptor,) in struct.iter_unpack("=i", octets[: len(octets) // 4 * 4])
    ]


def _serve(connection: _socket.socket, hasher: BatchHasher) -> None:
    """Hash batches until the parent closes the socket, or dies."""
    room = _socket.CMSG_LEN(4 * MOST_DESCRIPTORS)
    while True:
        head, ancillary, _, _ = connection.recvmsg(HEAD_BYTES, room)
        folders = _descriptors(ancillary)
        is_whole = len(head) == HEAD_BYTES
        batch = _receive(connection, int.from_bytes(head, "big")) if is_whole else None
        if batch is None:
            return
        answer = memoryview(hasher.hash_batch(folders, batch))
        for folder in folders:
            os.close(folder)
        while answer:
            answer = answer[connection.send(answer) :]


def serve(number: str, algorithms: str, wants_states: str, cache: str, *places: str) -> None:
    """Serve the parent at the other end of socket ``number``; texts, as they come from it.

    Args:
        number: the socket's descriptor.
        algorithms: what to hash by beside SHA-256, joined by commas.
        wants_states: anything, if answers are to have states.
        cache: path of the cache to ask, or nothing.
        places: where other packages lie.
    """
    gc.disable()  # nothing here refers to itself, and whole batches are held at once
    sys.path.extend(places)
    look_up = open_look_up(cache) if cache else None
    names = tuple(name for name in algorithms.split(",") if name)
    hasher = BatchHasher(names, look_up=look_up, wants_states=bool(wants_states))
    _serve(_socket.socket(fileno=int(number)), hasher)
