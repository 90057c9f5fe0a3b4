"""Records and anchors as the API shows them: plain JSON values, made of what is stored."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from provenance.anchor_evidence import block_of
from provenance.digests import to_evm_hex
from provenance.errors import DamagedReceiptError
from provenance.identity import standing_of
from provenance.ledger.key_chain import chain_of, ends_of, read_key
from provenance.ledger.load_record import load_record
from provenance.record import deposit_of, fixity_of
from provenance.service.record_about import MOST_ABOUT_A_HIT, about_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.identity import Standing
    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.ports import KeyStore, LogReader
    from provenance.policy import Policy
    from provenance.record import Record
    from provenance.service.record_about import About

__all__ = ["Levels", "View", "anchor_view", "hit_views", "record_view", "short_anchor_view"]

MOST_PEOPLE: Final = 10
"""Contributors that a hit names; the record has them all."""

MOST_FIXITY: Final = 5
"""Fixity records that a hit shows: anybody may sign any number of them."""

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
        "standing": about_record(record, leaf_index, log=log).to_json(),
    }


def hit_views(
    indexes: Iterable[int], *, log: LogReader, key_store: KeyStore, policy: Policy
) -> list[View]:
    """Return look-up hits, each with the identity level of its key: never a name alone."""
    levels = Levels(log, key_store, policy)
    hits: list[View] = []
    for index in indexes:
        record = load_record(index, log=log, key_store=key_store)
        about = about_record(record, index, log=log, most=MOST_ABOUT_A_HIT)
        hits.append(
            {
                "id": record.id_hex,
                "leaf_index": index,
                "type": record.type,
                "key": record.kid,
                "identity": levels.of(record.kid, index),
                "claimed_at": record.iat,
                "standing": about.to_json(),
                "sealed": record.claims["record"] if record.type == "opening" else None,
                **_about_deposit(record, about, log, key_store, levels),
            }
        )
    return hits


class Levels:
    """How well known keys are, each found out once."""

    def __init__(self, log: LogReader, key_store: KeyStore, policy: Policy) -> None:
        """Read keys from these, and believe the institutions of ``policy``."""
        self._log = log
        self._key_store = key_store
        self._institutions = policy.institutions
        self._read = cache(partial(read_key, log=log, key_store=key_store))

    def of(self, kid: str, index: int) -> str:
        """Return the identity level that a key had for the entry at ``index``."""
        found = self._standing(kid, index)
        # the operator's own keys stand in genesis, not in a key record
        return "unbound" if found is None else found.level.value

    def institution(self, kid: str, index: int) -> str | None:
        """Return the thumbprint of the institution's key that a key was bound under by then."""
        found = self._standing(kid, index)
        return None if found is None else found.institution

    def _standing(self, kid: str, index: int) -> Standing | None:
        chain = chain_of(kid, index + 1, self._log)
        if not chain:
            return None
        bound = [self._read(*place) for place in chain]
        ends = ends_of(self._log.key_events(list({one for one, _ in chain} - {kid})))
        return standing_of(kid, index, bound, self._institutions, ends)


def _about_deposit(
    record: Record, about: About, log: LogReader, key_store: KeyStore, levels: Levels
) -> View:
    """Return what is public of a deposit, and who read its files again."""
    if record.type != "deposit":
        return {"assurance": None, "title": None, "people": [], "contributors": 0, "fixity": []}
    deposit = deposit_of(record)
    public = [one for one in deposit.contributors if one is not None]
    return {
        "assurance": deposit.assurance_level,
        "title": deposit.title,
        "people": [
            {"name": one.name, "orcid": one.orcid, "roles": list(one.roles)}
            for one in public[:MOST_PEOPLE]
        ],
        "contributors": len(deposit.contributors),
        "fixity": [
            _fixity(load_record(index, log=log, key_store=key_store), index, record, levels)
            for index in about.fixity[:MOST_FIXITY]
        ],
        "more_fixity": len(about.fixity) > MOST_FIXITY,
    }


def _fixity(record: Record, index: int, deposit: Record, levels: Levels) -> View:
    if record.type != "fixity" or record.claims["record"] != deposit.id_hex:
        raise DamagedReceiptError(f"entry {index} is no fixity record about {deposit.id_hex}")
    found = fixity_of(record)
    return {
        "id": record.id_hex,
        "leaf_index": index,
        "key": record.kid,
        "identity": levels.of(record.kid, index),
        "witnessed": record.kid != deposit.kid,
        "sound": found.is_sound,
        "checked": found.checked,
        "files": found.files,
        "ended_at": found.ended_unix,
    }


def short_anchor_view(anchor: Anchor) -> View:
    """Return one anchor without its evidence: how far it is, and in which block."""
    found = anchor.inclusion
    evidence = None if found is None else found.evidence
    return {
        "anchor_id": anchor.anchor_id,
        "tree_size": anchor.tree_size,
        "state": anchor.state.value,
        "block_number": None if found is None else found.block.number,
        "block_hash": None if found is None else to_evm_hex(found.block.block_hash),
        "block_time": None if evidence is None else block_of(evidence).timestamp,
        "level": None if evidence is None else evidence.level,
    }


def anchor_view(anchor: Anchor) -> View:
    """Return one anchor with its evidence, once it has any."""
    found = anchor.inclusion
    evidence = None if found is None else found.evidence
    return short_anchor_view(anchor) | {
        "chain_id": anchor.chain_id,
        "root_hash": anchor.root_hash.hex(),
        "transactions": [to_evm_hex(attempt.tx_hash) for attempt in anchor.attempts],
        "evidence": None if evidence is None else evidence.to_json(),
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
