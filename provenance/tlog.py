"""Append to a log kept as tiles, and make its proofs (C2SP tlog-tiles, RFC 9162 §2.1).

A *tile* is up to 256 neighbouring hashes of one tile level: hash *i* of tile level L is the
root of 256^L entries, beginning at entry i × 256^L. Seven levels of the binary tree lie
between two tile levels. C2SP publishes only the tile's own hashes; a *stored tile* carries
the complete nodes of those seven levels behind them, so that a proof is slices, not hashing::

    stored tile of width 5:   h0 h1 h2 h3 h4 | n01 n23 | n03
                              tile hashes      inner 1   inner 2     (8 × 32 bytes)

The first ``32 × width`` bytes of a stored tile are exactly the bytes that C2SP serves. A
stored tile may be wider than the tree size asked about: tiles only grow.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from provenance.digests import RootHash
from provenance.errors import BadTileError, MalformedError, ProofShapeError, TooLargeError
from provenance.merkle import EMPTY_ROOT, MAX_TREE_SIZE, node_hash, root_of

__all__ = [
    "ENTRIES",
    "MAX_ENTRY_BYTES",
    "TILE_WIDTH",
    "Extension",
    "ReadTile",
    "TileId",
    "append",
    "consistency_proof",
    "encode_bundle",
    "expand_tile",
    "inclusion_proof",
    "parse_bundle",
    "parse_tile_path",
    "partial_tiles",
    "peaks",
    "root_from_edge",
    "root_hash",
    "tile_at",
    "tile_hashes",
    "tile_ids",
    "width_of",
]

TILE_WIDTH = 256
"""Hashes of a full tile (tlog-tiles: height 8)."""

ENTRIES = -1
"""The level of an entry bundle in a ``TileId``: it lies below tile level 0."""

MAX_ENTRY_BYTES = 65_535
"""A bundle writes an entry's length as two bytes (tlog-tiles, "Log Entries")."""

_INNER_LEVELS = 7  # the eighth is the next tile level's own hash
_MAX_LEVEL = 63  # tlog-tiles, "Merkle Tree"

ReadTile = Callable[[int, int], bytes]
"""Take a tile level and a tile index, give the stored tile.

It must hold at least the hashes that the tree size in question needs, and may hold more. Each
tile is asked for at most once in a call. Bare C2SP tiles go through ``expand_tile``.
"""


# --- names of tiles -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TileId:
    """One tile, or one entry bundle (level ``ENTRIES``), at one width.

    ``index`` counts tiles of the level from 0; ``width`` is 1 to 256 hashes or entries.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def path(self) -> str:
        """Return the path that C2SP gives it, as ``tile/0/x001/x234/067.p/15``."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number}{partial}"


_TILE_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


