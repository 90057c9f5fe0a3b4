"""What DVC tracks: a repository that DVC made, and each way it can say too little."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest
from import_trees import run_tool, tree_of

from provenance.errors import (
    MalformedError,
    ProvenanceError,
    SourceMismatchError,
    UnsoundSourceError,
    UnsupportedVersionError,
)
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import DeclaredEntry, summarize
from provenance.imports import kinds_of, read_source
from provenance.imports.rehash import find_files, rehash

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tree_of("dvc", tmp_path)


def digests(imported: Imported) -> dict[str, str]:
    return {
        one.path: one.digest.hex() for one in imported.entries if isinstance(one, DeclaredEntry)
    }


def md5(octets: bytes) -> str:
    return hashlib.md5(octets).hexdigest()


def test_a_tracked_file_is_declared_by_md5(repository: Path) -> None:
    imported = read_source(repository / "one.csv.dvc")

    assert digests(imported) == {"one.csv": md5(b"x\n")}
    assert [one.length for one in imported.entries] == [2]
    assert any("re-hash" in one for one in imported.warnings)


def test_a_tracked_folder_is_the_dataset_and_its_list_is_in_the_cache(repository: Path) -> None:
    """Names of other scripts are escapes in that list."""
    imported = read_source(repository / "raw.dvc")

    assert digests(imported) == {"a.txt": md5(b"1\n"), "sub/测 量.txt": md5(b"2\n")}
    assert imported.data == "raw"


def test_re_hashing_all_gives_the_identity_of_the_folder(repository: Path) -> None:
    path = repository / "raw.dvc"
    imported = read_source(path)

    hashed = rehash(imported, find_files(imported, path, None), None)

    assert summarize(hashed.entries) == fingerprint_dataset(repository / "raw")


def test_a_changed_file_is_named(repository: Path) -> None:
    path = repository / "raw.dvc"
    (repository / "raw" / "a.txt").write_text("3\n")
    imported = read_source(path)

    with pytest.raises(SourceMismatchError, match=r"a\.txt"):
        rehash(imported, find_files(imported, path, None), None)


def test_a_lock_file_gives_the_outputs_of_all_stages_and_tells_the_stages(
    repository: Path,
) -> None:
    imported = read_source(repository / "dvc.lock")

    assert set(digests(imported)) == {"clean.txt", "out/1.txt", "out/2.txt"}
    assert "Stage clean ran cat raw/a.txt > clean.txt: raw -> clean.txt" in imported.warnings
    assert any(one.startswith("Stage split ran mkdir") for one in imported.warnings)


def test_a_repository_gives_all_that_is_tracked(repository: Path) -> None:
    assert kinds_of(repository) == ["dvc"]
    assert set(digests(read_source(repository))) == {
        *("clean.txt", "one.csv", "out/1.txt", "out/2.txt", "raw/a.txt", "raw/sub/测 量.txt")
    }


def test_a_cache_elsewhere_is_found_by_the_configuration(repository: Path) -> None:
    shutil.move(repository / ".dvc" / "cache", repository.parent / "shared-cache")
    (repository / ".dvc" / "config").write_text("[cache]\n    dir = ../../shared-cache\n")

    assert len(read_source(repository / "raw.dvc").entries) == 2


def test_the_cache_of_dvc_2_is_found_and_its_digests_are_told(repository: Path) -> None:
    cache = repository / ".dvc" / "cache"
    for folder in (cache / "files" / "md5").iterdir():
        shutil.move(folder, cache / folder.name)
    text = (repository / "raw.dvc").read_text()
    (repository / "raw.dvc").write_text(text.replace("  hash: md5\n", ""))

    imported = read_source(repository / "raw.dvc")

    assert len(imported.entries) == 2
    assert any("before DVC 3" in one for one in imported.warnings)


def test_without_the_list_of_a_folder_nothing_is_said_of_its_files(repository: Path) -> None:
    shutil.rmtree(repository / ".dvc" / "cache")

    with pytest.raises(MalformedError, match=r"raw\.dvc:outs\[0\].*dvc fetch"):
        read_source(repository / "raw.dvc")


def test_a_list_in_the_cache_is_read_alone(repository: Path, tmp_path: Path) -> None:
    lists = (repository / ".dvc" / "cache").rglob("*.dir")
    folder = next(one for one in lists if b"a.txt" in one.read_bytes())
    named = folder.parent.name + folder.name
    (tmp_path / named).write_bytes(folder.read_bytes())

    whole = read_source(repository / "raw.dvc").entries

    (tmp_path / "mine.dir").write_bytes(folder.read_bytes())
    for path in (folder, tmp_path / named, tmp_path / "mine.dir"):
        assert read_source(path).entries == whole
    (tmp_path / named).write_bytes(folder.read_bytes() + b" ")
    with pytest.raises(UnsoundSourceError, match="than its name"):
        read_source(tmp_path / named)


def test_a_list_that_was_changed_in_the_cache_is_refused(repository: Path) -> None:
    (found,) = (repository / ".dvc" / "cache" / "files" / "md5" / "d7").glob("*.dir")
    for path in (repository / ".dvc" / "cache" / "files" / "md5").rglob("*.dir"):
        path.write_bytes(path.read_bytes() + b" ")

    assert found.exists()
    with pytest.raises(UnsoundSourceError, match="another digest"):
        read_source(repository / "raw.dvc")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("outs:\n- path: a\n", UnsupportedVersionError),
        (f"outs:\n- path: a\n  path: b\n  md5: {'0' * 32}\n", MalformedError),
        ("outs:\n- path: a\n  files: [{relpath: x, etag: y}]\n", UnsupportedVersionError),
        (f"outs:\n- path: a\n  files: [{{relpath: ../x, md5: {'0' * 32}}}]\n", MalformedError),
        ("outs:\n- etag: '\"x\"'\n  path: s3://bucket/a\n", UnsupportedVersionError),
        (f"outs:\n- md5: {'0' * 32}\n  path: ../../a\n", MalformedError),
        (f"outs:\n- md5: {'0' * 32}\n  path: /etc/passwd\n", MalformedError),
        (f"outs:\n- md5: {'0' * 31}\n  path: a\n", MalformedError),
        ("outs:\n- md5: ../../etc/passwd.dir\n  path: a\n", MalformedError),
        (f"outs:\n- md5: {'0' * 32}\n  hash: sha256\n  path: a\n", UnsupportedVersionError),
        (f"outs:\n- md5: {'0' * 32}\n  size: -1\n  path: a\n", MalformedError),
        ("outs: []\n", MalformedError),
        ("outs: a\n", MalformedError),
        ("- a\n", MalformedError),
        ("outs: [\n", MalformedError),
        ("!!python/object/apply:os.system ['true']\n", MalformedError),
        ("stages:\n  x: 1\n", MalformedError),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, text: str, error: type[ProvenanceError]
) -> None:
    path = tmp_path / "a.dvc"
    path.write_text(text)

    with pytest.raises(error) as caught:
        read_source(path)

    assert str(caught.value.field).startswith("a.dvc")


def test_another_schema_of_the_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("schema: '3.0'\nstages: {}\n")

    with pytest.raises(UnsupportedVersionError, match=r"dvc\.lock:schema"):
        read_source(tmp_path)


def test_where_data_were_imported_from_becomes_a_relation(tmp_path: Path) -> None:
    origin = "deps:\n- path: https://example.org/a.csv\n  etag: x\n"
    (tmp_path / "a.dvc").write_text(f"{origin}outs:\n- md5: {'ab' * 16}\n  path: a\n")

    assert read_source(tmp_path / "a.dvc").metadata["relations"] == [
        {"relation": "hadPrimarySource", "identifier": "https://example.org/a.csv"}
    ]


def test_a_digest_of_digits_alone_is_no_number(tmp_path: Path) -> None:
    """To most readers of YAML it is one, and loses its leading zeros."""
    digits = "01234567890123456789012345678901"
    (tmp_path / "a.dvc").write_text(f"outs:\n- md5: {digits}\n  size: 10\n  path: a\n")

    imported = read_source(tmp_path / "a.dvc")

    assert digests(imported) == {"a": digits}
    assert imported.entries[0].length == 10


def test_files_in_storage_with_versions_are_listed_one_by_one(tmp_path: Path) -> None:
    file = (
        f"  - relpath: sub/x\n    md5: {md5(b'1')}\n    size: 1\n    cloud: {{s3: {{etag: y}}}}\n"
    )
    (tmp_path / "a.dvc").write_text(f"outs:\n- path: d\n  hash: md5\n  files:\n{file}")

    assert digests(read_source(tmp_path / "a.dvc")) == {"d/sub/x": md5(b"1")}


def test_what_has_no_place_in_a_deposit_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.dvc").write_text(f"outs:\n- md5: {'ab' * 16}\n  path: a\n  desc: penguins\n")

    assert any("outs[0].desc" in one for one in read_source(tmp_path / "a.dvc").warnings)


def test_dvc_makes_what_we_read(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x y.txt").write_bytes(b"1\r\n")
    run_tool(tmp_path, tmp_path, "dvc", "init", "-q", "--no-scm")
    run_tool(tmp_path, tmp_path, "dvc", "add", "-q", "d")

    assert digests(read_source(tmp_path / "d.dvc")) == {"x y.txt": md5(b"1\r\n")}
