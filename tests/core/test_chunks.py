from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import naive_merkle

from provenance import chunks
from provenance.chunks import (
    CHUNK_BYTES,
    HASHES_PER_LINE,
    ChunkedFile,
    ChunkTree,
    chunk_count,
    chunk_hash,
    chunks_covering,
    file_lines,
    find_chunked,
    parse_chunks,
    tree_digest,
    write_chunks,
)
from provenance.errors import (
    MalformedError,
    ManifestMismatchError,
    NotFoundError,
    ProofShapeError,
    TooLargeError,
    UnsupportedVersionError,
)
from provenance.fingerprint import entry_bytes, summarize


def naive_digest(content: bytes, size: int) -> bytes:
    """The digest as docs/formats.md has it, by the oracle's recursion over the chunks."""
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    root = naive_merkle.root(parts)
    return hashlib.sha256(b"\2" + len(content).to_bytes(8, "big") + root).digest()


def lines_of(octets: bytes) -> list[bytes]:
    return octets.splitlines(keepends=True)


def made_up(path: str, length: int) -> ChunkedFile:
    """A file with as many hashes as its length asks for."""
    hashes = (hashlib.sha256(b"%d" % at).digest() for at in range(chunk_count(length)))
    return ChunkedFile(path, length, tuple(hashes))


# --- the tree -----------------------------------------------------------------------------


@settings(max_examples=100)
@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_digest_is_the_documents_however_the_bytes_come(content: bytes, cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:  # the shapes of large files without their bytes
        patch.setattr(chunks, "CHUNK_BYTES", 16)
        tree = ChunkTree()
        for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 300], strict=True):
            tree.update(content[start:stop])

        assert (tree.length, tree.digest()) == (len(content), naive_digest(content, 16))
        assert tree.digest() == tree_digest(len(content), tree.hashes())


def test_real_chunks_have_16_mib() -> None:
    content = bytes(CHUNK_BYTES) + b"\1"
    tree = ChunkTree()
    tree.update(memoryview(content))

    assert CHUNK_BYTES == 16_777_216
    assert tree.hashes() == (chunk_hash(bytes(CHUNK_BYTES)), chunk_hash(b"\1"))
    assert tree.digest() == naive_digest(content, CHUNK_BYTES)


def test_empty_file_has_no_chunk() -> None:
    tree = ChunkTree()

    assert tree.hashes() == ()
    assert tree.digest() == naive_digest(b"", CHUNK_BYTES)


def test_a_node_cannot_stand_for_two_chunks() -> None:
    """The attack that the length is hashed against: later chunks would move to other places."""
    one, two, three = (chunk_hash(bytes([number])) for number in range(3))
    node = hashlib.sha256(b"\1" + one + two).digest()

    whole = tree_digest(3 * CHUNK_BYTES, [one, two, three])

    assert naive_merkle.root([b"x"]) == chunk_hash(b"x")  # one shape of leaf in both
    assert tree_digest(2 * CHUNK_BYTES, [node, three]) != whole


@pytest.mark.parametrize(("length", "count"), [(0, 1), (1, 0), (CHUNK_BYTES, 2)])
def test_hashes_must_be_as_many_as_the_length_asks_for(length: int, count: int) -> None:
    with pytest.raises(ProofShapeError):
        tree_digest(length, [bytes(32)] * count)


# --- ranges -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0, 1, range(1)),
        (CHUNK_BYTES - 1, CHUNK_BYTES, range(1)),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1, range(2)),
        (CHUNK_BYTES, CHUNK_BYTES + 1, range(1, 2)),
        (0, 2 * CHUNK_BYTES + 1, range(3)),
    ],
)
def test_range_is_widened_to_the_borders_of_chunks(start: int, stop: int, expected: range) -> None:
    assert chunks_covering(start, stop, 2 * CHUNK_BYTES + 1) == expected


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (1, 1), (2, 1), (0, 11), (10, 11)])
def test_range_outside_the_file_is_refused(start: int, stop: int) -> None:
    with pytest.raises(MalformedError) as caught:
        chunks_covering(start, stop, 10)
    assert caught.value.field == "range"


# --- the side file ------------------------------------------------------------------------

