"""``init``, ``configure`` and ``anchor`` where a ledger anchors on chains of others."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from mining_anvil import MiningAnvil, mining_anvil

from provenance.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST, SECOND = 31_341, 31_342


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MiningAnvil, MiningAnvil]]:
    """Two chains that others run."""
    folder = tmp_path_factory.mktemp("chains")
    with (
        mining_anvil(folder / "first", chain_id=FIRST) as first,
        mining_anvil(folder / "second", chain_id=SECOND) as second,
    ):
        yield first, second


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for one."""
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "passphrase")


def test_a_ledger_is_planned_founded_and_led_to_another_chain(
    tmp_path: Path,
    nodes: tuple[MiningAnvil, MiningAnvil],
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = nodes
    folder = str(tmp_path / "ledger")
    init = ["init", folder, "--origin", "chains.example/log", "--chain", "local"]
    init += ["--rpc", first.url, "--chain-id", str(FIRST), "--json"]

    def run(*words: str) -> dict[str, object]:
        assert main(list(words)) == 0, capsys.readouterr().err
        return dict(json.loads(capsys.readouterr().out))

    plan = run(*init, "--dry-run")
    assert not (tmp_path / "ledger" / "ledger.json").exists()
    assert main(init) == 4
    said = json.loads(capsys.readouterr().out)
    assert said["error"] == "no-funds"
    assert "no coins" in said["detail"]
    sender = bytes.fromhex(str(plan["sender"])[2:])
    first.fund(sender)
    second.fund(sender)
    founded = run(*init)
    status = run("anchor", "status", folder, "--json")

    add = ["configure", folder, "--add-chain", "custom", "--chain-name", "cheap"]
    add += ["--rpc", second.url, "--confirmations", "2"]
    planned = run(*add, "--dry-run", "--json")
    added = run(*add, "--json")
    assert main(["anchor", "status", folder]) == 0
    shown = capsys.readouterr().out
    assert main(["configure", folder, "--retire-chain", str(SECOND)]) == 0
    retired = capsys.readouterr().out
    audited = run("audit", folder, "--json")

    policy = json.loads((tmp_path / "ledger" / "policy.json").read_text())
    assert [chain["contract"] for chain in policy["chains"]] == [
        plan["contract"],
        planned["contract"],
    ]
    assert policy["chains"][1]["finality"] == {"depth": 2}
    assert founded["policy_digest"] != added["policy_digest"]
    assert (added["added"], added["leaf_index"], added["policy_changed"]) == (SECOND, 2, True)
    assert status["chains"][0]["sender"] is None  # type: ignore[index]  # a JSON array
    assert re.search(rf"chain +cheap \({SECOND}\)", shown)
    assert "The policy has not changed" in retired
    assert audited["chains"] == [{"chain_id": FIRST, "tree_size": 0, "is_of_log": False}]
    settings = json.loads((tmp_path / "ledger" / "ledger.json").read_text())
    assert [chain["chain_id"] for chain in settings["chains"]] == [FIRST]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--chain", "sepolia"), "--rpc"),
        (("--chain", "bitcoin", "--rpc", "http://127.0.0.1:9"), "profile"),
        (("--chain", "base", "--rpc", "http://127.0.0.1:9"), "genesis_hash"),
        (("--rpc", "http://127.0.0.1:9", "--genesis-hash", "0x12"), "--genesis-hash"),
        (("--sender", "keyboard"), "--sender"),
        (("--sender", "signer:0x12@http://x"), "--sender"),
        (("--sender", "environment:KEY"), "--sender"),
        (("--rpc", "http://127.0.0.1:9", "--quorum", "2"), "--quorum"),
        (("--database", "postgresql:///x"), "--keys-database"),
        (("--database", "postgresql:///x", "--keys-database", "postgresql:///y"), "database"),
        (("--dry-run",), "--dry-run"),
    ],
)
def test_a_choice_that_cannot_be_is_named_before_anything_is_made(
    words: tuple[str, ...], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ledger"

    code = main(["init", str(folder), "--origin", "chains.example/log", "--json", *words])

    assert (code, json.loads(capsys.readouterr().out)["field"]) == (2, field)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "configure"),
        (("--add-chain", "local", "--new-beacon-key"), "configure"),
        (("--new-beacon-key", "--dry-run"), "--dry-run"),
    ],
)
def test_configure_does_one_thing_at_a_time(
    words: tuple[str, ...], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["configure", str(tmp_path), "--json", *words])

    assert (code, json.loads(capsys.readouterr().out)["field"]) == (2, field)
