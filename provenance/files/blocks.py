"""What the hashing of a batch came to, in columns: cheap where all went well, as it mostly does."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from provenance.chunks import tree_digest
from provenance.files.hash_file import CHUNKS, HASHED, LONG, STATE_BYTES, Answer
from provenance.files.long_file import Hashed
from provenance.fingerprint import FileEntry
from provenance.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.files.hasher import Batch

__all__ = ["Block", "block_of"]

_REHASHED = False
"""As ``FileEntry.imported``."""


class Block(NamedTuple):
    """Files of a dataset that follow each other in its manifest, in columns.

    ``sha256`` and ``leaf_hashes`` are joined, 32 bytes a file; ``states``, where a cache is used,
    are 40 bytes a file. ``others`` has a column of digests for each further algorithm, ``chunks``
    the chunk hashes of each file where they were asked for.
    """

    paths: list[str]
    sha256: bytes
    lengths: Sequence[int]
    leaf_hashes: bytes
    states: bytes = b""
    others: tuple[list[bytes], ...] = ()
    chunks: Sequence[tuple[bytes, ...]] = ()

    def entries(self) -> Iterator[FileEntry]:
        """Return the entry of each file."""
        # as FileEntry(...) does, which goes through Python for each of a million files
        make = partial(tuple.__new__, FileEntry)
        digests = _cut(self.sha256, 32)
        return map(make, zip(self.paths, digests, self.lengths, repeat(_REHASHED), strict=False))


def block_of(
    batch: Batch, paths: list[str], algorithms: Sequence[str]
) -> tuple[Block, list[tuple[str, int, int]]]:
    """Return the files of a batch that were hashed; and path, outcome and number of the others."""
    answer = batch.answer
    if answer is None:
        raise RuntimeError("a batch was taken before it was done")
    if not any(answer.outcomes) and CHUNKS not in algorithms:
        others = tuple(_cut(column, 32) for column in answer.others)
        columns = (answer.digests, answer.numbers, answer.leaf_hashes, answer.states, others)
        return Block(paths, *columns), []
    rows = [
        batch.long[place].result() if outcome == LONG else _row(answer, place, algorithms)
        for place, outcome in enumerate(answer.outcomes)
    ]
    pairs = list(zip(paths, rows, strict=True))
    failed = [(path, row.outcome, row.number) for path, row in pairs if row.outcome != HASHED]
    good = [(path, row) for path, row in pairs if row.outcome == HASHED]
    hashed = [row for _, row in good]
    block = Block(
        [path for path, _ in good],
        b"".join(row.sha256 for row in hashed),
        [row.number for row in hashed],
        b"".join(leaf_hash(row.sha256 + path.encode()) for path, row in good),
        b"".join(row.state for row in hashed) if answer.states else b"",
        tuple([row.others[at] for row in hashed] for at in range(len(algorithms))),
        [row.chunks for row in hashed],
    )
    return block, failed


def _row(answer: Answer, place: int, algorithms: Sequence[str]) -> Hashed:
    """Return what became of one short file."""
    at = slice(32 * place, 32 * place + 32)
    outcome, number = answer.outcomes[place], answer.numbers[place]
    others = [column[at] for column in answer.others]
    chunks: tuple[bytes, ...] = ()
    if CHUNKS in algorithms and outcome == HASHED:
        column = algorithms.index(CHUNKS)
        chunks = (others[column],) if number else ()
        others[column] = tree_digest(number, chunks)
    state = answer.states[STATE_BYTES * place : STATE_BYTES * (place + 1)]
    return Hashed(outcome, answer.digests[at], number, state, tuple(others), chunks)


def _cut(column: bytes, size: int) -> list[bytes]:
    return [column[start : start + size] for start in range(0, len(column), size)]
