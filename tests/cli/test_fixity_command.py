"""``fixity``: files read again, by the depositor or another, and what a verifier makes of it."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from command_line import CommandLine, Ran, open_quickly, tree

from provenance.cli import rechecking
from provenance.fixity_report import FixityReport
from provenance.record import fixity_of, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conftest import Deposited, Served

    from provenance.fingerprint import FileEntry

ROOT = Path(__file__).parents[2]
TABLES = ROOT / ".tools" / "data" / "iers-2026-10-12"


@pytest.fixture(scope="session")
def witness(ledger: Served, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Somebody else, with a key of their own."""
    home = tmp_path_factory.mktemp("witness") / "home"
    line = CommandLine(home.parent, home, ledger.url)
    assert line.here("key", "new", "--name", "Archive of Example").code == 0
    open_quickly(home)
    return line


@pytest.fixture
def copied(deposited: Deposited, tmp_path: Path) -> Path:
    """The deposit and its data, to be damaged at will: ``data`` and ``data.provenance``."""
    place = tmp_path / "archive"
    shutil.copytree(deposited.data, place / "data")
    shutil.copytree(deposited.made, place / "data.provenance")
    return place


def standing(line: CommandLine, place: Path) -> CommandLine:
    return CommandLine(place, line.home, line.ledger)


def check(line: CommandLine, *words: object, code: int = 0) -> dict[str, Any]:
    ran = line.here("fixity", "data.provenance/receipt.json", "data", *words, "--json")
    assert ran.code == code, ran
    return ran.json()


def verify(line: CommandLine, ledger: Served, block: str, *words: object) -> Ran:
    words = ("data.provenance/receipt.json", "--policy", ledger.policy, *words)
    return line.here("verify", *words, "--block-hash", block, "--allow-dev-chain", "--json")


def assurance(ran: Ran) -> dict[str, Any]:
    """Return the last check 16: the one on the fixity record."""
    checks: list[dict[str, Any]] = json.loads(ran.out)["checks"]
    return [one for one in checks if one["name"] == "assurance"][-1]


def test_another_keys_sound_report_makes_the_deposit_witnessed(
    witness: CommandLine, ledger: Served, deposited: Deposited, copied: Path
) -> None:
    at_archive = standing(witness, copied)

    ran = at_archive.here("fixity", "data.provenance/receipt.json", "data", "--deposit", "--json")
    found = ran.json()
    verdict = verify(at_archive, ledger, deposited.block, "--fixity", found["receipt"])

    assert ran.code == 0, ran
    assert (found["sound"], found["checked"], found["bad"]) == (True, 3, [])
    assert verdict.code == 0, verdict
    assert verdict.json()["assurance"] == "witnessed"
    assert assurance(verdict)["code"] == "fixity-witnessed"
    hits = json.loads(at_archive.here("lookup", deposited.record_id, "--json").out)
    assert found["id"] in [one["id"] for one in hits]


def test_the_record_signs_the_very_report(witness: CommandLine, copied: Path) -> None:
    found = check(standing(witness, copied), "--sample", 2)

    octets = (copied / found["report"]).read_bytes()
    saved = (copied / found["saved"]).read_bytes().splitlines()
    said = fixity_of(parse_record(saved[-1], complete=True))
    report = FixityReport.parse(octets)
    assert said.report_digest == hashlib.sha256(octets).digest()
    assert (said.checked, said.files, said.is_sound) == (2, 3, True)
    assert said.sample_seed == report.seed == bytes.fromhex(found["seed"])
    assert found["chance_of_missing"] == {"1 %": "33.3 %", "0.1 %": "33.3 %"}
    assert str(copied) not in octets.decode()
    assert os.uname().nodename not in octets.decode()


def test_damage_is_named_recorded_and_deposited_all_the_same(
    witness: CommandLine, ledger: Served, deposited: Deposited, copied: Path
) -> None:
    path = copied / "data" / "tables" / "a.csv"
    octets = bytearray(path.read_bytes())
    octets[1] ^= 4
    path.write_bytes(octets)
    (copied / "data" / "readme.txt").unlink()
    line = standing(witness, copied)

    shown = line.here("fixity", "data.provenance/receipt.json", "data", "--deposit")
    (receipt,) = (copied / "data.provenance").glob("fixity-*.receipt.json")
    verdict = verify(line, ledger, deposited.block, "--fixity", receipt)

    assert shown.code == 1, shown
    assert "readme.txt: the file is missing" in shown.out
    assert "tables/a.csv: the content has another digest" in shown.out
    assert verdict.code == 1
    assert assurance(verdict)["code"] == "fixity-failed"
    assert assurance(verdict)["facts"]["failed"] == 1
    assert assurance(verdict)["facts"]["missing"] == 1


