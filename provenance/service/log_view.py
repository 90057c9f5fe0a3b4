"""What the anchoring worker reads of the log (the port ``ledger.chain_port.LogView``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import tlog
from provenance.errors import FatalError
from provenance.ledger.chain_port import NamedBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.digests import RootHash
    from provenance.ledger.ports import LogReader
    from provenance.ledger.tile_cache import TileCache

__all__ = ["StoredLogView"]


class StoredLogView:
    """Answers from what is durable and signed."""

    def __init__(self, log: LogReader, tiles: TileCache) -> None:
        """Read ``log``, its tiles by way of the cache."""
        self._log = log
        self._tiles = tiles

    def newest_signed(self) -> tuple[int, RootHash]:
        """Return (tree size, root hash) of the newest signed checkpoint."""
        signed = self._log.newest_signed()
        if signed is None:
            raise FatalError("the log has no signed checkpoint")
        return signed.tree_size, self.root_at(signed.tree_size)

    def root_at(self, tree_size: int) -> RootHash:
        """Return the root at a tree size up to the newest signed one."""
        return tlog.root_hash(tree_size, self._tiles.at(tree_size))

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``."""
        return tlog.consistency_proof(old_size, new_size, self._tiles.at(new_size))

    def beacons(self, old_size: int, new_size: int, chain_id: int) -> Sequence[NamedBlock]:
        """Return the blocks that beacons of this chain name; see the port."""
        found = list(self._log.beacons(old_size, new_size))
        earlier = self._log.beacon_below(old_size) if old_size else None
        if earlier is not None:
            found.insert(0, earlier)
        return [
            NamedBlock(beacon.number, beacon.block_hash)
            for beacon in found
            if beacon.chain_id == chain_id
        ]
