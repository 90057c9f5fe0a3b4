"""A ledger in numbers, for people: how large, how busy, how far anchored, and whether it is well.

Cheap at any size: a handful of rows are read, and the entries of a stretch are counted by the
beacons at its ends, which are issued every minute while there is traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.anchor import AnchorState
from provenance.record import parse_entry
from provenance.service.views import short_anchor_view

if TYPE_CHECKING:
    from provenance.ledger.anchor_port import Anchor
    from provenance.policy import Chain, Policy
    from provenance.service.running import RunningParts
    from provenance.service.views import View

__all__ = ["summarise"]

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

_FIRST_BEACON: Final = 1
"""Index of the first one, in the log's first batch."""


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
        "last_hour": _records_since(parts, size, now_unix - _HOUR),
        "last_day": _records_since(parts, size, now_unix - _DAY),
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
    return short_anchor_view(anchor) | {"cost_at_most_wei": str(_dearest(anchor))}


def _dearest(anchor: Anchor) -> int:
    """Return the most that an anchor may have cost: what is on chain is one of its attempts."""
    found = anchor.inclusion
    is_final = anchor.state is AnchorState.FINAL
    mined = [one for one in anchor.attempts if found is not None and one.tx_hash == found.tx_hash]
    return max(
        one.gas * one.max_fee_wei for one in (mined if is_final and mined else anchor.attempts)
    )
