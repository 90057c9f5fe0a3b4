"""A folder over SFTP, served by paramiko's server on the loopback interface."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from remote_servers import bare_home, sftp_server

from provenance.errors import FileAccessError, UnavailableError, UnusableDatasetError
from provenance.files.manifest_file import write_blocks
from provenance.files.tree import SYMLINK, Problems
from provenance.files.walk import CHANGED_FILE, hash_blocks
from provenance.remote.hash_url import RANGE_BYTES, hash_files, hash_url
from provenance.remote.location import open_location
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remote_servers import Sftp


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with bare_home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for path, content in {
        "a.csv": b"1,2\n",
        "a/é 数.bin": random.Random(3).randbytes(RANGE_BYTES + 99_999),
        "a/empty": b"",
        "Z/🙂": b"x",
    }.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(content)
    return data


@pytest.fixture
def server(data: Path, home: Path) -> Iterator[Sftp]:
    with sftp_server(data, home) as server:
        yield server


def test_folder_gives_the_manifest_of_the_local_engine(
    server: Sftp, data: Path, tmp_path: Path
) -> None:
    write_blocks(tmp_path / "here.jsonl", hash_blocks(data))

    write_blocks(tmp_path / "there.jsonl", hash_url(Url(server.url)))

    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_one_file_is_a_dataset(server: Sftp) -> None:
    blocks = hash_url(Url(f"{server.url}a.csv"))

    assert [entry.path for block in blocks for entry in block.entries()] == ["a.csv"]


def test_dropped_connections_are_made_again(server: Sftp, data: Path, tmp_path: Path) -> None:
    server.drop_after = 20
    write_blocks(tmp_path / "here.jsonl", hash_blocks(data))

    write_blocks(tmp_path / "there.jsonl", hash_url(Url(server.url)))

    assert server.reads > 20
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_file_that_changed_since_it_was_listed_is_told(server: Sftp, data: Path) -> None:
    location = open_location(Url(server.url))
    files = list(location.files(Problems()))
    (data / "a.csv").write_bytes(b"1,2,3\n")

    rows = {file.path: row.wrong for file, row in hash_files(location, files, (), lambda _: None)}
    location.close()

    assert {path for path, wrong in rows.items() if wrong} == {"a.csv"}
    assert rows["a.csv"] == CHANGED_FILE


def test_links_and_colliding_names_are_problems_as_on_the_disk(server: Sftp, data: Path) -> None:
    (data / "link").symlink_to("/etc/passwd")
    (data / "z").mkdir()
    (data / "z" / "other").write_bytes(b"x")
    with pytest.raises(UnusableDatasetError) as here:
        list(hash_blocks(data))

    with pytest.raises(UnusableDatasetError) as there:
        list(hash_url(Url(server.url)))

    whats = {what for _, what, _ in there.value.problems}
    assert whats == {what for _, what, _ in here.value.problems}
    assert ("link", SYMLINK, "") in there.value.problems


def test_unknown_host_key_wrong_password_and_nothing_there_are_told_apart(
    server: Sftp, home: Path
) -> None:
    with pytest.raises(FileAccessError, match="refuses this user"):
        list(hash_url(Url(server.url.replace("secret", "guess"))))
    with pytest.raises(FileAccessError, match="No such file"):
        list(hash_url(Url(f"{server.url}nothing")))
    (home / ".ssh" / "known_hosts").write_text("")
    with pytest.raises(FileAccessError, match="known_hosts"):
        list(hash_url(Url(server.url)))
    with pytest.raises(UnavailableError):
        list(hash_url(Url("sftp://127.0.0.1:9/")))
