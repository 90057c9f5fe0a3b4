import itertools
import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oracles import naive_merkle as oracle

from provenance.errors import (
    EmptyDatasetError,
    HashOfNothingError,
    MalformedError,
    MalformedJSONError,
    ManifestMismatchError,
    NameCollisionError,
    NotFoundError,
    NotNormalizedError,
    ProofShapeError,
    ProvenanceError,
    RootMismatchError,
    TooLargeError,
    UnsupportedVersionError,
    VerificationError,
)
from provenance.file_proof import FileProof, file_proof, verify_file_proof
from provenance.fingerprint import (
    DECLARED_ALGORITHMS,
    MAX_PATH_BYTES,
    DeclaredEntry,
    FileEntry,
    Summary,
    check_published,
    dataset_digest,
    entry_bytes,
    in_order,
    parse_declared_manifest,
    parse_manifest,
    summarize,
    to_sha256sum,
    write_manifest,
)

NAMES = st.text(st.sampled_from("aAbB.-/0!é中ẞß\\ \U0001f4be"), min_size=1, max_size=6)


def is_possible(path: str) -> bool:
    return all(part not in {"", ".", ".."} for part in path.split("/"))


def folds(path: str) -> str:
    return path.casefold()  # of NAMES, no letter needs more


def collides(paths: Iterable[str]) -> bool:
    """Tell, pair by pair and slowly, whether two files or their folders cannot stand together."""
    parts = [path.split("/") for path in paths]
    for one, other in itertools.combinations(parts, 2):
        for depth in range(1, min(len(one), len(other)) + 1):
            if one[: depth - 1] != other[: depth - 1]:
                break
            if folds(one[depth - 1]) != folds(other[depth - 1]):
                break
            # one name for both: fine only when both go on below that very folder
            if one[depth - 1] != other[depth - 1] or depth in {len(one), len(other)}:
                return True
    return False


def entry(path: str, content: bytes = b"content") -> FileEntry:
    return FileEntry(path, sha256(content).digest(), len(content))


def lines_of(manifest: bytes) -> list[bytes]:
    return manifest.splitlines(keepends=True)


def by_bytes(paths: Iterable[str]) -> list[str]:
    return sorted(paths, key=str.encode)


PATHS = st.sets(NAMES.filter(is_possible), min_size=1, max_size=20).map(by_bytes)
DATASETS = PATHS.filter(lambda paths: not collides(paths)).flatmap(
    lambda paths: st.tuples(*(st.builds(entry, st.just(p), st.binary(max_size=9)) for p in paths))
)
TWO = [entry("a.csv", b"x,y\n"), entry("b/c.csv", b"")]
MANIFEST = (
    b'{"format":"provenance-manifest","v":1,"files":2,"bytes":4,"digest":'
    b'"f87109c4f00d37a1f5eb2787bd35b8efd949c64717f00f0f771462fb05e658f5"}\n'
    b'{"path":"a.csv","sha256":'
    b'"9c6536d38fa37da58fac066342747e6d20fdace12ab5b287cf04506f2afe95b0","length":4}\n'
    b'{"path":"b/c.csv","sha256":'
    b'"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","length":0}\n'
)


# --- the digest ---------------------------------------------------------------------------


def test_entry_is_the_digest_of_the_content_then_the_path() -> None:
    assert entry_bytes(entry("ä/b", b"x")) == sha256(b"x").digest() + "ä/b".encode()


def test_declared_entry_names_its_algorithm() -> None:
    assert entry_bytes(DeclaredEntry("a/b", "md5", bytes(16), 1)) == b"md5\0" + bytes(16) + b"a/b"


@given(DATASETS)
def test_dataset_digest_is_the_oracles_root(entries: tuple[FileEntry, ...]) -> None:
    summary = summarize(entries)

    assert summary.digest == oracle.root([e.sha256 + e.path.encode() for e in entries])
    assert summary.digest == dataset_digest(entries)
    assert summary.files == len(entries)
    assert summary.length == sum(e.length or 0 for e in entries)


def test_dataset_digest_of_one_file_depends_on_its_name() -> None:
    assert dataset_digest([entry("a")]) != dataset_digest([entry("b")])


def test_dataset_without_files_is_refused() -> None:
    with pytest.raises(EmptyDatasetError):
        summarize([])


def test_sum_of_lengths_is_unknown_when_one_length_is() -> None:
    assert summarize([entry("a"), entry("b")._replace(length=None), entry("c")]).length is None


def test_sum_of_lengths_above_a_json_integer_is_refused() -> None:
    huge = [entry(name)._replace(length=2**52) for name in ("a", "b")]
    with pytest.raises(TooLargeError) as caught:
        summarize(huge)
    assert caught.value.length == 2**53


# --- paths and their order ----------------------------------------------------------------