def test_the_depositors_own_report_is_no_witness(
    line: CommandLine, ledger: Served, deposited: Deposited, copied: Path
) -> None:
    own = standing(line, copied)

    found = check(own, "--deposit")

    verdict = verify(own, ledger, deposited.block, "--fixity", found["receipt"])
    assert verdict.code == 0
    assert verdict.json()["assurance"] == "rehashed"
    assert assurance(verdict)["code"] == "fixity-same-key"


def test_a_report_kept_is_sent_later_beside_the_deposits_receipt(
    witness: CommandLine, copied: Path
) -> None:
    line = standing(witness, copied)
    before = (copied / "data.provenance" / "receipt.json").read_bytes()

    found = check(line)
    sent = line.here("deposit", "--resume", found["saved"], "--json")

    assert "receipt" not in found
    assert sent.code == 0, sent
    receipt = copied / str(sent.json()["receipt"])
    assert receipt.name == Path(found["report"]).name.replace(".json", ".receipt.json")
    assert (copied / "data.provenance" / "receipt.json").read_bytes() == before


def test_two_copies_read_in_one_second_are_one_record(
    witness: CommandLine, copied: Path, tmp_path: Path
) -> None:
    line, second = standing(witness, copied), tmp_path / "second"
    shutil.copytree(copied, second)
    found: list[dict[str, Any]] = []
    for _ in range(5):  # until both fall into one second
        found = [check(standing(line, place), "--deposit") for place in (copied, second)]
        if found[0]["id"] == found[1]["id"]:
            break

    assert found[0]["id"] == found[1]["id"]
    assert found[0]["leaf_index"] == found[1]["leaf_index"]


def test_a_service_away_keeps_the_signed_record(witness: CommandLine, copied: Path) -> None:
    away = CommandLine(copied, witness.home, "http://127.0.0.1:9")

    found = check(away, "--deposit", code=4)

    assert found["sound"] is True
    assert found["error"] == "unavailable"
    assert (copied / found["saved"]).exists()
    (copied / "data" / "readme.txt").write_text("damaged")
    assert check(away, "--deposit", code=1)["failed"] == 1


def test_the_same_seed_draws_the_same_files(witness: CommandLine, copied: Path) -> None:
    line, seed = standing(witness, copied), "5a" * 32

    one, other = (check(line, "--sample", 1, "--seed", seed) for _ in range(2))

    reports = [
        FixityReport.parse((copied / found["report"]).read_bytes()) for found in (one, other)
    ]
    assert reports[0].checked_digest == reports[1].checked_digest
    assert check(line, "--sample", 1)["seed"] != check(line, "--sample", 1)["seed"]


