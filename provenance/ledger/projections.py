"""What people look up, derived from the entries alone, so that it can be rebuilt from them.

    entry --parse_entry--> record --project--> Projection --store--> look-up tables

The same function makes the rows when an entry is integrated, when everything is rebuilt, and
when the audit compares: a projection that differs from what it makes is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from provenance.digests import from_b64url, from_evm_hex, from_hex
from provenance.key_binder import parse_binder
from provenance.key_values import revocation_of
from provenance.record_standing import BEARING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.keys import PublicKey
    from provenance.record import Record

__all__ = ["BeaconBlock", "KeyEvent", "Projection", "project", "project_all"]

_FOUND_APART: Final = BEARING | {"fixity"}
"""Types of record that a view of the record they are about needs whole."""

_ABOUT_KEYS: Final = frozenset({"key", "revocation"})


@dataclass(frozen=True, slots=True)
class BeaconBlock:
    """The block that a ``beacon`` entry names, and when the entry says it was made."""

    chain_id: int
    number: int
    block_hash: bytes
    issued_unix: int


class KeyEvent(NamedTuple):
    """What an entry says of a key besides that it exists: who has bound it, or revoked it."""

    kid: str
    """Thumbprint of the key that is spoken of."""
    leaf_index: int
    is_revocation: bool
    """Else it is a ``key`` record with a binding in it."""
    by_kid: str
    """Thumbprint of the binder, or of the key that signed the revocation."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The look-ups of one entry."""

    leaf_index: int
    record_id: bytes
    kid: str
    key: PublicKey | None
    """The key that this entry makes known; None in all but the first ``key`` record of a kid."""
    key_index: int | None
    """Where the ``key`` record of ``kid`` lies; None for entries of the operator's keys."""
    targets: tuple[bytes, ...]
    """What a look-up by digest finds this entry by, 32 bytes each, in the order of the claims:
    the dataset digest of a deposit, the id of every record and the thumbprint of every other key
    that this one is about."""
    beacon: BeaconBlock | None
    key_event: KeyEvent | None = None
    is_erasure: bool = False
    about_as: str | None = None
    """Its type, where the records among its targets are to be found apart by that."""


def project(record: Record, leaf_index: int, key_index: int | None) -> Projection:
    """Derive the look-ups of ``record`` at ``leaf_index``.

    Args:
        key_index: leaf index of the first ``key`` record of its kid; its own for that record.
    """
    return Projection(
        leaf_index=leaf_index,
        record_id=record.id,
        kid=record.kid,
        key=record.key if key_index == leaf_index else None,
        key_index=key_index,
        targets=tuple(_targets(record)),
        beacon=_beacon_block(record) if record.type == "beacon" else None,
        key_event=_key_event(record, leaf_index),
        is_erasure=record.type == "erasure",
        about_as=record.type if record.type in _FOUND_APART else None,
    )


def _targets(record: Record) -> list[bytes]:
    """Return what a record is about, each once; ``record_types`` has checked the members."""
    # a fixity record's own dataset_digest only repeats the one of the deposit it names
    claims = record.claims
    named = [claims.get("record", claims.get("dataset_digest"))]
    # an erasure says of each record what of it is gone
    some = cast("list[object]", claims.get("records", []))
    named += [one["record"] if isinstance(one, dict) else one for one in some]
    relations = cast("list[dict[str, object]]", claims.get("relations", []))
    named += [one["record"] for one in relations if "record" in one]
    found = [from_hex(one) for one in named if isinstance(one, str)]
    if record.type in _ABOUT_KEYS:
        found += [from_b64url(kid) for kid in _keys_named(record)]
    return list(dict.fromkeys(found))


def _keys_named(record: Record) -> list[str]:
    """Return the thumbprints of the other keys that a record about keys names."""
    claims = record.claims
    named = [claims.get(one) for one in ("key", "successor", "previous", "recovery")]
    if "binder" in claims:
        named.append(parse_binder(cast("str", claims["binder"])).kid)
    return [one for one in named if isinstance(one, str)]


def _key_event(record: Record, leaf_index: int) -> KeyEvent | None:
    if record.type == "revocation":
        return KeyEvent(revocation_of(record).key, leaf_index, True, record.kid)  # noqa: FBT003 -- a row
    if record.type == "key" and "binder" in record.claims:
        binder = parse_binder(cast("str", record.claims["binder"]))
        return KeyEvent(record.kid, leaf_index, False, binder.kid)  # noqa: FBT003 -- a row
    return None


def _beacon_block(record: Record) -> BeaconBlock:
    # record.py has checked the types of a beacon's members
    claims = record.claims
    return BeaconBlock(
        chain_id=cast("int", claims["chain_id"]),
        number=cast("int", claims["number"]),
        block_hash=from_evm_hex(cast("str", claims["block_hash"])),
        issued_unix=record.iat,
    )


def project_all(records: Iterable[Record]) -> Iterator[Projection]:
    """Derive the look-ups of all entries, from the first one on.

    Remembers where each key lies: some 150 bytes per key of the log.
    """
    known: dict[str, int] = {}
    for leaf_index, record in enumerate(records):
        if record.type == "key":
            known.setdefault(record.kid, leaf_index)
        yield project(record, leaf_index, known.get(record.kid))
