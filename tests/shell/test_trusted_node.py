"""A chain whose blocks are not named by the hash of their headers: it is believed, by a quorum."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from anchored_chain import ROOT, SIZE, AnchoredChain, Anchoring, anchored_chain
from lying_node import Relay, lying, refused, relaying
from node import need_anvil

from provenance.anchor import AnchorState, verify_statement
from provenance.anchor_evidence import StatedEvidence
from provenance.anchor_statement import AnchorStatement, sign_statement
from provenance.chain.anvil import ManagedAnvil
from provenance.chain.node import Node
from provenance.chain.quorum import QuorumChain, connect_chain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.chain.sender import create_key_file
from provenance.errors import NotEthereumHeaderError, UnavailableError
from provenance.keccak import keccak256
from provenance.keys import PrivateKey
from provenance.note import NoteSigner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class OtherHashes:
    """Names each block by another hash than its header's, as Conflux and AuRa chains do."""

    def __init__(self) -> None:
        self._true: dict[str, str] = {}

    def relay(self, relay: Relay) -> Relay:
        relay.translate, relay.change = self.translate, self.change
        return relay

    def name(self, true: str) -> str:
        other = "0x" + keccak256(bytes.fromhex(true[2:])).hex()
        self._true[other] = true
        return other

    def translate(self, request: dict[str, Any]) -> dict[str, Any]:
        params = [self._true.get(p, p) if isinstance(p, str) else p for p in request["params"]]
        return {**request, "params": params}

    def change(self, request: dict[str, Any], result: object) -> object:
        if request["method"] == "eth_getProof":
            return refused(request, "the method does not exist", number=-32601)
        return self._named(result)

    def _named(self, value: object) -> object:
        if isinstance(value, list):
            return [self._named(item) for item in value]
        if not isinstance(value, dict):
            return value
        named = {"blockHash", "parentHash"} | ({"hash"} if "stateRoot" in value else set())
        return {
            name: self.name(item) if name in named and item else self._named(item)
            for name, item in value.items()
        }


class Words:
    """The port ``Attestor`` with one checkpoint key."""

    origin = "ledger.example/log"

    def __init__(self) -> None:
        self.key = NoteSigner(self.origin, PrivateKey.from_seed("Ed25519", bytes(32)))

    def attest(self, statement: AnchorStatement) -> str:
        return sign_statement(statement, self.key)


class Believed:
    """Three nodes of such a chain."""

    def __init__(self, anvil: ManagedAnvil, chain: AnchoredChain, relays: list[Relay]) -> None:
        self.anvil = anvil
        self.chain = chain
        self.relays = relays

    def connect(self, *, quorum: int = 2) -> QuorumChain:
        return connect_chain(
            [relay.url for relay in self.relays],
            self.chain.pin,
            quorum=quorum,
            level="trusted-rpc",
            legacy_fees=True,
            timeout=5.0,
        )


@pytest.fixture
def believed(tmp_path: Path) -> Iterator[Believed]:
    need_anvil()
    sender = create_key_file(tmp_path / "sender.key")
    hashes = OtherHashes()
    with ExitStack() as stack:
        anvil = stack.enter_context(ManagedAnvil(tmp_path / "anvil", funded=[sender.address]))
        relays = [hashes.relay(stack.enter_context(relaying(lambda: anvil.url))) for _ in range(3)]
        rpc = Rpc(CappedProvider(relays[0].url))
        node = Node(rpc, level="trusted-rpc", legacy_fees=True)
        yield Believed(anvil, anchored_chain(node, sender, anvil.mine), relays)


def test_level_and_pin_are_the_chains(believed: Believed) -> None:
    chain = believed.connect()

    chain.check_pin()

    assert chain.evidence_level == "trusted-rpc"
    assert chain.fees().legacy
    assert chain.fees().base_fee_wei == 0
    assert chain.fees().priority_fee_wei > 0


def test_blocks_have_a_name_and_no_header(believed: Believed) -> None:
    chain = believed.connect()
    head = chain.head()

    assert head.header == b""
    assert chain.block_by_hash(head.block_hash) == head
    assert chain.canonical_hash(head.number) == head.block_hash
    assert chain.block_by_hash(b"\x11" * 32) is None


def test_it_gives_no_proofs(believed: Believed) -> None:
    chain = believed.connect()
    head = chain.head()

    assert chain.proof(chain.pin.contract, [0], head.block_hash) is None
    assert chain.block_receipts(head.block_hash) is None
    node = Node(Rpc(CappedProvider(believed.relays[0].url)), level="trusted-rpc")
    assert node.proof(chain.pin.contract, [0], head.block_hash) is None
    assert node.block_receipts(head.block_hash) is None


