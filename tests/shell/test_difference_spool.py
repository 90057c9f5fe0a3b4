"""Differences of any number, with renames, against what sets say of them."""

from __future__ import annotations

import tracemalloc
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.comparison import compare
from provenance.errors import MalformedError, ManifestMismatchError, NotFoundError
from provenance.files.dataset_source import source_at
from provenance.files.difference_spool import KINDS, Difference, DifferenceSpool, Total
from provenance.files.manifest_file import write_manifest_file
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.fingerprint import FileEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def entry(path: str, content: bytes = b"content") -> FileEntry:
    return FileEntry(path, sha256(content).digest(), len(content))


PATHS = st.text(st.sampled_from("ab.é数\U0001f9ea"), min_size=1, max_size=3)
FILES = st.dictionaries(PATHS, st.binary(max_size=1), max_size=12)
LISTS = FILES.map(lambda files: [entry(path, files[path]) for path in sorted(files)])


@given(LISTS, LISTS)
def test_differences_are_those_of_the_comparison_in_memory(
    before: list[FileEntry], after: list[FileEntry]
) -> None:
    expected = compare(before, after)

    with DifferenceSpool() as spool:
        spool.compare(before, after)
        found = {kind: list(spool.differences(kind)) for kind in KINDS}
        same = spool.same().files

    assert same == expected.matched
    assert tuple(one.before for one in found["changed"]) == expected.changed
    assert tuple(one.before for one in found["removed"]) == expected.missing
    assert tuple(one.after for one in found["added"]) == expected.added
    renames = {(one.before, one.after) for one in found["renamed"]}
    assert renames == {tuple(one) for one in expected.renamed}


def test_bytes_are_summed_by_side_and_unknown_ones_are_said() -> None:
    before = [entry("a", b"1"), entry("b", b"22"), entry("c", b"333")]
    after = [entry("a", b"1"), entry("b", b"4444")._replace(length=None), entry("d", b"333")]

    with DifferenceSpool() as spool:
        spool.compare(before, after)

        assert spool.same() == Total(1, 1, 1)
        assert spool.total("changed") == Total(1, 2, None)
        assert spool.total("renamed") == Total(1, 3, 3)
        assert spool.total("removed") == Total(0, 0, 0)
        assert list(spool.differences("renamed")) == [Difference("renamed", "c", "d", 3, 3)]


def test_many_differences_are_not_held_in_memory() -> None:
    def files(letter: str) -> Iterator[FileEntry]:
        for number in range(60_000):
            yield entry(f"{letter}/{number:08d}", b"%d" % (number // 2))

    tracemalloc.start()
    with DifferenceSpool() as spool:
        spool.compare(files("a"), files("b"))
        renamed = spool.total("renamed")
        _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert renamed.files == 60_000
    # 120,000 entries of 400 bytes each would be 48 MB; SQLite's own 64 MB are not counted here
    assert peak < 12_000_000


# --- what is compared -----------------------------------------------------------------------


def test_data_and_its_manifest_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "数据"
    folder.mkdir()
    (folder / "é.txt").write_text("1")
    manifest = tmp_path / "m.jsonl"
    write_manifest_file(manifest, hash_dataset(folder))
    one, other = source_at(folder), source_at(manifest)

    with DifferenceSpool() as spool:
        spool.compare(one.entries(None), other.entries(None))
        assert spool.same() == Total(1, 1, 1)

    assert (one.kind, other.kind) == ("data", "manifest")
    assert one.summary == other.summary == fingerprint_dataset(folder)


def test_a_file_that_only_begins_like_a_manifest_is_refused(tmp_path: Path) -> None:
    lying = tmp_path / "m.jsonl"
    write_manifest_file(lying, [entry("a"), entry("b")])
    lying.write_bytes(lying.read_bytes().replace(b'"files":2', b'"files":3'))
    broken = tmp_path / "r.json"
    broken.write_bytes(b'{"format":"provenance-receipt","v":1}')

    with pytest.raises(ManifestMismatchError):
        list(source_at(lying).entries(None))
    with pytest.raises(MalformedError):
        source_at(broken)
    assert source_at(tmp_path).kind == "data"


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises((NotFoundError, MalformedError)):
        source_at(tmp_path / "absent")
