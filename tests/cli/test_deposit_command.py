from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Deposited, Served

METADATA: dict[str, object] = {
    "title": "Weekly table",
    "contributors": [{"name": "Ben Example", "roles": ["software"]}, {"name": "Ann Example"}],
    "license": "CC-BY-4.0",
    "access": "open",
    "identifiers": [{"type": "doi", "value": "10.1234/abc"}],
    "version": "1.9",
}


def claims_of(line: CommandLine, receipt: Path) -> dict[str, object]:
    claims = line.here("show", receipt, "--json").json()["claims"]
    assert isinstance(claims, dict)
    return claims


def test_flags_become_claims(line: CommandLine, deposited: Deposited) -> None:
    claims = claims_of(line, deposited.receipt)

    assert claims["title"] == "Penguins"
    assert claims["contributors"] == [
        {"name": "Ann Example", "roles": ["software", "data-curation"]}
    ]
    assert (claims["license"], claims["access"], claims["files"]) == ("CC0-1.0", "open", 3)


def test_a_metadata_file_with_a_relation_and_what_is_held_back(
    line: CommandLine, dataset: Path, tmp_path: Path, deposited: Deposited
) -> None:
    (tmp_path / "about.json").write_text(json.dumps(METADATA))
    words = ["--metadata", "about.json", "--hold", "title", "--title", "A better title"]
    words += ["--dataset-version", "1.10"]
    words += ["--relation", f"wasRevisionOf={deposited.record_id}", "-o", "out", "--json"]

    answer = line.succeed("deposit", dataset, *words).json()

    claims = claims_of(line, tmp_path / "out" / "receipt.json")
    assert answer["status"] == "integrated"
    assert claims["relations"] == [{"relation": "wasRevisionOf", "record": deposited.record_id}]
    assert claims["identifiers"] == METADATA["identifiers"]
    assert claims["version"] == "1.10"  # a flag wins over the file
    assert "title" not in claims  # the service gives it to nobody but its holder
    (saved,) = line.home.glob(f"outbox/{answer['id']}.records")
    assert len(saved.read_bytes().splitlines()) == 2


def test_other_digests_are_signed_with_the_first(
    line: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    words = ["--title", "Thrice", "--also", "sm3", "--chunks", "-o", "out", "--json"]

    line.succeed("deposit", dataset, *words)

    claims = claims_of(line, tmp_path / "out" / "receipt.json")
    written = line.here("fingerprint", dataset, "--also", "sm3", "--chunks", "--json", "-o", "m")
    made = written.json()["additional_digests"]
    assert isinstance(made, list)
    assert [one["algorithm"] for one in made] == ["sm3", "sha256-chunks"]
    assert claims["additional_digests"] == [
        {"algorithm": one["algorithm"], "digest": one["digest"]} for one in made
    ]
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        *("manifest.jsonl", "manifest.sm3.jsonl", "manifest.chunks.jsonl", "receipt.json")
    }


def test_other_digests_need_every_file_hashed_here(line: CommandLine) -> None:
    refused = line.here("deposit", "--import", line.folder, "--also", "sm3")

    assert refused.code == 2
    assert "--also" in refused.err


def test_signed_offline_and_sent_twice_is_one_entry(
    line: CommandLine, dataset: Path, tmp_path: Path, ledger: Served
) -> None:
    offline = CommandLine(tmp_path, line.home)
    words = ["--title", "Later", "--license", "CC0-1.0", "--access", "closed", "--json"]
    words += ["--policy", str(ledger.policy), "--sign-only", "-o", "out"]
    signed = offline.succeed("deposit", dataset, *words).json()
    before = (tmp_path / "out" / "deposit.records").read_bytes()

    resume = ("deposit", "--resume", "out/deposit.records", "--json")
    first = line.succeed(*resume, "--publish-manifest").json()
    second = line.succeed(*resume).json()

    assert (first["status"], second["status"]) == ("integrated", "repeat")
    assert (first["id"], first["leaf_index"]) == (second["id"], second["leaf_index"])
    assert first["id"] == signed["id"]
    assert (tmp_path / "out" / "deposit.records").read_bytes() == before


