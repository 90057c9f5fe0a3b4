"""One file behind HTTP: whole, in ranges, dropped, changed, redirected, refused."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
from remote_servers import OLD, Web, web_server

from provenance.errors import (
    FileAccessError,
    ProvenanceError,
    UnavailableError,
    UnusableDatasetError,
)
from provenance.files.manifest_file import write_blocks
from provenance.files.walk import CHANGED_FILE, hash_blocks
from provenance.remote.hash_url import RANGE_BYTES, hash_url
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.fingerprint import FileEntry

SHORT = random.Random(1).randbytes(100_000)
LONG = random.Random(2).randbytes(2 * RANGE_BYTES + 12_345)


@contextlib.contextmanager
def serving(content: bytes, **habits: Any) -> Iterator[Web]:  # noqa: ANN401 -- as Web has them
    with web_server(Web(content, **habits)) as web:
        yield web


def only_entry(url: str) -> FileEntry:
    (entry,) = [entry for block in hash_url(Url(url)) for entry in block.entries()]
    return entry


def hashed(web: Web) -> bytes:
    return only_entry(f"{web.url}/data.bin").sha256


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def test_long_file_is_read_in_ranges_and_gives_the_manifest_of_the_local_engine(
    tmp_path: Path,
) -> None:
    (tmp_path / "数据 1.bin").write_bytes(LONG)
    algorithms = ("blake3", "sha256-chunks")
    told: list[tuple[int, int]] = []

    with serving(LONG) as web:
        url = Url(f"{web.url}/some/%E6%95%B0%E6%8D%AE%201.bin?token=x")
        blocks = hash_url(url, algorithms=algorithms, on_progress=lambda *done: told.append(done))
        there = write_blocks(tmp_path / "there.jsonl", blocks, algorithms)

    local = hash_blocks(tmp_path / "数据 1.bin", algorithms=algorithms)
    here = write_blocks(tmp_path / "here.jsonl", local, algorithms)
    assert there == here
    for suffix in ("", ".blake3", ".chunks"):
        one, other = (tmp_path / f"{name}{suffix}.jsonl" for name in ("there", "here"))
        assert one.read_bytes() == other.read_bytes()
    assert web.requests >= 4  # a first look and three ranges
    assert told[-1] == (1, len(LONG))


@pytest.mark.parametrize(
    "habits",
    [
        {"has_ranges": False},
        {"etag": "", "modified": ""},
        {"etag": 'W/"weak"'},
        {"etag": "", "modified": OLD},
        {"has_ranges": False, "etag": ""},
    ],
)
def test_servers_of_little_skill_serve_the_same_content(habits: dict[str, Any]) -> None:
    with serving(SHORT, **habits) as web:
        assert hashed(web) == sha256(SHORT)


def test_empty_file_is_one() -> None:
    with serving(b"") as web:
        assert hashed(web) == sha256(b"")


def test_dropped_ranges_continue_where_they_ended() -> None:
    with serving(LONG, drop_after=3_000_000, drops=6) as web:
        assert hashed(web) == sha256(LONG)


def test_dropped_stream_begins_anew() -> None:
    with serving(SHORT, has_ranges=False, drop_after=50_000, drops=2) as web:
        assert hashed(web) == sha256(SHORT)


def test_busy_server_is_asked_again() -> None:
    with serving(SHORT, statuses=[503, 429]) as web:
        assert hashed(web) == sha256(SHORT)


@pytest.mark.parametrize("ignores_conditions", [False, True])
@pytest.mark.parametrize("change_at", [2, 3, 4, 5])
def test_file_that_changes_meanwhile_is_named_and_never_mixed(
    change_at: int, *, ignores_conditions: bool
) -> None:
    with (
        serving(LONG, change_at=change_at, ignores_conditions=ignores_conditions) as web,
        pytest.raises(UnusableDatasetError) as caught,
    ):
        hashed(web)

    assert [(path, what) for path, what, _ in caught.value.problems] == [("data.bin", CHANGED_FILE)]


def test_stream_that_changes_meanwhile_is_named() -> None:
    dropping = serving(SHORT, change_at=3, has_ranges=False, drop_after=50_000, drops=1)
    with dropping as web, pytest.raises(UnusableDatasetError):
        hashed(web)


@pytest.mark.parametrize(
    ("habits", "said"),
    [
        ({"statuses": [404]}, "404"),
        ({"statuses": [403]}, "403"),
        ({"statuses": [401]}, "401"),
        ({"headers": {"Content-Encoding": "gzip"}}, "encoded"),
        ({"has_length": False, "has_ranges": False}, "where the file ends"),
        ({"statuses": [302], "headers": {"Location": "file:///etc/passwd"}}, "another scheme"),
        ({"statuses": [301], "headers": {"Location": "https://127.0.0.1/x"}}, "another scheme"),
        ({"statuses": [302] * 9, "headers": {"Location": "/again"}}, "redirects"),
    ],
)
def test_what_cannot_be_read_is_said(habits: dict[str, Any], said: str) -> None:
    with serving(SHORT, **habits) as web, pytest.raises(FileAccessError, match=said):
        hashed(web)


def test_redirect_within_the_scheme_is_followed() -> None:
    with serving(SHORT, statuses=[302], headers={"Location": "/elsewhere"}) as web:
        assert hashed(web) == sha256(SHORT)


def test_folder_has_no_listing_and_the_error_says_what_to_do() -> None:
    with serving(SHORT) as web, pytest.raises(FileAccessError, match="import a list of checksums"):
        only_entry(f"{web.url}/folder/")


def test_nobody_answers() -> None:
    with pytest.raises(UnavailableError):
        only_entry("http://127.0.0.1:9/data.bin")


def test_errors_hide_passwords_and_tokens() -> None:
    with pytest.raises(ProvenanceError) as caught:
        only_entry("http://me:secret@127.0.0.1:9/data.bin?signature=secret")

    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9/data.bin" in str(caught.value)


def test_a_server_of_the_standard_library_serves_the_same_content(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(SHORT)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 -- its own
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        entry = only_entry(f"http://127.0.0.1:{server.server_address[1]}/data.bin")
        server.shutdown()

    assert (entry.path, entry.sha256, entry.length) == ("data.bin", sha256(SHORT), len(SHORT))
