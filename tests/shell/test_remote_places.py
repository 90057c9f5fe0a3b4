"""URLs, what is installed for them, and whatever else fsspec can read."""

from __future__ import annotations

import sys
from pathlib import Path

import fsspec
import pytest

from provenance.errors import (
    DriverMissingError,
    FileAccessError,
    UnsupportedVersionError,
    UnusableDatasetError,
)
from provenance.files.manifest_file import write_blocks
from provenance.files.tree import Problems
from provenance.files.walk import CHANGED_FILE, hash_blocks
from provenance.remote.dask_engine import hash_with_dask
from provenance.remote.hash_url import hash_files, hash_url
from provenance.remote.location import open_location
from provenance.remote.url import Url, place_of

FILES = {"a-b": b"1", "a/x.csv": b"1,2\n" * 1000, "数据/é": b"", "数据/🙂.bin": bytes(9999)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for path, content in FILES.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(content)
        memory.pipe(f"/set/{path}", content)
    return tmp_path / "folder"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("data", Path("data")),
        ("C:/data", Path("C:/data")),
        ("a::b", Path("a::b")),
        ("file:///a%20b/c", Path("/a b/c")),
        ("FILE://localhost/c", Path("/c")),
        ("s3://bucket/a::b", Url("s3://bucket/a::b")),
    ],
)
def test_places_are_told_apart(text: str, place: Path | Url) -> None:
    assert place_of(text) == place


def test_chain_of_urls_is_refused() -> None:
    with pytest.raises(UnsupportedVersionError, match="chain"):
        place_of("zip://*.csv::s3://bucket/a.zip")


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("https://me:pw@host:1/a/b%20c?key=1#x", "https://host:1/a/b%20c", "b c"),
        ("https://host", "https://host", "host"),
        ("sftp://me:pw@host/a?b", "sftp://host/a?b", "a?b"),
        ("s3://bucket/a/b/", "s3://bucket/a/b/", "b"),
        ("https://host/a%2Fb", "https://host/a%2Fb", "a_b"),
    ],
)
def test_what_is_shown_of_a_url_holds_no_secret(text: str, shown: str, name: str) -> None:
    assert (str(Url(text)), Url(text).name) == (shown, name)


@pytest.mark.parametrize(
    ("scheme", "package", "module"),
    [
        ("s3", "s3fs", "s3_objects"),
        ("https", "aiohttp", "web_file"),
        ("sftp", "paramiko", "sftp_tree"),
    ],
)
def test_missing_package_is_told_with_what_to_install(
    scheme: str, package: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"provenance.remote.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(DriverMissingError, match=rf"{package}.*\[remote\]"):
        list(hash_url(Url(f"{scheme}://host/a")))


def test_missing_dask_is_told_with_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(DriverMissingError, match=r"distributed.*\[cluster\]"):
        list(hash_with_dask(folder, "tcp://127.0.0.1:9"))


def test_any_file_system_gives_the_manifest_of_the_local_engine(
    folder: Path, tmp_path: Path
) -> None:
    write_blocks(tmp_path / "here.jsonl", hash_blocks(folder))

    write_blocks(tmp_path / "there.jsonl", hash_url(Url("memory://set")))

    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_change_in_any_file_system_is_told(folder: Path) -> None:
    assert folder.exists()
    location = open_location(Url("memory://set"))
    files = list(location.files(Problems()))
    fsspec.filesystem("memory").pipe("/set/a-b", b"2")

    rows = {file.path: row.wrong for file, row in hash_files(location, files, (), lambda _: None)}

    assert {path for path, wrong in rows.items() if wrong} == {"a-b"}
    assert rows["a-b"] == CHANGED_FILE


def test_names_equal_but_for_case_are_told_with_both(folder: Path) -> None:
    assert folder.exists()
    fsspec.filesystem("memory").pipe("/set/A/y", b"2")

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_url(Url("memory://set")))

    ((path, _, detail),) = caught.value.problems
    assert path == "a/x.csv"
    assert "'A'" in detail


def test_nothing_there_and_unknown_protocols_are_told(folder: Path) -> None:
    assert folder.exists()
    with pytest.raises(FileAccessError):
        list(hash_url(Url("memory://nothing")))
    for scheme in ("nope", "zip", "simplecache"):
        with pytest.raises(UnsupportedVersionError):
            list(hash_url(Url(f"{scheme}://a")))
