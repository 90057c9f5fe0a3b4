"""``init``, ``serve``, ``anchor``, ``audit``, ``policy``."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import socket
import sqlite3
import threading
import urllib.request
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from command_line import ORIGIN, CommandLine, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Deposited, Served


def objects(value: object) -> list[dict[str, Any]]:
    """Return a JSON array of objects."""
    assert isinstance(value, list)
    return value


# --- founding and serving ---------------------------------------------------------------------


def test_init_prints_the_digest_of_the_policy_it_wrote(ledger: Served) -> None:
    written = (ledger.folder / "policy.json").read_bytes()

    assert ledger.founding == {
        "origin": ORIGIN,
        "policy_digest": hashlib.sha256(written).hexdigest(),
    }
    assert ledger.policy.read_bytes() == written
    assert (ledger.folder / "keys" / "root.jwe").stat().st_mode & 0o077 == 0


def test_init_refuses_a_founded_folder_and_a_bad_name(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    copy = shutil.copytree(ledger.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*lock"))
    before = tree(copy / "keys")

    again = line.here("init", copy, "--origin", ORIGIN, "--json")
    named = line.here("init", "new", "--origin", "https://x.example", "--json")

    assert (again.code, again.json()["error"]) == (2, "already-exists")
    assert tree(copy / "keys") == before
    assert (named.code, named.json()["field"]) == (2, "--origin")
    assert not (tmp_path / "new").exists()


def test_serving_others_needs_a_write_policy(line: CommandLine, ledger: Served) -> None:
    ran = line.run("serve", ledger.folder, "--host", "0.0.0.0", "--port", "0")

    assert ran.code == 2
    assert "--host" in ran.err
    assert "write_policy" in ran.err


def test_a_ledger_is_served_once(line: CommandLine, ledger: Served) -> None:
    ran = line.run("serve", ledger.folder, "--port", "0")

    assert ran.code == 4
    assert "Another process" in ran.err
    assert (ledger.folder / "address").read_text().strip() == ledger.url


def test_a_policy_is_shown_with_the_digest_to_compare(line: CommandLine, ledger: Served) -> None:
    shown = line.succeed("policy", "show", ledger.policy).out
    as_json = line.here("policy", "show", ledger.policy, "--json").json()
    ran = line.here("policy", "fetch", "ftp://x", "--json")

    assert str(as_json["digest"])[:4] + " " in shown
    assert "proves nothing to others" in shown
    assert (ran.code, ran.json()["field"]) == (2, "URL")
    assert not (line.folder / "policy.json").exists()


def test_another_policy_is_not_written_over(line: CommandLine, ledger: Served) -> None:
    there = line.folder / "policy.json"
    there.write_bytes(b"compared by telephone")

    ran = line.here("policy", "fetch", ledger.url, "--json")
    kept = there.read_bytes()
    there.unlink()
    again = [line.here("policy", "fetch", ledger.url).code for _ in range(2)]

    assert (ran.code, ran.json()["error"], ran.json()["field"]) == (2, "already-exists", "--output")
    for octets in (kept, ledger.policy.read_bytes()):
        assert hashlib.sha256(octets).hexdigest() in str(ran.json()["detail"])
    assert kept == b"compared by telephone"
    assert again == [0, 0]


def test_settings_that_cannot_be_read_are_named(line: CommandLine) -> None:
    broken = line.folder / "broken"
    broken.mkdir()
    (broken / "ledger.json").write_text("{}")

    ran = line.run("serve", broken)

    assert ran.code == 2
    assert str(broken / "ledger.json") in ran.err


def test_the_version_is_told(line: CommandLine) -> None:
    assert line.succeed("--version").out == f"provenance {version('provenance-ledger')}\n"


@pytest.mark.usefixtures("deposited")
def test_anchoring_is_told_and_asked_for(line: CommandLine, ledger: Served) -> None:
    status = line.succeed("anchor", "status", ledger.folder, "--json").json()
    asked = line.succeed("anchor", "now", ledger.folder, "--json").json()
    resumed = line.succeed("anchor", "resume", ledger.folder, "--json").json()
    ran = line.here("anchor", "status", line.folder, "--json")

    (chain,) = objects(status["chains"])
    assert 4 <= chain["final_size"] <= int(str(status["signed_size"]))
    assert (chain["chain_id"], chain["evidence"], chain["halt"]) == (31337, "proof", None)
    assert chain["newest"]["widened_by"] == 0
    assert resumed == {"resumed": []}
    assert asked.keys() == {"tree_size"}
    assert (ran.code, ran.json()["error"]) == (2, "malformed")


# --- audit ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("deposited")
def test_a_good_ledger_is_proved_from_inside_and_outside(line: CommandLine, ledger: Served) -> None:
    inside = line.succeed("audit", ledger.folder, "--json").json()
    words = ["--url", ledger.url, "--policy", ledger.policy, "--rpc", ledger.node]
    outside = line.succeed("audit", *words, "--json").json()

    for report in (inside, outside):
        assert int(str(report["tree_size"])) >= 4
        assert int(str(report["blocks_confirmed"])) >= 1
        (chain,) = objects(report["chains"])
        assert (chain["chain_id"], chain["is_of_log"]) == (31337, True)
    assert inside["manifests"]


def test_an_audit_from_outside_needs_ones_own_policy(line: CommandLine, ledger: Served) -> None:
    ran = line.here("audit", "--url", ledger.url, "--json")
    neither = line.here("audit", "--json")

    assert (ran.code, ran.json()["field"]) == (2, "--policy")
    assert (neither.code, neither.json()["field"]) == (2, "FOLDER")


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("entries.entry", "entr"),
        ("tiles.hashes", "tile/0/000"),
        ("anchors.evidence", "anchor"),
        ("anchors.histories", "anchor"),
        ("anchor_attempts.raw", "anchor"),
        ("beacons.header", "beacon"),
        ("checkpoints.note", "checkpoint"),
    ],
)
def test_one_flipped_bit_in_a_copied_folder_is_found(
    copy: Path, line: CommandLine, column: str, place: str
) -> None:
    table, column = column.split(".")
    with sqlite3.connect(copy / "ledger.sqlite") as database:
        found = database.execute(
            f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY rowid DESC"
        ).fetchone()
        assert found is not None
        row, value = found
        octets = value.encode() if isinstance(value, str) else value
        # the lowest bit of a middle byte: in hex and base64url it is another digit
        middle = len(octets) // 2
        flipped = octets[:middle] + bytes([octets[middle] ^ 1]) + octets[middle + 1 :]
        new = flipped.decode() if isinstance(value, str) else flipped
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
    database.close()

    ran = line.here("audit", copy, "--offline")

    assert ran.code == 1
    assert ran.err.startswith("First wrong place: ")
    assert place in ran.err.splitlines()[0]


@pytest.fixture
def copy(ledger: Served, deposited: Deposited, tmp_path: Path) -> Path:
    """A ledger folder copied while its service runs, its databases as of one moment."""
    assert deposited.record_id
    folder, copy = ledger.folder, tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*sqlite*", "*lock", "anvil"))
    for name in ("ledger.sqlite", "keys.sqlite"):
        with sqlite3.connect(folder / name) as source, sqlite3.connect(copy / name) as target:
            source.backup(target)
        source.close()
        target.close()
    return copy


@contextmanager
def between(url: str, lie_at: str) -> Iterator[str]:
    """A server that passes on what another one says, but for one bit of one kind of answer."""

    class Liar(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urllib.request.urlopen(url + self.path) as answer:
                body = bytearray(answer.read())
            if lie_at in self.path:
                body[len(body) // 2] ^= 1
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("lie_at", "place"), [("/tile/entries/", "entr"), ("/tile/0/", "tile/0/"), ("/check", "check")]
)
@pytest.mark.usefixtures("deposited")
def test_a_lying_server_is_found_out(
    line: CommandLine, ledger: Served, lie_at: str, place: str
) -> None:
    with between(ledger.url, lie_at) as url:
        ran = line.here("audit", "--url", url, "--policy", ledger.policy)

    assert ran.code == 1
    assert ran.err.startswith(f"First wrong place: {place}")


@pytest.mark.usefixtures("deposited")
def test_a_mirrors_folder_is_audited_as_a_log(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    with urllib.request.urlopen(f"{ledger.url}/checkpoint") as answer:
        checkpoint = answer.read()
    size = int(checkpoint.splitlines()[1])
    for path in (f"tile/entries/000.p/{size}", f"tile/0/000.p/{size}"):
        (mirror / path).parent.mkdir(parents=True)
        with urllib.request.urlopen(f"{ledger.url}/{path}") as answer:
            (mirror / path).write_bytes(answer.read())
    (mirror / "checkpoint").write_bytes(checkpoint)

    ran = line.here("audit", mirror, "--policy", ledger.policy, "--json").json()

    assert (ran["tree_size"], ran["anchors_proved"]) == (size, 0)


def test_a_port_that_is_taken_is_said_before_anything_starts(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    copy = shutil.copytree(ledger.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*lock"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = line.run("serve", copy, "--port", port)

    assert ran.code == 4
    assert f"port {port}" in ran.err
    assert "is served at" not in ran.out
