"""Manifests on disk, written and read line by line: a million files need no memory of their own.

The header comes first and is known last, so the lines are spooled to a file without a name,
which is gone whatever happens, and the manifest appears whole.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from provenance.chunks import ALGORITHM as CHUNKS
from provenance.chunks import ChunkedFile, chunks_header_line, file_lines
from provenance.errors import FileAccessError
from provenance.files import atomic
from provenance.fingerprint import (
    MAX_LINE_BYTES,
    DeclaredEntry,
    Tally,
    entry_line,
    header_line,
    parse_declared_manifest,
    parse_manifest,
)
from provenance.salted import salted_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from provenance.files.blocks import Block
    from provenance.fingerprint import FileEntry, Manifest, Summary

__all__ = [
    "Written",
    "additional_path",
    "lines_in",
    "read_declared_manifest",
    "read_manifest",
    "seal_manifest",
    "write_blocks",
    "write_declared_manifest_file",
    "write_manifest_file",
]


class Written(NamedTuple):
    """The summary of a manifest, and those of what was written beside it, by algorithm."""

    summary: Summary
    additional: dict[str, Summary]


def additional_path(manifest: Path, algorithm: str) -> Path:
    """Return where the digests by another algorithm go: ``x.jsonl`` has ``x.sm3.jsonl``."""
    name = "chunks" if algorithm == CHUNKS else algorithm
    return manifest.with_name(f"{manifest.name.removesuffix('.jsonl')}.{name}.jsonl")


def write_blocks(path: Path, blocks: Iterable[Block], algorithms: Sequence[str] = ()) -> Written:
    """Write the manifest of blocks in order, as ``walk.hash_blocks`` yields them.

    For each of ``algorithms``, those of the blocks, a declared manifest is written beside it; for
    chunks the side file of ``provenance.chunks``, which says the same and more. Nothing is
    written when the iteration ends in an error.

    Raises:
        EmptyDatasetError: there is no file.
        FileAccessError: a file cannot be written.
    """
    tallies = {algorithm: Tally() for algorithm in algorithms}
    tally = Tally()
    try:
        with ExitStack() as stack:
            spool, *spools = (
                stack.enter_context(tempfile.TemporaryFile(dir=path.parent))
                for _ in range(1 + len(algorithms))
            )
            for block in blocks:
                tally.add_hashed(block.leaf_hashes, sum(block.lengths))
                spool.write(_lines_of(block))
                for column, algorithm in enumerate(algorithms):
                    _spool_column(block, column, algorithm, spools[column], tallies[algorithm])
            written = Written(
                tally.summary(), {name: one.summary() for name, one in tallies.items()}
            )
            for algorithm, side in zip(algorithms, spools, strict=True):
                header = _header_of(written.additional[algorithm], algorithm)
                _write_whole(additional_path(path, algorithm), header, side)
            _write_whole(path, header_line(written.summary), spool)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    return written


def _lines_of(block: Block) -> bytes:
    """Return the lines of a block, as ``entry_line`` makes them one by one."""
    text = "".join(block.paths)
    if '"' in text or "\\" in text:
        return b"".join(map(entry_line, block.entries()))
    # in a path as it may stand in a manifest, JSON escapes nothing else
    digests = block.sha256.hex()
    rows = zip(block.paths, range(0, len(digests), 64), block.lengths, strict=True)
    return "".join(
        f'{{"path":"{path}","sha256":"{digests[at : at + 64]}","length":{length}}}\n'
        for path, at, length in rows
    ).encode()


def _spool_column(block: Block, column: int, algorithm: str, spool: BinaryIO, tally: Tally) -> None:
    rows = zip(block.paths, block.others[column], block.lengths, strict=True)
    for place, (path, digest, length) in enumerate(rows):
        entry = DeclaredEntry(path, algorithm, digest, length)
        tally.add(entry)
        if algorithm == CHUNKS:
            spool.writelines(file_lines(ChunkedFile(path, length, block.chunks[place])))
        else:
            spool.write(entry_line(entry))


def _header_of(summary: Summary, algorithm: str) -> bytes:
    return chunks_header_line(summary) if algorithm == CHUNKS else header_line(summary, algorithm)


def write_manifest_file(path: Path, entries: Iterable[FileEntry]) -> Summary:
    """Write the manifest of entries in order, as ``hash_dataset`` or ``in_order`` yields them.

    Nothing is written when the iteration ends in an error.

    Raises:
        EmptyDatasetError: there is no entry.
        FileAccessError: the file cannot be written.
    """
    return _write(path, entries, "sha256")


def write_declared_manifest_file(
    path: Path, entries: Iterable[DeclaredEntry], algorithm: str
) -> Summary:
    """Write a declared manifest, all of whose entries are by ``algorithm``; else the same."""
    return _write(path, entries, algorithm)


def read_manifest(path: Path) -> Manifest[FileEntry]:
    """Begin to read a manifest: its header now, its entries by iterating, once.

    Raises:
        FileAccessError: the file cannot be read.
        MalformedError: the first line is not the header of a manifest.
    """
    return parse_manifest(lines_in(path, MAX_LINE_BYTES))


def read_declared_manifest(path: Path) -> Manifest[DeclaredEntry]:
    """Begin to read a declared manifest; as ``read_manifest``."""
    return parse_declared_manifest(lines_in(path, MAX_LINE_BYTES))


def seal_manifest(path: Path, salts: bytes) -> bytes:
    """Write ``salts`` (32 bytes) into a manifest's header; return the salted digest of its files.

    Raises:
        FileAccessError: the file cannot be read or written.
        MalformedError: not the manifest that its header says.
    """
    manifest = read_manifest(path)
    digest = salted_digest(manifest, salts)
    try:
        with path.open("rb") as file:
            file.readline(MAX_LINE_BYTES)
            with atomic.writing(path, mode=atomic.PRIVATE) as target:
                target.write(header_line(manifest.header, salts=salts))
                shutil.copyfileobj(file, target, 1 << 20)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    return digest


def _write(path: Path, entries: Iterable[FileEntry | DeclaredEntry], algorithm: str) -> Summary:
    try:
        with tempfile.TemporaryFile(dir=path.parent) as spool:
            tally = _spool(spool, entries)
            summary = tally.summary()
            _write_whole(path, header_line(summary, algorithm), spool)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    return summary


def _write_whole(path: Path, header: bytes, spool: BinaryIO) -> None:
    spool.seek(0)
    with atomic.writing(path) as file:
        file.write(header)
        shutil.copyfileobj(spool, file, 1 << 20)


def _spool(spool: BinaryIO, entries: Iterable[FileEntry | DeclaredEntry]) -> Tally:
    tally = Tally()
    for entry in entries:
        tally.add(entry)
        spool.write(entry_line(entry))
    return tally


def lines_in(path: Path, limit: int) -> Iterator[bytes]:
    """Yield the lines of a file; one that is longer than ``limit`` bytes is cut right after it.

    Raises:
        FileAccessError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            # one byte above the limit is enough for the parser to refuse the line
            while line := file.readline(limit + 1):
                yield line
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
