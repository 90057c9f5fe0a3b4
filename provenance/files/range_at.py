"""Look at some bytes of one file alone, by the hashes of its chunks.

A range is widened to the chunks that hold it: only those are read. The side file is read to its
end, since what it says of one file is believed only as a part of what it says of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.chunks import (
    CHUNK_BYTES,
    MAX_CHUNKS_LINE_BYTES,
    ChunkedFile,
    chunk_hash,
    chunks_covering,
    parse_chunks,
)
from provenance.errors import FileAccessError, MalformedError, NotFoundError
from provenance.files.data_at import tails_of
from provenance.files.manifest_file import lines_in
from provenance.given import RangeOfFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from provenance.chunks import Chunks

__all__ = ["range_at"]

_PIECE_BYTES: Final = 1 << 20


def range_at(
    path: Path, chunks: Path, *, inside: str | None = None, wanted: tuple[int, int] | None = None
) -> RangeOfFile:
    """Hash the chunks of a file that hold a range of bytes.

    Args:
        path: the file.
        chunks: the side file with the chunk hashes of the dataset.
        inside: the file's path in the dataset; None takes the one that ends like its own, or the
            only one there is.
        wanted: first byte, and the byte after the last; None takes all.

    Raises:
        NotFoundError: the side file lists no such file.
        MalformedError: there are no such bytes, or the side file does not parse.
        FileAccessError: something cannot be read.
    """
    names = tails_of(path) if inside is None else [inside]
    parsed = parse_chunks(lines_in(chunks, MAX_CHUNKS_LINE_BYTES))
    file = _find(parsed, names, is_told=inside is not None)
    if not file.length:
        raise MalformedError(f"{file.path!r:.200} is listed as empty: it has no bytes to check")
    start, stop = wanted or (0, file.length)
    covering = chunks_covering(start, stop, file.length)
    found = tuple(_chunk_hashes(path, file, covering, is_whole=wanted is None))
    return RangeOfFile(parsed.header, file, covering.start, found)


def _find(parsed: Chunks, names: list[str], *, is_told: bool) -> ChunkedFile:
    """Return the file whose name comes first in ``names``, after reading all."""
    wanted = set(names)
    named: dict[str, ChunkedFile] = {}
    only: ChunkedFile | None = None
    for file in parsed:
        if file.path in wanted:
            named[file.path] = file
        only = file if parsed.header.files == 1 and not is_told else None
    for name in names:
        if name in named:
            return named[name]
    if only is None:
        raise NotFoundError(f"no chunk hashes of a file called {names[-1]!r:.200}", field="path")
    return only


def _chunk_hashes(
    path: Path, file: ChunkedFile, covering: range, *, is_whole: bool
) -> Iterator[bytes]:
    """Yield the hash of each chunk; of one that is shorter than listed, what is there of it."""
    try:
        with path.open("rb", buffering=0) as source:
            for index in covering:
                start = index * CHUNK_BYTES
                source.seek(start)
                yield _hash_of(source, min(CHUNK_BYTES, file.length - start))
            if is_whole and source.read(1):
                yield chunk_hash(b"more than is listed")  # one chunk too many: it differs
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def _hash_of(source: FileIO, length: int) -> bytes:
    pieces = []
    while length:
        piece = source.read(min(length, _PIECE_BYTES))
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return chunk_hash(*pieces)
