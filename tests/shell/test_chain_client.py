"""What a node answers is bounded, matched and checked; what it cannot be is an error of ours."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from anchored_chain import PAYER, every_kind
from hypothesis import given
from hypothesis import strategies as st
from lying_node import SECRET, LyingServer, lacking, lying, relaying
from node import AnchoredLedger, close, make_anchored_ledger

from provenance import rlp, trie
from provenance.anchor import HISTORY_CONTRACT, log_id
from provenance.chain.abi import Artifact, ContractAbi
from provenance.chain.anvil import ManagedAnvil
from provenance.chain.blocks import read_block
from provenance.chain.client import ChainClient
from provenance.chain.node import Node
from provenance.chain.receipts import encode_block_receipts, encode_receipt
from provenance.chain.rpc import MAX_ANSWER_BYTES, CappedProvider, Rpc, octets, quantity
from provenance.chain.sender import create_key_file, load_key_file
from provenance.digests import from_evm_hex
from provenance.errors import (
    ConflictError,
    MalformedError,
    NodeRefusedError,
    NotEthereumHeaderError,
    UnavailableError,
    VerificationError,
)
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, ChainPin, UnsignedTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator


VECTORS = Path(__file__).parents[1] / "vectors"


def rpc_of(server: LyingServer, *, timeout: float = 10.0, max_bytes: int = MAX_ANSWER_BYTES) -> Rpc:
    return Rpc(CappedProvider(server.url, timeout=timeout, max_bytes=max_bytes))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnchoredLedger]:
    made = make_anchored_ledger(tmp_path_factory.mktemp("ledger"))
    made.log.grow(2)
    made.anchor_to_the_end()
    yield made
    close(made)


def test_importing_the_chain_leaves_the_recursion_limit() -> None:
    """py_ecc raises it to 100,000, and 64 KiB of brackets then overflow the stack."""
    program = (
        "import json, sys; limit = sys.getrecursionlimit(); import provenance.chain.client; "
        "import provenance.chain.web3_keystore; assert sys.getrecursionlimit() == limit\n"
        "assert 'eth_account' in sys.modules\n"
        "try: json.loads('[' * 65536)\nexcept RecursionError: print('refused')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "refused\n"


# --- transport -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"{}",
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":2,"result":"0x1"}',
        b'{"jsonrpc":"2.0","id":"1","result":"0x1"}',
        b'{"jsonrpc":"2.0","id":true,"result":"0x1"}',
        b'{"jsonrpc":"2.0","id":null,"result":"0x1"}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x1","error":{"code":1,"message":"m"}}',
        b'{"jsonrpc":"2.0","id":1,"result":NaN}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x1"',
        b"[" * 100_000,
        b'\xff{"jsonrpc":"2.0","id":1,"result":"0x1"}',
    ],
)
def test_answer_that_is_none_is_unavailable(answer: bytes) -> None:
    with lying(lambda _: answer) as server, pytest.raises(UnavailableError):
        rpc_of(server).call("eth_chainId")


def test_answer_is_given_up_at_its_limit() -> None:
    with lying(lambda _: "0x" + "00" * 100_000) as server:
        with pytest.raises(UnavailableError):
            rpc_of(server, max_bytes=100_000).call("eth_getCode")
        assert len(octets(rpc_of(server, max_bytes=300_000).call("eth_getCode"), "x")) == 100_000


def test_drip_of_bytes_is_given_up_in_time() -> None:
    with lying(lambda _: "0x" + "00" * 1_000_000) as server:
        server.seconds_between_bytes = 0.1
        started = time.monotonic()

        with pytest.raises(UnavailableError):
            rpc_of(server, timeout=0.5).call("eth_getCode")

        assert time.monotonic() - started < 1.5


def test_redirect_is_not_followed() -> None:
    with lying(lambda _: "0x1") as other, lying(lambda _: b"", status=307) as server:
        server.location = other.url

        with pytest.raises(UnavailableError):
            rpc_of(server).call("eth_chainId")

        assert not other.requests


def test_request_is_posted_once() -> None:
    with lying(lambda _: b"broken", status=503) as server:
        with pytest.raises(UnavailableError):
            rpc_of(server).call("eth_sendRawTransaction", "0x00")

        assert len(server.requests) == 1


def test_error_object_keeps_number_and_data_whatever_the_status() -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}

    def answer(request: dict[str, Any]) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

    with lying(answer, status=400) as server, pytest.raises(NodeRefusedError) as caught:
        rpc_of(server).call("eth_call")

    assert (caught.value.number, caught.value.data) == (3, "0x1234")


def test_access_key_in_the_address_is_not_shown() -> None:
    with lying(lambda _: b"", status=500) as server:
        rpc = rpc_of(server)
        with pytest.raises(UnavailableError) as refused:
            rpc.call("eth_chainId")
    with pytest.raises(UnavailableError) as away:
        rpc.call("eth_chainId")

    for caught in (refused, away):
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x", "file:///etc/passwd", "http://", "localhost:8545", "http://[::1", "http://x:y"],
)
def test_address_must_be_http(url: str) -> None:
    with pytest.raises(UnavailableError):
        CappedProvider(url)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://user:secret@node.example/v3/secret?key=secret", "https://node.example"),
        ("http://127.0.0.1:8546/secret", "http://127.0.0.1:8546"),
        ("http://[::1]:8545", "http://[::1]:8545"),
    ],
)
def test_place_tells_nodes_apart_and_holds_no_key(url: str, place: str) -> None:
    assert CappedProvider(url).place == place


@pytest.mark.parametrize("value", ["0x0", "0x08", "0x8", "0xff"])
def test_quantities_may_have_leading_zeros(value: str) -> None:
    assert quantity(value, "x") == int(value, 16)


@pytest.mark.parametrize(
    "value", ["", "0x", "8", "-0x8", "0x-8", "0x" + "1" * 65, 7, None, "0x1_0"]
)
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(UnavailableError):
        quantity(value, "x")


# --- blocks and proofs ---------------------------------------------------------------------


def test_header_of_every_block_hashes_to_its_name(ledger: AnchoredLedger) -> None:
    head = ledger.chain.head()

    assert keccak256(head.header) == head.block_hash
    assert ledger.chain.block_by_hash(head.block_hash) == head
    assert ledger.chain.canonical_hash(head.number) == head.block_hash
    assert ledger.chain.canonical_hash(head.number + 1) is None
    assert ledger.chain.block_by_hash(bytes(32)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "0x1"},
        {"stateRoot": "0x" + "11" * 32},
        {"hash": "0x" + "11" * 32},
        {"requestsHash": None},
        {"baseFeePerGas": "0x1"},
        {"number": "0x77"},
    ],
)
def test_forged_block_is_refused(ledger: AnchoredLedger, change: dict[str, Any]) -> None:
    true = ledger.node.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    assert true is not None
    read_block(true)

    with pytest.raises(NotEthereumHeaderError):
        read_block({**true, **change})


def test_header_of_a_rollup_hashes_to_its_name() -> None:
    """So profiles of rollups may promise proofs; their own members beside it are not hashed."""
    held = json.loads((VECTORS / "rollup-headers" / "blocks.json").read_text())
    found = [read_block(item["block"]) for item in held["blocks"]]

    assert [block.number for block in found] == [511_882_413, 14_658_233]


@given(st.dictionaries(st.sampled_from(["hash", "parentHash", "number", "nonce"]), st.text()))
def test_what_is_no_block_is_unavailable(block: dict[str, str]) -> None:
    with pytest.raises(UnavailableError):
        read_block(block)


def test_true_block_under_another_blocks_hash_is_refused(ledger: AnchoredLedger) -> None:
    true = ledger.node.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC

    with lying(lambda _: true) as server, pytest.raises(NotEthereumHeaderError):
        Node(rpc_of(server)).block_by_hash(b"\x11" * 32)


def test_block_of_another_height_is_refused(ledger: AnchoredLedger) -> None:
    true = ledger.node.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC

    with lying(lambda _: true) as server, pytest.raises(UnavailableError):
        Node(rpc_of(server)).canonical_hash(1)


def test_proof_must_be_of_the_slots_asked_for() -> None:
    answer = {"accountProof": ["0x01"], "storageProof": [{"key": "0x07", "proof": ["0x02"]}]}

    with lying(lambda _: answer) as server:
        node = Node(rpc_of(server))
        proof = node.proof(HISTORY_CONTRACT, [7], bytes(32))
        for slots in ([8], [7, 7], []):
            with pytest.raises(UnavailableError):
                node.proof(HISTORY_CONTRACT, slots, bytes(32))

    assert proof is not None
    assert proof.storage_proofs == ((b"\x02",),)
    assert server.requests[0]["params"][2] == {"blockHash": "0x" + "00" * 32}


def test_state_that_is_gone_is_told_from_an_outage(ledger: AnchoredLedger) -> None:
    assert ledger.chain.proof(HISTORY_CONTRACT, [0], b"\x11" * 32) is None


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagedAnvil]:
    """A chain whose block 1 holds a transaction of each type but blobs, which take it seconds."""
    payer = bytes.fromhex(PAYER.address[2:])
    with ManagedAnvil(tmp_path_factory.mktemp("busy") / "anvil", funded=[payer]) as anvil:
        for raw in every_kind(31337, 0, kinds=(0, 1, 2, 4)):
            assert Node(anvil.rpc).broadcast(raw) is Broadcast.ACCEPTED
        anvil.mine()
        anvil.mine()
        yield anvil


def test_receipts_make_the_root_of_their_block(busy: ManagedAnvil) -> None:
    block = Node(busy.rpc).canonical_block(1)
    assert block is not None

    receipts = Node(busy.rpc).block_receipts(block.block_hash)

    assert receipts is not None
    assert [receipt[0] if receipt[0] < 0x80 else 0 for receipt in receipts] == [0, 1, 2, 4]
    assert trie.prove_at(receipts, 0)[0] == BlockHeader.parse(block.header).receipts_root


def test_receipts_of_every_type_make_the_root_of_their_block() -> None:
    held = json.loads((VECTORS / "block-receipts" / "every-type.json").read_text())
    header = BlockHeader.parse(from_evm_hex(held["header"]))

    receipts = encode_block_receipts(held["receipts"], header.hash)

    assert [receipt[0] if receipt[0] < 0x80 else 0 for receipt in receipts] == [0, 1, 2, 3, 4]
    assert trie.prove_at(receipts, 0)[0] == header.receipts_root


def test_receipts_are_asked_for_one_by_one_where_they_must(busy: ManagedAnvil) -> None:
    block_hash = Node(busy.rpc).canonical_hash(1)
    assert block_hash is not None
    with relaying(lambda: busy.url) as relay:
        relay.change = lacking("eth_getBlockReceipts")
        node = Node(Rpc(CappedProvider(relay.url)))

        assert node.block_receipts(block_hash) == Node(busy.rpc).block_receipts(block_hash)

        relay.change = lacking("eth_getBlockReceipts", "eth_getTransactionReceipt")
        assert node.block_receipts(block_hash) is None
        assert node.block_receipts(bytes(32)) is None


def test_block_without_transactions_has_no_receipts(busy: ManagedAnvil) -> None:
    head = Node(busy.rpc).head()

    assert Node(busy.rpc).block_receipts(head.block_hash) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"blockHash": "0x" + "11" * 32},
        {"transactionIndex": "0x1"},
        {"type": "0x80"},
        {"status": None},
        {"status": "0x"},
        {"cumulativeGasUsed": 21_000},
        {"logsBloom": "0x00"},
        {"logs": None},
        {"logs": [{}]},
        {"logs": [{"address": "0x11", "topics": [], "data": "0x"}]},
        {"logs": ["0x"]},
    ],
)
def test_what_is_no_receipt_is_unavailable(busy: ManagedAnvil, change: dict[str, Any]) -> None:
    block_hash = Node(busy.rpc).canonical_hash(1)
    assert block_hash is not None
    true = busy.rpc.call("eth_getBlockReceipts", "0x" + block_hash.hex())
    assert isinstance(true, list)

    forged = [{**true[0], **change}, *true[1:]]
    with lying(lambda _: forged) as server, pytest.raises(UnavailableError):
        Node(rpc_of(server)).block_receipts(block_hash)


def test_receipt_from_before_byzantium_holds_a_state_root() -> None:
    receipt = {
        "root": "0x" + "11" * 32,
        "cumulativeGasUsed": "0x5208",
        "logsBloom": "0x" + "00" * 256,
        "logs": [],
    }

    fields = rlp.decode_list(encode_receipt(receipt))

    assert fields == [b"\x11" * 32, b"\x52\x08", bytes(256), []]


def test_deposit_of_a_rollup_has_its_own_fields() -> None:
    """OP Stack, type 0x7e: since Canyon the receipt's hash covers nonce and version."""
    receipt = {
        "type": "0x7e",
        "status": "0x1",
        "cumulativeGasUsed": "0xb4f8",
        "logsBloom": "0x" + "00" * 256,
        "logs": [],
        "depositNonce": "0x2a",
        "depositReceiptVersion": "0x1",
    }

    encoded = encode_receipt(receipt)

    assert encoded[0] == 0x7E
    assert rlp.decode_list(encoded[1:])[4:] == [b"\x2a", b"\x01"]