FILES = [
    made_up("a.csv", 4),
    made_up("big.bin", 3 * CHUNK_BYTES + 1),
    made_up("empty", 0),
    made_up("huge.bin", (2 * HASHES_PER_LINE + 1) * CHUNK_BYTES),
]


def test_side_file_reads_back_and_leads_to_the_root_of_the_declared_manifest() -> None:
    octets = write_chunks(FILES)
    read = parse_chunks(lines_of(octets))

    assert list(read) == FILES
    assert read.header == summarize([file.entry for file in FILES])
    assert read.header.digest == naive_merkle.root(
        [b"sha256-chunks\0" + file.digest + file.path.encode() for file in FILES]
    )
    assert entry_bytes(FILES[0].entry) == b"sha256-chunks\0" + FILES[0].digest + b"a.csv"


def test_long_list_of_hashes_goes_on_in_lines_of_its_own() -> None:
    first, second, third = map(json.loads, file_lines(FILES[3]))

    assert list(first) == ["path", "length", "chunks"]
    assert list(second) == list(third) == ["chunks"]
    assert [len(one["chunks"]) for one in (first, second, third)] == [1_024, 1_024, 1]


def test_file_is_found_after_the_whole_list_was_read() -> None:
    octets = write_chunks(FILES)

    assert find_chunked(parse_chunks(lines_of(octets)), "big.bin") == FILES[1]
    with pytest.raises(NotFoundError):
        find_chunked(parse_chunks(lines_of(octets)), "small.bin")
    with pytest.raises(ManifestMismatchError):
        find_chunked(parse_chunks(lines_of(octets)[:3]), "big.bin")


@pytest.mark.parametrize(
    ("number", "old", "new", "error"),
    [
        (0, b'"v":1', b'"v":2', UnsupportedVersionError),
        (0, b'"v":1', b'"v":true', UnsupportedVersionError),
        (0, b"provenance-chunks", b"provenance-manifest", UnsupportedVersionError),
        (0, b'"files":4', b'"files":0', MalformedError),
        (0, b'"files":4', b'"files":3', ManifestMismatchError),
        (0, b'"bytes":', b'"bytes":null,"x":', MalformedError),
        (0, b'"bytes":', b'"bytes":1', ManifestMismatchError),
        (1, b'"length":4', b'"length":5', ManifestMismatchError),
        (1, b'"length":4', b'"length":0', MalformedError),
        (1, b'"length":4', b'"length":-1', MalformedError),
        (1, b'"length":4', b'"length":null', MalformedError),
        (1, b'"a.csv"', b'"../a.csv"', MalformedError),
        (1, b'"a.csv"', b'"big.bin"', MalformedError),
        (1, b'"path"', b'"note":1,"path"', MalformedError),
        (1, b'["', b'["A', TooLargeError),
        (2, b'","', b'"],"x":["', MalformedError),
        (4, b"\n", b"", MalformedError),
        (5, b'{"chunks"', b'{"path":"x","chunks"', MalformedError),
    ],
)
def test_altered_side_file_is_refused(
    number: int, old: bytes, new: bytes, error: type[MalformedError | ManifestMismatchError]
) -> None:
    lines = lines_of(write_chunks(FILES))
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)

    with pytest.raises(error):
        list(parse_chunks(lines))


@pytest.mark.parametrize("left", range(1, 7))
def test_side_file_cut_between_lines_is_refused(left: int) -> None:
    lines = lines_of(write_chunks(FILES))
    assert len(lines) == 7

    with pytest.raises((MalformedError, ManifestMismatchError)):
        list(parse_chunks(lines[:left] if left < 7 else lines))


def test_hash_moved_to_the_next_line_is_refused() -> None:
    lines = lines_of(write_chunks(FILES))
    first, second = (json.loads(line) for line in lines[4:6])
    second["chunks"].insert(0, first["chunks"].pop())
    lines[4:6] = [
        json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in (first, second)
    ]

    with pytest.raises((MalformedError, TooLargeError)):
        list(parse_chunks(lines))


@given(noise=st.lists(st.binary(max_size=60), max_size=4))
def test_noise_is_refused_by_an_error_of_ours(noise: list[bytes]) -> None:
    with pytest.raises(MalformedError):
        list(parse_chunks(noise))