def parse_tile_path(path: str) -> TileId:
    """Read the path of a tile or entry bundle; only the one spelling ``path()`` writes.

    Raises:
        MalformedError: not such a path.
    """
    match = _TILE_PATH.fullmatch(path)
    if match is None:
        raise MalformedError(f"expected the path of a tile, got {path[:80]!r}")
    level, number, width = match.groups()
    tile = TileId(
        ENTRIES if level == "entries" else int(level),
        int(number.replace("/", "").replace("x", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if tile.width > TILE_WIDTH or tile.path() != path:
        raise MalformedError(f"expected the only path of a tile, got {path[:80]!r}")
    return tile


def tile_at(level: int, index: int, tree_size: int) -> TileId:
    """Return tile ``index`` of ``level`` as wide as it is at ``tree_size``.

    Raises:
        ProofShapeError: there is no such tile at that size.
    """
    width = min((tree_size >> 8 * max(level, 0)) - index * TILE_WIDTH, TILE_WIDTH)
    if width < 1 or index < 0:
        raise ProofShapeError(f"tree size {tree_size} has no tile {index} at level {level}")
    return TileId(level, index, width)


def tile_ids(tree_size: int) -> Iterator[TileId]:
    """Yield every tile of hashes at ``tree_size``, each as wide as possible, lowest first."""
    for level in _levels(tree_size):
        hashes = tree_size >> 8 * level
        for index in range(hashes >> 8):
            yield TileId(level, index)
        if hashes & 255:
            yield TileId(level, hashes >> 8, hashes & 255)


def partial_tiles(tree_size: int) -> list[TileId]:
    """Return the tiles of hashes that are not full at ``tree_size``, lowest first."""
    hashes = [(level, tree_size >> 8 * level) for level in _levels(tree_size)]
    return [TileId(level, count >> 8, count & 255) for level, count in hashes if count & 255]


def _levels(tree_size: int) -> range:
    return range((max(tree_size.bit_length(), 1) + 7) // 8)


# --- stored tiles -------------------------------------------------------------------------


def _starts(width: int) -> tuple[int, ...]:
    """Return where, in bytes, the tile hashes and each of the seven inner levels begin."""
    starts = [0]
    for inner in range(_INNER_LEVELS + 1):
        starts.append(starts[-1] + 32 * (width >> inner))
    return tuple(starts)


# The length of a stored tile tells its width: no two widths have the same length.
_STARTS = {starts[-1]: starts for starts in map(_starts, range(1, TILE_WIDTH + 1))}


def _starts_of(stored: bytes) -> tuple[int, ...]:
    starts = _STARTS.get(len(stored))
    if starts is None:
        raise BadTileError(f"a stored tile of {len(stored)} bytes has no width")
    return starts


def width_of(stored: bytes) -> int:
    """Return how many hashes a stored tile holds, 1 to 256.

    Raises:
        BadTileError: no stored tile has this length.
    """
    return _starts_of(stored)[1] // 32


def tile_hashes(stored: bytes, width: int) -> bytes:
    """Return the first ``width`` hashes of a stored tile: the bytes that C2SP serves.

    Raises:
        BadTileError: the tile is not that wide, or not a stored tile.
    """
    if not 1 <= width <= width_of(stored):
        raise BadTileError(f"expected a tile at least {width} wide, got {width_of(stored)}")
    return stored[: 32 * width]


def expand_tile(hashes: bytes) -> bytes:
    """Make a stored tile of the bytes of a C2SP tile, by hashing its inside.

    Raises:
        BadTileError: not 1 to 256 hashes of 32 bytes.
    """
    if not 32 <= len(hashes) <= 32 * TILE_WIDTH or len(hashes) % 32:
        raise BadTileError(f"expected 1 to 256 hashes of 32 bytes, got {len(hashes)} bytes")
    return b"".join(_grow([hashes] + [b""] * _INNER_LEVELS))


def _split(stored: bytes) -> list[bytes]:
    """Split a stored tile into its hashes and its seven inner levels."""
    starts = _starts_of(stored)
    return [stored[a:b] for a, b in itertools.pairwise(starts)]


def _grow(levels: list[bytes]) -> list[bytes]:
    """Hash the inner nodes that are complete and not yet there; each level is flat bytes."""
    sha256 = hashlib.sha256
    for inner in range(_INNER_LEVELS):
        below, level = levels[inner], levels[inner + 1]
        last = len(below) & ~63  # 64 bytes are a pair of children
        if 2 * len(level) < last:
            levels[inner + 1] = level + b"".join(
                [
                    sha256(b"\1" + below[at : at + 64]).digest()
                    for at in range(2 * len(level), last, 64)
                ]
            )
    return levels


class _Nodes:
    """The complete nodes of one log, each tile read at most once."""

    def __init__(self, read_tile: ReadTile) -> None:
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], tuple[bytes, tuple[int, ...]]] = {}

    def at(self, level: int, index: int) -> bytes:
        """Return node ``index`` of binary ``level``: the root of 2^level entries."""
        inner = level & 7
        place = index << inner
        key = (level >> 3, place >> 8)
        known = self._tiles.get(key)
        if known is None:
            stored = self._read_tile(*key)
            known = self._tiles[key] = (stored, _starts_of(stored))
        stored, starts = known
        start = starts[inner] + ((place & 255) >> inner) * 32
        if start >= starts[inner + 1]:
            raise BadTileError(f"tile {key[1]} of level {key[0]} is too narrow")
        return stored[start : start + 32]

    def peaks(self, tree_size: int, start: int = 0) -> list[bytes]:
        """Return the perfect subtrees over entries ``start`` to ``tree_size``, largest first.

        ``start`` is a multiple of the largest of them.
        """
        found = []
        for level in reversed(range((tree_size - start).bit_length())):
            if (tree_size - start) >> level & 1:
                found.append(self.at(level, start >> level))
                start += 1 << level
        return found

    def root(self, tree_size: int, start: int = 0) -> bytes:
        """Return the root over entries ``start`` to ``tree_size``, at least one."""
        *left, root = self.peaks(tree_size, start)
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root

    def path(self, level: int, index: int, tree_size: int) -> list[bytes]:
        """Return the siblings from a complete node up to the root at ``tree_size``."""
        path = []
        last = (tree_size - 1) >> level
        while last:
            if index & 1:
                path.append(self.at(level, index - 1))
            elif index + 1 < last:
                path.append(self.at(level, index + 1))
            elif index + 1 == last:  # the right edge, which may be ragged
                path.append(self.root(tree_size, last << level))
            index >>= 1
            last >>= 1
            level += 1
        return path


# --- proofs -------------------------------------------------------------------------------


def inclusion_proof(index: int, tree_size: int, read_tile: ReadTile) -> list[bytes]:
    """Return the path of entry ``index`` at ``tree_size``, lowest level first (RFC 9162 §2.1.3.1).

    Raises:
        ProofShapeError: ``index`` is not below ``tree_size``.
        BadTileError: a tile has an impossible length, or is narrower than ``tree_size`` needs.
    """
    if not 0 <= index < tree_size <= MAX_TREE_SIZE:
        raise ProofShapeError(f"index {index} is not below tree size {tree_size}")
    return _Nodes(read_tile).path(0, index, tree_size)


def consistency_proof(size1: int, size2: int, read_tile: ReadTile) -> list[bytes]:
    """Return the proof that tree ``size2`` begins with tree ``size1`` (RFC 9162 §2.1.4.1).

    It is the path of the smallest perfect subtree that ends at ``size1``, with that subtree's
    root in front unless it is all of ``size1``. Empty for equal sizes.

    Raises:
        ProofShapeError: not ``0 < size1 <= size2``.
        BadTileError: a tile has an impossible length, or is narrower than ``size2`` needs.
    """
    if not 0 < size1 <= size2 <= MAX_TREE_SIZE:
        raise ProofShapeError(f"expected sizes that grow from above 0, got {size1} and {size2}")
    if size1 == size2:
        return []
    nodes = _Nodes(read_tile)
    level = (size1 & -size1).bit_length() - 1
    index = (size1 - 1) >> level
    path = nodes.path(level, index, size2)
    return path if index == 0 else [nodes.at(level, index), *path]


def peaks(tree_size: int, read_tile: ReadTile) -> list[bytes]:
    """Return the roots of the perfect subtrees that make up ``tree_size``, largest first.

    With them a ``merkle.RootAccumulator`` goes on from this size.

    Raises:
        BadTileError: a tile has an impossible length, or is narrower than ``tree_size`` needs.
    """
    return _Nodes(read_tile).peaks(tree_size)


def root_hash(tree_size: int, read_tile: ReadTile) -> RootHash:
    """Return the root at ``tree_size``, from the complete nodes of the stored tiles.

    Raises:
        BadTileError: a tile has an impossible length, or is narrower than ``tree_size`` needs.
    """
    return RootHash(_Nodes(read_tile).root(tree_size)) if tree_size else EMPTY_ROOT


def root_from_edge(tree_size: int, read_tile: ReadTile) -> RootHash:
    """Return the root at ``tree_size``, hashing the right edge anew.

    A second way to the same root, which believes no inner node: of each tile level it takes
    the partial tile's own hashes, puts the root of the ragged rest below behind them, and
    hashes the row. A signer that compares both finds an inner node that was stored wrong.

    Raises:
        BadTileError: a tile has an impossible length, or is narrower than ``tree_size`` needs.
    """
    rest: list[bytes] = []
    for tile in partial_tiles(tree_size):
        flat = tile_hashes(read_tile(tile.level, tile.index), tile.width)
        row = [flat[at : at + 32] for at in range(0, len(flat), 32)]
        rest = [root_of(row + rest)]
    return root_of(rest)


# --- growth -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Extension:
    """What appending changes: the stored tiles to write, and the new head.

    ``tiles`` maps (tile level, tile index) to the whole stored tile, new or grown.
    """

    tiles: dict[tuple[int, int], bytes]
    tree_size: int
    root_hash: RootHash


def append(tree_size: int, leaf_hashes: Sequence[bytes], read_tile: ReadTile) -> Extension:
    """Append ``leaf_hashes`` (32 bytes each) to the log at ``tree_size``.

    Reads only the tiles on the right edge, which must be exactly as wide as ``tree_size`` says:
    a wider one would mean that somebody else has appended meanwhile.

    Raises:
        ProofShapeError: a leaf hash is not 32 bytes, or the log would grow too large.
        BadTileError: a tile on the right edge does not have the width of ``tree_size``.
    """
    if any(len(leaf) != 32 for leaf in leaf_hashes):
        raise ProofShapeError("expected leaf hashes of 32 bytes")
    new_size = tree_size + len(leaf_hashes)
    if not 0 <= tree_size <= new_size <= MAX_TREE_SIZE:
        raise ProofShapeError(f"cannot append {len(leaf_hashes)} entries at {tree_size}")
    tiles: dict[tuple[int, int], bytes] = {}
    hashes = b"".join(leaf_hashes)
    level = 0
    while hashes:
        hashes = _append_level(level, tree_size >> 8 * level, hashes, read_tile, tiles)
        level += 1

    def read_grown(level: int, index: int) -> bytes:
        return tiles.get((level, index)) or read_tile(level, index)

    return Extension(tiles, new_size, root_hash(new_size, read_grown))


def _append_level(
    level: int,
    count: int,
    hashes: bytes,
    read_tile: ReadTile,
    tiles: dict[tuple[int, int], bytes],
) -> bytes:
    """Put ``hashes`` behind the ``count`` of a tile level; return those of the level above."""
    index, width = divmod(count, TILE_WIDTH)
    levels = [b""] * (_INNER_LEVELS + 1)
    if width:
        stored = read_tile(level, index)
        if width_of(stored) != width:
            raise BadTileError(
                f"tile {index} of level {level} is {width_of(stored)} wide, not {width}"
            )
        levels = _split(stored)
    above = []
    taken = 0
    while taken < len(hashes):
        room = 32 * TILE_WIDTH - len(levels[0])
        levels[0] += hashes[taken : taken + room]
        taken += room
        stored = tiles[level, index] = b"".join(_grow(levels))
        if len(levels[0]) == 32 * TILE_WIDTH:
            above.append(hashlib.sha256(b"\1" + levels[-1]).digest())
        levels = [b""] * (_INNER_LEVELS + 1)
        index += 1
    return b"".join(above)


# --- entry bundles ------------------------------------------------------------------------


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries as a bundle: each as two bytes of length, big-endian, and its bytes.

    Raises:
        TooLargeError: an entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TooLargeError(limit=MAX_ENTRY_BYTES, length=len(entry), unit="bytes")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def parse_bundle(octets: bytes) -> list[bytes]:
    """Read the 1 to 256 entries of a bundle.

    Raises:
        MalformedError: no entry, more than 256, or the bytes end inside one.
    """
    entries = []
    at = 0
    while at < len(octets):
        start = at + 2
        at = start + int.from_bytes(octets[at:start], "big")
        entries.append(octets[start:at])
    if at != len(octets):
        raise MalformedError("the bundle ends inside an entry")
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise MalformedError(f"expected 1 to 256 entries in a bundle, got {len(entries)}")
    return entries
