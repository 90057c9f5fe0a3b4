"""A file as a tree of chunks, so that a part of it can be checked without reading the rest.

    chunk hash   H(00 ‖ chunk)             16 MiB each, the last one 1 byte to 16 MiB
    root         RFC 9162 over them        of no chunk at all: H()
    digest       H(02 ‖ length ‖ root)     length of the file in 8 bytes

A root does not fix how many leaves it stands over: a list of hashes that has a node where two
leaves belong leads to the same root and moves every later chunk. That is why the length, from
which the number of chunks follows, is hashed in.

The digest is a file's ``sha256-chunks`` in a declared manifest, whose root a deposit may sign
(``additional_digests``). The chunk hashes themselves lie in a side file, with one line a file, or
more where it has over 1,024 chunks; the digest in its header is that root (hashes are cut here)::

    {"format":"provenance-chunks","v":1,"files":2,"bytes":33554436,"digest":"08c5e96b…"}
    {"path":"a.csv","length":4,"chunks":["5b3f0b1c…"]}
    {"path":"big.bin","length":33554432,"chunks":["9ab1c0d2…","77e0fd11…"]}
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.digests import from_hex, sha256
from provenance.errors import (
    MalformedError,
    NotFoundError,
    ProofShapeError,
    UnsupportedVersionError,
)
from provenance.fingerprint import (
    MAX_LINE_BYTES,
    MAX_PATH_BYTES,
    DeclaredEntry,
    Summary,
    Tally,
    check_published,
    in_order,
    summarize,
)
from provenance.merkle import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "ALGORITHM",
    "CHUNK_BYTES",
    "HASHES_PER_LINE",
    "MAX_CHUNKS_LINE_BYTES",
    "ChunkTree",
    "ChunkedFile",
    "Chunks",
    "chunk_count",
    "chunk_hash",
    "chunks_covering",
    "chunks_header_line",
    "file_lines",
    "find_chunked",
    "parse_chunks",
    "tree_digest",
    "write_chunks",
]

ALGORITHM: Final = "sha256-chunks"
"""Its name in declared manifests and in deposits."""

CHUNK_BYTES: Final = 16 * 1024 * 1024
"""Bytes of every chunk but the last: a terabyte has 65,536, whose hashes are 2 MiB."""

HASHES_PER_LINE: Final = 1_024
"""Chunk hashes in one line of a side file: 16 GiB of data."""

MAX_CHUNKS_LINE_BYTES: Final = MAX_LINE_BYTES + 70 * HASHES_PER_LINE
"""Bytes of one line of a side file: a line of a manifest, and the hashes."""

_FORMAT: Final = "provenance-chunks"


def chunk_count(length: int) -> int:
    """Return how many chunks a file of ``length`` bytes has; none when it is empty."""
    return -(-length // CHUNK_BYTES)


def tree_digest(length: int, hashes: Sequence[bytes]) -> bytes:
    """Return the digest, 32 bytes, of a file of ``length`` bytes from its chunk hashes.

    Raises:
        ProofShapeError: not as many hashes as such a file has chunks.
    """
    if len(hashes) != chunk_count(length):
        raise ProofShapeError(
            f"expected {chunk_count(length)} chunks of {length} bytes, got {len(hashes)}"
        )
    return sha256(b"\2" + length.to_bytes(8, "big") + root_of(hashes))


def chunk_hash(*pieces: bytes | bytearray | memoryview) -> bytes:
    """Return the hash, 32 bytes, of one chunk, given whole or in pieces."""
    hasher = hashlib.sha256(b"\0")
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest()


def chunks_covering(start: int, stop: int, length: int) -> range:
    """Return the indexes of the chunks that hold bytes ``start`` to below ``stop`` of a file.

    Raises:
        MalformedError: there are no such bytes in a file of ``length`` bytes.
    """
    if not 0 <= start < stop <= length:
        raise MalformedError(
            f"expected bytes within 0 to {length}, got {start} to {stop}", field="range"
        )
    return range(start // CHUNK_BYTES, chunk_count(stop))


class ChunkTree:
    """The tree of one file, from its bytes as they come, in pieces of any size.

    Whoever hashes chunks elsewhere, several at a time, calls ``tree_digest`` instead.
    """

    def __init__(self) -> None:
        """Begin with an empty file."""
        self._length = 0
        self._hashes: list[bytes] = []
        self._open = hashlib.sha256(b"\0")

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        view = memoryview(piece).cast("B")
        while view:
            room = CHUNK_BYTES - self._length % CHUNK_BYTES
            part = view[:room]
            self._open.update(part)
            self._length += len(part)
            if len(part) == room:
                self._close()
            view = view[room:]

    def _close(self) -> None:
        self._hashes.append(self._open.digest())
        self._open = hashlib.sha256(b"\0")

    @property
    def length(self) -> int:
        """Bytes so far."""
        return self._length

    def hashes(self) -> tuple[bytes, ...]:
        """Return the hash of every chunk so far, 32 bytes each; the last one may be short."""
        if self._length % CHUNK_BYTES:
            return (*self._hashes, self._open.digest())
        return tuple(self._hashes)

    def digest(self) -> bytes:
        """Return the digest of the file so far, 32 bytes."""
        return tree_digest(self._length, self.hashes())


@dataclass(frozen=True, slots=True)
class ChunkedFile:
    """One file of a dataset with the hashes of its chunks, which lead to its digest."""

    path: str
    length: int
    hashes: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        """``sha256-chunks`` of the file, 32 bytes."""
        return tree_digest(self.length, self.hashes)

    @property
    def entry(self) -> DeclaredEntry:
        """The file's line of the declared manifest."""
        return DeclaredEntry(self.path, ALGORITHM, self.digest, self.length)


