"""What an operator is told of a chain: the same by status, readiness and metrics."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from mining_anvil import MiningAnvil, mining_anvil
from running_service import Service, copy, found, running
from waiting import wait_until

from provenance.anchor import AnchorState
from provenance.cli.commands import anchoring
from provenance.cli.main import main
from provenance.digests import to_evm_hex
from provenance.ledger.anchor_port import Halt
from provenance.ledger.anchor_rules import AnchorRules
from provenance.ledger.sending_funds import Funds
from provenance.service import chain_node
from provenance.service import running as running_parts
from provenance.service.anchor_orders import anchoring_status
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.configure_chains import add_chain, retire_chain
from provenance.service.operator_keys import OperatorKeys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.keys import PrivateKey
    from provenance.service.settings import LedgerFolder

FIRST, SECOND = 31_337, 31_361


def unlock(keys: OperatorKeys) -> PrivateKey:
    return keys.root("passphrase")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiningAnvil]:
    """A chain that others run, of which it is known how soon its blocks come."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_node, "_USUAL_BLOCK_SECONDS", 0.5)
        with mining_anvil(tmp_path_factory.mktemp("second") / "node", chain_id=SECOND) as node:
            yield node


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory, second: MiningAnvil) -> LedgerFolder:
    """A ledger on its own chain and the second one."""
    place = found(tmp_path_factory.mktemp("founded") / "ledger")
    second.fund(OperatorKeys(place.keys).sender().address)
    wish = Wish(profile="custom", nodes=(second.url,), confirmations=2, interval=1)
    add_chain(place, choose_chain(wish), unlock_root=unlock, now_unix=int(time.time()))
    return place


@pytest.fixture
def folder(tmp_path: Path, founded: LedgerFolder, second: MiningAnvil) -> Iterator[LedgerFolder]:
    """Each test has the same beginning, of the ledger and of the second chain."""
    before = second.rpc.call("evm_snapshot")
    yield copy(founded, tmp_path / "ledger")
    second.rpc.call("evm_revert", before)


def gauges(service: Service, name: str) -> dict[str, float]:
    """Return the values of a gauge by its labels, as they are written."""
    lines = service.client.get("/metrics").text.splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith(f"provenance_{name}{{"))
    return {labels.partition("{")[2].rstrip("}"): float(value) for labels, _, value in found}


def shown(folder: LedgerFolder, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["anchor", "status", str(folder.root), *words]) == 0
    return capsys.readouterr().out