def test_depth_counts_confirmations(ledger: AnchoredLedger) -> None:
    head = ledger.chain.head()

    def final(confirmations: int) -> int:
        return Node(ledger.node.rpc, confirmations=confirmations).finalized().number

    assert final(1) == head.number
    assert final(3) == head.number - 2
    assert final(10_000) == 0


# --- transactions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ("already known", Broadcast.KNOWN),  # geth
        ("transaction already imported", Broadcast.KNOWN),  # anvil
        ("Known transaction", Broadcast.KNOWN),  # besu
        ("AlreadyKnown", Broadcast.KNOWN),  # nethermind
        ("nonce too low: next nonce 5, tx nonce 4", Broadcast.NONCE_TOO_LOW),
        ("OldNonce, Current nonce: 5", Broadcast.NONCE_TOO_LOW),
        ("replacement transaction underpriced", Broadcast.UNDERPRICED),
        ("transaction underpriced: tip needed 1", Broadcast.UNDERPRICED),
        ("ReplacementNotAllowed", Broadcast.UNDERPRICED),
        ("max fee per gas less than block base fee", Broadcast.UNDERPRICED),
        ("insufficient funds for gas * price + value", Broadcast.NO_FUNDS),
        ("Upfront cost exceeds account balance", Broadcast.NO_FUNDS),
        ("0xab: this transaction is already in the TxPool", Broadcast.KNOWN),  # ethereumjs
        ("replacement gas too low, got tip 0, min: 0, got fee 7, min: 8", Broadcast.UNDERPRICED),
        ("Tx does not pay the minimum gas price of 1000000000", Broadcast.UNDERPRICED),
        ("Tx cannot pay basefee of 7, have 5", Broadcast.UNDERPRICED),
        ("0xab does not have enough balance (insufficient balance)", Broadcast.NO_FUNDS),
        ("internal error", Broadcast.UNKNOWN),
        ("", Broadcast.UNKNOWN),
    ],
)
def test_refusals_are_told_apart_by_meaning(message: str, meaning: Broadcast) -> None:
    def answer(request: dict[str, Any]) -> bytes:
        error = {"code": -32000, "message": message}
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

    with lying(answer) as server:
        assert Node(rpc_of(server)).broadcast(b"raw") is meaning


