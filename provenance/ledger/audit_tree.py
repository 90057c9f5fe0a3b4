"""Rebuild a log's tree from its entries, to compare every tile, head and checkpoint with.

Hashes as RFC 9162 does and shares no code with ``tlog.append``: the roots come from an
accumulator, the tiles from plain lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.merkle import RootAccumulator, leaf_hash, root_of
from provenance.tlog import TILE_WIDTH, TileId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from provenance.digests import RootHash

__all__ = ["TreeAuditor"]


class TreeAuditor:
    """Takes the entries in order; yields each tile once it is full, and the rest at the end."""

    def __init__(self, wanted: Collection[int] = ()) -> None:
        """Note the roots at the sizes in ``wanted`` on the way."""
        self._wanted = set(wanted)
        self._tree = RootAccumulator()
        self._rows: list[list[bytes]] = [[]]
        self._full: list[int] = [0]
        self.roots: dict[int, RootHash] = {0: self._tree.root()} if 0 in self._wanted else {}
        """Root hashes at those wanted sizes that have been passed."""

    @property
    def size(self) -> int:
        """Count of entries taken."""
        return self._tree.size

    def root(self) -> RootHash:
        """Return the root over all entries taken."""
        return self._tree.root()

    def take(self, entry: bytes) -> Iterator[tuple[TileId, bytes]]:
        """Take the next entry; yield the tiles that it fills, with their C2SP bytes."""
        leaf = leaf_hash(entry)
        self._tree.add(leaf)
        if self._tree.size in self._wanted:
            self.roots[self._tree.size] = self._tree.root()
        hash_: bytes = leaf
        level = 0
        while True:
            row = self._rows[level]
            row.append(hash_)
            if len(row) < TILE_WIDTH:
                return
            yield TileId(level, self._full[level]), b"".join(row)
            hash_ = root_of(row)
            row.clear()
            self._full[level] += 1
            level += 1
            if level == len(self._rows):
                self._rows.append([])
                self._full.append(0)

    def rest(self) -> Iterator[tuple[TileId, bytes]]:
        """Yield the tiles that are not full, lowest first; after the last entry."""
        for level, row in enumerate(self._rows):
            if row:
                yield TileId(level, self._full[level], len(row)), b"".join(row)