def test_a_ledger_that_is_away_leaves_a_record_to_resume(
    line: CommandLine, dataset: Path, tmp_path: Path, ledger: Served
) -> None:
    words = ["--title", "Lost", "--license", "CC0-1.0", "--access", "open", "-o", "out"]
    words += ["--contributor", "Ann", "--policy", str(ledger.policy)]
    words += ["--ledger", "http://127.0.0.1:9"]

    ran = line.here("deposit", dataset, *words)

    assert ran.code == 4
    saved = ran.err.splitlines()[0].rpartition(" ")[2]
    assert "--resume" in ran.err
    assert line.succeed("deposit", "--resume", saved, "-o", tmp_path, "--json").json()["id"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--contributor", "Ann; orcid=0000-0002-1825-0098"], "contributors[0].orcid"),
        (["--contributor", "Ann; rule=x"], "--contributor"),
        (["--license", "no such licence"], "license"),
        (["--access", "maybe"], "access"),
        (["--relation", "wasMadeUp=x"], "relations[0].relation"),
        (["--block", "1:2:3"], "--block"),
        (["--hold", "colour"], "colour"),
        (["--metadata", "own-digest.json"], "dataset_digest"),
        (["--metadata", "twice.json"], "title"),
        (["--key", "nobody"], None),
    ],
)
def test_bad_claims_name_their_field_and_change_nothing(
    line: CommandLine, dataset: Path, tmp_path: Path, words: list[str], field: str | None
) -> None:
    (tmp_path / "own-digest.json").write_text('{"title":"T","dataset_digest":"00"}')
    (tmp_path / "twice.json").write_text('{"title":"T","title":"U"}')
    before, home = tree(tmp_path), tree(line.home)

    ran = line.here("deposit", dataset, "--title", "T", *words, "-o", "out", "--json")

    assert ran.code == 2
    assert ran.json()["field"] == field
    assert (tree(tmp_path), tree(line.home)) == (before, home)


def test_data_that_cannot_be_hashed_leave_nothing_behind(line: CommandLine, tmp_path: Path) -> None:
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open"]
    words += ["-o", "new/out", "--json"]
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "link").symlink_to("elsewhere")

    ran = line.here("deposit", "linked", *words)

    assert (ran.code, ran.json()["error"]) == (2, "unusable-dataset")
    assert not (tmp_path / "new").exists()


def test_absent_data_are_refused_before_anything_is_asked_for(tmp_path: Path) -> None:
    nobody = CommandLine(tmp_path, tmp_path / "home", "http://127.0.0.1:9")

    ran = nobody.here("deposit", "absent", "--title", "T", "--json")

    assert (ran.code, ran.json()["error"], ran.json()["field"]) == (2, "file-access", "PATH")


def test_what_a_deposit_makes_lies_beside_the_data(line: CommandLine, dataset: Path) -> None:
    inside = CommandLine(dataset, line.home, line.ledger)
    before = tree(dataset)
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open"]

    ran = inside.succeed("deposit", ".", *words)

    made = dataset.parent / "data.provenance"
    assert tree(dataset) == before
    assert sorted(tree(made)) == ["manifest.jsonl", "receipt.json"]
    assert ran.err == "Note: this record credits nobody; see --contributor.\n"


@pytest.mark.parametrize("output", ["data", "data/out", "data/tables/../out", "linked/out"])
def test_nothing_is_written_into_the_data(
    line: CommandLine, dataset: Path, tmp_path: Path, output: str
) -> None:
    (tmp_path / "linked").symlink_to(dataset)
    before = tree(tmp_path)

    for command in ("deposit", "fingerprint"):
        ran = line.here(command, dataset, "-o", output, "--json")
        assert (ran.code, ran.json()["field"]) == (2, "--output")

    assert tree(tmp_path) == before


def test_an_earlier_deposit_is_not_written_over(line: CommandLine, deposited: Deposited) -> None:
    before = tree(deposited.made)

    ran = line.here("deposit", deposited.data, "-o", deposited.made, "--json")

    assert (ran.code, ran.json()["error"]) == (2, "already-exists")
    assert tree(deposited.made) == before