def test_lost_answer_may_have_been_sent() -> None:
    with lying(lambda _: b"") as server:
        node = Node(rpc_of(server))
        assert node.broadcast(b"raw") is Broadcast.UNKNOWN
    assert node.broadcast(b"raw") is Broadcast.UNKNOWN


def test_accepted_only_under_the_hash_of_what_was_sent() -> None:
    with lying(lambda _: "0x" + keccak256(b"raw").hex()) as server:
        node = Node(rpc_of(server))
        assert node.broadcast(b"raw") is Broadcast.ACCEPTED
        assert node.broadcast(b"other") is Broadcast.UNKNOWN


def test_event_must_be_of_our_contract_and_log(ledger: AnchoredLedger) -> None:
    anchor = ledger.store.page()[0]
    assert anchor.inclusion is not None
    tx_hash = anchor.inclusion.tx_hash
    true = ledger.node.rpc.mapping("eth_getTransactionReceipt", "0x" + tx_hash.hex())
    assert true is not None
    logs: Any = true["logs"]

    def seen(**change: object) -> int:
        forged = {**true, "logs": [{**logs[0], **change}]}
        with lying(lambda _: forged) as server:
            receipt = ChainClient(rpc_of(server), ledger.deployed.pin).transaction_receipt(tx_hash)
        assert receipt is not None
        return len(receipt.anchored)

    topics = logs[0]["topics"]
    assert seen() == 1
    assert seen(address=logs[0]["address"].upper().replace("X", "x")) == 1
    assert seen(address="0x" + "11" * 20) == 0
    assert seen(topics=[topics[0], "0x" + "11" * 32, topics[2]]) == 0
    assert seen(topics=["0x" + "11" * 32, *topics[1:]]) == 0
    assert seen(topics=topics[:2]) == 0


