"""What an erasure does to the databases, at once and without its order in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.ledger.ports import KeyStore, LogStore
    from provenance.ledger.read_log import SignedLog

__all__ = ["erase_stored"]


def erase_stored(record_id: bytes, *, log: SignedLog, store: LogStore, key_store: KeyStore) -> bool:
    """Erase what a record discloses, and its manifest; False when nothing was left to erase."""
    had_manifest = store.erase_manifest(log.index_of(record_id))
    had_key = key_store.erase(record_id)
    key_store.forget()
    return had_key or had_manifest
