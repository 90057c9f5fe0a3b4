"""Fill a founded ledger with a million entries, below the service and faster than it could.

The rows are the real ones: entries, look-ups, tiles and heads, written by the store in batches.
What is left out is what other figures measure: the entries are those of 1,000 signed deposits,
repeated under ids of their own, and disclosures are not stored again for each repetition.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import bench_service

from provenance import tlog
from provenance.ledger.ports import NewEntry
from provenance.ledger.projections import Projection
from provenance.merkle import leaf_hash
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fill"]

_BATCH = 8_192
_PATTERNS = 1_000


def fill(folder: Path, tree_size: int) -> None:
    """Integrate entries until the log has ``tree_size`` of them; the next start signs the head."""
    patterns = [record.entry for record in bench_service.deposits(_PATTERNS)]
    store = open_log_store(folder / "ledger.sqlite")
    try:
        size = store.head().tree_size
        while size < tree_size:
            count = min(_BATCH, tree_size - size)
            entries = [_entry(patterns, index) for index in range(size, size + count)]
            with store.integrate() as transaction:
                leaves = [leaf_hash(entry.entry) for entry in entries]
                extension = tlog.append(size, leaves, transaction.read_tile)
                transaction.append(entries, extension)
            size += count
    finally:
        store.close()


def _entry(patterns: list[bytes], index: int) -> NewEntry:
    seed = hashlib.sha256(b"filler %d" % index).digest()
    projection = Projection(
        leaf_index=index,
        record_id=seed,
        kid="",
        key=None,
        key_index=index % 16,
        targets=(hashlib.sha256(seed).digest(),),
        beacon=None,
    )
    return NewEntry(patterns[index % len(patterns)], projection, ())
