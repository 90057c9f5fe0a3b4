"""A ledger in numbers, for people: how large, how busy, how far anchored, and whether it is well.

Cheap at any size: a handful of rows are read, and the entries of a stretch are counted by the
beacons at its ends, which are issued every minute while there is traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provenance.anchor import AnchorState
from provenance.anchor_evidence import block_of
from provenance.digests import to_evm_hex
from provenance.record import parse_entry

if TYPE_CHECKING:
    from provenance.ledger.anchor_port import Anchor
    from provenance.policy import Chain, Policy
    from provenance.service.running import RunningParts

__all__ = ["summarise"]

HOUR: Final = 3_600
DAY: Final = 24 * HOUR

_FIRST_BEACON: Final = 1
"""Index of the first one, in the log's first batch."""

View = dict[str, Any]  # JSON, whose members the API's own models name and check


def summarise(parts: RunningParts, policy: Policy, now_unix: int) -> View:
    """Return the numbers.

    Raises:
        DamagedReceiptError: what is stored of an anchor does not hold together.
    """
    size = parts.log.size()
    (newest,) = parts.store.entries(size - 1, size)
    return {
        "origin": policy.origin,
        "size": size,
        "began_at": parts.store.beacons(_FIRST_BEACON, _FIRST_BEACON + 1)[0].issued_unix,
        "newest_at": parse_entry(newest).iat,
        "last_hour": _records_since(parts, size, now_unix - HOUR),
        "last_day": _records_since(parts, size, now_unix - DAY),
        "chains": [_chain(chain, parts) for chain in policy.chains],
        "parts": {name: fine for name, (fine, _) in parts.readiness().items()},
    }


def _records_since(parts: RunningParts, size: int, since_unix: int) -> int:
    """Count the entries that are no beacons behind the last beacon before a time."""
    before = parts.store.beacon_before(since_unix)
    start = 0 if before is None else before.leaf_index + 1
    return max(0, size - start - parts.store.count_beacons(start, size))


def _chain(chain: Chain, parts: RunningParts) -> View:
    newest = parts.anchor_store.newest(chain.chain_id)
    final = parts.anchor_store.newest_final(chain.chain_id)
    for one in {one.anchor_id: one for one in (newest, final) if one is not None}.values():
        parts.anchor_checker.check(one)
    return {
        "chain_id": chain.chain_id,
        "name": chain.name,
        "independent": chain.independent,
        "retired": all(chain.chain_id != one.trust.chain_id for one in parts.chains),
        "newest": None if newest is None else _anchor(newest),
        "final": None if final is None else _anchor(final),
    }


def _anchor(anchor: Anchor) -> View:
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
        "cost_at_most_wei": str(_dearest(anchor)),
    }


def _dearest(anchor: Anchor) -> int:
    """Return the most that an anchor may have cost: what is on chain is one of its attempts."""
    found = anchor.inclusion
    is_final = anchor.state is AnchorState.FINAL
    mined = [one for one in anchor.attempts if found is not None and one.tx_hash == found.tx_hash]
    return max(
        one.gas * one.max_fee_wei for one in (mined if is_final and mined else anchor.attempts)
    )
