"""Records and anchors as the API shows them: plain JSON values, made of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.anchor_evidence import block_of
from provenance.digests import to_evm_hex
from provenance.identity import BoundKey, standing_of
from provenance.ledger.load_record import load_record
from provenance.record import deposit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.ports import KeyStore, LogReader
    from provenance.policy import Policy
    from provenance.record import Record

__all__ = ["anchor_view", "hit_views", "record_view"]

View = dict[str, Any]  # JSON, whose members the API's own models name and check


def record_view(leaf_index: int, *, log: LogReader, key_store: KeyStore) -> View:
    """Return a record with those disclosures that are public and not erased."""
    record = load_record(leaf_index, log=log, key_store=key_store)
    return {
        "id": record.id_hex,
        "leaf_index": leaf_index,
        "type": record.type,
        "key": record.kid,
        "claimed_at": record.iat,
        "sd_jwt": record.compact.decode("ascii"),
        "claims": record.payload,
        "manifest": log.manifest_room(leaf_index) is not None,
    }


def hit_views(
    indexes: Iterable[int], *, log: LogReader, key_store: KeyStore, policy: Policy
) -> list[View]:
    """Return look-up hits, each with the identity level of its key: never a name alone."""
    institutions = {one.key.thumbprint: one.name for one in policy.institution_keys}
    hits = []
    for index in indexes:
        record = load_record(index, log=log, key_store=key_store)
        hits.append(
            {
                "id": record.id_hex,
                "leaf_index": index,
                "type": record.type,
                "key": record.kid,
                "identity": _level(record, index, log, key_store, institutions),
                "claimed_at": record.iat,
                "assurance": _assurance(record),
            }
        )
    return hits


def _assurance(record: Record) -> str | None:
    """Return how the digests of a deposit came about, by the depositor's own word."""
    return deposit_of(record).assurance_level if record.type == "deposit" else None


def _level(
    record: Record,
    index: int,
    log: LogReader,
    key_store: KeyStore,
    institutions: dict[str, str],
) -> str:
    stored = log.stored_keys([record.kid]).get(record.kid)
    if stored is None:
        return "unbound"  # the operator's own keys stand in genesis, not in a key record
    key_record = load_record(stored.leaf_index, log=log, key_store=key_store)
    bound = [BoundKey(key_record, stored.leaf_index)]
    return standing_of(record.kid, index, bound, institutions).level.value


def anchor_view(anchor: Anchor) -> View:
    """Return one anchor with its evidence, once it has any."""
    found = anchor.inclusion
    evidence = None if found is None else found.evidence
    return {
        "anchor_id": anchor.anchor_id,
        "chain_id": anchor.chain_id,
        "tree_size": anchor.tree_size,
        "root_hash": anchor.root_hash.hex(),
        "state": anchor.state.value,
        "block_number": None if found is None else found.block.number,
        "block_hash": None if found is None else to_evm_hex(found.block.block_hash),
        "block_time": None if evidence is None else block_of(evidence).timestamp,
        "transactions": [to_evm_hex(attempt.tx_hash) for attempt in anchor.attempts],
        "evidence": None if evidence is None else evidence.to_json(),
        "level": None if evidence is None else evidence.level,
        "widened_by": None if evidence is None or found is None else found.widened_by,
        "histories": []
        if found is None
        else [
            {
                "block_number": block.number,
                "block_hash": to_evm_hex(block.block_hash),
                "proof": proof.to_json(),
            }
            for block, proof in found.histories
        ],
    }