def test_such_blocks_are_refused_where_proofs_are_promised(believed: Believed) -> None:
    node = Node(Rpc(CappedProvider(believed.relays[0].url)))

    with pytest.raises(NotEthereumHeaderError):
        node.head()


def test_anchored_root_is_what_the_contract_says(believed: Believed) -> None:
    believed.chain.anchor()
    chain = believed.connect()

    assert chain.anchored_root(SIZE) == ROOT
    assert chain.anchored_root(SIZE + 1) is None


def test_time_of_a_block_is_put_to_the_vote(believed: Believed) -> None:
    """Nothing else vouches for it here."""
    chain = believed.connect()
    true = chain.head()
    hashes = believed.relays[1].change

    def late(request: dict[str, Any], result: object) -> object:
        made = hashes(request, result)
        if isinstance(made, dict) and "timestamp" in made:
            made["timestamp"] = "0x1"
        return made

    believed.relays[1].change = late

    assert chain.head() == true
    assert chain.block_by_hash(true.block_hash) == true
    with pytest.raises(UnavailableError):
        believed.connect(quorum=3).block_by_hash(true.block_hash)


@pytest.mark.parametrize(
    "block",
    [
        {"hash": "0x11", "number": "0x1", "timestamp": "0x1"},
        {"hash": "0x" + "11" * 32, "number": None, "timestamp": "0x1"},
        {"hash": "0x" + "11" * 32, "number": "0x1", "timestamp": "now"},
        {"hash": "0x" + "11" * 32, "number": "0x1", "timestamp": "0x" + "ff" * 8},
    ],
)
def test_what_is_no_block_is_unavailable(block: dict[str, Any]) -> None:
    with lying(lambda _: block) as server:
        node = Node(Rpc(CappedProvider(server.url)), level="trusted-rpc")
        with pytest.raises(UnavailableError):
            node.head()
        with pytest.raises(UnavailableError):
            node.block_by_hash(b"\x22" * 32)


def test_worker_anchors_on_the_word_of_a_quorum(believed: Believed, tmp_path: Path) -> None:
    chain, words = believed.connect(), Words()
    made = Anchoring(tmp_path, chain, believed.chain.sender, attestor=words)
    made.log.grow(5)
    believed.relays[2].is_away = True

    made.step_until(made.is_done, between=believed.anvil.mine)
    anchor = made.newest()
    made.close()

    assert anchor.state is AnchorState.FINAL
    assert anchor.inclusion is not None
    evidence = anchor.inclusion.evidence
    assert isinstance(evidence, StatedEvidence)
    verify_statement(
        evidence,
        [words.key.verifier],
        origin=words.origin,
        chain_id=chain.pin.chain_id,
        contract=chain.pin.contract,
        log_id=chain.pin.log_id,
        tree_size=5,
        root_hash=made.log.root_at(5),
    )
    sent = believed.anvil.rpc.mapping(
        "eth_getTransactionByHash", "0x" + anchor.inclusion.tx_hash.hex()
    )
    assert sent is not None
    assert sent["type"] == "0x0", "signed with one gas price (EIP-155)"


def test_word_of_one_node_is_not_enough(believed: Believed, tmp_path: Path) -> None:
    """One node says that it is mined and final; nothing of it is true."""
    chain = believed.connect()
    made = Anchoring(tmp_path, chain, believed.chain.sender, attestor=Words())
    made.log.grow(5)
    made.step_until(lambda: AnchorState.SENT in made.states(), between=lambda: None)
    tx_hash = made.newest().attempts[0].tx_hash
    head = chain.head()
    hashes = believed.relays[0].change

    def forge(request: dict[str, Any], result: object) -> object:
        if request["method"] == "eth_getTransactionReceipt":
            return {
                "transactionHash": "0x" + tx_hash.hex(),
                "blockHash": "0x" + head.block_hash.hex(),
                "blockNumber": hex(head.number),
                "transactionIndex": "0x0",
                "status": "0x1",
                "logs": [],
            }
        if request["method"] == "eth_getTransactionCount":
            return "0x99"
        return hashes(request, result)

    believed.relays[0].change = forge
    steps = iter(range(30))
    made.step_until(lambda: next(steps, None) is None, between=lambda: None)
    states = made.states()
    made.close()

    assert states == [AnchorState.SENT]
