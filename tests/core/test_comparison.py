"""What is the same, changed, gone, new, renamed, copied; and which part of a dataset it is."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.comparison import Rename, choose_part, compare, side_by_side, under
from provenance.errors import ManifestMismatchError, NotFoundError
from provenance.fingerprint import FileEntry, parse_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable


def entry(path: str, content: bytes = b"content") -> FileEntry:
    return FileEntry(path, sha256(content).digest(), len(content))


PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join)
CONTENTS = st.dictionaries(PATHS, st.binary(max_size=1), min_size=1, max_size=12)
DATASETS = CONTENTS.map(lambda files: [entry(path, files[path]) for path in sorted(files)])
TWO = [entry("a.csv", b"x,y\n"), entry("b/c.csv", b"")]


@given(DATASETS, DATASETS)
def test_comparison_agrees_with_sets(listed: list[FileEntry], found: list[FileEntry]) -> None:
    before = {e.path: e.sha256 for e in listed}
    after = {e.path: e.sha256 for e in found}

    result = compare(listed, found)

    both = before.keys() & after.keys()
    assert result.matched == sum(before[path] == after[path] for path in both)
    assert set(result.changed) == {path for path in both if before[path] != after[path]}
    gone = {*result.missing, *(rename.before for rename in result.renamed)}
    come = {*result.added, *(rename.after for rename in result.renamed)}
    assert gone == before.keys() - both
    assert come == after.keys() - both
    assert all(before[rename.before] == after[rename.after] for rename in result.renamed)
    # whatever could be paired is
    assert {before[path] for path in result.missing}.isdisjoint(after[p] for p in result.added)
    assert result.is_equal == (before == after)


def test_comparison_tells_changes_apart() -> None:
    listed = [entry("a", b"1"), entry("b", b"2"), entry("c", b"3"), entry("d", b"4")]
    found = [entry("a", b"1"), entry("b", b"2x"), entry("e", b"5"), entry("z/d", b"4")]

    result = compare(listed, found)

    assert result.matched == 1
    assert result.changed == ("b",)
    assert result.missing == ("c",)
    assert result.added == ("e",)
    assert result.renamed == (Rename("d", "z/d"),)
    assert not result.is_equal


def test_comparison_pairs_each_copy_once() -> None:
    listed = [entry("a"), entry("b")]
    found = [entry("x"), entry("y"), entry("z")]

    result = compare(listed, found)

    assert result.renamed == (Rename("a", "x"), Rename("b", "y"))
    assert result.added == ("z",)


def test_comparison_tells_a_stated_length_that_is_wrong() -> None:
    listed = [entry("a")._replace(length=1), entry("b")._replace(length=None)]

    result = compare(listed, [entry("a"), entry("b")])

    assert result.is_equal
    assert result.wrong_length == ("a",)


def test_comparison_with_a_lying_manifest_raises() -> None:
    lying = write_manifest(TWO).replace(b'"bytes":4', b'"bytes":5')

    with pytest.raises(ManifestMismatchError):
        compare(parse_manifest(lying.splitlines(keepends=True)), TWO)


@pytest.mark.parametrize("folder", ["b", "b/"])
def test_sub_folder_is_compared_alone(folder: str) -> None:
    listed = [entry("a"), entry("b/c"), entry("b/d/e"), entry("b0")]

    assert compare(under(listed, folder), [entry("c"), entry("d/e")]).is_equal
    assert list(under(listed, "")) == listed


def test_sub_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError):
        list(under(TWO, "a"))


# --- copies -------------------------------------------------------------------------------


def test_what_repeats_a_listed_file_is_a_copy_and_not_merely_new() -> None:
    listed = [entry("a", b"1"), entry("b", b"2"), entry("c", b"1")]
    found = [*listed, entry("d", b"1"), entry("e", b"9")]

    result = compare(listed, found, again=lambda: listed)

    assert result.duplicated == (Rename("a", "d"),)
    assert result.added == ("e",)
    assert not result.is_equal


def test_a_rename_is_no_copy_and_a_second_place_of_it_is() -> None:
    listed = [entry("a", b"1"), entry("b", b"2")]
    found = [entry("b", b"2"), entry("x", b"1"), entry("y", b"1")]

    result = compare(listed, found, again=lambda: listed)

    assert result.renamed == (Rename("a", "x"),)
    assert result.duplicated == (Rename("a", "y"),)
    assert (result.missing, result.added) == ((), ())


def test_a_manifest_is_read_again_only_when_something_was_added() -> None:
    def again() -> Iterable[FileEntry]:
        raise AssertionError

    assert compare(TWO, TWO, again=again).is_equal
    assert compare(TWO, TWO[:1], again=again).missing == ("b/c.csv",)


def test_names_of_any_script_stand_side_by_side() -> None:
    left = [entry("数据/温度.csv"), entry("é.txt"), entry("\U0001f9ea.bin")]
    left.sort(key=lambda one: one.path.encode())
    right = [one for one in left if one.path != "é.txt"]

    pairs = list(side_by_side(left, right))

    assert [one for one, other in pairs if other is None] == [entry("é.txt")]
    assert sum(one == other for one, other in pairs) == 2


# --- which part ---------------------------------------------------------------------------

LISTED = [
    entry("a/x.csv", b"1"),
    entry("a/y.csv", b"2"),
    entry("b/a/x.csv", b"3"),
    entry("b/x.csv", b"1"),
    entry("x.csv", b"4"),
]


@pytest.mark.parametrize(
    ("samples", "part"),
    [
        ([entry("x.csv", b"4")], ""),
        ([entry("x.csv", b"3")], "b/a"),
        ([entry("x.csv", b"1"), entry("y.csv", b"2")], "a"),
        # the same in two folders: the first
        ([entry("x.csv", b"1")], "a"),
        # nothing has this content: the names decide, and the whole wins a tie
        ([entry("x.csv", b"9")], ""),
        ([entry("x.csv", b"9"), entry("y.csv", b"9")], "a"),
        ([entry("nothing like it")], ""),
        # what is the whole but for one file is the whole
        ([*LISTED[:3], entry("x.csv", b"1")], ""),
    ],
)
def test_a_part_is_recognised_by_its_files(samples: list[FileEntry], part: str) -> None:
    assert choose_part(LISTED, samples) == part


@given(DATASETS, st.data())
def test_every_folder_is_recognised_or_is_the_same_as_another(
    listed: list[FileEntry], data: st.DataObject
) -> None:
    folders = {""} | {one.path.rpartition("/")[0] for one in listed}
    chosen = data.draw(st.sampled_from(sorted(folders)))
    inside = list(under(listed, chosen))

    part = choose_part(listed, inside)

    lists = {(one.path, one.sha256) for one in under(listed, part)}
    assert {(one.path, one.sha256) for one in inside} <= lists
