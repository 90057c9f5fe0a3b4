"""Datasets behind URLs, and clusters, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine
from remote_servers import Web, web_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 100


@pytest.fixture
def person(tmp_path: Path) -> CommandLine:
    (tmp_path / "home").mkdir()
    return CommandLine(tmp_path, tmp_path / "home")


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with web_server(Web(CONTENT)) as web:
        yield web


def test_url_has_the_fingerprint_of_its_file(person: CommandLine, web: Web) -> None:
    (person.folder / "data.bin").write_bytes(CONTENT)
    here = person.here("fingerprint", "data.bin", "-o", "here.jsonl", "--json").json()

    there = person.here("fingerprint", f"{web.url}/x/data.bin?token=secret", "--json")

    assert there.code == 0, there.err
    assert there.json()["dataset_digest"] == here["dataset_digest"]
    one, other = (person.folder / name for name in ("data.bin.manifest.jsonl", "here.jsonl"))
    assert one.read_bytes() == other.read_bytes()
    assert "secret" not in there.out + there.err


def test_file_url_is_a_path(person: CommandLine) -> None:
    (person.folder / "a b.txt").write_bytes(b"x")
    url = (person.folder / "a b.txt").as_uri()

    ran = person.here("fingerprint", url, "-o", "m.jsonl", "--json")

    assert ran.code == 0, ran.err
    assert b'"a b.txt"' in (person.folder / "m.jsonl").read_bytes()


def test_url_is_deposited_as_a_folder_is(person: CommandLine, web: Web) -> None:
    assert person.here("key", "new", "--name", "Ann", "--label", "a").code == 0

    ran = person.here(
        *("deposit", f"{web.url}/data.bin", "--title", "T", "--origin", "x.example/log"),
        *("--sign-only", "--json"),
    )

    assert ran.code == 0, ran.err
    assert (person.folder / "data.bin.provenance" / "manifest.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fingerprint", "x", "--scheduler", "tcp://a"], "--engine dask"),
        (["fingerprint", "x", "--engine", "dask"], "--scheduler"),
        (["fingerprint", "x", "--engine", "spark"], "local or dask"),
        (["fingerprint", "zip://a::s3://b/c"], "one URL"),
        (["fingerprint", "nope://a"], "expected s3"),
        (["fingerprint", "file://elsewhere/a"], "file:///path"),
        (["fingerprint", "http://127.0.0.1/folder/"], "no listing"),
        (["import", "https://127.0.0.1/SHA256SUMS"], "s3://BUCKET/PREFIX"),
    ],
)
def test_what_cannot_be_is_said(person: CommandLine, words: list[str], said: str) -> None:
    ran = person.here(*words)

    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["diff", "s3://bucket/set", "."], "A"),
        (["overlap", ".", "sftp://host/set"], "B"),
        (["import", "SHA256SUMS", "--data", "https://host/set"], "--data"),
    ],
)
def test_where_only_a_path_will_do_it_is_said_what_a_url_needs(
    person: CommandLine, words: list[str], field: str
) -> None:
    (person.folder / "SHA256SUMS").write_text(f"{'1' * 64}  a\n")

    ran = person.here(*words, "--json")

    assert (ran.code, ran.json()["field"]) == (2, field)
    assert "fingerprint it" in str(ran.json()["detail"])
