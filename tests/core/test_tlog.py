import base64
import itertools
import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import naive_merkle as oracle
from published import published

from provenance import merkle, tlog
from provenance.errors import (
    BadTileError,
    MalformedError,
    ProofShapeError,
    RootMismatchError,
    TooLargeError,
)

Tiles = dict[tuple[int, int], bytes]

# sizes around the edges of tiles, and beyond the first tile of level 1
EDGES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 65_793, 66_000]

LEAVES = [merkle.leaf_hash(b"entry %d" % index) for index in range(EDGES[-1])]


def reader(tiles: Tiles) -> tlog.ReadTile:
    return lambda level, index: tiles[level, index]


def log_of(leaves: Sequence[bytes], batches: list[int] | None = None) -> Tiles:
    """Append ``leaves`` in batches of the sizes given, the rest in one."""
    tiles: Tiles = {}
    size = 0
    for batch in [*(batches or []), len(leaves)]:
        extension = tlog.append(size, leaves[size : size + batch], reader(tiles))
        tiles.update(extension.tiles)
        size = extension.tree_size
    return tiles


@pytest.fixture(scope="module")
def long_log() -> Tiles:
    return log_of(LEAVES)


def check_log(tiles: Tiles, leaves: Sequence[bytes]) -> None:
    """Read back every tile and prove every entry anew."""
    size, root = len(leaves), merkle.root_of(leaves)
    read_tile = reader(tiles)
    for index, leaf in enumerate(leaves):
        path = tlog.inclusion_proof(index, size, read_tile)
        merkle.verify_inclusion(leaf, index, size, path, root)
    assert {(tile.level, tile.index): tile.width for tile in tlog.tile_ids(size)} == {
        place: tlog.width_of(stored) for place, stored in tiles.items()
    }
    for stored in tiles.values():
        width = tlog.width_of(stored)
        assert tlog.expand_tile(tlog.tile_hashes(stored, width)) == stored


# --- append, prove, verify ----------------------------------------------------------------


@given(batches=st.lists(st.integers(0, 90), max_size=8), rest=st.integers(1, 400))
def test_appended_entries_are_proved_whatever_the_batches(batches: list[int], rest: int) -> None:
    leaves = LEAVES[: sum(batches) + rest]

    tiles = log_of(leaves, batches)

    assert tiles == log_of(leaves)
    assert tlog.root_hash(len(leaves), reader(tiles)) == merkle.root_of(leaves)
    check_log(tiles, leaves)


@given(entries=st.lists(st.binary(max_size=8), min_size=1, max_size=60), data=st.data())
def test_proofs_are_those_of_the_recursion(entries: list[bytes], data: st.DataObject) -> None:
    tiles = log_of([merkle.leaf_hash(entry) for entry in entries])
    size2 = data.draw(st.integers(1, len(entries)))
    size1 = data.draw(st.integers(1, size2))
    index = data.draw(st.integers(0, size2 - 1))

    inclusion = tlog.inclusion_proof(index, size2, reader(tiles))
    consistency = tlog.consistency_proof(size1, size2, reader(tiles))

    assert inclusion == oracle.path(index, entries[:size2])
    assert consistency == oracle.proof(size1, entries[:size2])


@given(data=st.data())
def test_any_two_sizes_are_consistent(long_log: Tiles, data: st.DataObject) -> None:
    sizes = st.one_of(st.integers(1, 3_000), st.sampled_from(EDGES))
    size1, size2 = sorted((data.draw(sizes), data.draw(sizes)))
    roots = [tlog.root_hash(size, reader(long_log)) for size in (size1, size2)]

    path = tlog.consistency_proof(size1, size2, reader(long_log))

    merkle.verify_consistency(size1, size2, path, roots[0], roots[1])