@given(PATHS)
@example(["A/x", "a/y"])
@example(["a", "a!", "a/b"])
@example(["a/b", "a0", "b"])
@example(["ß", "ẞ"])
def test_names_of_one_folder_must_differ_in_more_than_case(paths: list[str]) -> None:
    entries = [entry(path) for path in paths]

    if collides(paths):
        with pytest.raises(NameCollisionError):
            list(in_order(entries))
    else:
        assert list(in_order(entries)) == entries


def test_colliding_names_are_both_told() -> None:
    with pytest.raises(NameCollisionError, match=r"'d/a\.csv' and 'd/A\.csv'"):
        list(in_order([entry("d/A.csv"), entry("d/a.csv")]))


@pytest.mark.parametrize("paths", [["b", "a"], ["a", "a"], ["a/b", "a-b"], ["é", "z"]])
def test_paths_out_of_byte_order_are_refused(paths: list[str]) -> None:
    with pytest.raises(MalformedError, match="byte order"):
        list(in_order([entry(path) for path in paths]))


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("", MalformedError),
        ("/a", MalformedError),
        ("a/", MalformedError),
        ("a//b", MalformedError),
        ("../a", MalformedError),
        ("a/./b", MalformedError),
        ("a\nb", MalformedError),
        ("a\u202eb", MalformedError),
        ("e\u0301", NotNormalizedError),
        ("\U00010d69", NotNormalizedError),
        ("\udcff", NotNormalizedError),
        ("中" * (MAX_PATH_BYTES // 3 + 1), TooLargeError),
    ],
)
def test_path_that_no_dataset_has_is_refused(path: str, error: type[ProvenanceError]) -> None:
    with pytest.raises(error):
        list(in_order([entry(path)]))


def test_longest_path_is_taken() -> None:
    longest = [entry("x" * MAX_PATH_BYTES)]

    assert list(parse_manifest(lines_of(write_manifest(longest)))) == longest


# --- the hash of nothing ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "length"),
    [(b"", 5), (b"undefined", 1000), (b"[object ArrayBuffer]", 3), (b"data", 0)],
)
def test_digest_of_something_else_than_the_content_is_refused(content: bytes, length: int) -> None:
    with pytest.raises(HashOfNothingError):
        summarize([FileEntry("a", sha256(content).digest(), length)])


@pytest.mark.parametrize("content", [b"", b"null", b"undefined"])
def test_file_that_really_holds_nothing_is_taken(content: bytes) -> None:
    assert summarize([entry("a", content)]).length == len(content)


# --- the manifest -------------------------------------------------------------------------


def test_manifest_is_the_documented_bytes() -> None:
    assert write_manifest(TWO) == MANIFEST


@given(DATASETS)
def test_manifest_reads_back(entries: tuple[FileEntry, ...]) -> None:
    manifest = parse_manifest(lines_of(write_manifest(entries)))

    assert tuple(manifest) == entries
    assert manifest.header == summarize(entries)


def test_manifest_with_unknown_lengths_reads_back() -> None:
    entries = [entry("a"), entry("b")._replace(length=None)]
    manifest = parse_manifest(lines_of(write_manifest(entries)))

    assert list(manifest) == entries
    assert manifest.header.length is None


@given(st.integers(0, len(MANIFEST) - 1), st.integers(1, 255))
def test_manifest_with_any_byte_changed_is_refused(at: int, change: int) -> None:
    changed = bytearray(MANIFEST)
    changed[at] ^= change

    with pytest.raises(ProvenanceError):
        list(parse_manifest(lines_of(bytes(changed))))


def test_manifest_cut_anywhere_is_refused() -> None:
    for length in range(len(MANIFEST)):
        with pytest.raises(ProvenanceError):
            list(parse_manifest(lines_of(MANIFEST[:length])))


@pytest.mark.parametrize(
    ("old", "new", "error", "field"),
    [
        ('"v":1', '"v":2', UnsupportedVersionError, "line 1.format"),
        ('"v":1', '"v":true', UnsupportedVersionError, "line 1.format"),
        ("provenance-manifest", "sha256sum", UnsupportedVersionError, "line 1.format"),
        ('"files":2', '"files":0', MalformedError, "line 1.files"),
        ('"files":2', '"files":3', ManifestMismatchError, "files"),
        ('"bytes":4', '"bytes":5', ManifestMismatchError, "bytes"),
        ('"bytes":4', '"bytes":null', ManifestMismatchError, "bytes"),
        ('"bytes":4', '"bytes":4,"note":1', MalformedError, "line 1.note"),
        ("f87109", "f87100", ManifestMismatchError, "digest"),
        ("9c65", "9C65", MalformedError, "line 2.sha256"),
        ("9c65", "9c", MalformedError, "line 2.sha256"),
        ('"length":4', '"length":4.0', MalformedJSONError, "length"),
        ('"length":4', '"length":-4', MalformedError, "line 2.length"),
        ('"length":4', '"length":4,"length":4', MalformedJSONError, "length"),
        ('"length":4', '"mode":4', MalformedError, "line 2.length"),
        ('"length":0}\n', '"length":0}', MalformedError, "line 3"),
        ('"path":"b/c.csv"', '"path":7', MalformedError, "line 3.path"),
    ],
)
def test_manifest_that_is_not_strict_names_the_member(
    old: str, new: str, error: type[ProvenanceError], field: str
) -> None:
    with pytest.raises(error) as caught:
        list(parse_manifest(lines_of(MANIFEST.replace(old.encode(), new.encode(), 1))))
    assert caught.value.field == field


