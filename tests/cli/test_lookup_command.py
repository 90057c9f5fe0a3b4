"""``lookup``: asked by the first digits, answered with who signed, and proved if wanted."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

from provenance.cli.commands.lookups import PREFIX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Deposited, Served

VETTED = ["--allow-dev-chain"]


def hits_of(line: CommandLine, *words: object) -> list[dict[str, Any]]:
    ran = line.here("lookup", *words, "--json")
    assert ran.code == 0, ran
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_a_file_is_found_wherever_it_lies_now(
    line: CommandLine, deposited: Deposited, tmp_path: Path
) -> None:
    renamed = tmp_path / "另一个名字.csv"
    shutil.copy(deposited.data / "tables" / "raw" / "测量.csv", renamed)

    (hit,) = [one for one in hits_of(line, renamed) if one["id"] == deposited.record_id]
    shown = line.here("lookup", renamed).out

    assert (hit["id"], hit["of"]) == (deposited.record_id, "file")
    assert hit["title"] == "Penguins"
    assert "Ann Example (software, data-curation)" in shown
    assert "a file of the dataset" in shown
    assert "self-asserted" in shown
    assert "which may leave some out" in shown


def test_hits_are_those_of_the_whole_digest_oldest_first(
    line: CommandLine, deposited: Deposited
) -> None:
    digest = sha256((deposited.data / "readme.txt").read_bytes()).hexdigest()
    other = digest[:-1] + ("0" if digest[-1] != "0" else "1")

    assert {hit["digest"] for hit in hits_of(line, digest)} == {digest}
    assert hits_of(line, other) == []
    indexes = [hit["leaf_index"] for hit in hits_of(line, deposited.data)]
    assert indexes == sorted(indexes)


def test_a_found_file_is_proved_and_then_verified(
    line: CommandLine, ledger: Served, deposited: Deposited, tmp_path: Path
) -> None:
    file = tmp_path / "copy.bin"
    shutil.copy(deposited.data / "tables" / "a.csv", file)

    hits = hits_of(line, file, "--proof", tmp_path / "found")
    (hit,) = [one for one in hits if one["id"] == deposited.record_id]
    ran = line.here(
        *("verify", hit["receipt"], file, "--file-proof", hit["file_proof"]),
        *("--policy", ledger.policy, "--block-hash", deposited.block, *VETTED),
    )

    assert hit["listed_as"] == "tables/a.csv"
    assert ran.code == 0, ran


# --- what a service gets to see, and what it may answer ---------------------------------------


@contextmanager
def answering(answer: object) -> Iterator[tuple[str, list[str]]]:
    """A service that gives everybody the same answer and remembers what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hit(**members: object) -> dict[str, object]:
    digest = sha256(b"secret").hexdigest()
    base = {"id": "ab" * 32, "leaf_index": 3, "claimed_at": 1, "key": "k", "digest": digest}
    return base | members


def test_only_the_first_digits_of_a_digest_are_sent(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    digest = sha256(b"secret").hexdigest()

    with answering({"items": [], "next": None}) as (url, asked):
        assert hits_of(CommandLine(tmp_path, tmp_path, url), tmp_path / "secret") == []

    assert asked == [f"/v1/lookup?digest_prefix={digest[:PREFIX_DIGITS]}"]
    assert PREFIX_DIGITS == 4


@pytest.mark.parametrize(
    ("option", "given", "sent"),
    [
        ("--doi", "https://doi.org/10.5555/a.b", "doi=10.5555%2Fa.b"),
        ("--doi", "doi:10.5555/a.b", "doi=10.5555%2Fa.b"),
        ("--institution", "https://ror.org/05dxps055", "institution=05dxps055"),
        ("--institution", " Academy of Sciences ", "institution=Academy+of+Sciences"),
        ("--orcid", "https://orcid.org/0000-0002-1825-0097", "orcid=0000-0002-1825-0097"),
        ("--name", " Ana ", "name=Ana"),
    ],
)
def test_what_is_asked_by_name_is_sent_bare(
    tmp_path: Path, option: str, given: str, sent: str
) -> None:
    with answering({"items": [], "next": None}) as (url, asked):
        assert hits_of(CommandLine(tmp_path, tmp_path, url), option, given) == []

    assert [one.replace("%20", "+") for one in asked] == [f"/v1/lookup?{sent}"]


def test_one_question_is_asked_at_a_time(tmp_path: Path) -> None:
    with answering({"items": [], "next": None}) as (url, asked):
        line = CommandLine(tmp_path, tmp_path, url)
        ran = line.here("lookup", "--doi", "10.5/a", "--institution", "05dxps055")

    assert ran.code == 2
    assert asked == []


def test_a_hit_says_what_it_opens_and_whether_its_key_is_bound(tmp_path: Path) -> None:
    found = hit(of="opened", sealed="cd" * 32, signer_bound=True)
    with answering({"items": [found], "next": None}) as (url, _asked):
        ran = CommandLine(tmp_path, tmp_path, url).here("lookup", "--institution", "05dxps055")

    assert "cd" * 32 in ran.out
    assert "its key is bound by the institution" in ran.out


@pytest.mark.parametrize(
    "odd",
    [
        {"people": [{"name": None, "roles": 5}, 7], "contributors": 9},
        {"people": "everybody", "contributors": "many", "title": ["x"]},
        {"fixity": [{"sound": "yes"}, None], "of": ["file"], "assurance": {}},
        {"identity": {"level": "bound"}, "more_fixity": 1, "type": None},
        {"title": "\x1b[31mred\x1b[0m\u202e"},
    ],
)
def test_whatever_a_service_answers_is_only_shown(tmp_path: Path, odd: dict[str, object]) -> None:
    with answering({"items": [hit(**odd)], "next": None}) as (url, _asked):
        ran = CommandLine(tmp_path, tmp_path, url).here("lookup", sha256(b"secret").hexdigest())

    assert ran.code == 0
    assert "ab" * 32 in ran.out
    assert "\x1b" not in ran.out
    assert "all unchanged" not in ran.out


@pytest.mark.parametrize("wrong", [{"leaf_index": "3"}, {"id": "../../x"}, {"claimed_at": None}])
def test_a_hit_that_is_no_hit_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with answering({"items": [hit(**wrong)], "next": None}) as (url, _asked):
        line = CommandLine(tmp_path, tmp_path, url)
        ran = line.here("lookup", sha256(b"secret").hexdigest(), "--proof", "found")

    assert ran.code == 2
    assert not (tmp_path / "found").exists()