@pytest.mark.parametrize("size", EDGES)
def test_old_sizes_are_proved_from_wider_tiles(long_log: Tiles, size: int) -> None:
    read_tile = reader(long_log)
    root = merkle.root_of(LEAVES[:size])

    assert tlog.root_hash(size, read_tile) == root
    assert tlog.root_from_edge(size, read_tile) == root
    for index in {0, size // 3, size - 1}:
        path = tlog.inclusion_proof(index, size, read_tile)
        merkle.verify_inclusion(LEAVES[index], index, size, path, root)


@pytest.mark.parametrize("size", EDGES)
def test_accumulator_goes_on_from_the_peaks_of_the_tiles(long_log: Tiles, size: int) -> None:
    accumulator = merkle.RootAccumulator(size, tlog.peaks(size, reader(long_log)))
    accumulator.add(LEAVES[0])

    assert accumulator.root() == merkle.root_of([*LEAVES[:size], LEAVES[0]])


def test_proofs_are_the_same_from_bare_tiles(long_log: Tiles) -> None:
    size, index = 66_000, 65_700

    def read_bare(level: int, number: int) -> bytes:
        tile = tlog.tile_at(level, number, size)
        return tlog.expand_tile(tlog.tile_hashes(long_log[level, number], tile.width))

    assert tlog.inclusion_proof(index, size, read_bare) == tlog.inclusion_proof(
        index, size, reader(long_log)
    )


def test_each_tile_is_read_once_for_a_proof(long_log: Tiles) -> None:
    read = []

    def read_tile(level: int, index: int) -> bytes:
        read.append((level, index))
        return long_log[level, index]

    tlog.inclusion_proof(1_000, 66_000, read_tile)

    assert sorted(read) == [(0, 3), (0, 257), (1, 0), (1, 1)]  # its own way, and the ragged edge


def test_append_reads_only_the_right_edge(long_log: Tiles) -> None:
    read = []

    def read_tile(level: int, index: int) -> bytes:
        read.append((level, index))
        return long_log[level, index]

    tlog.append(66_000, [LEAVES[0]], read_tile)

    assert set(read) == {(0, 257), (1, 1), (2, 0)}


def test_appending_nothing_changes_nothing(long_log: Tiles) -> None:
    extension = tlog.append(66_000, [], reader(long_log))

    assert extension == tlog.Extension({}, 66_000, tlog.root_hash(66_000, reader(long_log)))
    assert tlog.append(0, [], reader({})).root_hash == merkle.EMPTY_ROOT
    assert tlog.root_from_edge(0, reader({})) == merkle.EMPTY_ROOT


# --- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (0, 2**63)])
def test_inclusion_proof_wants_an_index_below_the_size(index: int, size: int) -> None:
    with pytest.raises(ProofShapeError):
        tlog.inclusion_proof(index, size, reader(log_of(LEAVES[:5])))


@pytest.mark.parametrize(("size1", "size2"), [(0, 5), (0, 0), (5, 4), (-1, 5), (1, 2**63)])
def test_consistency_proof_wants_sizes_that_grow(size1: int, size2: int) -> None:
    with pytest.raises(ProofShapeError):
        tlog.consistency_proof(size1, size2, reader(log_of(LEAVES[:5])))


def test_proof_beyond_the_tiles_is_refused() -> None:
    tiles = log_of(LEAVES[:5])

    for beyond in (6, 8, 256):
        with pytest.raises(BadTileError):
            tlog.inclusion_proof(0, beyond, reader(tiles))


@given(length=st.integers(0, 17_000))
def test_stored_tile_of_an_impossible_length_is_refused(length: int) -> None:
    possible = {32 * sum(width >> inner for inner in range(8)): width for width in range(1, 257)}

    if length in possible:
        assert tlog.width_of(bytes(length)) == possible[length]
    else:
        with pytest.raises(BadTileError):
            tlog.width_of(bytes(length))


@pytest.mark.parametrize("length", [0, 31, 33, 8191, 8193, 8224])
def test_bare_tile_of_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(BadTileError):
        tlog.expand_tile(bytes(length))


@pytest.mark.parametrize("width", [0, -1, 6, 257])
def test_stored_tile_gives_no_more_hashes_than_it_has(width: int) -> None:
    with pytest.raises(BadTileError):
        tlog.tile_hashes(log_of(LEAVES[:5])[0, 0], width)


@pytest.mark.parametrize("stored_size", [4, 6])
def test_append_refuses_a_tile_that_is_not_as_wide_as_the_head(stored_size: int) -> None:
    tiles = log_of(LEAVES[:stored_size])

    with pytest.raises(BadTileError):
        tlog.append(5, [LEAVES[5]], reader(tiles))


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_append_refuses_a_leaf_hash_of_another_length(leaf: bytes) -> None:
    with pytest.raises(ProofShapeError):
        tlog.append(0, [LEAVES[0], leaf], reader({}))


def test_append_refuses_to_outgrow_the_largest_size() -> None:
    with pytest.raises(ProofShapeError):
        tlog.append(merkle.MAX_TREE_SIZE, [LEAVES[0]], reader({}))


@given(data=st.data())
def test_flipped_bit_in_a_tile_makes_a_proof_that_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    tiles = log_of(leaves)
    root = merkle.root_of(leaves)
    place = data.draw(st.sampled_from(sorted(tiles)))
    rotten = bytearray(tiles[place])
    bit = data.draw(st.integers(0, 8 * len(rotten) - 1))
    rotten[bit // 8] ^= 1 << bit % 8

    good = tlog.inclusion_proof(index, size, reader(tiles))
    found = tlog.inclusion_proof(index, size, reader({**tiles, place: bytes(rotten)}))

    if found != good:  # the flipped hash is on the way
        with pytest.raises(RootMismatchError):
            merkle.verify_inclusion(leaves[index], index, size, found, root)


def test_wrong_inner_node_is_found_by_hashing_the_edge(long_log: Tiles) -> None:
    size = 66_000
    rotten = bytearray(long_log[0, 257])  # 208 hashes, 128 of them one peak, at inner level 7
    rotten[-1] ^= 1
    read_tile = reader({**long_log, (0, 257): bytes(rotten)})

    assert tlog.root_hash(size, read_tile) != merkle.root_of(LEAVES[:size])
    assert tlog.root_from_edge(size, read_tile) == merkle.root_of(LEAVES[:size])


# --- names of tiles -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tlog.TileId(0, 0), "tile/0/000"),
        (tlog.TileId(0, 0, 15), "tile/0/000.p/15"),
        (tlog.TileId(0, 273, 112), "tile/0/273.p/112"),
        (tlog.TileId(1, 1234067), "tile/1/x001/x234/067"),
        (tlog.TileId(63, 1000, 1), "tile/63/x001/000.p/1"),
        (tlog.TileId(tlog.ENTRIES, 1234067), "tile/entries/x001/x234/067"),
        (tlog.TileId(tlog.ENTRIES, 0, 3), "tile/entries/000.p/3"),
    ],
)
def test_tile_has_the_path_of_the_specification(tile: tlog.TileId, path: str) -> None:
    assert tile.path() == path
    assert tlog.parse_tile_path(path) == tile


