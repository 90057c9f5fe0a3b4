"""Anchors as rows: reading and writing the values of ``provenance.ledger.anchor_port``."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from sqlalchemy import bindparam, insert, select

from provenance import strict_json
from provenance.anchor import AnchorState
from provenance.anchor_evidence import HistoryProof, parse_evidence
from provenance.digests import RootHash, from_hex
from provenance.errors import FatalError, MalformedError
from provenance.ledger.anchor_port import Anchor, Inclusion
from provenance.ledger.chain_port import Attempt, NamedBlock
from provenance.store.tables import anchor_attempts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from provenance.anchor_evidence import Evidence

__all__ = ["add_attempt", "evidence_column", "inclusion_columns", "read_anchors"]

_MAX_JSON_BYTES = 16 * 2**20
"""Evidence is some kilobytes, 256 histories some megabyte."""

_KEPT = 16
"""Texts whose parsed form is kept: the worker looks at the same few anchors again and again."""

_ATTEMPTS = (
    select(anchor_attempts)
    .where(anchor_attempts.c.anchor_id.in_(bindparam("anchor_ids", expanding=True)))
    .order_by(anchor_attempts.c.anchor_id, anchor_attempts.c.position)
)

NO_INCLUSION = dict.fromkeys(
    ("tx_hash", "mined_number", "block_number", "block_hash", "evidence", "histories")
)
"""The columns of an anchor that is in no block."""


def read_anchors(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Anchor]:
    """Return the anchors of rows of ``anchors``, with their attempts, in the order of the rows."""
    if not rows:
        return []
    asked = {"anchor_ids": [row.anchor_id for row in rows]}
    attempts: dict[int, list[Attempt]] = {row.anchor_id: [] for row in rows}
    for a in connection.execute(_ATTEMPTS, asked):
        attempts[a.anchor_id].append(
            Attempt(
                tx_hash=_octets(a.tx_hash),
                raw=_octets(a.raw),
                max_fee_wei=a.max_fee_wei,
                priority_fee_wei=a.priority_fee_wei,
                gas=a.gas,
                broadcast_unix=a.broadcast_unix,
            )
        )
    return [_anchor(row, attempts[row.anchor_id]) for row in rows]


def _anchor(row: Row[tuple[object, ...]], attempts: Sequence[Attempt]) -> Anchor:
    return Anchor(
        anchor_id=row.anchor_id,
        chain_id=row.chain_id,
        sender=row.sender,
        nonce=row.nonce,
        base_size=row.base_size,
        tree_size=row.tree_size,
        root_hash=RootHash(_octets(row.root_hash)),
        call_data=_octets(row.call_data),
        state=_state(row.state),
        prepared_unix=row.created_unix,
        attempts=tuple(attempts),
        inclusion=None if row.block_hash is None else _inclusion(row),
        final_unix=row.final_unix,
        violated_unix=row.violated_unix,
    )


def _inclusion(row: Row[tuple[object, ...]]) -> Inclusion:
    try:
        evidence = None if row.evidence is None else _read_evidence(_text(row.evidence))
        histories = _read_histories(_text(row.histories))
    except MalformedError as error:
        raise MalformedError(
            f"what is stored of the anchor of tree size {row.tree_size} is damaged: {error}"
        ) from error
    return Inclusion(
        tx_hash=_octets(row.tx_hash),
        mined_number=row.mined_number,
        block=NamedBlock(row.block_number, _octets(row.block_hash)),
        evidence=evidence,
        histories=histories,
    )


# One flipped bit in a row's header makes SQLite call a blob text, or a text a blob.


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise FatalError(f"an anchor is damaged: expected a blob, got {type(value).__name__}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise FatalError(f"an anchor is damaged: expected text, got {type(value).__name__}")
    return value


def _state(value: object) -> AnchorState:
    try:
        return AnchorState(value)
    except ValueError as error:
        raise FatalError(f"an anchor is damaged: its state is {value!a:.40}") from error


def add_attempt(connection: Connection, anchor_id: int, position: int, attempt: Attempt) -> None:
    """Insert one signed attempt."""
    connection.execute(
        insert(anchor_attempts).values(
            anchor_id=anchor_id,
            position=position,
            tx_hash=attempt.tx_hash,
            raw=attempt.raw,
            gas=attempt.gas,
            max_fee_wei=attempt.max_fee_wei,
            priority_fee_wei=attempt.priority_fee_wei,
            broadcast_unix=attempt.broadcast_unix,
        )
    )


def inclusion_columns(inclusion: Inclusion) -> dict[str, object]:
    """Return the columns of an anchor that is in a block."""
    return {
        "tx_hash": inclusion.tx_hash,
        "mined_number": inclusion.mined_number,
        "block_number": inclusion.block.number,
        "block_hash": inclusion.block.block_hash,
        "evidence": evidence_column(inclusion.evidence),
        "histories": json.dumps([_history(*pair) for pair in inclusion.histories]),
    }


def evidence_column(evidence: Evidence | None) -> str | None:
    """Return evidence as it is stored."""
    return None if evidence is None else json.dumps(evidence.to_json())


def _members(text: str, field: str) -> strict_json.Members:
    value = strict_json.parse(text.encode(), max_bytes=_MAX_JSON_BYTES)
    return strict_json.Members(value, field)


def _history(block: NamedBlock, proof: HistoryProof) -> dict[str, object]:
    return {
        "number": block.number,
        "block_hash": block.block_hash.hex(),
        "proof": proof.to_json(),
    }


@lru_cache(_KEPT)
def _read_evidence(text: str) -> Evidence:
    return parse_evidence(_members(text, "evidence"))


@lru_cache(_KEPT)
def _read_histories(text: str) -> tuple[tuple[NamedBlock, HistoryProof], ...]:
    found = []
    for value in cast("list[object]", strict_json.parse(text.encode(), max_bytes=_MAX_JSON_BYTES)):
        members = strict_json.Members(value, "histories")
        named = NamedBlock(members.integer("number"), from_hex(members.text("block_hash")))
        found.append((named, HistoryProof.from_json(members.object("proof"))))
        members.done()
    return tuple(found)
