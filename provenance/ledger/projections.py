"""What people look up, derived from the entries alone, so that it can be rebuilt from them.

    entry --parse_entry--> record --project--> Projection --store--> look-up tables

The same function makes the rows when an entry is integrated, when everything is rebuilt, and
when the audit compares: a projection that differs from what it makes is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from provenance.digests import from_evm_hex, from_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.keys import PublicKey
    from provenance.record import Record

__all__ = ["BeaconBlock", "Projection", "project", "project_all"]


_LOOKED_UP_BY: Final = {"deposit": "dataset_digest", "fixity": "record"}
"""By type of record, the claim whose 32 bytes a look-up by digest asks for."""


@dataclass(frozen=True, slots=True)
class BeaconBlock:
    """The block that a ``beacon`` entry names, and when the entry says it was made."""

    chain_id: int
    number: int
    block_hash: bytes
    issued_unix: int


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
    dataset_digest: bytes | None
    """What a look-up by digest finds this entry by: the dataset digest of a deposit, the id of
    the deposit that a ``fixity`` record is about."""
    beacon: BeaconBlock | None


def project(record: Record, leaf_index: int, key_index: int | None) -> Projection:
    """Derive the look-ups of ``record`` at ``leaf_index``.

    Args:
        key_index: leaf index of the first ``key`` record of its kid; its own for that record.
    """
    digest = record.claims.get(_LOOKED_UP_BY.get(record.type, ""))
    return Projection(
        leaf_index=leaf_index,
        record_id=record.id,
        kid=record.kid,
        key=record.key if key_index == leaf_index else None,
        key_index=key_index,
        dataset_digest=from_hex(digest) if isinstance(digest, str) else None,
        beacon=_beacon_block(record) if record.type == "beacon" else None,
    )


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