@given(level=st.integers(-1, 63), index=st.integers(0, 10**21 - 1), width=st.integers(1, 256))
def test_tile_path_is_read_back(level: int, index: int, width: int) -> None:
    tile = tlog.TileId(level, index, width)

    assert tlog.parse_tile_path(tile.path()) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",  # longer than needed
        "tile/0/000/000",
        "tile/0/x001/x002",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000 ",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/entry/000",
        "tile/0/٠٠٠",  # digits, but not of ASCII
        "tile/0/../000",
    ],
)
def test_path_that_names_no_tile_is_refused(path: str) -> None:
    with pytest.raises(MalformedError):
        tlog.parse_tile_path(path)


@given(path=st.one_of(st.text(max_size=30), st.from_regex(r"tile/[0-9a-z./]{0,20}")))
def test_any_text_is_a_tile_path_or_malformed(path: str) -> None:
    try:
        tile = tlog.parse_tile_path(path)
    except MalformedError:
        return
    assert tile.path() == path


def test_partial_tiles_are_those_of_the_specification() -> None:
    assert tlog.partial_tiles(70_000) == [
        tlog.TileId(0, 273, 112),
        tlog.TileId(1, 1, 17),
        tlog.TileId(2, 0, 1),
    ]
    assert tlog.partial_tiles(256) == [tlog.TileId(1, 0, 1)]
    assert tlog.partial_tiles(0) == []


