"""Setting up on a chain that makes no blocks: said, ended, and gone on with by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mining_anvil import MiningAnvil, mining_anvil

from provenance.chain.abi import Artifact
from provenance.chain.deploy import deploy
from provenance.chain.node import Node
from provenance.chain.patience import Awaited, Patience
from provenance.chain.sender import create_key_file
from provenance.cli.commands.chain_options import tell_waiting
from provenance.errors import ChainStalledError, UnavailableError
from provenance.ledger.chain_port import UnsignedTransaction
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.policy import Policy

CHAIN = 31_351
ORIGIN = "stalled.example/log"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[MiningAnvil]:
    """Mines on demand only: a block for each transaction, none that would make it final."""
    with mining_anvil(tmp_path / "node", chain_id=CHAIN, block_seconds=None) as running:
        yield running


def found(place: LedgerFolder, node: MiningAnvil, patience: Patience) -> Policy:
    wish = Wish(profile="local", nodes=(node.url,), chain_id=CHAIN)
    return found_ledger(
        place,
        choose_chain(wish),
        origin=ORIGIN,
        passphrase="passphrase",
        now_unix=1,
        patience=patience,
    )


def with_coins(place: LedgerFolder, node: MiningAnvil) -> bytes:
    address = OperatorKeys(place.keys).sender(make=True).address
    node.fund(address)
    return address


def test_founding_on_a_node_that_mines_on_demand_says_so_ends_and_goes_on(
    tmp_path: Path, node: MiningAnvil
) -> None:
    place = LedgerFolder(tmp_path / "ledger")
    sender = with_coins(place, node)
    told: list[Awaited] = []
    patience = Patience(tell=told.append, tell_after=0.2, tell_every=0.4, stalled_after=1.0)

    with pytest.raises(ChainStalledError) as caught:
        found(place, node, patience)
    left = node.rpc.quantity("eth_getTransactionCount", "0x" + sender.hex(), "latest")
    node.rpc.call("anvil_mine", hex(8))
    policy = found(place, node, patience)

    assert [one.block_number for one in told] == [told[0].head_number] * len(told)
    assert len(told) == 2
    said = str(caught.value)
    assert all(one in said for one in ("on demand", str(place.keys), sender.hex(), "again"))
    assert left == 2
    # the contract and the registration, each once
    assert node.rpc.quantity("eth_getTransactionCount", "0x" + sender.hex(), "latest") == left
    assert place.settings.exists()
    assert [chain.chain_id for chain in policy.chains] == [CHAIN]


def test_a_transaction_that_stays_unmined_is_said_and_taken_up_by_the_next_run(
    tmp_path: Path, node: MiningAnvil
) -> None:
    place = LedgerFolder(tmp_path / "ledger")
    sender = with_coins(place, node)
    node.rpc.call("evm_setAutomine", False)  # noqa: FBT003 -- JSON-RPC
    told: list[Awaited] = []

    with pytest.raises(ChainStalledError) as caught:
        found(place, node, Patience(tell=told.append, tell_after=0.2, stalled_after=1.0))
    assert [one.tx_hash for one in told] == [told[0].tx_hash]
    assert told[0].tx_hash is not None
    assert told[0].tx_hash.hex() in str(caught.value)
    node.rpc.call("evm_setIntervalMining", 1)
    found(place, node, Patience())

    assert node.rpc.quantity("eth_getTransactionCount", "0x" + sender.hex(), "latest") == 2


def test_what_an_earlier_run_sent_at_another_fee_is_waited_for(
    tmp_path: Path, node: MiningAnvil
) -> None:
    """Its receipt is not ours: this waited to the end, with the contract there."""
    sender = create_key_file(tmp_path / "key")
    node.fund(sender.address)
    node.rpc.call("evm_setAutomine", False)  # noqa: FBT003 -- JSON-RPC
    earlier = sender.sign(
        UnsignedTransaction(
            chain_id=CHAIN,
            nonce=0,
            to=None,
            data=Artifact.bundled().bytecode,
            gas=5_000_000,
            max_fee_wei=10**11,
            priority_fee_wei=10**10,
        )
    )
    client = Node(node.rpc)
    client.broadcast(earlier.raw)

    def mine() -> None:
        node.rpc.call("evm_mine")

    deployed = deploy(client, sender, ORIGIN, wait=mine, patience=Patience(unmined_after=10))

    assert client.nonce(sender.address) == 2
    assert client.code(deployed.pin.contract)


def test_too_few_coins_are_said_at_once(tmp_path: Path, node: MiningAnvil) -> None:
    sender = create_key_file(tmp_path / "key")
    node.rpc.call("anvil_setBalance", "0x" + sender.address.hex(), "0x7")

    with pytest.raises(UnavailableError, match="cannot pay") as caught:
        deploy(Node(node.rpc), sender, ORIGIN, wait=lambda: None)

    assert "has 7 wei" in str(caught.value)


def test_what_is_waited_for_is_said_beside_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    tell_waiting(Awaited(b"\x12" * 32, None, head_number=7, still_seconds=9))
    tell_waiting(Awaited(None, 5, head_number=6, still_seconds=8))

    captured = capsys.readouterr()
    first, second = captured.err.splitlines()
    assert captured.out == ""
    assert all(fact in first for fact in ("12" * 32, " 7,", " 9 s"))
    assert all(fact in second for fact in (" 5 ", " 6,", " 8 s"))
