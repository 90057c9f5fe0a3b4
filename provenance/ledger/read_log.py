"""What anybody may read of the log: up to the newest signed size, and nothing beyond it.

Entries become durable before their head is signed. Until it is, they are not there for a reader:
nobody could prove them, and after a disaster nobody could be held to them.

What is given out was compared with the signed root first, or with the entry that it names: a bit
that has changed below makes the answer an error, and never another answer.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance import tlog
from provenance.checkpoint import Checkpoint
from provenance.errors import (
    BadTileError,
    DamagedReceiptError,
    MalformedError,
    NotFoundError,
    ProofShapeError,
    VerificationError,
)
from provenance.ledger.chain_port import NamedBlock
from provenance.ledger.check_hits import HitChecker
from provenance.ledger.load_record import check_entry
from provenance.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from provenance.note import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.digests import RootHash
    from provenance.ledger.issue_receipt import CosignatureView
    from provenance.ledger.ports import FoundDigest, LogReader, SignedHead
    from provenance.ledger.tile_cache import TileCache
    from provenance.tlog import ReadTile, TileId

__all__ = ["MAX_PAGE", "PREFIX_DIGITS", "SignedLog"]

MAX_PAGE = 1_000
"""Items of one page of a look-up."""

PREFIX_DIGITS = range(4, 64)
"""Hex digits that a look-up by prefix takes: fewer would list too much, 64 are the digest."""

_PREFIX = re.compile(r"[0-9a-f]*")

_ROOTS: Final = 4_096
"""Roots kept that were led to a signed one: what was true of a size stays so."""


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
        self._root = lru_cache(maxsize=_ROOTS)(self._read_root)
        self._hits = HitChecker(log, self.entry)

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
        said = _read_note(self.signed())
        return said.tree_size, said.root_hash

    def root_at(self, tree_size: int) -> RootHash:
        """Return the root at a tree size up to the newest signed one.

        Raises:
            DamagedReceiptError: the stored tiles do not lead from it to a signed root.
        """
        self._check_size(tree_size)
        return self._root(tree_size)

    def _read_root(self, tree_size: int) -> RootHash:
        """Make the root of the tiles, and prove the next signed head consistent with it."""
        with _damage(f"the root of tree size {tree_size}"):
            signed = self._log.first_signed_above(tree_size - 1)
            if signed is None:
                raise NotFoundError("no signed checkpoint covers it")
            said = _read_note(signed)
            read_tile = self._tiles.at(said.tree_size)
            root = tlog.root_hash(tree_size, read_tile)
            path = tlog.consistency_proof(tree_size, said.tree_size, read_tile)
            verify_consistency(tree_size, said.tree_size, path, root, said.root_hash)
        return root

    # --- entries and tiles ---------------------------------------------------------------------

    def entry(self, leaf_index: int) -> bytes:
        """Return one entry: a compact JWS without disclosures.

        Raises:
            NotFoundError: no signed head covers it.
            DamagedReceiptError: the stored entry is not the one that the log's tiles are made of.
        """
        self.check_index(leaf_index)
        entries = self._log.entries(leaf_index, leaf_index + 1)
        if not entries:
            raise DamagedReceiptError(f"entry {leaf_index} is missing")
        check_entry(entries[0], leaf_index, self._tiles.at(leaf_index + 1))
        return entries[0]

    def tile(self, tile: TileId) -> bytes:
        """Return a tile of hashes or an entry bundle, as C2SP tlog-tiles has it.

        Raises:
            NotFoundError: it reaches beyond the newest signed size.
            DamagedReceiptError: what is stored does not make the signed root.
        """
        if _reach(tile) > self.size():
            raise NotFoundError(f"no signed checkpoint covers {tile.path()}")
        if tile.level != tlog.ENTRIES:
            return self._tile_hashes(tile)
        hashes = self._tile_hashes(tlog.TileId(0, tile.index, tile.width))
        start = tile.index * tlog.TILE_WIDTH
        with _damage(tile.path()):
            entries = self._log.entries(start, start + tile.width)
            if b"".join(map(leaf_hash, entries)) != hashes:
                raise VerificationError("the entries do not hash to what their tile says")
        return tlog.encode_bundle(entries)

    def _tile_hashes(self, tile: TileId) -> bytes:
        """Return a tile's hashes after making the root at its right end of them."""
        reach = _reach(tile)
        with _damage(tile.path()):
            read_tile = self._tiles.at(reach)
            hashes = tlog.tile_hashes(read_tile(tile.level, tile.index), tile.width)
            _check_above(tile, hashes, read_tile)
            # believes no inner node, and takes the tile's own hashes if it is not full
            if tlog.root_from_edge(reach, read_tile) != self._root(reach):
                raise BadTileError(f"its hashes do not make the root of tree size {reach}")
        return hashes

    # --- proofs --------------------------------------------------------------------------------

    def inclusion_path(self, leaf_index: int, tree_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 inclusion proof of an entry at any signed-for size.

        Raises:
            NotFoundError: the size is beyond the newest signed one.
            ProofShapeError: the index is not below the size.
            DamagedReceiptError: the stored tiles do not lead to the signed root.
        """
        self._check_size(tree_size)
        if not 0 <= leaf_index < tree_size:
            raise ProofShapeError(f"index {leaf_index} is not below tree size {tree_size}")
        index, place = divmod(leaf_index, tlog.TILE_WIDTH)
        with _damage(f"the path of entry {leaf_index} at tree size {tree_size}"):
            read_tile = self._tiles.at(tree_size)
            path = tlog.inclusion_proof(leaf_index, tree_size, read_tile)
            leaf = tlog.tile_hashes(read_tile(0, index), place + 1)[32 * place :]
            verify_inclusion(leaf, leaf_index, tree_size, path, self._root(tree_size))
        return path

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``.

        Raises:
            NotFoundError: a size is beyond the newest signed one.
            ProofShapeError: the sizes are not in that order.
            DamagedReceiptError: the stored tiles do not lead to the signed roots.
        """
        self._check_size(new_size)
        if not 0 < old_size <= new_size:
            raise ProofShapeError(
                f"expected sizes that grow from above 0, got {old_size} and {new_size}"
            )
        with _damage(f"the path from tree size {old_size} to {new_size}"):
            path = tlog.consistency_proof(old_size, new_size, self._tiles.at(new_size))
            roots = self._root(old_size), self._root(new_size)
            verify_consistency(old_size, new_size, path, *roots)
        return path

    # --- look-ups ------------------------------------------------------------------------------

    def index_of(self, record_id: bytes) -> int:
        """Return where a record lies; NotFoundError if it is not in the signed log.

        Raises:
            DamagedReceiptError: it is another record that lies there.
        """
        found = self._log.record_indexes([record_id]).get(record_id)
        if found is None or found >= self.size():
            raise NotFoundError(f"no record has the id {record_id.hex()}")
        self._hits.check_id(record_id, found)
        return found

    def records_of_key(self, kid: str, *, after: int = -1, limit: int = MAX_PAGE) -> list[int]:
        """Return leaf indexes above ``after`` of what a key signed, its key record first.

        Raises:
            DamagedReceiptError: a look-up names an entry that the key did not sign.
        """
        key = self._log.stored_keys([kid]).get(kid)
        if key is None or key.leaf_index >= self.size():
            return []
        found = self._up_to_signed(self._log.records_of_key(key.leaf_index, after, limit))
        for index in {key.leaf_index, *found}:
            self._hits.check_key(kid, index)
        if after < key.leaf_index and found[:1] != [key.leaf_index]:
            raise DamagedReceiptError(f"the look-ups of key {kid} lack its own record")
        return found

    def deposits_of_digest(
        self, digest: bytes, *, after: int = -1, limit: int = MAX_PAGE
    ) -> list[int]:
        """Return leaf indexes of deposits of a dataset, or whose manifest lists a file.

        Raises:
            DamagedReceiptError: a look-up names an entry that does not say so.
        """
        found = dict.fromkeys(self._log.deposits_of_file(digest, after, limit), False)
        found |= dict.fromkeys(self._log.deposits_of_dataset(digest, after, limit), True)
        indexes = self._up_to_signed(sorted(found)[:limit])
        return [index for index in indexes if self._hits.is_hit(digest, index, found[index])]

    def records_of_person(self, tag: bytes, *, after: int = -1, limit: int = MAX_PAGE) -> list[int]:
        """Return leaf indexes above ``after`` that the index of people has for a tag.

        What is found still has to be looked at: names are behind digests, and may be erased.
        """
        return self._up_to_signed(self._log.records_of_person(tag, after, limit))

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
            DamagedReceiptError: a look-up names an entry that does not say so.
        """
        low, high = _range_of(prefix)
        found = self._log.digests_between(low, high, after=after, limit=limit)
        size = self.size() if found else 0
        following = (found[-1].digest, found[-1].leaf_index) if len(found) == limit else None
        return [
            one
            for one in found
            if one.leaf_index < size
            and (one.is_opened or self._hits.is_hit(one.digest, one.leaf_index, one.is_dataset))
        ], following

    def openings_of(self, digest: bytes, *, after: int = -1, limit: int = MAX_PAGE) -> list[int]:
        """Return leaf indexes above ``after`` of what opens a sealed dataset digest.

        What is found still has to be looked at, here and by prefix: it is behind a digest too.
        """
        return self._up_to_signed(self._log.openings_of(digest, after, limit))

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


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Call damage whatever goes wrong inside: all that is asked for there was signed once.

    Raises:
        DamagedReceiptError: ``what`` is not as it was.
    """
    try:
        yield
    except DamagedReceiptError:
        raise
    except (MalformedError, NotFoundError, VerificationError) as error:
        raise DamagedReceiptError(f"{what} is damaged: {error}") from error


def _read_note(signed: SignedHead) -> Checkpoint:
    """Return what a signed head says; its signature is for whoever serves it to check."""
    with _damage(f"checkpoint {signed.tree_size}"):
        said = Checkpoint.from_text(Note.parse(signed.note).text)
        if said.tree_size != signed.tree_size:
            raise VerificationError(f"it is of tree size {said.tree_size}")
    return said


def _reach(tile: TileId) -> int:
    """Return the smallest tree size that has the tile at this width."""
    return (tile.index * tlog.TILE_WIDTH + tile.width) << 8 * max(tile.level, 0)


def _check_above(tile: TileId, hashes: bytes, read_tile: ReadTile) -> None:
    """Climb while tiles are full: the root of each stands in the one above."""
    level, index, width = tile.level, tile.index, tile.width
    while width == tlog.TILE_WIDTH:
        root = root_of([hashes[at : at + 32] for at in range(0, len(hashes), 32)])
        index, place = divmod(index, tlog.TILE_WIDTH)
        level, width = level + 1, place + 1
        hashes = tlog.tile_hashes(read_tile(level, index), width)
        if hashes[32 * place :] != root:
            raise BadTileError(f"its root does not stand in tile {index} of level {level}")


def _range_of(prefix: str) -> tuple[bytes, bytes]:
    if len(prefix) not in PREFIX_DIGITS or not _PREFIX.fullmatch(prefix):
        first, last = PREFIX_DIGITS[0], PREFIX_DIGITS[-1]
        raise MalformedError(
            f"expected {first} to {last} digits of lower-case hex, got {prefix!a:.80}",
            field="digest_prefix",
        )
    return bytes.fromhex(prefix.ljust(64, "0")), bytes.fromhex(prefix.ljust(64, "f"))
