"""A client that is not anvil, with true reorganisations and its own ideas of what an RPC is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from anchored_chain import PAYER, ROOT, SIZE, AnchoredChain, Anchoring, anchored_chain, every_kind
from lying_node import lacking, relaying
from second_client import CHAIN_ID, SecondClient, need_second_client

from provenance import trie
from provenance.anchor import (
    HISTORY_CONTRACT,
    AnchorState,
    root_storage_slot,
    verify_anchored_root,
    verify_history,
)
from provenance.anchor_evidence import HistoryProof, StorageEvidence
from provenance.chain.client import ChainClient
from provenance.chain.node import Node
from provenance.chain.quorum import connect_chain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.chain.sender import create_key_file, load_key_file
from provenance.errors import AnchorLostError, NodeRefusedError
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, UnsignedTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAYER_ADDRESS = bytes.fromhex(PAYER.address[2:])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SecondClient, list[Path]]]:
    """One client for all tests: its first reorganisation takes it eight seconds."""
    need_second_client()
    folder = tmp_path_factory.mktemp("second")
    keys = [folder / f"{number}.key" for number in range(20)]
    funded = [create_key_file(key).address for key in keys]
    with SecondClient(folder / "client", funded=[*funded, PAYER_ADDRESS]) as client:
        yield client, keys


@pytest.fixture
def client(shared: tuple[SecondClient, list[Path]]) -> tuple[SecondClient, AnchoredChain]:
    """The client, and a contract and log of the test's own on it."""
    second, keys = shared
    second.mine()
    sender = load_key_file(keys.pop())
    return second, anchored_chain(Node(second.rpc), sender, lambda: void(second.mine()))


@pytest.fixture
def anchoring(
    client: tuple[SecondClient, AnchoredChain], tmp_path: Path
) -> Iterator[tuple[SecondClient, Anchoring, ChainClient]]:
    second, chain = client
    second.finalize(second.head_number())
    transport = ChainClient(second.rpc, chain.pin)
    made = Anchoring(tmp_path, transport, chain.sender)
    yield second, made, transport
    made.close()


def void(_: object) -> None:
    pass


# --- the client itself ---------------------------------------------------------------------


def test_branch_is_replaced_and_its_transactions_are_gone(
    client: tuple[SecondClient, AnchoredChain],
) -> None:
    second, chain = client
    node = Node(second.rpc)
    tx_hash, block_hash = chain.anchor()
    number = second.head_number()

    new_head = second.reorganise(1)
    second.mine(2)

    assert second.rpc.call("eth_getTransactionReceipt", "0x" + tx_hash.hex()) is None
    assert node.canonical_hash(number) != block_hash
    assert node.canonical_hash(number + 1) == bytes.fromhex(new_head[2:])
    assert node.head().number == number + 3


def test_chain_survives_a_kill(client: tuple[SecondClient, AnchoredChain]) -> None:
    second, chain = client
    tx_hash, _ = chain.anchor()
    second.mine(2)
    second.finalize(second.head_number() - 1)
    before = Node(second.rpc).head(), Node(second.rpc).finalized()

    second.restart()

    assert (Node(second.rpc).head(), Node(second.rpc).finalized()) == before
    assert second.rpc.call("eth_getTransactionReceipt", "0x" + tx_hash.hex()) is not None
    second.mine()
    assert second.head_number() == before[0].number + 1


def test_what_was_final_can_be_left_behind(client: tuple[SecondClient, AnchoredChain]) -> None:
    second, _ = client
    node = Node(second.rpc)
    second.mine(4)
    second.finalize(second.head_number() - 1)
    final = node.finalized()

    second.reorganise(4)

    assert node.canonical_hash(final.number) != final.block_hash
    assert node.finalized().number < final.number


def test_what_it_lacks(client: tuple[SecondClient, AnchoredChain]) -> None:
    """Written down, because ``Node`` has a way around each."""
    second, chain = client
    account = "0x" + chain.pin.contract.hex()

    with pytest.raises(NodeRefusedError) as no_tip:
        second.rpc.call("eth_maxPriorityFeePerGas")
    with pytest.raises(NodeRefusedError) as no_hash:
        second.rpc.call("eth_getProof", account, [], {"blockHash": "0x" + "11" * 32})

    assert no_tip.value.number == -32601
    assert no_hash.value.number == -32602
    assert Node(second.rpc).fees().base_fee_wei > 0


# --- our transport on it -------------------------------------------------------------------


def test_anchor_is_proved_from_its_blocks(client: tuple[SecondClient, AnchoredChain]) -> None:
    second, chain = client
    tx_hash, block_hash = chain.anchor()
    transport = connect_chain([second.url], chain.pin)
    transport.check_pin()
    pin = transport.pin
    slot = root_storage_slot(pin.log_id, SIZE, pin.roots_slot)

    block = transport.block_by_hash(block_hash)
    proof = transport.proof(pin.contract, [int.from_bytes(slot, "big")], block_hash)
    receipt = transport.transaction_receipt(tx_hash)

    assert block is not None
    assert proof is not None
    assert receipt is not None
    assert keccak256(block.header) == block_hash
    evidence = StorageEvidence(block.header, proof.account_proof, proof.storage_proofs[0])
    verify_anchored_root(
        evidence,
        contract=pin.contract,
        code_hash=pin.code_hash,
        log_id=pin.log_id,
        tree_size=SIZE,
        root_hash=ROOT,
        roots_slot=pin.roots_slot,
    )
    assert [(e.tree_size, e.root_hash) for e in receipt.anchored] == [(SIZE, ROOT)]