def test_manifest_line_without_end_is_refused_unread() -> None:
    with pytest.raises(MalformedError):
        list(parse_manifest([MANIFEST.splitlines(keepends=True)[0], b'{"path":"' + b"a" * 10**6]))


@given(st.lists(st.binary(max_size=60).map(lambda line: line + b"\n"), max_size=3))
def test_reading_leaks_no_foreign_error(lines: list[bytes]) -> None:
    for read in (parse_manifest, parse_declared_manifest):
        with pytest.raises(ProvenanceError):
            list(read(lines))
    with pytest.raises(ProvenanceError):
        FileProof.parse(b"".join(lines))


@pytest.mark.parametrize("field", ["digest", "files", "bytes"])
def test_published_manifest_must_be_the_signed_one(field: str) -> None:
    signed = summarize(TWO)
    published = {
        "digest": Summary(bytes(32), signed.files, signed.length),
        "files": Summary(signed.digest, 1, signed.length),
        "bytes": Summary(signed.digest, signed.files, None),
    }[field]

    check_published(signed, signed)
    with pytest.raises(ManifestMismatchError) as caught:
        check_published(published, signed)
    assert caught.value.field == field


# --- digests taken from a source ----------------------------------------------------------

HALF = [TWO[0]._replace(imported=True), TWO[1]]


def test_digest_does_not_cover_where_digests_come_from() -> None:
    assert summarize(HALF) == replace(summarize(TWO), imported=1)
    assert dataset_digest(HALF) == dataset_digest(TWO)


def test_mark_of_an_imported_digest_reads_back() -> None:
    octets = write_manifest(HALF)
    header, first, second = map(json.loads, lines_of(octets))

    assert (header["imported"], first["assurance"]) == (1, "imported")
    assert "assurance" not in second
    assert list(first)[-1] == "assurance"
    manifest = parse_manifest(lines_of(octets))
    assert list(manifest) == HALF
    assert manifest.header == summarize(HALF)


def test_manifest_without_marks_is_written_as_before() -> None:
    octets = write_manifest(TWO)

    assert b"imported" not in octets
    assert b"assurance" not in octets


@pytest.mark.parametrize(
    ("number", "old", "new", "field"),
    [
        (0, b',"imported":1', b"", "imported"),
        (0, b'"imported":1', b'"imported":2', "imported"),
        (0, b'"imported":1', b'"imported":0', "line 1.imported"),
        (0, b'"imported":1', b'"imported":null', "line 1.imported"),
        (1, b',"assurance":"imported"', b"", "imported"),
        (1, b'"imported"', b'"rehashed"', "line 2.assurance"),
        (1, b'"imported"', b"true", "line 2.assurance"),
        (2, b"}", b',"assurance":"imported"}', "imported"),
    ],
)
def test_marks_that_are_not_those_of_the_header_are_refused(
    number: int, old: bytes, new: bytes, field: str
) -> None:
    lines = lines_of(write_manifest(HALF))
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)

    with pytest.raises((MalformedError, ManifestMismatchError)) as caught:
        list(parse_manifest(lines))
    assert caught.value.field == field


def test_declared_manifest_has_no_marks() -> None:
    lines = lines_of(write_manifest([DeclaredEntry("a", "md5", bytes(16), 5)]))
    lines[1] = lines[1].replace(b"}", b',"assurance":"imported"}')

    with pytest.raises(MalformedError) as caught:
        list(parse_declared_manifest(lines))
    assert caught.value.field == "line 2.assurance"


@pytest.mark.parametrize(("published", "signed"), [(1, 0), (0, 1), (1, 2)])
def test_marks_must_be_as_many_as_the_record_counts(published: int, signed: int) -> None:
    summary = summarize(TWO)

    with pytest.raises(ManifestMismatchError) as caught:
        check_published(replace(summary, imported=published), replace(summary, imported=signed))
    assert caught.value.field == "imported"


