import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from provenance.comparison import compare, under
from provenance.errors import (
    EmptyDatasetError,
    FileAccessError,
    MalformedError,
    ManifestMismatchError,
    UnusableDatasetError,
)
from provenance.files.manifest_file import (
    read_declared_manifest,
    read_manifest,
    write_declared_manifest_file,
    write_manifest_file,
)
from provenance.files.walk import hash_dataset
from provenance.fingerprint import (
    DeclaredEntry,
    FileEntry,
    to_sha256sum,
    write_manifest,
)

ENTRIES = [FileEntry(name, sha256(name.encode()).digest(), len(name)) for name in ("a", "b/cc")]


def test_file_holds_what_the_pure_writer_writes(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"

    summary = write_manifest_file(path, ENTRIES)

    assert path.read_bytes() == write_manifest(ENTRIES)
    manifest = read_manifest(path)
    assert manifest.header == summary
    assert list(manifest) == ENTRIES


def test_declared_manifest_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    entries = [DeclaredEntry(name, "md5", bytes(16), None) for name in ("a", "b")]

    summary = write_declared_manifest_file(path, entries, "md5")

    assert path.read_bytes() == write_manifest(entries)
    manifest = read_declared_manifest(path)
    assert manifest.header == summary
    assert list(manifest) == entries


def broken() -> Iterator[FileEntry]:
    yield ENTRIES[0]
    raise UnusableDatasetError([("b", "is a link", "")])


def test_manifest_of_a_failed_walk_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"the last one")

    with pytest.raises(UnusableDatasetError):
        write_manifest_file(path, broken())
    with pytest.raises(EmptyDatasetError):
        write_manifest_file(path, [])

    assert path.read_bytes() == b"the last one"
    assert list(tmp_path.iterdir()) == [path]


def test_manifest_may_be_written_into_its_own_dataset(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"1")
    path = tmp_path / "manifest.jsonl"

    write_manifest_file(path, hash_dataset(tmp_path))

    result = compare(read_manifest(path), hash_dataset(tmp_path))
    assert (result.matched, result.added) == (1, ("manifest.jsonl",))


@pytest.mark.parametrize("path", ["absent/manifest.jsonl", "file/manifest.jsonl"])
def test_place_that_cannot_be_written_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileAccessError, match=r"manifest\.jsonl"):
        write_manifest_file(tmp_path / path, ENTRIES)
    with pytest.raises(FileAccessError, match=r"manifest\.jsonl"):
        read_manifest(tmp_path / path)


def test_manifest_cut_short_on_disk_is_told_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    whole = write_manifest(ENTRIES).splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-1]))

    with pytest.raises(ManifestMismatchError):
        list(read_manifest(path))


def test_endless_line_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(MalformedError):
        read_manifest(path)


def test_dataset_is_verified_against_its_manifest(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for path in ("a", "b/c", "b/d/e", "f"):
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(path.encode())
    manifest = tmp_path / "manifest.jsonl"
    write_manifest_file(manifest, hash_dataset(data))

    assert compare(read_manifest(manifest), hash_dataset(data)).is_equal
    assert compare(under(read_manifest(manifest), "b"), hash_dataset(data / "b")).is_equal

    (data / "b" / "c").write_bytes(b"B/c")
    (data / "f").rename(data / "g")
    result = compare(read_manifest(manifest), hash_dataset(data))
    assert result.changed == ("b/c",)
    assert result.renamed == (("f", "g"),)
    assert not result.is_equal


def test_sha256sum_checks_the_list_of_any_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for path in (
        "plain",
        "two words",
        "*star",
        "-",
        "-c",
        "back\\slash",
        "\\",
        "é",
        " lead",
        "sub/-",
        "sub/*",
        "trail ",
        "#hash",
        "中文/数据.csv",
    ):
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(path.encode())
    sums = tmp_path / "SHA256SUMS"
    sums.write_bytes(b"".join(to_sha256sum(hash_dataset(data))))
    check = ["sha256sum", "--check", "--strict", "--quiet", str(sums)]

    subprocess.run(check, cwd=data, check=True, stdin=subprocess.DEVNULL)

    (data / "back\\slash").write_bytes(b"changed")
    assert subprocess.run(check, cwd=data, check=False, capture_output=True).returncode == 1


def test_list_equals_what_sha256sum_writes(tmp_path: Path) -> None:
    for name in ("a", "b\\c", "é f"):
        (tmp_path / name).write_bytes(name.encode())

    entries = list(hash_dataset(tmp_path))
    names = [entry.path for entry in entries]
    written = subprocess.check_output(["sha256sum", *names], cwd=tmp_path)

    assert b"".join(to_sha256sum(entries)) == written