def test_earlier_block_is_proved_by_its_history(client: tuple[SecondClient, AnchoredChain]) -> None:
    second, _ = client
    node = Node(second.rpc)
    head = node.head()
    earlier = node.canonical_block(head.number - 2)
    assert earlier is not None

    proof = node.proof(HISTORY_CONTRACT, [earlier.number], head.block_hash)

    assert proof is not None
    state_root = BlockHeader.parse(head.header).state_root
    history = HistoryProof(proof.account_proof, proof.storage_proofs[0])
    verify_history(state_root, history, earlier.number, earlier.block_hash)


def test_proof_of_a_displaced_block_is_none(client: tuple[SecondClient, AnchoredChain]) -> None:
    """Asked by number, it would be the proof of another block."""
    second, chain = client
    _, block_hash = chain.anchor()
    second.reorganise(1)

    assert Node(second.rpc).proof(chain.pin.contract, [0], block_hash) is None


def test_receipts_make_the_root_of_their_block(
    client: tuple[SecondClient, AnchoredChain],
) -> None:
    second, chain = client
    node = Node(second.rpc)
    for raw in every_kind(CHAIN_ID, node.nonce(PAYER_ADDRESS), kinds=(0, 1, 2)):
        assert node.broadcast(raw) is Broadcast.ACCEPTED
    chain.anchor()
    head = node.head()

    receipts = node.block_receipts(head.block_hash)
    with relaying(lambda: second.url) as relay:
        relay.change = lacking("eth_getBlockReceipts")
        one_by_one = Node(Rpc(CappedProvider(relay.url))).block_receipts(head.block_hash)

    assert receipts is not None
    assert {receipt[0] for receipt in receipts} >= {1, 2, 0xF9}
    assert trie.prove_at(receipts, 0)[0] == BlockHeader.parse(head.header).receipts_root
    assert one_by_one == receipts


def test_its_pool_keeps_to_the_tenth(client: tuple[SecondClient, AnchoredChain]) -> None:
    second, chain = client
    node, first = Node(second.rpc), chain.sign()
    members: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "nonce": node.nonce(chain.sender.address),
        "to": chain.pin.contract,
        "data": chain.call_data(),
        "gas": 200_000,
        "priority_fee_wei": first.priority_fee_wei * 9 // 8,
    }
    dearer = [
        chain.sender.sign(
            UnsignedTransaction(**members, max_fee_wei=first.max_fee_wei * more // 1_000)
        )
        for more in (1_050, 1_125)
    ]

    assert node.broadcast(first.raw) is Broadcast.ACCEPTED
    assert node.broadcast(first.raw) is Broadcast.KNOWN
    assert node.broadcast(dearer[0].raw) is Broadcast.UNDERPRICED
    assert node.broadcast(dearer[1].raw) is Broadcast.ACCEPTED


# --- the real worker on it -----------------------------------------------------------------


def test_worker_anchors_for_real(
    anchoring: tuple[SecondClient, Anchoring, ChainClient],
) -> None:
    second, made, transport = anchoring
    for entries in (2, 3, 7):
        made.log.grow(entries)

        def between() -> None:
            second.mine()
            second.finalize(second.head_number() - 1)

        made.step_until(made.is_done, between=between)

        assert transport.anchored_head() == made.log.newest_signed()
    assert len(made.states()) == 3
    for anchor in made.store.page():
        assert anchor.inclusion is not None
        assert anchor.inclusion.widened_by == 0
        assert isinstance(anchor.inclusion.evidence, StorageEvidence)


def test_worker_anchors_again_after_a_reorganisation(
    anchoring: tuple[SecondClient, Anchoring, ChainClient],
) -> None:
    second, made, transport = anchoring
    made.log.grow(2)
    made.step_until(lambda: AnchorState.INCLUDED in made.states(), between=second.mine)
    first = made.newest()
    assert first.inclusion is not None
    number = second.head_number()

    second.reorganise(number - first.inclusion.mined_number + 1)
    made.step_until(lambda: made.states() == [AnchorState.SENT], between=lambda: None)
    made.step_until(lambda: made.states() == [AnchorState.INCLUDED], between=second.mine)
    second.finalize(second.head_number())
    made.step_until(lambda: made.states() == [AnchorState.FINAL], between=lambda: None)

    again = made.newest()
    assert again.inclusion is not None
    assert again.inclusion.block != first.inclusion.block
    assert again.attempts[0] == first.attempts[0], "the stored bytes are sent again"
    assert transport.anchored_head() == made.log.newest_signed()


def test_worker_goes_on_over_a_kill_of_the_node(
    anchoring: tuple[SecondClient, Anchoring, ChainClient],
) -> None:
    second, made, transport = anchoring
    made.log.grow(2)
    made.step_until(lambda: AnchorState.SENT in made.states(), between=lambda: None)
    second.restart()  # its pool was in memory
    made.crash()

    def between() -> None:
        second.mine()
        second.finalize(second.head_number())

    made.step_until(lambda: made.states() == [AnchorState.FINAL], between=between)

    assert transport.anchored_head() == made.log.newest_signed()
    assert transport.nonce(bytes(20)) == 0


def test_final_anchor_that_is_gone_stops_the_worker(
    anchoring: tuple[SecondClient, Anchoring, ChainClient],
) -> None:
    second, made, _ = anchoring
    made.log.grow(2)

    def between() -> None:
        second.mine()
        second.finalize(second.head_number())

    made.step_until(lambda: made.states() == [AnchorState.FINAL], between=between)
    final = made.newest()
    assert final.inclusion is not None

    depth = second.head_number() - final.inclusion.mined_number + 1
    second.reorganise(depth)
    second.finalize(second.head_number())
    made.crash()
    with pytest.raises(AnchorLostError):
        made.step_until(lambda: False, between=second.mine)

    assert made.newest().violated_unix is not None
    assert made.states() == [AnchorState.FINAL], "kept, evidence and all"
