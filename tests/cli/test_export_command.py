"""``export``: what it refuses, where it writes, and that a policy decides what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, tree
from exporting import built, put_dataset, with_data
from receipts import Shape, build

from provenance.digests import to_evm_hex
from provenance.exports import FOLDERS, FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """Somebody with data, their manifest, a receipt of them, and its log's policy."""
    (tmp_path / "home").mkdir()
    subject = with_data(put_dataset(tmp_path / "data"), tmp_path)
    (tmp_path / "receipt.json").write_bytes(subject.octets)
    (tmp_path / "policy.json").write_bytes(built().policy.octets)
    return CommandLine(tmp_path, tmp_path / "home")


def evidence_block() -> str:
    """The hash to look up: the state is another for other claims, so it is of the receipt."""
    (found,) = built().evidence_hashes.values()
    return to_evm_hex(found)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_where_it_is_asked_for(line: CommandLine, name: str) -> None:
    given = ["--manifest", "data.manifest.jsonl", "--data", "data", "--policy", "policy.json"]

    ran = line.here("export", "receipt.json", "--to", name, "-o", "out", *given)

    assert (ran.code, ran.out) == (0, "")
    out = line.folder / "out"
    if name in FOLDERS:
        assert tree(out / "data") == tree(line.folder / "data")
        assert (out / "provenance" / "policy.json").is_file()
    else:
        printed = line.here("export", "receipt.json", "--to", name, *given)
        assert printed.out.encode() == out.read_bytes() != b""


def test_the_default_is_still_the_tlog_proof(line: CommandLine) -> None:
    ran = line.here("export", "receipt.json")

    assert ran.code == 0
    assert ran.out.startswith("c2sp.org/tlog-proof@v1\n")


def test_a_badge_dates_only_what_a_looked_up_block_proves(line: CommandLine) -> None:
    made = built()
    (line.folder / "receipt.json").write_bytes(made.octets)
    words = ["export", "receipt.json", "--to", "badge"]
    policy = ["--policy", "policy.json"]

    assert ">recorded<" in line.here(*words).out
    assert ">entry 6 of ledger.example/log<" in line.here(*words, *policy).out
    dated = line.here(*words, *policy, "--block-hash", evidence_block())
    assert ">anchored not after 2026-" in dated.out


def test_a_receipt_that_does_not_hold_is_not_exported(line: CommandLine) -> None:
    false = build(Shape(bad_signature=frozenset({6})))
    (line.folder / "receipt.json").write_bytes(false.octets)
    words = ["export", "receipt.json", "--to", "datacite", "-o", "out.json"]

    ran = line.here(*words, "--policy", "policy.json")

    assert ran.code == 1
    assert "not exported" in ran.err
    assert not (line.folder / "out.json").exists()


def test_a_block_hash_of_no_block_stops_the_export(line: CommandLine) -> None:
    given = ["--policy", "policy.json", "--block-hash", "0x" + "00" * 32]

    assert line.here("export", "receipt.json", "--to", "badge", *given).code == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--to", "word"], "--to"),
        (["--to", "bagit", "--data", "data"], "--output"),
        (["--to", "bagit", "-o", "out"], "--data"),
        (["--to", "sha256sums"], "--manifest"),
        (["--to", "badge", "--block-hash", "0x" + "00" * 32], "--policy"),
        (["--to", "datacite", "--ledger", "ftp://log.example"], "--ledger"),
        (["--to", "bagit", "--data", "data", "-o", "data/bag"], "--output"),
    ],
)
def test_what_is_missing_or_wrong_is_named(line: CommandLine, words: list[str], field: str) -> None:
    before = tree(line.folder)

    ran = line.here("export", "receipt.json", *words)

    assert ran.code == 2
    assert field in ran.err
    assert tree(line.folder) == before


def test_a_folder_that_exists_and_data_that_changed_are_left_alone(line: CommandLine) -> None:
    (line.folder / "bag").mkdir()
    words = ["export", "receipt.json", "--to", "bagit", "--data", "data"]

    assert line.here(*words, "-o", "bag").code == 2
    (line.folder / "data" / "a.txt").write_bytes(b"Alpha\n")
    ran = line.here(*words, "--manifest", "data.manifest.jsonl", "-o", "other")
    assert ran.code == 1
    assert "a.txt" in ran.err
    assert not (line.folder / "other").exists()


def test_the_ledgers_address_is_named_without_its_last_slash(line: CommandLine) -> None:
    words = ["--to", "datacite", "--ledger", "https://log.example/"]

    made = json.loads(line.here("export", "receipt.json", *words).out)

    (documented, *_) = made["relatedIdentifiers"]
    assert documented["relatedIdentifier"].startswith("https://log.example/v1/records/")
