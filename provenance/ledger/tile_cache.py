"""Hold stored tiles in memory, for proofs and for readers.

A tile only grows, and once full it never changes, so one that is wide enough for the tree size
asked about is right for ever. Eight of a proof's hashes come from one tile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.tlog import tile_at, width_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.tlog import ReadTile

__all__ = ["TileCache"]

CAPACITY: Final = 2_048
"""Tiles of at most 16,352 bytes: 32 MB, the leaf level of half a million entries."""

SEEN: Final = 16
"""Tiles that one tree size's reader keeps at hand without asking the cache."""


class TileCache:
    """A bounded cache of stored tiles in front of the store; for any thread."""

    def __init__(self, read_tile: ReadTile) -> None:
        """Read through to ``read_tile`` what is not held, or not held wide enough."""
        self._read_tile = read_tile
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._readers = lru_cache(maxsize=16)(self._make_reader)

    def offer(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Take over tiles that have just become durable."""
        for (level, index), stored in tiles.items():
            self._keep(level, index, stored)

    def at(self, tree_size: int) -> ReadTile:
        """Return a reader of tiles at least as wide as they are at ``tree_size``.

        All receipts of a batch are proved at one size and share its reader, which asks for a
        tile of the right edge, and for its width, once.
        """
        return self._readers(tree_size)

    def _make_reader(self, tree_size: int) -> ReadTile:
        seen: dict[tuple[int, int], bytes] = {}

        def read(level: int, index: int) -> bytes:
            found = seen.get((level, index))
            if found is None:
                found = self._find(level, index, tree_size)
                if len(seen) < SEEN:
                    seen[level, index] = found
            return found

        return read

    def _find(self, level: int, index: int, tree_size: int) -> bytes:
        with self._lock:
            held = self._tiles.get((level, index))
        if held is not None and width_of(held) >= tile_at(level, index, tree_size).width:
            return held
        stored = self._read_tile(level, index)
        self._keep(level, index, stored)
        return stored

    def _keep(self, level: int, index: int, stored: bytes) -> None:
        with self._lock:
            held = self._tiles.get((level, index))
            # threads may finish reading in another order than they began
            if held is None or len(held) < len(stored):
                self._tiles[level, index] = stored
            self._tiles.move_to_end((level, index))
            if len(self._tiles) > CAPACITY:
                self._tiles.popitem(last=False)
