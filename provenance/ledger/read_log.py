"""What anybody may read of the log: up to the newest signed size, and nothing beyond it.

Entries become durable before their head is signed. Until it is, they are not there for a reader:
nobody could prove them, and after a disaster nobody could be held to them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provenance import tlog
from provenance.checkpoint import Checkpoint
from provenance.errors import MalformedError, NotFoundError, ProofShapeError
from provenance.ledger.chain_port import NamedBlock
from provenance.note import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.digests import RootHash
    from provenance.ledger.issue_receipt import CosignatureView
    from provenance.ledger.ports import FoundDigest, LogReader, SignedHead
    from provenance.ledger.tile_cache import TileCache
    from provenance.tlog import TileId

__all__ = ["MAX_PAGE", "PREFIX_DIGITS", "SignedLog"]

MAX_PAGE = 1_000
"""Items of one page of a look-up."""

PREFIX_DIGITS = range(4, 64)
"""Hex digits that a look-up by prefix takes: fewer would list too much, 64 are the digest."""

_PREFIX = re.compile(r"[0-9a-f]*")


class SignedLog:
    """The signed part of the log; for any thread. It is also the anchors' ``LogView``."""

    def __init__(
        self, log: LogReader, tiles: TileCache, cosignatures: CosignatureView | None = None
    ) -> None:
        """Read from ``log``, tiles through the cache.

        Args:
            cosignatures: None for a ledger without witnesses.
        """
        self._log = log
        self._tiles = tiles
        self._cosignatures = cosignatures

    # --- heads ---------------------------------------------------------------------------------

    def signed(self) -> SignedHead:
        """Return the newest signed head; NotFoundError before the log has begun."""
        signed = self._log.newest_signed()
        if signed is None:
            raise NotFoundError("the log has no checkpoint yet")
        return signed

    def size(self) -> int:
        """Return the newest signed tree size."""
        return self.signed().tree_size

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint (c2sp.org/tlog-checkpoint).

        With the cosignatures that have come so far: a fresh one has none for a moment.
        """
        signed = self.signed()
        if self._cosignatures is None:
            return signed.note
        return signed.note + "".join(self._cosignatures.lines(signed.tree_size))

    def newest_signed(self) -> tuple[int, RootHash]:
        """Return (tree size, root hash) of the newest signed checkpoint."""
        said = Checkpoint.from_text(Note.parse(self.signed().note).text)
        return said.tree_size, said.root_hash

    def root_at(self, tree_size: int) -> RootHash:
        """Return the root at a tree size up to the newest signed one."""
        self._check_size(tree_size)
        return tlog.root_hash(tree_size, self._tiles.at(tree_size))

    # --- entries and tiles ---------------------------------------------------------------------

    def entry(self, leaf_index: int) -> bytes:
        """Return one entry: a compact JWS without disclosures."""
        self.check_index(leaf_index)
        return self._log.entries(leaf_index, leaf_index + 1)[0]

    def tile(self, tile: TileId) -> bytes:
        """Return a tile of hashes or an entry bundle, as C2SP tlog-tiles has it.

        Raises:
            NotFoundError: it reaches beyond the newest signed size.
        """
        reach = (tile.index * tlog.TILE_WIDTH + tile.width) << 8 * max(tile.level, 0)
        if reach > self.size():
            raise NotFoundError(f"no signed checkpoint covers {tile.path()}")
        if tile.level == tlog.ENTRIES:
            start = tile.index * tlog.TILE_WIDTH
            return tlog.encode_bundle(self._log.entries(start, start + tile.width))
        stored = self._tiles.at(reach)(tile.level, tile.index)
        return tlog.tile_hashes(stored, tile.width)

    # --- proofs --------------------------------------------------------------------------------

    def inclusion_path(self, leaf_index: int, tree_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 inclusion proof of an entry at any signed-for size.

        Raises:
            NotFoundError: the size is beyond the newest signed one.
            ProofShapeError: the index is not below the size.
        """
        self._check_size(tree_size)
        return tlog.inclusion_proof(leaf_index, tree_size, self._tiles.at(tree_size))

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``.

        Raises:
            NotFoundError: a size is beyond the newest signed one.
            ProofShapeError: the sizes are not in that order.
        """
        self._check_size(new_size)
        return tlog.consistency_proof(old_size, new_size, self._tiles.at(new_size))

    # --- look-ups ------------------------------------------------------------------------------

    def index_of(self, record_id: bytes) -> int:
        """Return where a record lies; NotFoundError if it is not in the signed log."""
        found = self._log.record_indexes([record_id]).get(record_id)
        if found is None or found >= self.size():
            raise NotFoundError(f"no record has the id {record_id.hex()}")
        return found

    def records_of_key(self, kid: str, *, after: int = -1, limit: int = MAX_PAGE) -> list[int]:
        """Return leaf indexes above ``after`` of what a key signed, its key record first."""
        key = self._log.stored_keys([kid]).get(kid)
        if key is None:
            return []
        return self._up_to_signed(self._log.records_of_key(key.leaf_index, after, limit))

    def deposits_of_digest(
        self, digest: bytes, *, after: int = -1, limit: int = MAX_PAGE
    ) -> list[int]:
        """Return leaf indexes of deposits of a dataset, or whose manifest lists a file."""
        found = {
            *self._log.deposits_of_dataset(digest, after, limit),
            *self._log.deposits_of_file(digest, after, limit),
        }
        return self._up_to_signed(sorted(found)[:limit])

    def digests_with_prefix(
        self, prefix: str, *, after: tuple[bytes, int] | None = None, limit: int = MAX_PAGE
    ) -> tuple[list[FoundDigest], tuple[bytes, int] | None]:
        """Return digests that begin with ``prefix``, by digest and then leaf index.

        Asked by the first digits alone, nobody learns here which digest was meant.

        Args:
            prefix: 4 to 63 digits of lower-case hex.
            after: digest and leaf index that the page before ended at.

        Returns:
            What was found, and where the next page goes on; None at the end.

        Raises:
            MalformedError: not such a prefix.
        """
        low, high = _range_of(prefix)
        found = self._log.digests_between(low, high, after=after, limit=limit)
        size = self.size() if found else 0
        following = (found[-1].digest, found[-1].leaf_index) if len(found) == limit else None
        return [one for one in found if one.leaf_index < size], following

    def beacons(self, old_size: int, new_size: int, chain_id: int) -> Sequence[NamedBlock]:
        """Return the blocks that beacons name: those of a stretch, and the one before it."""
        below = self._log.beacon_below(old_size)
        here = self._log.beacons(old_size, new_size)
        return [
            NamedBlock(one.number, one.block_hash)
            for one in ([] if below is None else [below]) + list(here)
            if one.chain_id == chain_id
        ]

    def check_index(self, leaf_index: int) -> None:
        """Raise NotFoundError unless a signed head covers the index."""
        if not 0 <= leaf_index < self.size():
            raise NotFoundError(f"no signed checkpoint covers entry {leaf_index}")

    def _check_size(self, tree_size: int) -> None:
        if tree_size < 1:
            raise ProofShapeError(f"expected a tree size above 0, got {tree_size}")
        if tree_size > (size := self.size()):
            raise NotFoundError(f"tree size {tree_size} is beyond the newest signed one, {size}")

    def _up_to_signed(self, indexes: Sequence[int]) -> list[int]:
        size = self.size() if indexes else 0
        return [index for index in indexes if index < size]


def _range_of(prefix: str) -> tuple[bytes, bytes]:
    if len(prefix) not in PREFIX_DIGITS or not _PREFIX.fullmatch(prefix):
        first, last = PREFIX_DIGITS[0], PREFIX_DIGITS[-1]
        raise MalformedError(
            f"expected {first} to {last} digits of lower-case hex, got {prefix!a:.80}",
            field="digest_prefix",
        )
    return bytes.fromhex(prefix.ljust(64, "0")), bytes.fromhex(prefix.ljust(64, "f"))