def test_what_was_broken_off_goes_on_where_it_was(
    witness: CommandLine, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(entries: Iterable[FileEntry]) -> Iterator[Iterator[FileEntry]]:
        yield itertools.islice(entries, 1)
        raise KeyboardInterrupt

    line = standing(witness, copied)
    with monkeypatch.context() as patched:
        patched.setattr(rechecking, "portions", broken_off)
        assert line.here("fixity", "data.provenance/receipt.json", "data").code == 130
    assert not list((copied / "data.provenance").glob("fixity-*"))
    (copied / "data" / "readme.txt").unlink()  # it was read before, and is not read twice

    shown = line.here("fixity", "data.provenance/receipt.json", "data")
    again = check(line, code=1)

    assert shown.code == 0, shown
    assert "Went on with what was begun at" in shown.err
    assert "3 of 3 files" in shown.out
    assert [one["path"] for one in again["bad"]] == ["readme.txt"]


# --- what is asked wrongly --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--seed", "5a" * 32], "--seed"),
        (["--sample", "1", "--share", "1"], "--share"),
        (["--share", "0"], "--share"),
        (["--share", "101"], "--share"),
        (["--share", "1/2"], "--share"),
        (["--sample", "1", "--seed", "5a"], "--seed"),
        (["--due", "."], "RECEIPT"),
        (["--report", "data/report.json"], "--report"),
        (["--manifest", "other.jsonl"], "--manifest"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(
    witness: CommandLine, copied: Path, words: list[str], field: str
) -> None:
    lines = (copied / "data.provenance" / "manifest.jsonl").read_text().splitlines(keepends=True)
    (copied / "other.jsonl").write_text(lines[0].replace('"files":3', '"files":2'))
    before = tree(copied)

    refused = check(standing(witness, copied), *words, code=2)

    assert refused["field"] == field
    assert tree(copied) == before


def test_data_that_are_not_mounted_make_no_report(witness: CommandLine, copied: Path) -> None:
    (copied / "data").rename(copied / "elsewhere")
    before = tree(copied)

    refused = check(standing(witness, copied), code=2)

    assert refused["error"] == "file-access"
    assert {path for path in tree(copied) if not path.endswith(".lock")} == set(before)


# --- all that are due -------------------------------------------------------------------------


@pytest.fixture
def archive(line: CommandLine, tmp_path: Path) -> CommandLine:
    """Three signed deposits of real data in one folder."""
    place = tmp_path / "archive"
    place.mkdir()
    files = sorted(path for path in TABLES.rglob("*") if path.is_file())
    keeper = CommandLine(place, line.home, line.ledger)
    for number, name in enumerate(("first", "第二", "third")):
        (place / name).mkdir()
        for path in files[3 * number : 3 * number + 3]:
            shutil.copy(path, place / name)
        assert keeper.here("deposit", name).code == 0
    return keeper


def round_of(line: CommandLine, *words: object, code: int = 0) -> dict[str, Any]:
    ran = line.here("fixity", "--due", ".", *words, "--json")
    assert ran.code == code, ran
    return ran.json()


def test_a_round_reads_what_is_due_once(archive: CommandLine) -> None:
    first = round_of(archive, "--deposit")
    again = round_of(archive, "--deposit")

    assert [one["folder"] for one in first["deposits"]] == [
        "first.provenance",
        "third.provenance",
        "第二.provenance",
    ]
    assert all(one["sound"] and "receipt" in one for one in first["deposits"])
    assert again == {"deposits": [], "not_due": 3}
    assert len(round_of(archive, "--every", 0)["deposits"]) == 3


def test_one_bad_and_one_absent_dataset_do_not_keep_the_others(archive: CommandLine) -> None:
    file = next((archive.folder / "first").iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    (archive.folder / "third").rename(archive.folder / "gone")

    told = round_of(archive, code=1)["deposits"]

    assert [one.get("sound") for one in told] == [False, None, True]
    assert [bad["path"] for bad in told[0]["bad"]] == [file.name]
    assert told[1]["error"] == "file-access"


def test_a_folder_without_deposits_is_no_success(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "not mounted").mkdir()

    for folder, error in (("not mounted", "not-found"), ("nowhere", "file-access")):
        ran = line.here("fixity", "--due", folder, "--json")
        assert (ran.code, ran.json()["error"]) == (2, error)


def test_two_rounds_at_once_read_each_deposit_once(archive: CommandLine) -> None:
    command = [sys.executable, "-m", "provenance.cli.main", "fixity", "--due", ".", "--json"]
    rounds = [
        subprocess.Popen(command, cwd=archive.folder, env=archive.environ(), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for one in rounds:
        one.communicate(timeout=60)

    reports = archive.folder.glob("*.provenance/fixity-*.json")
    assert [one.returncode for one in rounds] == [0, 0]
    assert sorted(one.parent.name for one in reports) == [
        "first.provenance",
        "third.provenance",
        "第二.provenance",
    ]


def test_what_could_not_be_sent_is_sent_in_the_next_round(archive: CommandLine) -> None:
    away = CommandLine(archive.folder, archive.home, "http://127.0.0.1:9")

    kept = round_of(away, "--deposit", code=4)["deposits"]
    sent = round_of(archive, "--deposit")

    assert sum("error" in one for one in kept) == 1  # asked once, not once a deposit
    assert sent["not_due"] == 3
    assert len(list(archive.folder.glob("*.provenance/fixity-*.receipt.json"))) == 3


def test_data_behind_a_url_are_read_again(
    line: CommandLine, deposited: Deposited, tmp_path: Path
) -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.put(str(deposited.data), "/archive/set", recursive=True)
    words = ["fixity", deposited.receipt, "memory://archive/set", "--json"]

    sound = line.here(*words, "--report", tmp_path / "one.json")
    memory.pipe("/archive/set/tables/a.csv", b"x\n2\n")
    memory.rm("/archive/set/readme.txt")
    bad = line.here(*words, "--report", tmp_path / "two.json")
    memory.store.clear()
    gone = line.here(*words, "--report", tmp_path / "three.json")

    assert (sound.code, sound.json()["failed"], sound.json()["missing"]) == (0, 0, 0)
    assert (bad.code, bad.json()["failed"], bad.json()["missing"]) == (1, 1, 1)
    assert (gone.code, (tmp_path / "three.json").exists()) == (2, False)
