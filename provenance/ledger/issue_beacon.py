"""Sign a ``beacon`` record when one is due, from the block that a poller holds.

A beacon says that every later entry came into the log after that block. It begins a batch when
the last one is over a minute old; there are no batches of a beacon alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.digests import to_evm_hex
from provenance.ledger.ports import NewBeacon
from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.keys import PrivateKey
    from provenance.ledger.chain_port import Block, DatedBlock
    from provenance.ledger.ports import StoredBeacon

__all__ = ["BEACON_SECONDS", "BeaconIssuer", "issue_beacon"]

BEACON_SECONDS: Final = 60
"""While there is traffic, the lower end of every record's interval is at most this much wider."""


class BeaconIssuer:
    """Makes the beacons of one log (the port ``ledger.ports.BeaconSource``)."""

    def __init__(
        self, *, newest_block: Callable[[], DatedBlock | None], key: PrivateKey, origin: str
    ) -> None:
        """Sign with ``key``, which genesis names, what ``newest_block`` holds without waiting."""
        self._newest_block = newest_block
        self._key = key
        self._origin = origin

    def beacon_after(self, newest: StoredBeacon | None, now_unix: int) -> NewBeacon | None:
        """Return a beacon if the last is over a minute old and a later block is at hand.

        The clock only schedules: what a beacon proves, its block proves.
        """
        held = self._newest_block()  # asked each time: it keeps the poller awake during traffic
        if held is None:
            return None
        if newest is not None and newest.chain_id == held.chain_id:
            if 0 <= now_unix - newest.issued_unix <= BEACON_SECONDS:
                return None
            if held.block.number <= newest.number:
                return None
        return issue_beacon(held.chain_id, held.block, self._key, self._origin, now_unix)


def issue_beacon(
    chain_id: int, block: Block, key: PrivateKey, origin: str, now_unix: int
) -> NewBeacon:
    """Return a signed beacon that names ``block``, a finalized one of the log's first chain."""
    claims = {
        "chain_id": chain_id,
        "number": block.number,
        "block_hash": to_evm_hex(block.block_hash),
        "timestamp": block.timestamp,
    }
    record = issue_record(
        "beacon", claims, private_key=key, aud=origin, iat=now_unix, salts=iter(())
    )
    # a chain whose headers prove nothing has none to show
    return NewBeacon(record.compact, block.header or None)
