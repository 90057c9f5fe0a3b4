"""What is remembered of files that were hashed before."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from provenance.files import digest_cache, hash_file
from provenance.files.digest_cache import DigestCache, cache_path, prune_cache, size_of_cache
from provenance.files.hash_file import LONG_BYTES
from provenance.files.walk import fingerprint_dataset, hash_blocks, hash_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.fingerprint import FileEntry

OLD_NS = 1_500_000_000 * 10**9


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that are remembered although they are new."""
    monkeypatch.setattr(hash_file, "RACY_NS", 0)
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    for number in range(5):
        (folder / "sub" / f"{number}").write_bytes(b"%d" % number)
    (folder / "long").write_bytes(bytes(LONG_BYTES + 1))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "digests.sqlite"


def run(data: Path, path: Path, *, verify_all: bool = False) -> list[FileEntry]:
    with DigestCache(path, verify_all=verify_all) as cache:
        return list(hash_dataset(data, cache=cache))


def forge(path: Path) -> None:
    """Put a digest of nothing in the place of all: whoever believes it, has asked."""
    with sqlite3.connect(path) as database:
        database.execute("UPDATE digests SET sha256 = ?", (bytes(32),))


def test_what_is_known_is_not_read_again(data: Path, path: Path) -> None:
    first = run(data, path)
    assert size_of_cache(path).files == len(first) == 6
    assert run(data, path) == first

    forge(path)

    assert {entry.sha256 for entry in run(data, path)} == {bytes(32)}


@pytest.mark.parametrize("change", ["content", "times", "replaced", "link"])
def test_what_was_touched_is_read_again(data: Path, path: Path, change: str) -> None:
    run(data, path)
    forge(path)
    file = data / "sub" / "3"
    if change == "content":
        file.write_bytes(b"x")
        os.utime(file, ns=(OLD_NS, OLD_NS))
    elif change == "times":
        os.utime(file)
    elif change == "replaced":
        (data / "new").write_bytes(b"y")
        (data / "new").rename(file)
    else:
        (data.parent / "other").hardlink_to(file)  # its change time is another

    digests = {entry.path: entry.sha256 for entry in run(data, path)}

    assert digests.pop("sub/3") == sha256(file.read_bytes()).digest()
    assert set(digests.values()) == {bytes(32)}


def test_what_changed_just_now_is_not_remembered(
    data: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    time.sleep(2.1)
    (data / "sub" / "3").write_bytes(b"new")
    os.utime(data / "long")

    run(data, path)

    assert size_of_cache(path).files == 4


def test_everything_is_read_and_put_right_when_asked(data: Path, path: Path) -> None:
    first = run(data, path)
    forge(path)

    assert run(data, path, verify_all=True) == first
    assert run(data, path) == first


def test_other_algorithms_need_the_content_all_the_same(data: Path, path: Path) -> None:
    plain = list(hash_blocks(data, algorithms=("sm3",)))
    run(data, path)
    forge(path)

    with DigestCache(path) as cache:
        again = list(hash_blocks(data, algorithms=("sm3",), cache=cache))

    assert [block.others for block in again] == [block.others for block in plain]
    assert [block.sha256 for block in again] == [block.sha256 for block in plain]


def test_processes_ask_the_cache_too(tmp_path: Path, path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2_000):
        (folder / f"{number}").write_bytes(b"%d" % number)
    time.sleep(2.1)
    first = run(folder, path)
    assert size_of_cache(path).files == 2_000
    assert run(folder, path) == first

    forge(path)

    assert {entry.sha256 for entry in run(folder, path)} == {bytes(32)}


def test_interrupted_run_is_continued(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_cache, "COMMIT_ROWS", 100)
    monkeypatch.setattr(hash_file, "RACY_NS", 0)  # of what this process hashes
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1_000):
        (folder / f"{number}").write_bytes(b"%d" % number)
    time.sleep(2.1)  # of what another one does
    cache = DigestCache(path)  # never left: as if the process had been killed

    list(islice(hash_dataset(folder, cache=cache), 700))

    assert 500 <= size_of_cache(path).files <= 1_000
    with DigestCache(path) as again:
        assert fingerprint_dataset(folder, cache=again) == fingerprint_dataset(folder)


TWO = """
import sys
from pathlib import Path
from provenance.files import digest_cache
from provenance.files.walk import fingerprint_dataset
digest_cache.COMMIT_ROWS = 50
with digest_cache.DigestCache(Path(sys.argv[2])) as cache:
    print(fingerprint_dataset(Path(sys.argv[1]), cache=cache, workers=1).digest.hex())
"""


def test_several_runs_at_once_agree(data: Path, path: Path) -> None:
    for number in range(400):
        (data / f"{number}").write_bytes(b"%d" % number)
    time.sleep(2.1)
    command = [sys.executable, "-c", TWO, str(data), str(path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    digests = {process.communicate()[0] for process in runs}

    assert {process.returncode for process in runs} == {0}
    assert digests == {f"{fingerprint_dataset(data).digest.hex()}\n".encode()}
    assert size_of_cache(path).files == 406


def test_damaged_cache_is_made_anew(data: Path, path: Path) -> None:
    first = run(data, path)
    path.write_bytes(b"no database at all, " * 500)

    assert run(data, path) == first
    assert size_of_cache(path).files == 6


def test_place_that_cannot_be_written_costs_nothing_but_time(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert run(data, tmp_path / "file" / "digests.sqlite") == list(hash_dataset(data))


def test_old_rows_are_forgotten(data: Path, path: Path) -> None:
    run(data, path)

    assert prune_cache(path, days=1) == 0
    with sqlite3.connect(path) as database:
        database.execute("UPDATE digests SET day = day - 100 WHERE slot % 2 = 0")
    assert 0 < (gone := prune_cache(path, days=90)) < 6
    assert prune_cache(path, days=0) == 6 - gone
    assert size_of_cache(path).files == 0


def test_cache_lies_where_the_environment_says(tmp_path: Path) -> None:
    own = cache_path({"PROVENANCE_CACHE": str(tmp_path)})
    xdg = cache_path({"XDG_CACHE_HOME": str(tmp_path)})

    assert own.parent == tmp_path
    assert xdg.parent == tmp_path / "provenance"
    assert cache_path({"XDG_CACHE_HOME": "relative"}).parts[-3:-1] == (".cache", "provenance")
