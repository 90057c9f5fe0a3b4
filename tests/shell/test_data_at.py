"""What lies on the disk, as the verifier wants it: whole, a part, or one file."""

from __future__ import annotations

import shutil
import tracemalloc
import unicodedata
from typing import TYPE_CHECKING

import pytest

from provenance.chunks import CHUNK_BYTES, ChunkedFile, ChunkTree, write_chunks
from provenance.comparison import Rename
from provenance.errors import FileAccessError, MalformedError, NotFoundError, UnusableDatasetError
from provenance.file_proof import file_proof
from provenance.files.data_at import data_at
from provenance.files.manifest_file import read_manifest, write_manifest_file
from provenance.files.range_at import range_at
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.given import OneFile, PartOfData, WholeData

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "tables" / "raw").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "tables" / "a.txt").write_text("other a")
    (folder / "tables" / "raw" / "b.csv").write_text("b")
    return folder


@pytest.fixture
def manifest(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "manifest.jsonl"
    write_manifest_file(path, hash_dataset(data))
    return path


def test_a_whole_dataset_has_its_digest(data: Path, manifest: Path) -> None:
    plain, compared = data_at(data), data_at(data, manifest=manifest)

    assert isinstance(plain, WholeData)
    assert isinstance(compared, WholeData)
    assert plain.found == compared.found == fingerprint_dataset(data)
    assert plain.comparison is None
    assert compared.comparison is not None
    assert compared.comparison.is_equal


def test_what_changed_is_told_against_a_manifest(data: Path, manifest: Path) -> None:
    (data / "a.txt").write_text("A")
    (data / "new.txt").write_text("new")
    (data / "tables" / "raw" / "b.csv").unlink()

    compared = data_at(data, manifest=manifest)

    assert isinstance(compared, WholeData)
    assert compared.comparison is not None
    assert compared.comparison.changed == ("a.txt",)
    assert compared.comparison.added == ("new.txt",)
    assert compared.comparison.missing == ("tables/raw/b.csv",)


@pytest.mark.parametrize("inside", ["tables", "tables/"])
def test_a_sub_folder_is_compared_with_its_part(data: Path, manifest: Path, inside: str) -> None:
    part = data_at(data / "tables", manifest=manifest, inside=inside)

    assert isinstance(part, PartOfData)
    assert part.comparison.is_equal
    assert part.comparison.matched == 2
    assert part.manifest == read_manifest(manifest).header


def test_a_file_is_taken_for_the_one_whose_path_ends_like_its_own(
    data: Path, manifest: Path, tmp_path: Path
) -> None:
    inner = data_at(data / "tables" / "a.txt", manifest=manifest)
    (tmp_path / "a.txt").write_text("a")
    outer = data_at(tmp_path / "a.txt", manifest=manifest)
    wrong = data_at(data / "a.txt", manifest=manifest, inside="tables/a.txt")

    for found, is_equal in ((inner, True), (outer, True), (wrong, False)):
        assert isinstance(found, PartOfData)
        assert found.comparison.is_equal is is_equal


def test_one_file_is_hashed_for_its_proof(data: Path, manifest: Path, tmp_path: Path) -> None:
    proof = file_proof(read_manifest(manifest), "a.txt")
    (tmp_path / "proof.json").write_bytes(proof.to_bytes())

    found = data_at(data / "a.txt", file_proof=tmp_path / "proof.json")

    assert found == OneFile(proof, proof.entry.sha256)


def test_what_is_not_listed_is_said(data: Path, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "unlisted").write_text("of no listed content")

    for path, inside in (
        (tmp_path / "unlisted", None),
        (data / "a.txt", "nothing.txt"),
        (data / "a.txt", "tables"),
        (data / "tables", "a.txt"),
        (data / "tables", "elsewhere"),
    ):
        with pytest.raises(NotFoundError):
            data_at(path, manifest=manifest, inside=inside)


def test_what_cannot_be_read_is_said(data: Path, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_bytes(file_proof(read_manifest(manifest), "a.txt").to_bytes())
    with pytest.raises(MalformedError, match="expected one file"):
        data_at(data, file_proof=tmp_path / "proof.json")
    with pytest.raises(FileAccessError):
        data_at(data / "a.txt", file_proof=tmp_path / "absent")
    with pytest.raises(FileAccessError):
        data_at(data, manifest=tmp_path / "absent")
    (data / "link").symlink_to("a.txt")
    with pytest.raises(UnusableDatasetError):
        data_at(data, manifest=manifest)


def test_many_files_are_compared_without_holding_them(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for outer in range(120):
        inner = folder / f"{outer:03d}"
        inner.mkdir(parents=True)
        for number in range(100):
            (inner / f"{number:060d}").touch()
    manifest = tmp_path / "manifest.jsonl"
    write_manifest_file(manifest, hash_dataset(folder))
    data_at(folder, manifest=manifest)  # what is made once stays out of the measure

    tracemalloc.start()
    data_at(folder, manifest=manifest)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # 12,000 entries of some 400 bytes each would be 4.8 MB beside what the batches take
    assert peak < 4_000_000


# --- what the data tell themselves ------------------------------------------------------------


def part_at(path: Path, manifest: Path, inside: str | None = None) -> PartOfData:
    found = data_at(path, manifest=manifest, inside=inside)
    assert isinstance(found, PartOfData)
    return found


def test_a_bare_sub_folder_is_recognised_by_its_files(
    data: Path, manifest: Path, tmp_path: Path
) -> None:
    bare = shutil.copytree(data / "tables", tmp_path / "another name")

    found = part_at(bare, manifest)

    assert (found.part, found.comparison.matched) == ("tables", 2)
    assert found.comparison.is_equal
    assert found.manifest == read_manifest(manifest).header


def test_a_sub_folder_that_changed_is_compared_with_its_own_part(
    data: Path, manifest: Path, tmp_path: Path
) -> None:
    bare = shutil.copytree(data / "tables", tmp_path / "another name")
    (bare / "raw" / "b.csv").write_text("changed")
    (bare / "copy.txt").write_text("other a")
    (bare / "new.txt").write_text("new")

    found = part_at(bare, manifest)

    assert found.part == "tables"
    assert found.comparison.changed == ("raw/b.csv",)
    assert found.comparison.duplicated == (Rename("tables/a.txt", "copy.txt"),)
    assert found.comparison.added == ("new.txt",)


def test_a_folder_said_to_be_the_whole_is_never_taken_for_a_part(
    data: Path, manifest: Path
) -> None:
    found = data_at(data / "tables", manifest=manifest, inside=".")

    assert isinstance(found, WholeData)
    assert found.comparison is not None
    assert not found.comparison.is_equal


def test_a_whole_with_a_few_differences_stays_the_whole(data: Path, manifest: Path) -> None:
    (data / "a.txt").unlink()
    (data / "tables" / "again.csv").write_text("b")

    found = data_at(data, manifest=manifest)

    assert isinstance(found, WholeData)
    assert found.comparison is not None
    assert found.comparison.missing == ("a.txt",)
    assert found.comparison.duplicated == (Rename("tables/raw/b.csv", "tables/again.csv"),)


def test_a_file_under_another_name_is_recognised_by_its_content(
    data: Path, manifest: Path, tmp_path: Path
) -> None:
    other = tmp_path / "测量 (1).csv"
    shutil.copy(data / "tables" / "raw" / "b.csv", other)

    found = part_at(other, manifest)

    assert (found.part, found.comparison.matched) == ("tables/raw/b.csv", 1)


def test_a_listed_name_with_another_files_content_is_a_change(data: Path, manifest: Path) -> None:
    (data / "a.txt").write_text("b")

    found = part_at(data / "a.txt", manifest)

    assert found.comparison.changed == ("a.txt",)
    assert found.comparison.duplicated == (Rename("tables/raw/b.csv", "a.txt"),)
    assert not found.comparison.is_equal


def test_names_in_another_unicode_form_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    decomposed = unicodedata.normalize("NFD", "Café 数据.csv")
    (folder / "sub" / decomposed).write_text("1")
    (folder / "else.txt").write_text("2")
    manifest = tmp_path / "manifest.jsonl"
    write_manifest_file(manifest, hash_dataset(folder))

    file = part_at(folder / "sub" / decomposed, manifest)
    bare = part_at(shutil.copytree(folder / "sub", tmp_path / "bare"), manifest)

    assert (file.part, bare.part) == ("sub/Café 数据.csv", "sub")
    assert file.comparison.is_equal
    assert bare.comparison.is_equal


# --- a range ----------------------------------------------------------------------------------


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """A file of two chunks and a bit, sparse but for some marks."""
    path = tmp_path / "long" / "数.bin"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.write(b"first")
        file.seek(2 * CHUNK_BYTES)
        file.write(b"third")
    return path


@pytest.fixture
def side_file(long_file: Path, tmp_path: Path) -> Path:
    tree = ChunkTree()
    tree.update(long_file.read_bytes())
    other = ChunkedFile("a.txt", 0, ())
    path = tmp_path / "chunks.jsonl"
    path.write_bytes(write_chunks([other, ChunkedFile("long/数.bin", tree.length, tree.hashes())]))
    return path


def test_only_the_chunks_of_a_range_are_read(long_file: Path, side_file: Path) -> None:
    found = range_at(long_file, side_file, wanted=(CHUNK_BYTES, CHUNK_BYTES + 1))

    assert (found.first, len(found.found)) == (1, 1)
    assert found.found == found.file.hashes[1:2]
    assert found.file.path == "long/数.bin"


@pytest.mark.parametrize("wanted", [None, (0, 2 * CHUNK_BYTES + 5)])
def test_a_whole_file_is_all_its_chunks(
    long_file: Path, side_file: Path, wanted: tuple[int, int] | None
) -> None:
    assert (
        range_at(long_file, side_file, wanted=wanted).found
        == range_at(long_file, side_file, inside="long/数.bin").file.hashes
    )


@pytest.mark.parametrize("change", ["cut", "grown", "marked"])
def test_a_file_that_differs_has_other_chunks(
    long_file: Path, side_file: Path, change: str
) -> None:
    with long_file.open("r+b") as file:
        if change == "cut":
            file.truncate(2 * CHUNK_BYTES + 1)
        elif change == "grown":
            file.seek(0, 2)
            file.write(b"x")
        else:
            file.seek(2 * CHUNK_BYTES)
            file.write(b"T")

    found = range_at(long_file, side_file)

    assert found.found != found.file.hashes
    assert found.found[:2] == found.file.hashes[:2]


def test_a_range_that_is_not_there_is_said(
    long_file: Path, side_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(MalformedError):
        range_at(long_file, side_file, wanted=(0, 1 << 40))
    with pytest.raises(NotFoundError):
        range_at(long_file, side_file, inside="elsewhere.bin")
    with pytest.raises(NotFoundError):
        range_at(tmp_path / "unlisted", side_file)
    with pytest.raises(FileAccessError):
        range_at(tmp_path / "unlisted", side_file, inside="long/数.bin")
    with pytest.raises(FileAccessError):
        range_at(long_file, tmp_path / "absent")
    with pytest.raises(MalformedError, match="empty"):
        range_at(long_file, side_file, inside="a.txt")
