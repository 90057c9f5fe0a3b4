from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, tree

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Deposited, Served

METADATA: dict[str, object] = {
    "title": "Weekly table",
    "contributors": [{"name": "Ben Example", "roles": ["software"]}, {"name": "Ann Example"}],
    "license": "CC-BY-4.0",
    "access": "open",
    "identifiers": [{"type": "doi", "value": "10.1234/abc"}],
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
    words += ["--relation", f"wasRevisionOf={deposited.record_id}", "-o", "out", "--json"]

    answer = line.succeed("deposit", dataset, *words).json()

    claims = claims_of(line, tmp_path / "out" / "receipt.json")
    assert answer["status"] == "integrated"
    assert claims["relations"] == [{"relation": "wasRevisionOf", "record": deposited.record_id}]
    assert claims["identifiers"] == METADATA["identifiers"]
    assert "title" not in claims  # the service gives it to nobody but its holder
    (saved,) = line.home.glob(f"outbox/{answer['id']}.records")
    assert len(saved.read_bytes().splitlines()) == 2


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
    words += ["--policy", str(ledger.policy), "--ledger", "http://127.0.0.1:9"]

    ran = line.run("deposit", dataset, *words)

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
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open", "-o", "out", "--json"]

    ran = line.here("deposit", "absent", *words)

    assert (ran.code, ran.json()["error"]) == (2, "unusable-dataset")
    assert not (tmp_path / "out").exists()


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


def test_a_receipt_says_when_it_is_not_complete(line: CommandLine) -> None:
    # a receipt of a moment ago: the chain cannot have it yet
    (line.folder / "one").write_text("1")
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open", "--json"]
    record_id = str(line.succeed("deposit", "one", *words).json()["id"])

    ran = line.run("receipt", record_id, "--wait", "--timeout", "0")
    unknown = line.here("receipt", "00" * 32, "--json")

    assert ran.code == 3
    assert "Not anchored within 0 s" in ran.out
    assert (unknown.code, unknown.json()["error"]) == (2, "not-found")