def test_a_key_without_coins_is_seen_wherever_an_operator_looks(
    folder: LedgerFolder, second: MiningAnvil, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by an operator: it stood in the log once, and nowhere else."""
    sender = to_evm_hex(OperatorKeys(folder.keys).sender().address)
    second.rpc.call("anvil_setBalance", sender, "0x7")

    def detail(service: Service) -> str:
        return str(service.client.get("/v1/ready").json()["parts"]["chain"]["detail"])

    with running(folder) as service:
        service.deposited("nobody pays for this")
        wait_until(lambda: "no-funds" in detail(service))
        (status,) = json.loads(shown(folder, capsys, "--json"))["chains"][1:]
        words = shown(folder, capsys)
        cost = int(status["anchor_cost_wei"])
        for _ in range(3):  # it lasts, although nothing is sent meanwhile
            time.sleep(0.5)
            assert detail(service) == (
                f"{SECOND}: no-funds: {sender} has 7 wei, one anchor may cost up to {cost} wei"
            )
        labels = f'chain="{SECOND}",sender="{sender}"'
        assert gauges(service, "chain_sender_balance_wei")[labels] == 7.0
        assert gauges(service, "chain_anchor_cost_wei")[labels] == float(cost)
        assert gauges(service, "chain_state")[f'chain="{SECOND}",state="no-funds"'] == 1.0

    assert (status["sender"], status["sender_balance_wei"], status["no_funds"]) == (
        sender,
        "7",
        True,
    )
    assert "NO FUNDS" in words
    assert f"{cost} wei" in words
    second.fund(bytes.fromhex(sender[2:]))
    (status,) = json.loads(shown(folder, capsys, "--json"))["chains"][1:]
    assert status["no_funds"] is False


def test_a_fee_ceiling_that_holds_an_anchor_back_is_in_the_status(
    folder: LedgerFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(folder) as service:
        service.deposited("anchored while the ceilings allow it")
        wait_until(lambda: anchoring_status(folder).chains[1].newest_final)
    said = json.loads(folder.settings.read_text())
    said["chains"][1]["ceilings"] = {"anchor_wei": "1000", "day_wei": "500000000000000000"}
    folder.settings.write_text(json.dumps(said))

    with running(folder) as service:
        service.deposited("held back")
        wait_until(lambda: "fee-ceiling" in service.client.get("/v1/ready").text)
        (status,) = json.loads(shown(folder, capsys, "--json"))["chains"][1:]
        words = shown(folder, capsys)

    assert status["wanted_size"] is not None
    assert "`anchor_wei` is 1000" in status["fee_ceiling"]
    assert "FEE CEILING" in words


def test_nodes_that_are_away_leave_status_as_it_is(
    folder: LedgerFolder, second: MiningAnvil, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(folder) as service:
        service.deposited("anchored, and then the node is away")
        wait_until(lambda: anchoring_status(folder).chains[1].newest_final)
    settings = folder.settings.read_text().replace(second.url, "http://127.0.0.1:9")
    folder.settings.write_text(settings)

    (status,) = json.loads(shown(folder, capsys, "--json"))["chains"][1:]

    assert status["final_size"] > 0
    assert (status["sender_balance_wei"], status["no_funds"]) == (None, None)
    assert "the nodes do not say" in shown(folder, capsys)


def test_nodes_of_another_chain_hide_no_halt(
    folder: LedgerFolder, second: MiningAnvil, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(folder) as service:
        service.deposited("anchored, and then the node is of another chain")
        wait_until(lambda: anchoring_status(folder).chains[1].newest_final)
    with sqlite3.connect(folder.database) as database:
        halt = (SECOND, "anchor-lost", "the chain holds another head", 1)
        database.execute("INSERT INTO worker_halts VALUES (?, ?, ?, ?)", halt)
    settings = folder.settings.read_text()
    with mining_anvil(folder.root / "stranger", chain_id=SECOND + 1) as stranger:
        folder.settings.write_text(settings.replace(second.url, stranger.url))
        (status,) = json.loads(shown(folder, capsys, "--json"))["chains"][1:]
        words = shown(folder, capsys)

    assert status["nodes"]["code"] == "wrong-chain"
    assert f"expected chain id {SECOND}, got {SECOND + 1}" in words
    assert status["halt"]["code"] == "anchor-lost"
    assert "the chain holds another head" in words
    assert status["final_size"] > 0


def test_status_and_metrics_agree_on_who_anchors_also_over_a_stop(
    folder: LedgerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by an operator: one said nobody, the other this process, for as long as it idled."""
    # a real lease takes a minute to run out
    monkeypatch.setattr(chain_node, "AnchorRules", partial(AnchorRules, lease_seconds=6.0))

    def leads(service: Service) -> list[bool]:
        """Return whether each chain is led, as soon as both say the same."""
        before = [one.holder is not None for one in anchoring_status(folder).chains]
        said = [value == 1.0 for value in gauges(service, "chain_leading").values()]
        after = [one.holder is not None for one in anchoring_status(folder).chains]
        assert said in (before, after)
        return said

    with running(folder) as service:
        service.deposited("something to anchor")
        wait_until(lambda: any(leads(service)))
        wait_until(lambda: anchoring_status(folder).chains[0].newest_final)
        wait_until(lambda: not leads(service)[0])  # the lease has run out
        service.deposited("something more")
        wait_until(lambda: leads(service)[0])

    assert [one.holder for one in anchoring_status(folder).chains] == [None, None]


def test_a_retired_chain_shows_what_was_left_and_nothing_waits_for_it(
    folder: LedgerFolder,
    second: MiningAnvil,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second.rpc.call("evm_setIntervalMining", 0)
    with running(folder) as service:
        service.deposited("sent and never mined there")
        wait_until(
            lambda: (
                [one.state for one in anchoring_status(folder).chains[1].unfinished]
                == [AnchorState.SENT]
            )
        )
    # in whole seconds, three times as long as it was, for the tests that come after
    second.rpc.call("evm_setIntervalMining", 1)
    retire_chain(folder, SECOND, unlock_root=unlock, now_unix=int(time.time()))

    with running(folder) as service:
        wait_until(lambda: gauges(service, "chain_anchors_unfinished") == {f'chain="{FIRST}"': 0.0})
        parts = service.client.get("/v1/ready").json()["parts"]
    _, retired = json.loads(shown(folder, capsys, "--json"))["chains"]
    words = shown(folder, capsys)
    status = anchoring_status(folder).chains[1]

    assert parts["chain"] == {"ready": True, "detail": "following"}
    assert (retired["chain_id"], retired["retired"]) == (SECOND, True)
    assert [one["state"] for one in retired["unfinished"]] == ["sent"]
    assert (retired["wanted_size"], retired["anchoring_process"]) == (None, None)
    assert "left unfinished" in words
    assert "nothing is sent or looked at there any more" in words
    # and every word of it, in all of its states, is translated where it is shown
    monkeypatch.setattr(anchoring, "_", lambda text: f"<{text}>")
    (anchor,) = status.unfinished
    halt = Halt(SECOND, "a-code", "a message", 0)
    for one in (
        status,
        replace(
            status,
            is_retired=False,
            halt=halt,
            holder=running_parts._ONLY_PROCESS,  # noqa: SLF001 -- the word that is stored
            funds=Funds(anchor.sender, 1, 2),
        ),
        replace(status, is_retired=False, funds=Funds(anchor.sender, None, 2)),
    ):
        for label, value in anchoring._chain_rows(one):  # noqa: SLF001 -- each label, unjoined
            assert label.startswith("<"), label
            is_data = str(value)[:2] in {"0x", "a-", "a "} or str(value)[0].isdigit()
            assert is_data or label == "<chain>" or str(value).startswith("<"), value


def test_one_node_of_a_chain_that_others_run_is_shown(
    folder: LedgerFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shown(folder, capsys)
    policy = json.loads(folder.policy.read_bytes())
    for chain in policy["chains"]:
        chain["independent"] = True  # of the first one, a development chain, it is not believed
    folder.policy.write_text(json.dumps(policy))

    told = shown(folder, capsys)
    machine = json.loads(shown(folder, capsys, "--json"))

    assert "FEW NODES" not in before
    assert told.count("FEW NODES") == 1
    assert [one["few_nodes"] for one in machine["chains"]] == [False, True]
