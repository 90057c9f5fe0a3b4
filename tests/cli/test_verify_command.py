"""Every exit code of ``verify``, each by a real case."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine, Ran
    from conftest import Deposited, Served

VETTED = ["--allow-dev-chain"]


@pytest.fixture
def verify(line: CommandLine, ledger: Served, deposited: Deposited) -> Verify:
    return Verify(line, ledger, deposited)


class Verify:
    def __init__(self, line: CommandLine, ledger: Served, deposited: Deposited) -> None:
        self.line = line
        self.ledger = ledger
        self.deposited = deposited

    def __call__(self, *words: object, receipt: Path | None = None, **environ: str) -> Ran:
        given = ["verify", receipt or self.deposited.receipt, *words]
        return self.line.here(*given, "--policy", self.ledger.policy, **environ)

    def outcome(self, *words: object, receipt: Path | None = None) -> tuple[int, str | None]:
        """The exit code, and the code of the check that decided it."""
        given = [receipt or self.deposited.receipt, *words, "--json"]
        ran = self.line.here("verify", *given, "--policy", self.ledger.policy)
        said = ran.json()
        assert said["exit_code"] == ran.code
        because = said["because"]
        return ran.code, None if because is None else str(because)


def test_a_whole_dataset_with_a_block_hash_is_proved(verify: Verify) -> None:
    given = verify.deposited

    ran = verify(
        given.data, "--block-hash", given.block, "--allow-dev-chain", "--zone", "Asia/Tokyo"
    )

    assert ran.code == 0
    assert ran.out.startswith("Proved")
    assert "THIS IS A DEVELOPMENT CHAIN" in ran.out
    assert "+0900 Asia/Tokyo" in ran.out


def test_a_block_header_vouches_as_its_hash_does(verify: Verify, tmp_path: Path) -> None:
    raw, text = tmp_path / "raw", tmp_path / "text"
    raw.write_bytes(verify.deposited.header)
    text.write_text(f"0x{verify.deposited.header.hex()}\n")

    for header in (raw, text):
        assert verify.outcome("--header", header, *VETTED) == (0, None)


def test_a_node_vouches_for_a_final_block(verify: Verify) -> None:
    words = ["--rpc", verify.ledger.node, "--require-not-before", *VETTED]

    assert verify.outcome(*words) == (0, None)


def test_parts_of_a_dataset_are_proved_by_its_manifest(verify: Verify, tmp_path: Path) -> None:
    given = verify.deposited
    rest = ["--manifest", given.manifest, "--block-hash", given.block, *VETTED]
    renamed = shutil.copytree(given.data / "tables", tmp_path / "renamed")

    assert verify.outcome(renamed, "--as", "tables", *rest) == (0, None)
    assert verify.outcome(given.data / "tables" / "raw" / "测量.csv", *rest) == (0, None)


def test_a_part_without_the_manifest_is_no_verdict(verify: Verify) -> None:
    given = verify.deposited
    file, folder = given.data / "readme.txt", given.data / "tables"

    for words, field in (([file], "--manifest"), ([folder, "--as", "tables"], "--as")):
        ran = verify(*words, "--json")
        assert (ran.code, ran.json()["field"]) == (2, field)


def test_a_dataset_of_one_file_is_compared_without_a_manifest(verify: Verify) -> None:
    data = verify.line.folder / "only.csv"
    data.write_text("1")
    words = ["--title", "T", "--license", "CC0-1.0", "--access", "open"]
    verify.line.succeed("deposit", data, *words)
    receipt = verify.line.folder / "only.csv.provenance" / "receipt.json"

    ran = verify(data, "--json", receipt=receipt)
    data.write_text("2")
    changed = verify.outcome(data, receipt=receipt)

    assert ran.code == 3
    assert changed == (1, "dataset-differs")


def test_one_file_is_proved_alone_under_any_name(verify: Verify, tmp_path: Path) -> None:
    given = verify.deposited
    verify.line.succeed("file-proof", given.manifest, "tables/a.csv", "-o", "proof.json")
    other_name = shutil.copy(given.data / "tables" / "a.csv", tmp_path / "b.bin")
    rest = ["--file-proof", "proof.json", "--block-hash", given.block, *VETTED]

    assert verify.outcome(other_name, *rest) == (0, None)
    assert verify.outcome(given.data / "readme.txt", *rest) == (1, "file-differs")


def test_a_changed_file_is_false_and_the_manifest_names_it(verify: Verify, tmp_path: Path) -> None:
    given = verify.deposited
    copy = shutil.copytree(given.data, tmp_path / "copy")
    (copy / "tables" / "a.csv").write_text("x\n2\n")
    block = ["--block-hash", given.block, *VETTED]

    plain = verify(copy, *block)
    named = verify(copy, "--manifest", given.manifest, *block)

    assert (plain.code, named.code) == (1, 1)
    assert "add its --manifest" in plain.out
    assert "tables/a.csv" in named.out
    assert "existed no later than            (not proved)" in named.out


def test_another_block_hash_is_false(verify: Verify) -> None:
    assert verify.outcome("--block-hash", "0x" + "11" * 32, *VETTED) == (1, "block-unmatched")


def test_what_cannot_be_checked_is_unusable(verify: Verify, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.json"
    garbage.write_bytes(b"{}")
    other = json.loads(verify.ledger.policy.read_bytes())
    (tmp_path / "other.json").write_text(json.dumps({**other, "origin": "another.example"}))

    assert verify.outcome(receipt=garbage) == (2, "receipt-unreadable")
    ran = verify.line.here("verify", verify.deposited.receipt, "--policy", "other.json")
    assert ran.code == 2


def test_what_is_true_so_far_is_3(verify: Verify) -> None:
    block = ["--block-hash", verify.deposited.block]

    assert verify.outcome() == (3, "no-block-given")
    assert verify.outcome(*block) == (3, "dev-chain")
    assert verify.outcome(*block, *VETTED, "--require-identity") == (3, "key-self-asserted")


def test_what_is_true_so_far_ends_with_what_to_give_next(verify: Verify) -> None:
    block = ["--block-hash", verify.deposited.block]

    for words, advice in (
        ([], "--block-hash"),
        (block, "--allow-dev-chain"),
        ([*block, *VETTED, "--require-key-status"], "--log"),
    ):
        last = verify(*words).out.splitlines()[-1]
        assert last.startswith("Next: ")
        assert advice in last
    assert "Next: " not in verify(*block, *VETTED).out


def test_the_policy_digest_is_grouped_as_the_policy_is_shown(verify: Verify) -> None:
    shown = verify.line.here("policy", "show", verify.ledger.policy, "--json").json()
    text = str(shown["digest"])
    grouped = " ".join(text[start : start + 4] for start in range(0, 64, 4))

    assert f"policy {grouped}\n" in verify().out


def test_a_node_that_is_away_is_4(verify: Verify) -> None:
    code, because = verify.outcome("--rpc", "http://127.0.0.1:9", *VETTED)

    assert (code, because) == (4, "rpc-away")


def test_a_read_log_proves_that_a_key_was_not_revoked(verify: Verify) -> None:
    words = ["--block-hash", verify.deposited.block, *VETTED, "--require-key-status"]

    assert verify.outcome(*words)[0] == 3
    for log in (verify.ledger.url, str(verify.ledger.folder)):
        ran = verify(*words, "--log", log)
        assert ran.code == 0
        assert "not revoked up to tree size" in ran.out


def test_the_verdict_is_the_same_to_a_script_in_every_language(verify: Verify) -> None:
    words = [verify.deposited.data, "--block-hash", verify.deposited.block, "--json"]

    english, chinese = verify(*words), verify(*words, LANG="zh_CN.UTF-8")

    def timeless(ran: Ran) -> dict[str, object]:
        return {**ran.json(), "verified_at_unix": 0}

    assert timeless(english) == timeless(chinese)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--manifest", "m"], "PATH"),
        (["--block-hash", "0x12"], "block-hash"),
        (["--zone", "Mars/Olympus"], "--zone"),
        (["--header", "absent"], None),
        (["absent", "--manifest", "absent"], None),
        (["--log", "nowhere"], "--log"),
        (["--log", "http://:bad:"], "URL"),
    ],
)
def test_bad_input_names_its_field(verify: Verify, words: list[str], field: str | None) -> None:
    given = [verify.deposited.receipt, *words, "--policy", verify.ledger.policy, "--json"]

    ran = verify.line.here("verify", *given)

    assert ran.code == 2
    assert ran.json()["field"] == field


def test_verify_loads_neither_network_nor_database_nor_chain(
    verify: Verify, tmp_path: Path
) -> None:
    script = tmp_path / "loads.py"
    script.write_text(
        "import sys\n"
        "from provenance.cli.main import main\n"
        "code = main(sys.argv[1:])\n"
        "heavy = {'httpx', 'web3', 'sqlalchemy', 'alembic', 'fastapi', 'eth_account', 'rich'}\n"
        "print(code, sorted(heavy & sys.modules.keys()))\n"
    )
    given = verify.deposited
    words = ["verify", given.receipt, given.data, "--policy", verify.ledger.policy]
    import subprocess  # noqa: PLC0415 -- the one test that starts something else

    ran = subprocess.run(
        [sys.executable, script, *map(str, words), "--block-hash", given.block, "--json"],
        env=verify.line.environ(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert ran.stdout.splitlines()[-1] == "3 []"


def test_export_writes_a_tlog_proof(verify: Verify) -> None:
    proof = verify.line.succeed("export", verify.deposited.receipt).out

    assert proof.startswith("c2sp.org/tlog-proof@v1\n")
    assert "cli.example/ledger" in proof
