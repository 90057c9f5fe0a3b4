"""What only the holder of a record's key may ask for: its hidden parts, a manifest's publication.

The key of the record is the authority, whoever carries the message. A statement is marked as
used, durably, before anything is given out or changed for it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from provenance.digests import SortedDigests
from provenance.errors import NotFoundError, StatementUsedError
from provenance.fingerprint import MAX_LINE_BYTES, check_published, parse_manifest
from provenance.holder_statement import (
    DISCLOSURE,
    LIFETIME,
    PUBLICATION,
    HolderStatement,
    check_statement,
    parse_statement,
)
from provenance.ledger.erase_disclosures import check_manifest_kept
from provenance.ledger.load_record import load_record
from provenance.record import deposit_of, parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from provenance.fingerprint import Summary
    from provenance.ledger.ports import KeyStore, LogStore
    from provenance.ledger.read_log import SignedLog
    from provenance.record import Record

__all__ = ["check_publication", "disclose_record", "publish_manifest"]

_PART_BYTES: Final = 1 << 20
"""Bytes of a manifest that are stored at once."""


def disclose_record(  # noqa: PLR0913 -- what is asked, and of whom
    record_id: bytes,
    statement: bytes,
    *,
    log: SignedLog,
    store: LogStore,
    key_store: KeyStore,
    origin: str,
    now_unix: int,
) -> bytes:
    """Return a record with all its disclosures that are not erased, as a compact SD-JWT.

    Raises:
        NotFoundError: no such record.
        MalformedError, WrongAudienceError, BadSignatureError, StatementExpiredError,
        StatementUsedError: the statement does not entitle to it.
    """
    leaf_index = log.index_of(record_id)
    record = load_record(leaf_index, log=store, key_store=key_store, holder=True)
    _use(statement, DISCLOSURE, record, store=store, origin=origin, now_unix=now_unix)
    return record.compact


def check_publication(  # noqa: PLR0913 -- what is asked, and of whom
    record_id: bytes,
    statement: bytes,
    *,
    log: SignedLog,
    store: LogStore,
    origin: str,
    now_unix: int,
) -> None:
    """Check that a statement entitles to publish a manifest, before the manifest is read.

    Raises:
        NotFoundError: no such record, or not a deposit of a dataset digest.
        ErasedError: its manifest was erased.
        MalformedError, WrongAudienceError, BadSignatureError, StatementExpiredError: it does not.
    """
    leaf_index = log.index_of(record_id)
    record, _ = _deposit(leaf_index, log)
    check_manifest_kept(record_id, leaf_index, store)
    _check(statement, PUBLICATION, record, store=store, origin=origin, now_unix=now_unix)


def publish_manifest(  # noqa: PLR0913 -- what is asked, and of whom
    record_id: bytes,
    manifest: BinaryIO,
    statement: bytes,
    *,
    log: SignedLog,
    store: LogStore,
    origin: str,
    now_unix: int,
) -> None:
    """Publish the manifest of a deposit, after comparing it with what the record signs.

    Args:
        manifest: a file that is read twice, from its beginning; what is kept of it are 32 bytes
            a file of the dataset.

    Raises:
        NotFoundError: no such record, or not a deposit of a dataset digest.
        ErasedError: its manifest was erased.
        ManifestMismatchError: digest, counts or sum of lengths are not the signed ones.
        MalformedError: not a manifest; or the statement does not entitle to it (see above).
    """
    leaf_index = log.index_of(record_id)
    record, signed = _deposit(leaf_index, log)
    check_manifest_kept(record_id, leaf_index, store)
    manifest.seek(0)
    parsed = parse_manifest(_lines(manifest))
    check_published(parsed.header, signed)
    digests = SortedDigests(entry.sha256 for entry in parsed)  # compares them with the header
    _use(statement, PUBLICATION, record, store=store, origin=origin, now_unix=now_unix)
    manifest.seek(0)
    store.store_manifest(leaf_index, iter(partial(manifest.read, _PART_BYTES), b""), digests)


def _lines(manifest: BinaryIO) -> Iterator[bytes]:
    # one byte above the limit is enough for the parser to refuse the line
    return iter(partial(manifest.readline, MAX_LINE_BYTES + 1), b"")


def _deposit(leaf_index: int, log: SignedLog) -> tuple[Record, Summary]:
    """Return a deposit with what it signs of its dataset."""
    record = parse_entry(log.entry(leaf_index))
    signed = deposit_of(record).summary if record.type == "deposit" else None
    if signed is None:
        raise NotFoundError(f"record {record.id.hex()} has no dataset digest")
    return record, signed


def _use(  # noqa: PLR0913 -- a statement and all that it is checked against
    octets: bytes, typ: str, record: Record, *, store: LogStore, origin: str, now_unix: int
) -> None:
    """Check a statement against the record's key, and mark it as used."""
    statement = _check(octets, typ, record, store=store, origin=origin, now_unix=now_unix)
    expires = statement.iat + LIFETIME + 1
    if not store.use_token(record.kid, statement.jti, expires_unix=expires, now_unix=now_unix):
        raise StatementUsedError("sign another statement, with another jti", field="jti")


def _check(  # noqa: PLR0913 -- as _use
    octets: bytes, typ: str, record: Record, *, store: LogStore, origin: str, now_unix: int
) -> HolderStatement:
    statement = parse_statement(octets, typ)
    stored = store.stored_keys([record.kid]).get(record.kid)
    if stored is None:
        raise NotFoundError(f"record {record.id.hex()} is the operator's")
    check_statement(
        statement, key=stored.key, origin=origin, record_id=record.id, now_unix=now_unix
    )
    return statement
