"""Read a stored record back, with the disclosures its reader may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.digests import sha256
from provenance.errors import NotFoundError
from provenance.record import Record, parse_record

if TYPE_CHECKING:
    from provenance.ledger.ports import KeyStore, LogReader

__all__ = ["load_record", "record_id_of"]


def record_id_of(entry: bytes) -> bytes:
    """Return the id of the record whose entry this is: SHA-256 of the JWS signing input."""
    return sha256(entry.rpartition(b".")[0])


def load_record(
    leaf_index: int, *, log: LogReader, key_store: KeyStore, holder: bool = False
) -> Record:
    """Return the record at ``leaf_index``; disclosures whose key is gone are left out.

    Args:
        holder: with the holder's own disclosures too.

    Raises:
        NotFoundError: the log is not that long.
        DamagedDisclosureError: a stored disclosure does not decrypt.
    """
    entries = log.entries(leaf_index, leaf_index + 1)
    if not entries:
        raise NotFoundError(f"there is no entry {leaf_index}")
    entry = entries[0]
    shown = [one for one in log.disclosures(leaf_index) if holder or not one.held]
    texts: list[str] | None = None
    if shown:
        pairs = [(one.digest, one.ciphertext) for one in shown]
        texts = key_store.open(record_id_of(entry), pairs)
    compact = "~".join((entry.decode("ascii"), *(texts or ()), ""))
    return parse_record(compact.encode("ascii"), complete=False)