@pytest.mark.parametrize("size", [0, *EDGES])
def test_tiles_are_as_many_as_hashes_need(size: int) -> None:
    tiles = list(tlog.tile_ids(size))

    for level, of_level in itertools.groupby(tiles, key=lambda tile: tile.level):
        assert sum(tile.width for tile in of_level) == size >> 8 * level
    assert [tile for tile in tiles if tile.width < 256] == tlog.partial_tiles(size)
    for tile in tiles:
        assert tlog.tile_at(tile.level, tile.index, size) == tile


@pytest.mark.parametrize(("level", "index"), [(0, 274), (1, 2), (2, 1), (3, 0), (0, -1)])
def test_tile_beyond_the_size_is_refused(level: int, index: int) -> None:
    with pytest.raises(ProofShapeError):
        tlog.tile_at(level, index, 70_000)


def test_bundle_is_as_wide_as_its_tile_of_level_0() -> None:
    assert tlog.tile_at(tlog.ENTRIES, 273, 70_000) == tlog.TileId(tlog.ENTRIES, 273, 112)


# --- entry bundles ------------------------------------------------------------------------


def test_bundle_and_tile_are_those_of_the_golden_log() -> None:
    """The worked example of tessera's test log (Apache-2.0): entries one, two, three."""
    entries = [b"one", b"two", b"three"]
    bundle = bytes.fromhex("00036f6e65000374776f00057468726565")
    tile = (
        "d0d7360ab79f58ab1e1e3fe64ad77e2ea0bc07e36b5f46ed2223edd9298df9e9"
        "ab1ab7f07c7c8fe0eff4ba6faa53c7e4412e91a599153e8aa4e01beece5b7825"
        "671f146c5e471e8a1a83a3c214ce4ba907b8f3a5888d14cc8cd3ce75bb12ef94"
    )
    root = "5aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9"

    extension = tlog.append(0, [merkle.leaf_hash(entry) for entry in entries], reader({}))

    assert tlog.encode_bundle(entries) == bundle
    assert tlog.parse_bundle(bundle) == entries
    assert tlog.tile_hashes(extension.tiles[0, 0], 3).hex() == tile
    assert extension.root_hash.hex() == root


@given(entries=st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundle_is_read_back(entries: list[bytes]) -> None:
    assert tlog.parse_bundle(tlog.encode_bundle(entries)) == entries


@given(octets=st.binary(max_size=60))
def test_any_bytes_are_a_bundle_or_malformed(octets: bytes) -> None:
    try:
        entries = tlog.parse_bundle(octets)
    except MalformedError:
        return
    assert tlog.encode_bundle(entries) == octets


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_bundle_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(MalformedError):
        tlog.parse_bundle(tlog.encode_bundle([b"one", b"two"])[:-cut])


def test_bundle_of_no_or_too_many_entries_is_refused() -> None:
    for octets in (b"", bytes(2 * 257)):
        with pytest.raises(MalformedError):
            tlog.parse_bundle(octets)


def test_entry_of_64_kib_is_too_large_for_a_bundle() -> None:
    assert len(tlog.encode_bundle([bytes(65_535)])) == 65_537

    with pytest.raises(TooLargeError) as refused:
        tlog.encode_bundle([bytes(65_536)])

    assert (refused.value.limit, refused.value.length) == (65_535, 65_536)


# --- the published log --------------------------------------------------------------------


def test_published_mirror_log_has_its_root_and_proofs() -> None:
    vectors = published("sunlight-mirror-log/mirror-and-cosignatures.json")
    mirror = json.loads(vectors.read_text())["mirror"]
    size = 300
    root = base64.b64decode(mirror["checkpoint"].split("\n")[2])
    bare = {
        (tile.level, tile.index): bytes.fromhex(mirror[tile.path()]) for tile in tlog.tile_ids(size)
    }
    stored = {place: tlog.expand_tile(hashes) for place, hashes in bare.items()}
    flat = bare[0, 0] + bare[0, 1]
    leaves = [flat[at : at + 32] for at in range(0, len(flat), 32)]

    assert re.fullmatch("gw31yQ.*", mirror["checkpoint"].split("\n")[2])
    assert tlog.root_hash(size, reader(stored)) == root
    assert tlog.root_from_edge(size, reader(stored)) == root
    assert tlog.append(0, leaves, reader({})).tiles == stored
    check_log(stored, leaves)