# --- the side file ------------------------------------------------------------------------


def chunks_header_line(summary: Summary) -> bytes:
    """Return the first line of a side file; ``summary`` is that of the files' entries."""
    header = {"format": _FORMAT, "v": 1, "files": summary.files, "bytes": summary.length}
    return strict_json.dump({**header, "digest": summary.digest.hex()}) + b"\n"


def file_lines(file: ChunkedFile) -> Iterator[bytes]:
    """Yield the lines of one file: one, or more if it has over 1,024 chunks."""
    members: dict[str, object] = {"path": file.path, "length": file.length}
    for start in range(0, max(len(file.hashes), 1), HASHES_PER_LINE):
        hashes = [one.hex() for one in file.hashes[start : start + HASHES_PER_LINE]]
        yield strict_json.dump({**members, "chunks": hashes}) + b"\n"
        members = {}


def write_chunks(files: Iterable[ChunkedFile]) -> bytes:
    """Return the whole side file of files in order, for datasets that fit into memory.

    Raises:
        MalformedError: see ``fingerprint.summarize``.
    """
    kept = list(files)
    lines = [line for file in kept for line in file_lines(file)]
    return b"".join([chunks_header_line(summarize(file.entry for file in kept)), *lines])


class Chunks:
    """A side file being read: the header at once, the files by iterating, once.

    As with a manifest, believe nothing before the end: only then is it known that the files
    lead to the digest in the header.
    """

    def __init__(self, lines: Iterator[bytes], header: Summary) -> None:
        """Take the ``lines`` after the header; use ``parse_chunks``."""
        self.header = header
        self._lines = enumerate(lines, start=2)

    def __iter__(self) -> Iterator[ChunkedFile]:
        """Read the files.

        Raises:
            MalformedError: a line, a path or the order is not as it must be.
            ManifestMismatchError: the files are not those of the header.
        """
        tally = Tally()
        files: list[ChunkedFile] = []
        for entry in in_order(self._entries(files)):
            tally.add(entry)
            yield files.pop()
        check_published(tally.summary(), self.header)

    def _entries(self, files: list[ChunkedFile]) -> Iterator[DeclaredEntry]:
        """Yield each file's entry, and leave the file itself in ``files``."""
        for number, line in self._lines:
            members = _members(line, number)
            path = members.text("path", max_length=MAX_PATH_BYTES)
            length = members.integer("length")
            hashes = self._hashes(members, chunk_count(length))
            files.append(ChunkedFile(path, length, hashes))
            yield files[0].entry

    def _hashes(self, members: strict_json.Members, count: int) -> tuple[bytes, ...]:
        """Read ``count`` hashes, from this line and as many more as they need."""
        hashes: list[bytes] = []
        while True:
            expected = min(count - len(hashes), HASHES_PER_LINE)
            texts = members.texts("chunks", max_length=64, max_items=HASHES_PER_LINE)
            where = members.path("chunks")
            members.done()
            if len(texts) != expected:
                raise MalformedError(f"expected {expected} hashes, got {len(texts)}", field=where)
            hashes += [from_hex(text, field=where) for text in texts]
            if len(hashes) == count:
                return tuple(hashes)
            following = next(self._lines, None)
            if following is None:
                raise MalformedError(f"expected {count} hashes, got {len(hashes)}", field=where)
            members = _members(following[1], following[0])


def parse_chunks(lines: Iterable[bytes]) -> Chunks:
    """Begin to read a side file from its lines, each with its line end.

    Raises:
        UnsupportedVersionError: no side file of version 1.
        MalformedError: the header is not as it must be.
    """
    lines = iter(lines)
    members = _members(next(lines, b""), 1)
    tag, version = members.value("format"), members.value("v")
    if tag != _FORMAT or version != 1 or version is True:
        raise UnsupportedVersionError(
            f"expected {_FORMAT} version 1, got {tag!r:.80} version {version!r:.20}",
            field=members.path("format"),
        )
    files = members.integer("files", low=1)
    header = Summary(members.hex32("digest"), files, members.integer("bytes"))
    members.done()
    return Chunks(lines, header)


def find_chunked(chunks: Chunks, path: str) -> ChunkedFile:
    """Return the chunk hashes of the file at ``path``, after reading the side file to its end.

    Raises:
        NotFoundError: no file of the dataset is there.
        MalformedError, ManifestMismatchError: see ``Chunks``.
    """
    found = [file for file in chunks if file.path == path]
    if not found:
        raise NotFoundError(f"no file of the dataset is at {path!r:.200}", field="path")
    return found[0]


def _members(line: bytes, number: int) -> strict_json.Members:
    where = f"line {number}"
    if not line.endswith(b"\n"):
        raise MalformedError("expected a line that ends in a line feed", field=where)
    return strict_json.Members(
        strict_json.parse(line, max_bytes=MAX_CHUNKS_LINE_BYTES, max_depth=2), where
    )