def test_receipt_of_another_transaction_is_refused(ledger: AnchoredLedger) -> None:
    anchor = ledger.store.page()[0]
    true = ledger.node.rpc.mapping(
        "eth_getTransactionReceipt", "0x" + anchor.attempts[0].tx_hash.hex()
    )

    with lying(lambda _: true) as server, pytest.raises(UnavailableError):
        ChainClient(rpc_of(server), ledger.deployed.pin).transaction_receipt(bytes(32))


def test_log_id_and_code_hash_are_the_contracts_own(ledger: AnchoredLedger) -> None:
    pin = ledger.deployed.pin

    assert pin.log_id == log_id(ledger.sender.address, "ledger.example/log")
    assert ledger.chain.anchorer() == ledger.sender.address
    assert keccak256(ledger.chain.code(pin.contract)) == Artifact.bundled().code_hash


def test_view_that_returns_nothing_is_unavailable() -> None:
    pin = ChainPin(1, bytes(32), bytes(20), bytes(32), bytes(32), 0)

    with lying(lambda _: "0x") as server, pytest.raises(UnavailableError):
        ChainClient(rpc_of(server), pin).anchored_head()


@pytest.mark.parametrize(
    "data", [None, "", "0x", "0x12345678", "0x" + "ff" * 500, {"a": 1}, "0xzz"]
)
def test_revert_without_reason_is_still_explained(data: object) -> None:
    assert ContractAbi.bundled().explain_revert(data).startswith("reverted with")


