"""Check submitted records: form, audience, type, signature. Nothing is stored here.

A request is one record or a batch; each record is judged alone and keeps its place. What passes
goes on to ``integrate_entries``, which knows what only the lock of the log's head can know:
whether the record is a repeat, and whether its key is an entry.

The signature is verified *before* anybody looks the record up, so that an index is never told
to somebody who only guessed an id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.errors import (
    BadSignatureError,
    OperatorTypeError,
    ProvenanceError,
    TooLargeError,
    UnknownKeyError,
)
from provenance.record import (
    MAX_RECORD_BYTES,
    OPERATOR_TYPES,
    Record,
    check_audience,
    parse_record,
    verify_signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.keys import PublicKey

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_BATCH_RECORDS",
    "FindKeys",
    "Item",
    "check_batch_limits",
    "check_records",
]

MAX_BATCH_RECORDS: Final = 1_000
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
"""A batch is held in memory whole, several at a time."""

Item: TypeAlias = Record | ProvenanceError
"""A record that passed, or why it did not."""

FindKeys: TypeAlias = "Callable[[Sequence[str]], Mapping[str, PublicKey]]"
"""Finds the keys of thumbprints that are entries of the log."""


def check_batch_limits(compacts: Sequence[bytes]) -> None:
    """Refuse a request with more records or bytes than one may have.

    Raises:
        TooLargeError: names the limit and the size.
    """
    if len(compacts) > MAX_BATCH_RECORDS:
        raise TooLargeError(
            limit=MAX_BATCH_RECORDS, length=len(compacts), unit="records", field="batch"
        )
    length = sum(map(len, compacts))
    if length > max(MAX_BATCH_BYTES, MAX_RECORD_BYTES):
        raise TooLargeError(limit=MAX_BATCH_BYTES, length=length, unit="bytes", field="batch")


def check_records(compacts: Sequence[bytes], *, origin: str, find_keys: FindKeys) -> list[Item]:
    """Check the records of one request, in order; one's failure does not concern the others.

    A record may be signed by a key whose ``key`` record stands earlier in the same request.

    Raises:
        TooLargeError: the request as a whole is too large.
    """
    check_batch_limits(compacts)
    items = [_parse(compact, origin) for compact in compacts]
    wanted = {item.kid for item in items if isinstance(item, Record) and item.key is None}
    known = find_keys(list(wanted)) if wanted else {}
    fresh: dict[str, PublicKey] = {}
    return [_check(item, known, fresh) for item in items]


def _parse(compact: bytes, origin: str) -> Item:
    try:
        record = parse_record(compact, complete=True)
        check_audience(record, origin)
    except ProvenanceError as error:
        return error
    if record.type in OPERATOR_TYPES:
        return OperatorTypeError(f"a {record.type} record is the operator's", field="header.typ")
    return record


def _check(item: Item, known: Mapping[str, PublicKey], fresh: dict[str, PublicKey]) -> Item:
    """Verify one signature; ``fresh`` collects the keys of good ``key`` records so far."""
    if not isinstance(item, Record):
        return item
    key = item.key or fresh.get(item.kid) or known.get(item.kid)
    if key is None:
        return UnknownKeyError(
            f"no key record of {item.kid} at a lower index or earlier in the request",
            field="header.kid",
        )
    try:
        verify_signature(item, key)
    except BadSignatureError as error:
        return error
    if item.key is not None:
        fresh[item.kid] = item.key
    return item
