"""What lies on the disk, as the verifier wants it: whole, a part, or one file."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FileAccessError, MalformedError, NotFoundError, UnusableDatasetError
from provenance.files.data_at import data_at
from provenance.files.manifest_file import read_manifest, write_manifest_file
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.fingerprint import file_proof
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
    (tmp_path / "unlisted").write_text("a")

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
    for outer in range(40):
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

    # 4,000 entries of some 400 bytes each would be 1.6 MB beside what the batches take
    assert peak < 1_500_000
