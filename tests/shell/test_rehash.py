"""Re-hashing what was imported: all, a sample, or nothing but names and lengths."""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from typing import TYPE_CHECKING

import pytest

from provenance.errors import MalformedError, NameCollisionError, SourceMismatchError
from provenance.fingerprint import FileEntry
from provenance.imported import Imported
from provenance.imports import read_source
from provenance.imports.rehash import draw, find_files, rehash

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"{number:02}.csv" for number in range(20)]
SEED = bytes(16)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A list, in the folder of its twenty files."""
    for name in NAMES:
        (tmp_path / name).write_text(name)
    lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in NAMES]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    return tmp_path / "SHA256SUMS"


def levels(imported: Imported) -> list[int]:
    files = [one for one in imported.entries if isinstance(one, FileEntry)]
    return [sum(one.imported for one in files), sum(not one.imported for one in files)]


def run(source: Path, sample: list[str] | None, data: Path | None = None) -> Imported:
    imported = read_source(source)
    return rehash(imported, find_files(imported, source, data), sample)


def test_all_files_are_hashed_here(source: Path) -> None:
    done = run(source, None)

    assert levels(done) == [0, 20]
    assert all(one.length == 6 for one in done.entries)
    assert done.warnings == ()


def test_a_sample_leaves_the_others_imported(source: Path) -> None:
    sample = draw(NAMES, 3, SEED)

    done = run(source, sample)

    assert levels(done) == [17, 3]
    assert {
        one.path for one in done.entries if isinstance(one, FileEntry) and not one.imported
    } == set(sample)


def test_the_seed_draws_the_same_sample_in_any_order_and_another_seed_another() -> None:
    sample = draw(NAMES, 5, SEED)

    assert sample == draw(reversed(NAMES), 5, SEED)
    assert len(set(sample)) == 5
    assert sample != draw(NAMES, 5, bytes([1] * 16))
    assert sorted(draw(NAMES, 99, SEED)) == NAMES
    # so that another program can draw it, too
    ranks = sorted(NAMES, key=lambda name: hashlib.sha256(SEED + name.encode()).digest())
    assert sample == ranks[:5]


def test_every_file_is_drawn_about_as_often_as_any_other() -> None:
    drawn = dict.fromkeys(NAMES, 0)
    for number in range(500):
        for name in draw(NAMES, 4, number.to_bytes(16)):
            drawn[name] += 1

    assert all(60 < count < 140 for count in drawn.values())  # 100 each; six standard deviations


def test_files_that_disagree_are_all_named(source: Path) -> None:
    for name in ("03.csv", "07.csv"):
        (source.parent / name).write_text(f"{name[:2]}-csv")
    (source.parent / "11.csv").unlink()

    with pytest.raises(SourceMismatchError) as caught:
        run(source, None)

    assert [(path, what) for path, what, _ in caught.value.problems] == [
        ("03.csv", "the content has another digest"),
        ("07.csv", "the content has another digest"),
        ("11.csv", "the file is missing"),
    ]


def test_a_disagreement_outside_of_the_sample_is_not_seen_but_a_length_is(tmp_path: Path) -> None:
    entry = FileEntry("a", hashlib.sha256(b"1").digest(), 1, imported=True)
    imported = Imported("bagit", (entry,), data=".")
    (tmp_path / "a").write_bytes(b"2")

    assert levels(rehash(imported, find_files(imported, tmp_path, None), [])) == [1, 0]
    (tmp_path / "a").write_bytes(b"12")
    with pytest.raises(
        SourceMismatchError, match="a: the file has another length found 2, stated 1"
    ):
        rehash(imported, find_files(imported, tmp_path, None), [])


def test_missing_and_extra_files_are_told(source: Path) -> None:
    (source.parent / "00.csv").unlink()
    (source.parent / "more.csv").write_text("x")

    said = run(source, ["01.csv"]).warnings

    assert said == (
        "Listed, but not there (1): 00.csv",
        "There, but not listed, so not part of the dataset (1): more.csv",
    )


def test_a_weak_list_gains_an_identity_only_when_all_is_hashed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    lines = [
        f"{hashlib.md5(octets).hexdigest()}  {name}\n"
        for name, octets in (("a", b"1"), ("b", b"2"))
    ]
    source = tmp_path / "md5sums"
    source.write_text("".join(lines))

    assert run(source, ["a"]).is_declared
    done = run(source, None)
    assert done.entries == (
        FileEntry("a", hashlib.sha256(b"1").digest(), 1),
        FileEntry("b", hashlib.sha256(b"2").digest(), 1),
    )
    (tmp_path / "b").write_bytes(b"3")
    with pytest.raises(SourceMismatchError, match="b: the content"):
        run(source, None)


def test_data_may_lie_elsewhere_in_an_archive_or_be_the_one_file(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(place / "data.zip", "w") as archive:
        for name in NAMES:
            archive.writestr(name, name)
    (place / "only.sha256").write_text(hashlib.sha256(b"00.csv").hexdigest())

    assert levels(run(source, None, place / "data.zip")) == [0, 20]
    assert levels(run(place / "only.sha256", None, source.parent / "00.csv")) == [0, 1]
    with pytest.raises(MalformedError, match="folder"):
        run(source, None, source.parent / "00.csv")


def test_an_archive_can_be_the_one_file_of_the_dataset(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("x", "1")
    digest = hashlib.sha256((tmp_path / "data.zip").read_bytes()).hexdigest()
    (tmp_path / "data.zip.sha256").write_text(f"{digest}\n")
    source = tmp_path / "data.zip.sha256"

    assert levels(run(source, None)) == [0, 1]
    assert levels(run(source, None, tmp_path / "data.zip")) == [0, 1]


def test_a_source_that_does_not_say_where_its_files_lie_needs_to_be_told(tmp_path: Path) -> None:
    imported = Imported("datacite", (FileEntry("a", SEED * 2, None, imported=True),))

    with pytest.raises(MalformedError, match="--data"):
        find_files(imported, tmp_path, None)


def test_names_on_the_disk_may_be_in_another_normal_form(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "März")).write_bytes(b"1")
    entry = FileEntry("März", hashlib.sha256(b"1").digest(), None, imported=True)
    imported = Imported("sha256sums", (entry,), data=".")

    assert levels(rehash(imported, find_files(imported, tmp_path, None), None)) == [0, 1]
    (tmp_path / "März").write_bytes(b"1")
    with pytest.raises(NameCollisionError):
        find_files(imported, tmp_path, None)


def test_a_link_in_a_files_place_is_a_missing_file(source: Path) -> None:
    (source.parent / "00.csv").unlink()
    (source.parent / "00.csv").symlink_to("01.csv")

    with pytest.raises(SourceMismatchError, match=r"00\.csv: the file is missing"):
        run(source, None)


def test_progress_counts_files_and_bytes(source: Path) -> None:
    imported = read_source(source)
    told: list[tuple[int, int]] = []

    rehash(imported, find_files(imported, source, None), None, lambda *one: told.append(one))

    assert told[-1] == (20, 120)
    assert told == sorted(told)