def test_lookup_finds_by_data_digest_and_key(line: CommandLine, deposited: Deposited) -> None:
    by_folder = line.succeed("lookup", deposited.data, "--json").out
    by_file = line.here("lookup", deposited.data / "readme.txt").out
    (key,) = json.loads(line.here("key", "list", "--json").out)
    by_key = line.here("lookup", str(key["key"]), "--json").out
    ran = line.here("lookup", "neither", "--json")

    assert deposited.record_id in {one["id"] for one in json.loads(by_folder)}
    assert deposited.record_id in by_file
    assert "self-asserted" in by_file
    assert {"key", "deposit"} <= {one["type"] for one in json.loads(by_key)}
    assert (ran.code, ran.json()["field"]) == (2, "DIGEST|KEY|PATH")


@pytest.mark.parametrize("dashed", ["-" + "A" * 42, "--" + "A" * 41])
def test_a_key_that_begins_with_a_dash_is_no_option(line: CommandLine, dashed: str) -> None:
    for words in (["lookup", dashed, "--json"], ["lookup", "--json", dashed]):
        assert json.loads(line.here(*words).out) == []
    assert "expected one key called" in line.here("key", "export", dashed).err
    ran = line.here("deposit", line.home, "--title", "T", "--key", dashed)
    assert "expected one key called" in ran.err


def test_a_receipt_says_when_it_is_not_complete(line: CommandLine) -> None:
    # a receipt of a moment ago: the chain cannot have it yet
    (line.folder / "one").write_text("1")
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open", "--json"]
    record_id = str(line.succeed("deposit", "one", *words).json()["id"])

    ran = line.here("receipt", record_id, "--wait", "--timeout", "0")
    unknown = line.here("receipt", "00" * 32, "--json")

    assert ran.code == 3
    assert "Not anchored within 0 s" in ran.out
    assert (unknown.code, unknown.json()["error"]) == (2, "not-found")


# --- refusals that say what to do -----------------------------------------------------------------


def test_a_temporary_refusal_leaves_a_record_to_resume(
    line: CommandLine, dataset: Path, ledger: Served
) -> None:
    problem = {"status": 429, "code": "rate-limited", "detail": "60 records a minute"}
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open", "-o", "out"]

    with answering({"results": [{"problem": problem}]}) as url:
        ran = line.here("deposit", dataset, *words, "--policy", ledger.policy, "--ledger", url)

    assert ran.code == 4
    assert "60 records a minute" in ran.err
    saved = next(text for text in ran.err.splitlines() if text.startswith("Signed and saved: "))
    assert "--resume" in ran.err
    resumed = line.succeed("deposit", "--resume", saved.rpartition(" ")[2], "-o", "out", "--json")
    assert resumed.json()["status"] == "integrated"


@contextmanager
def answering(answer: dict[str, object]) -> Iterator[str]:
    """A server with one answer to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_signing_without_a_ledger_says_what_to_give(line: CommandLine, dataset: Path) -> None:
    words = ["--title", "T", "--sign-only", "--ledger", "http://127.0.0.1:9"]

    ran = line.here("deposit", dataset, *words)

    assert ran.code == 4
    assert "http://127.0.0.1:9/v1/policy" in ran.err
    assert "PROVENANCE_LEDGER" in ran.err
    assert "give --origin or --policy" in ran.err


def test_which_of_several_keys_is_asked_for(dataset: Path, tmp_path: Path) -> None:
    person = CommandLine(tmp_path, tmp_path / "home")
    words = ["deposit", dataset, "--title", "T", "--origin", "a.example", "--sign-only"]

    none = person.here(*words)
    for label in ("home", "work"):
        person.succeed("key", "new", "--label", label)
    several = person.here(*words)

    assert (none.code, several.code) == (2, 2)
    assert "provenance key new" in none.err
    assert "several keys: choose one with --key: home, work" in several.err


def test_a_passphrase_that_nobody_can_be_asked_for(line: CommandLine, dataset: Path) -> None:
    unsaid = {name: said for name, said in line.environ().items() if "PASSPHRASE" not in name}
    command = [sys.executable, "-m", "provenance.cli.main", "deposit", str(dataset)]

    ran = subprocess.run(
        [*command, "--title", "T", "--contributor", "Ann"],
        env=unsaid,
        cwd=line.folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert ran.returncode == 2
    (said,) = ran.stderr.splitlines()
    assert "--passphrase-file" in said
    assert "PROVENANCE_PASSPHRASE" in said