def test_record_that_signs_no_length_is_contradicted_by_none() -> None:
    summary = summarize(TWO)

    check_published(summary, replace(summary, length=None))
    check_published(replace(summary, length=None), replace(summary, length=None))


# --- declared manifests -------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "length"), DECLARED_ALGORITHMS.items())
def test_declared_manifest_reads_back(algorithm: str, length: int) -> None:
    entries = [DeclaredEntry(path, algorithm, bytes(length), 5) for path in ("a", "b")]
    octets = write_manifest(entries)
    manifest = parse_declared_manifest(lines_of(octets))

    assert list(manifest) == entries
    assert manifest.algorithm == algorithm
    assert json.loads(lines_of(octets)[1])[algorithm] == bytes(length).hex()


def test_declared_manifest_is_never_taken_for_a_manifest() -> None:
    octets = write_manifest([DeclaredEntry("a", "md5", bytes(16), 5)])

    with pytest.raises(UnsupportedVersionError):
        parse_manifest(lines_of(octets))
    with pytest.raises(UnsupportedVersionError):
        parse_declared_manifest(lines_of(MANIFEST))


def test_sha256_cannot_be_declared() -> None:
    octets = write_manifest([DeclaredEntry("a", "md5", bytes(16), 5)])

    with pytest.raises(UnsupportedVersionError) as caught:
        parse_declared_manifest(lines_of(octets.replace(b"md5", b"sha256")))
    assert caught.value.field == "line 1.algorithm"


# --- sha256sum ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a b", "{}  a b\n"),
        ("*a", "{}  *a\n"),
        ("a\\b", "\\{}  a\\\\b\n"),
        ("-", "{}  ./-\n"),
        ("-/-", "{}  -/-\n"),
        ("中", "{}  中\n"),
    ],
)
def test_sha256sum_text_is_escaped_as_gnu_does(path: str, line: str) -> None:
    (written,) = to_sha256sum([entry(path)])

    assert written.decode() == line.format(entry(path).sha256.hex())


# --- one file alone -----------------------------------------------------------------------


@given(DATASETS, st.data())
def test_file_proof_is_the_oracles_and_verifies(
    entries: tuple[FileEntry, ...], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))

    proof = FileProof.parse(file_proof(entries, entries[index].path).to_bytes())

    assert proof.entry == entries[index]
    assert list(proof.path) == oracle.path(index, [entry_bytes(e) for e in entries])
    verify_file_proof(proof, digest=dataset_digest(entries), files=len(entries))


@given(DATASETS, st.data())
def test_file_proof_with_any_byte_changed_is_refused(
    entries: tuple[FileEntry, ...], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    original = file_proof(entries, entries[index].path)
    octets = bytearray(original.to_bytes())
    at = data.draw(st.integers(0, len(octets) - 2))  # the last byte is white space
    octets[at] ^= data.draw(st.integers(1, 255))

    try:
        proof = FileProof.parse(bytes(octets))
        verify_file_proof(proof, digest=dataset_digest(entries), files=len(entries))
    except (MalformedError, VerificationError):
        return
    # the length is stated and not proved; nothing else may pass
    assert proof.entry._replace(length=None) == original.entry._replace(length=None)
    assert (proof.index, proof.files, proof.path) == (
        original.index,
        original.files,
        original.path,
    )


def test_file_proof_for_another_count_of_files_is_refused() -> None:
    # path [h] leads from index 1 of 2 files and from index 2 of 3 files to the same root
    proof = file_proof(TWO, "b/c.csv")
    moved = FileProof(proof.entry, 2, 3, proof.path)

    with pytest.raises(ManifestMismatchError) as caught:
        verify_file_proof(moved, digest=dataset_digest(TWO), files=2)
    assert caught.value.field == "files"


def test_file_proof_of_another_dataset_is_refused() -> None:
    proof = file_proof(TWO, "a.csv")

    with pytest.raises(RootMismatchError):
        verify_file_proof(proof, digest=dataset_digest([*TWO, entry("z")]), files=2)
    with pytest.raises(ProofShapeError):
        verify_file_proof(FileProof(proof.entry, 0, 2, ()), digest=dataset_digest(TWO), files=2)


def test_file_proof_of_a_file_that_is_not_there_cannot_be_made() -> None:
    with pytest.raises(NotFoundError):
        file_proof(TWO, "c.csv")


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"format": "provenance-manifest"},
        {"path": "../a.csv"},
        {"index": -1},
        {"files": 0},
        {"proof": ["00"]},
        {"extra": 1},
    ],
)
def test_file_proof_that_is_not_strict_is_refused(change: dict[str, object]) -> None:
    members = json.loads(file_proof(TWO, "a.csv").to_bytes())

    with pytest.raises(MalformedError):
        FileProof.parse(json.dumps(members | change).encode())