# --- the sending key -----------------------------------------------------------------------


@pytest.mark.parametrize("password", [None, "correct horse"])
def test_key_file_is_private_and_opens_again(tmp_path: Path, password: str | None) -> None:
    path = tmp_path / "sender.key"
    made = create_key_file(path, password=password)

    assert load_key_file(path, password=password).address == made.address
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConflictError):
        create_key_file(path, password=password)


def test_encrypted_key_needs_its_password(tmp_path: Path) -> None:
    path = tmp_path / "sender.json"
    create_key_file(path, password="correct horse")

    for password in (None, "wrong"):
        with pytest.raises(VerificationError):
            load_key_file(path, password=password)


@pytest.mark.parametrize("text", ["", "0x12", "zz" * 32, "{}", "{", "0x" + "00" * 32])
def test_what_is_no_key_is_malformed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)

    with pytest.raises(MalformedError):
        load_key_file(path, password="x")


def test_equal_transactions_have_equal_bytes(ledger: AnchoredLedger) -> None:
    asked = UnsignedTransaction(
        chain_id=1,
        nonce=7,
        to=bytes(20),
        data=b"call",
        gas=80_000,
        max_fee_wei=2,
        priority_fee_wei=1,
    )

    first = ledger.sender.sign(asked)

    assert ledger.sender.sign(asked) == first
    assert ledger.sender.sign(replace(asked, max_fee_wei=3)) != first
    assert first.tx_hash == keccak256(first.raw)
