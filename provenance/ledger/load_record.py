"""Read a stored record back, with the disclosures its reader may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import tlog
from provenance.digests import sha256, to_b64url
from provenance.errors import (
    BadTileError,
    DamagedDisclosureError,
    DamagedReceiptError,
    MalformedError,
    NotFoundError,
    VerificationError,
)
from provenance.merkle import leaf_hash
from provenance.record import Record, parse_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.ports import KeyStore, LogReader, SealedDisclosure
    from provenance.tlog import ReadTile

__all__ = ["check_entry", "load_record", "record_id_of"]


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
        DamagedDisclosureError: a stored disclosure does not decrypt, or the stored ones are not
            those of the record: one may have become public that its holder keeps.
        DamagedReceiptError: the stored entry is not the one that the log's tiles are made of.
    """
    entries = log.entries(leaf_index, leaf_index + 1)
    if not entries:
        raise NotFoundError(f"there is no entry {leaf_index}")
    entry = entries[0]
    check_entry(entry, leaf_index, log.read_tile)
    stored = log.disclosures(leaf_index)
    shown = [one for one in stored if holder or not one.held]
    opened: list[SealedDisclosure] = []
    texts: list[bytes] = []
    if shown:
        pairs = [(one.digest, one.ciphertext) for one in shown]
        found = key_store.open(record_id_of(entry), pairs) or ()
        for one, text in zip(shown, found, strict=False):
            if text is not None:
                opened.append(one)
                texts.append(text.encode("ascii"))
    compact = b"~".join((entry, *texts, b""))
    try:
        record = parse_record(compact, complete=False)
    except (MalformedError, VerificationError) as error:
        raise DamagedReceiptError(f"entry {leaf_index} does not parse: {error}") from error
    _check_stored(record, stored, opened)
    return record


def _check_stored(
    record: Record, stored: Sequence[SealedDisclosure], opened: Sequence[SealedDisclosure]
) -> None:
    """Check that none is missing or marked otherwise than the record says."""
    if any(one.held is not (to_b64url(one.digest) in record.held) for one in stored):
        raise DamagedDisclosureError("a stored disclosure is not marked as the record says")
    left = {one.digest for one in stored} - {one.digest for one in opened}
    if {to_b64url(digest) for digest in left} != record.withheld:
        raise DamagedDisclosureError("the stored disclosures are not those of the record")


def check_entry(entry: bytes, leaf_index: int, read_tile: ReadTile) -> None:
    """Compare an entry with its leaf hash: a receipt is verified anyway, a mere view is not.

    Raises:
        DamagedReceiptError: it is not the one that the log's tiles are made of.
    """
    index, place = divmod(leaf_index, tlog.TILE_WIDTH)
    try:
        hashes = tlog.tile_hashes(read_tile(0, index), place + 1)
    except (NotFoundError, BadTileError) as error:
        raise DamagedReceiptError(f"the tile of entry {leaf_index} is damaged") from error
    if hashes[32 * place :] != leaf_hash(entry):
        raise DamagedReceiptError(f"entry {leaf_index} does not hash to what its tile says")
