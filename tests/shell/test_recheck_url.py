"""Files behind URLs read again: the same is found as in the folder that is served."""

from __future__ import annotations

import random
import shutil
import unicodedata
from typing import TYPE_CHECKING

import pytest
from remote_servers import Web, bare_home, sftp_server, web_server

from provenance.errors import FileAccessError, MalformedError, UnavailableError
from provenance.files.recheck import recheck
from provenance.files.walk import hash_dataset
from provenance.remote import hash_url, patience
from provenance.remote.recheck_url import recheck_url
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from remote_servers import Sftp

    from provenance.fingerprint import FileEntry

FILES = {
    "a.csv": b"1,2\n",
    "a/big.bin": random.Random(5).randbytes(100_000),
    "a/empty": b"",
    "深/測定.csv": b"x\n",
    "z/1/2/3": b"y",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with bare_home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / path).write_bytes(content)
    return tmp_path / "data"


@pytest.fixture
def due(data: Path) -> list[FileEntry]:
    """The files as they were deposited."""
    return list(hash_dataset(data))


@pytest.fixture
def server(data: Path, home: Path) -> Iterator[Sftp]:
    with sftp_server(data, home) as server:
        yield server


def leave(data: Path) -> None:
    """Damage nothing."""


def change(data: Path) -> None:
    (data / "a.csv").write_bytes(b"1,3\n")


def lose(data: Path) -> None:
    shutil.rmtree(data / "z")


def add(data: Path) -> None:
    (data / "new").write_bytes(b"of no deposit")


def link(data: Path) -> None:
    (data / "a.csv").rename(data.parent / "a.csv")
    (data / "a.csv").symlink_to(data.parent / "a.csv")


def link_folder(data: Path) -> None:
    (data / "z").rename(data.parent / "z")
    (data / "z").symlink_to(data.parent / "z")


@pytest.mark.parametrize("damage", [leave, change, lose, add, link, link_folder])
def test_what_is_found_is_what_the_folder_shows(
    server: Sftp, data: Path, due: list[FileEntry], damage: Callable[[Path], object]
) -> None:
    damage(data)

    there = recheck_url(Url(server.url), due)

    assert there == recheck(data, due)
    assert (there.failed + there.missing > 0) == (damage not in {leave, add})


def test_names_may_be_of_another_form_there(server: Sftp, data: Path) -> None:
    (data / unicodedata.normalize("NFD", "がぎぐ")).write_bytes(b"x")
    due = list(hash_dataset(data))

    assert recheck_url(Url(server.url), due) == recheck(data, due)
    assert recheck_url(Url(server.url), due).bad == ()


def test_a_sample_reads_what_it_drew_alone(server: Sftp, due: list[FileEntry]) -> None:
    read: list[tuple[int, int]] = []

    found = recheck_url(Url(server.url), due[2:4], on_progress=lambda *done: read.append(done))

    assert (found.failed, found.missing, found.length) == (
        0,
        0,
        sum(e.length or 0 for e in due[2:4]),
    )
    assert read[-1] == (2, found.length)


def test_the_only_file_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"x\n")
    due = list(hash_dataset(tmp_path / "data.csv"))

    with web_server(Web(b"x\n")) as web:
        same = recheck_url(Url(f"{web.url}/other.csv"), due, only_file=True)
        web.content = b"y\n"
        other = recheck_url(Url(f"{web.url}/other.csv"), due, only_file=True)

    assert (same.failed, same.missing) == (0, 0)
    assert [(one.path, one.outcome) for one in other.bad] == [("data.csv", "changed")]


def test_one_file_is_no_dataset_of_several_with_all_others_missing(
    due: list[FileEntry],
) -> None:
    with web_server(Web(b"1,2\n")) as web, pytest.raises(MalformedError, match="folder"):
        recheck_url(Url(f"{web.url}/a.csv"), due)


def test_a_place_without_anything_is_not_there(
    server: Sftp, data: Path, due: list[FileEntry]
) -> None:
    shutil.rmtree(data)
    data.mkdir()

    with pytest.raises(FileAccessError):
        recheck_url(Url(server.url), due)


def test_a_server_that_is_away_is_no_damage(
    due: list[FileEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_url, "PAUSES", (0.01,))
    monkeypatch.setattr(patience, "PAUSES", (0.01,))
    with web_server(Web(b"1,2\n")) as web:
        url = Url(f"{web.url}/a.csv")

    with pytest.raises(UnavailableError):
        recheck_url(url, due[:1], only_file=True)
