"""A growing log and its database for the anchoring tests: real tiles, real SQLite, no service.

It stands in for what the writer leaves behind: signed heads, markers and beacon entries.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import Engine, insert

from provenance import merkle, tlog
from provenance.store import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.digests import LeafHash, RootHash
    from provenance.ledger.chain_port import NamedBlock


class AnchoredLog:
    """Implements the port ``LogView``; ``grow`` is the writer."""

    def __init__(self, engine: Engine, *, chain_id: int = 31337) -> None:
        self.engine = engine
        self._chain_id = chain_id
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._roots: dict[int, RootHash] = {0: merkle.EMPTY_ROOT}
        self._size = 0
        self.beacon_blocks: list[tuple[int, NamedBlock]] = []
        """(leaf index, block) of each beacon entry."""
        self.is_broken = False
        """Make consistency proofs that prove nothing."""

    def grow(self, entries: int, *, beacon: NamedBlock | None = None) -> int:
        """Append entries, the first a beacon if given; sign the head and want its anchor."""
        if beacon is not None:
            self.beacon_blocks.append((self._size, beacon))
        extension = self._extend([self.leaf(self._size + i) for i in range(entries)])
        with self.engine.begin() as connection:
            head = {"tree_size": self._size, "root_hash": extension.root_hash}
            connection.execute(insert(tables.heads).values(head))
            connection.execute(
                insert(tables.checkpoints).values(tree_size=self._size, note="signed")
            )
            connection.execute(insert(tables.anchor_markers).values(tree_size=self._size))
        return self._size

    @staticmethod
    def leaf(index: int) -> LeafHash:
        return merkle.leaf_hash(hashlib.sha256(b"%d" % index).digest())

    def _extend(self, leaves: list[LeafHash]) -> tlog.Extension:
        extension = tlog.append(self._size, leaves, self._read_tile)
        self._tiles.update(extension.tiles)
        self._size = extension.tree_size
        self._roots[self._size] = extension.root_hash
        return extension

    def rewrite(self) -> None:
        """Become another log of the same size: what an operator who cheats would have."""
        leaves = [merkle.leaf_hash(b"rewritten %d" % i) for i in range(self._size)]
        extension = tlog.append(0, leaves, self._read_tile)
        self._true = (dict(self._tiles), dict(self._roots))
        self._tiles = dict(extension.tiles)
        self._roots = {self._size: extension.root_hash}

    def restore(self) -> None:
        """Be the true log again, grown by what was added meanwhile."""
        added = self._size - max(self._true[1])
        self._tiles, self._roots = self._true
        self._size -= added
        leaves = [self.leaf(self._size + i) for i in range(added)]
        self._extend(leaves)

    def newest_signed(self) -> tuple[int, RootHash]:
        return self._size, self._roots[self._size]

    def root_at(self, tree_size: int) -> RootHash:
        return self._roots.get(tree_size) or tlog.root_hash(tree_size, self._read_tile)

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        if self.is_broken:
            return [bytes(32)]
        return tlog.consistency_proof(old_size, new_size, self._read_tile)

    def beacons(self, old_size: int, new_size: int, chain_id: int) -> Sequence[NamedBlock]:
        if chain_id != self._chain_id:
            return []
        below = [block for index, block in self.beacon_blocks if index < old_size]
        here = [block for index, block in self.beacon_blocks if old_size <= index < new_size]
        return below[-1:] + here

    def _read_tile(self, level: int, index: int) -> bytes:
        return self._tiles[level, index]
