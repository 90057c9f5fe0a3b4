"""Several real nodes, some of which lie, stall or are of another chain: the others decide."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from anchored_chain import ROOT, SIZE, AnchoredChain, Anchoring, anchored_chain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lying_node import SECRET, Change, LyingServer, Relay, lying, refused, relaying
from node import need_anvil
from waiting import wait_until

from provenance import trie
from provenance.anchor import AnchorState, root_storage_slot
from provenance.chain.anvil import ManagedAnvil
from provenance.chain.blocks import assemble_header
from provenance.chain.node import Node
from provenance.chain.quorum import QuorumChain, connect_chain
from provenance.chain.sender import create_key_file
from provenance.chain.votes import GRACE_SECONDS
from provenance.digests import RootHash
from provenance.errors import (
    AnchorRefusedError,
    MalformedError,
    UnavailableError,
    WrongChainError,
)
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, ChainPin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OTHER_ROOT = RootHash(bytes(31) + b"\x07")

SOON = 3.0
"""Seconds that no answer may take while enough nodes are well; a stalled one takes for ever."""


@contextmanager
def running_chain(folder: Path) -> Iterator[tuple[ManagedAnvil, AnchoredChain]]:
    need_anvil()
    sender = create_key_file(folder / "sender.key")
    with ManagedAnvil(folder / "anvil", funded=[sender.address]) as anvil:
        chain = anchored_chain(Node(anvil.rpc), sender, anvil.mine)
        anvil.settle(chain.deployed.block_number)
        yield anvil, chain


class Several:
    """Three nodes that show one chain, each with its own way to misbehave."""

    def __init__(self, anvil: ManagedAnvil, chain: AnchoredChain, relays: list[Relay]) -> None:
        self.anvil = anvil
        self.chain = chain
        self.relays = relays

    def connect(
        self, *, quorum: int = 2, timeout: float = 5.0, confirmations: int | None = None
    ) -> QuorumChain:
        urls = [relay.url for relay in self.relays]
        return connect_chain(
            urls, self.chain.pin, quorum=quorum, timeout=timeout, confirmations=confirmations
        )

    def lie(self, index: int, method: str, change: Callable[[Any], Any]) -> None:
        """Have one node change what it answers to ``method``."""
        self.relays[index].change = lambda request, result: (
            change(result) if request["method"] == method else result
        )


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ManagedAnvil, AnchoredChain, bytes, bytes]]:
    with running_chain(tmp_path_factory.mktemp("chain")) as (anvil, chain):
        tx_hash, block_hash = chain.anchor()
        anvil.mine()
        anvil.mine()
        yield anvil, chain, tx_hash, block_hash


@pytest.fixture
def several(running: tuple[ManagedAnvil, AnchoredChain, bytes, bytes]) -> Iterator[Several]:
    anvil, chain, _, _ = running
    with ExitStack() as stack:
        relays = [stack.enter_context(relaying(lambda: anvil.url)) for _ in range(3)]
        yield Several(anvil, chain, relays)


@pytest.fixture
def tx_hash(running: tuple[ManagedAnvil, AnchoredChain, bytes, bytes]) -> bytes:
    return running[2]


@pytest.fixture
def block_hash(running: tuple[ManagedAnvil, AnchoredChain, bytes, bytes]) -> bytes:
    return running[3]


def everything(chain: QuorumChain, tx_hash: bytes, block_hash: bytes) -> dict[str, object]:
    """Return what each method answers, to compare two of them."""
    chain.check_pin()
    number = BlockHeader.parse(chain.head().header).number
    slot = int.from_bytes(root_storage_slot(chain.pin.log_id, SIZE, chain.pin.roots_slot), "big")
    return {
        "anchorer": chain.anchorer(),
        "head on chain": chain.anchored_head(),
        "root": chain.anchored_root(SIZE),
        "no root": chain.anchored_root(SIZE + 1),
        "nonce": chain.nonce(chain.anchorer()),
        "receipt": chain.transaction_receipt(tx_hash),
        "no receipt": chain.transaction_receipt(bytes(32)),
        "canonical": chain.canonical_hash(number),
        "above": chain.canonical_hash(number + 5),
        "head": chain.head(),
        "finalized": chain.finalized(),
        "fees": chain.fees(),
        "block": chain.block_by_hash(block_hash),
        "no block": chain.block_by_hash(bytes(32)),
        "proof": chain.proof(chain.pin.contract, [slot], chain.head().block_hash),
        "no proof": chain.proof(chain.pin.contract, [slot], bytes(32)),
        "receipts": chain.block_receipts(block_hash),
    }


def usable(chain: QuorumChain) -> list[bool]:
    return [endpoint.is_usable for endpoint in chain.endpoints()]


def spoil(value: object) -> object:
    """Return another value of the same form: each digit counted up, deep inside too."""
    if isinstance(value, str) and value.startswith("0x"):
        return "0x" + "".join("123456789abcdef0"[int(digit, 16)] for digit in value[2:])
    if isinstance(value, list):
        return [spoil(item) for item in value]
    if isinstance(value, dict):
        return {name: spoil(item) for name, item in value.items()}
    return value


def test_all_agree_with_one_node_alone(several: Several, tx_hash: bytes, block_hash: bytes) -> None:
    alone = connect_chain([several.anvil.url], several.chain.pin)

    said = everything(several.connect(), tx_hash, block_hash)

    assert said == everything(alone, tx_hash, block_hash)
    assert said["head on chain"] == (SIZE, ROOT)
    assert said["root"] == ROOT
    assert said["no root"] is None
    assert said["receipts"] is not None


@pytest.mark.parametrize("liar", [0, 1, 2])
def test_liar_is_outvoted_on_everything(
    several: Several, tx_hash: bytes, block_hash: bytes, liar: int
) -> None:
    honest = everything(several.connect(), tx_hash, block_hash)
    chain = several.connect()
    chain.check_pin()
    several.relays[liar].change = lambda request, result: (
        result if request["method"] in {"eth_chainId", "eth_getCode"} else spoil(result)
    )

    assert everything(chain, tx_hash, block_hash) == honest


@pytest.mark.parametrize("liar", [0, 1, 2])
def test_stalled_node_costs_little(
    several: Several,
    tx_hash: bytes,
    block_hash: bytes,
    liar: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    honest = everything(several.connect(), tx_hash, block_hash)
    chain = several.connect(timeout=60)
    several.relays[liar].is_stalled = True

    started = time.monotonic()
    said = everything(chain, tx_hash, block_hash)
    took = time.monotonic() - started
    again = time.monotonic()
    for _ in range(20):
        chain.finalized()

    assert said == honest
    # its threads are all stuck by then, and nobody waits for it any more
    assert took < 6 * GRACE_SECONDS + SOON
    assert time.monotonic() - again < SOON
    assert not usable(chain)[liar]
    told = [record for record in caplog.records if "stuck" in record.getMessage()]
    # once when it begins; once more where it answered a question that was on its way
    assert 1 <= len(told) <= 2
    assert vars(told[0])["chain_id"] == chain.pin.chain_id


def test_node_that_is_away_is_missed_by_nobody(
    several: Several, tx_hash: bytes, block_hash: bytes
) -> None:
    honest = everything(several.connect(), tx_hash, block_hash)
    chain = several.connect()
    several.relays[1].is_away = True

    assert everything(chain, tx_hash, block_hash) == honest
    assert usable(chain) == [True, False, True]


def test_a_node_that_fails_for_another_cause_is_told_again(
    several: Several, caplog: pytest.LogCaptureFixture
) -> None:
    chain = several.connect()
    relay = several.relays[1]

    def told(words: str) -> bool:
        chain.finalized()
        return any(words in one.getMessage() for one in caplog.records)

    chain.finalized()
    relay.is_away = True
    wait_until(lambda: told("something not JSON"))
    relay.change = lambda request, _: refused(request, "we are on holiday")
    relay.is_away = False
    wait_until(lambda: told("we are on holiday"))
    for _ in range(5):
        chain.finalized()

    of_it = [one.getMessage() for one in caplog.records if "holiday" in one.getMessage()]
    assert len(of_it) == 1, "once, although it was asked again and again"


def test_two_that_are_away_are_too_many(several: Several, tx_hash: bytes) -> None:
    chain = several.connect()
    several.relays[0].is_away = several.relays[2].is_away = True

    for ask in (
        chain.check_pin,
        chain.finalized,
        chain.head,
        chain.fees,
        lambda: chain.canonical_hash(1),
        lambda: chain.transaction_receipt(tx_hash),
    ):
        with pytest.raises(UnavailableError):
            ask()
    assert chain.broadcast(b"raw") is Broadcast.UNKNOWN


def test_what_proves_itself_needs_one_node(several: Several, block_hash: bytes) -> None:
    chain = several.connect()
    several.relays[0].is_away = several.relays[2].is_away = True

    assert chain.block_by_hash(block_hash) is not None
    assert chain.block_receipts(block_hash) is not None


def test_node_that_comes_back_is_heard_again(several: Several) -> None:
    chain = several.connect(quorum=3)
    several.relays[1].is_away = True
    with pytest.raises(UnavailableError):
        chain.finalized()

    several.relays[1].is_away = False

    assert chain.finalized().number > 0
    assert usable(chain) == [True, True, True]


# --- the wrong chain -----------------------------------------------------------------------


def test_node_of_another_chain_is_dropped(
    several: Several, tmp_path: Path, tx_hash: bytes, block_hash: bytes
) -> None:
    honest = everything(several.connect(), tx_hash, block_hash)
    with running_chain(tmp_path) as (other, _):
        urls = [several.relays[0].url, other.url, several.relays[2].url]
        chain = connect_chain(urls, several.chain.pin, quorum=2)

        assert everything(chain, tx_hash, block_hash) == honest

        assert usable(chain) == [True, False, True]
        error = chain.endpoints()[1].last_error
        assert error is not None
        assert "genesis" in error


def test_two_nodes_of_another_chain_are_no_quorum(several: Several, tmp_path: Path) -> None:
    with running_chain(tmp_path) as (other, _):
        urls = [several.relays[0].url, other.url, other.url + "?another"]
        chain = connect_chain(urls, several.chain.pin, quorum=2)

        for ask in (chain.check_pin, chain.finalized, chain.anchored_head):
            with pytest.raises(WrongChainError):
                ask()


@pytest.mark.parametrize(
    ("method", "answer"),
    [("eth_chainId", "0x1"), ("eth_getCode", "0x6001"), ("eth_getCode", "0x")],
)
def test_wrong_pin_is_found_at_the_next_look(several: Several, method: str, answer: str) -> None:
    chain = several.connect()
    chain.check_pin()
    several.lie(0, method, lambda _: answer)

    chain.check_pin()
    asked = len(several.relays[0].asked)
    chain.finalized()

    assert usable(chain) == [False, True, True]
    assert len(several.relays[0].asked) == asked, "it was asked all the same"


def test_pin_is_compared_before_the_first_question(several: Several) -> None:
    several.lie(0, "eth_chainId", lambda _: "0x1")

    several.connect().finalized()

    assert "eth_getBlockByNumber" not in several.relays[0].asked[1:]


def test_pin_is_compared_after_an_outage(several: Several) -> None:
    chain = several.connect()
    chain.finalized()
    several.relays[0].is_away = True
    chain.finalized()
    several.relays[0].is_away = False
    several.lie(0, "eth_chainId", lambda _: "0x1")  # another node took its place

    chain.finalized()

    assert usable(chain)[0] is False


# --- finality ------------------------------------------------------------------------------


def at(tag: str, make: Callable[[object], object]) -> Change:
    """Change what a node says of the block that one tag names."""

    def change(request: dict[str, Any], result: object) -> object:
        named = request["method"] == "eth_getBlockByNumber" and request["params"][0] == tag
        return make(result) if named else result

    return change


def test_node_that_is_behind_does_not_hold_the_others(several: Several) -> None:
    chain = several.connect()
    true = chain.finalized()
    old = several.anvil.rpc.mapping("eth_getBlockByNumber", hex(true.number - 2), False)  # noqa: FBT003 -- JSON-RPC
    several.relays[0].change = at("finalized", lambda _: old)

    assert chain.finalized() == true
    assert [endpoint.behind_by for endpoint in chain.endpoints()] == [2, 0, 0]


def test_final_is_what_a_quorum_has_come_to(several: Several) -> None:
    true = several.connect().finalized()
    old = several.anvil.rpc.mapping("eth_getBlockByNumber", hex(true.number - 2), False)  # noqa: FBT003 -- JSON-RPC
    for index in (0, 1):
        several.relays[index].change = at("finalized", lambda _: old)

    assert several.connect(quorum=2).finalized().number == true.number - 2
    assert several.connect(quorum=3).finalized().number == true.number - 2
    assert several.connect(quorum=1).finalized().number in {true.number, true.number - 2}


def test_block_that_one_node_calls_final_too_early_is_not(several: Several) -> None:
    chain = several.connect()
    true = chain.finalized()
    head = several.anvil.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    several.relays[2].change = at("finalized", lambda _: head)

    assert chain.finalized() == true


def test_own_fork_of_one_node_is_outvoted(several: Several) -> None:
    """A true header of another chain at a plausible height, as after a reorganisation."""
    chain = several.connect()
    true = chain.finalized()
    earlier = several.anvil.rpc.mapping("eth_getBlockByNumber", hex(true.number - 1), False)  # noqa: FBT003 -- JSON-RPC
    assert earlier is not None
    forged = {**earlier, "number": hex(true.number), "extraData": "0xf0"}
    forged["hash"] = "0x" + keccak256(assemble_header(forged)).hex()

    def fork(request: dict[str, Any], result: object) -> object:
        if request["method"] != "eth_getBlockByNumber":
            return result
        return forged if request["params"][0] in {"finalized", hex(true.number)} else result

    several.relays[1].change = fork

    assert chain.finalized() == true
    assert chain.canonical_hash(true.number) == true.block_hash


def test_depth_is_put_to_the_vote_too(several: Several) -> None:
    chain = several.connect(confirmations=2)

    assert chain.finalized().number == chain.head().number - 1


# --- fees, gas, broadcast ------------------------------------------------------------------


def test_fees_are_the_upper_median(several: Several) -> None:
    several.lie(0, "eth_maxPriorityFeePerGas", lambda _: hex(10**18))
    several.lie(1, "eth_maxPriorityFeePerGas", lambda _: "0x7")

    assert (
        several.connect().fees().priority_fee_wei == Node(several.anvil.rpc).fees().priority_fee_wei
    )


def test_gas_of_one_node_can_starve_no_anchor(several: Several, tmp_path: Path) -> None:
    with running_chain(tmp_path) as (anvil, fresh), ExitStack() as stack:
        relays = [stack.enter_context(relaying(lambda: anvil.url)) for _ in range(3)]
        mine = Several(anvil, fresh, relays)
        sender, data = fresh.sender.address, fresh.call_data()
        needed = mine.connect().dry_run(sender, data)
        mine.lie(1, "eth_estimateGas", lambda _: hex(21_000))

        assert mine.connect().dry_run(sender, data) == needed
        assert mine.connect(quorum=3).dry_run(sender, data) == needed
    assert several.chain.pin.chain_id == 31337


def test_refusal_needs_a_quorum(several: Several) -> None:
    chain = several.connect()
    sender, another = several.chain.sender.address, several.chain.call_data(root_hash=OTHER_ROOT)

    with pytest.raises(AnchorRefusedError) as caught:
        chain.dry_run(sender, another)

    assert "RootHashConflict" in str(caught.value)
    several.lie(0, "eth_call", lambda _: "0x")
    several.lie(0, "eth_estimateGas", lambda _: hex(50_000))
    with pytest.raises(AnchorRefusedError):
        chain.dry_run(sender, another)


def test_transaction_is_handed_to_all(several: Several) -> None:
    chain = several.connect()
    raw = several.chain.sign().raw

    assert chain.broadcast(raw) in {Broadcast.ACCEPTED, Broadcast.KNOWN}
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline and not all(
        "eth_sendRawTransaction" in relay.asked for relay in several.relays
    ):
        time.sleep(0.01)

    assert all("eth_sendRawTransaction" in relay.asked for relay in several.relays)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (["nonce too low", "nonce too low", None], Broadcast.NONCE_TOO_LOW),
        (["nonce too low", "already known", "already known"], Broadcast.KNOWN),
        (["insufficient funds", "insufficient funds", "already known"], Broadcast.NO_FUNDS),
        (["internal error", "already known", "internal error"], Broadcast.KNOWN),
        (["internal error", "internal error", "internal error"], Broadcast.UNKNOWN),
    ],
)
def test_meaning_of_a_broadcast_is_what_most_say(
    several: Several, said: list[str | None], meaning: Broadcast
) -> None:
    chain = several.connect()
    chain.check_pin()
    for relay, message in zip(several.relays, said, strict=True):
        relay.change = refusal(message)

    assert chain.broadcast(b"\x02raw") is meaning


def refusal(message: str | None) -> Change:
    def change(request: dict[str, Any], result: object) -> object:
        if request["method"] != "eth_sendRawTransaction":
            return result
        # without a message the answer is lost
        return b"" if message is None else refused(request, message)

    return change


# --- proofs --------------------------------------------------------------------------------


def test_bad_proofs_are_passed_over(several: Several) -> None:
    chain = several.connect(quorum=1)
    head = chain.head()
    slot = int.from_bytes(root_storage_slot(chain.pin.log_id, SIZE, chain.pin.roots_slot), "big")
    for index in (0, 1):
        several.lie(index, "eth_getProof", lambda result: {**result, "accountProof": ["0x80"]})

    proof = chain.proof(chain.pin.contract, [slot], head.block_hash)

    assert proof is not None
    assert trie.get(
        BlockHeader.parse(head.header).state_root,
        keccak256(chain.pin.contract),
        proof.account_proof,
    )
    assert sum(endpoint.outvoted for endpoint in chain.endpoints()) == 2


def test_receipts_of_another_block_are_passed_over(several: Several, block_hash: bytes) -> None:
    true = several.connect().block_receipts(block_hash)
    several.lie(0, "eth_getBlockReceipts", spoil_status)
    several.lie(1, "eth_getBlockReceipts", lambda _: [])

    assert several.connect().block_receipts(block_hash) == true


def spoil_status(receipts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**receipt, "status": "0x0"} for receipt in receipts]


def test_only_bad_proofs_are_no_proof(several: Several) -> None:
    chain = several.connect()
    head = chain.head()
    for index in range(3):
        several.lie(index, "eth_getProof", lambda result: {**result, "accountProof": ["0x80"]})

    with pytest.raises(UnavailableError):
        chain.proof(chain.pin.contract, [0], head.block_hash)


def test_missing_state_at_one_node_is_there_at_another(several: Several) -> None:
    chain = several.connect()
    head = chain.head()
    several.lie(0, "eth_getProof", lambda _: None)

    assert chain.proof(chain.pin.contract, [0], head.block_hash) is not None


# --- any number of them, in any state ------------------------------------------------------

BELIEVED = ChainPin(
    chain_id=77,
    genesis_hash=keccak256(b"true 0"),
    contract=bytes(20),
    log_id=bytes(32),
    code_hash=keccak256(b"\x60"),
    roots_slot=0,
)


@dataclass(frozen=True)
class Node5:
    """What one of five nodes says: whose chain, up to where it is final; None = it is away."""

    chain: str | None
    final: int

    def answer(self, request: dict[str, Any]) -> object:
        if self.chain is None:
            return b""
        if request["method"] == "eth_chainId":
            return hex(BELIEVED.chain_id)
        if request["method"] == "eth_getCode":
            return "0x60"
        tag = request["params"][0]
        number = self.final if tag == "finalized" else int(tag, 16)
        name = f"true {number}" if number == 0 else f"{self.chain} {number}"
        return {
            "hash": "0x" + keccak256(name.encode()).hex(),
            "number": hex(number),
            "timestamp": hex(1_700_000_000 + number),
        }


@pytest.fixture(scope="module")
def five() -> Iterator[list[LyingServer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(lying(lambda _: b"")) for _ in range(5)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nodes=st.lists(
        st.builds(
            Node5,
            chain=st.sampled_from(["true", "true", "true", "forked", "forged", None]),
            final=st.integers(1, 6),
        ),
        min_size=5,
        max_size=5,
    ),
    quorum=st.integers(1, 5),
)
def test_finalized_is_what_a_quorum_says_or_nothing(
    five: list[LyingServer], nodes: list[Node5], quorum: int
) -> None:
    for server, node in zip(five, nodes, strict=True):
        server.answer = answering(node)
    chain = connect_chain(
        [server.url for server in five], BELIEVED, quorum=quorum, level="trusted-rpc"
    )
    chains = {node.chain for node in nodes} - {None}

    def supporters(block_hash: bytes, number: int) -> int:
        return sum(
            node.final >= number and block_hash == keccak256(f"{node.chain} {number}".encode())
            for node in nodes
        )

    if max((sum(n.chain == name for n in nodes) for name in chains), default=0) < quorum:
        with pytest.raises(UnavailableError):
            chain.finalized()
        return
    block = chain.finalized()

    assert supporters(block.block_hash, block.number) >= quorum


def answering(node: Node5) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    def answer(request: dict[str, Any]) -> tuple[int, bytes]:
        made = node.answer(request)
        if isinstance(made, bytes):
            return 503, made
        return 200, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": made}).encode()

    return answer


# --- the real worker -----------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lies", "stalls", "is away"])
def test_worker_anchors_once_whatever_one_node_does(tmp_path: Path, fault: str) -> None:
    with running_chain(tmp_path) as (anvil, fresh), ExitStack() as stack:
        relays = [stack.enter_context(relaying(lambda: anvil.url)) for _ in range(3)]
        several = Several(anvil, fresh, relays)
        chain = several.connect()
        chain.check_pin()
        before = chain.nonce(fresh.sender.address)
        if fault == "lies":
            relays[0].change = lambda request, result: (
                result if request["method"] in {"eth_chainId", "eth_getCode"} else spoil(result)
            )
        relays[1].is_stalled = fault == "stalls"
        relays[2].is_away = fault == "is away"
        made = Anchoring(tmp_path, chain, fresh.sender)
        stack.callback(made.close)
        for entries in (2, 3, 4):
            made.log.grow(entries)
            made.step_until(made.is_done, between=anvil.mine)

        assert chain.anchored_head() == made.log.newest_signed()
        assert made.states() == [AnchorState.FINAL] * 3
        assert chain.nonce(fresh.sender.address) == before + 3, "exactly one transaction each"


def test_one_node_alone_cannot_say_that_state_is_gone(several: Several) -> None:
    """It would make the worker settle for a later, wider proof."""
    chain = several.connect()
    head = chain.head()
    several.lie(0, "eth_getProof", lambda _: None)
    for index in (1, 2):
        several.lie(index, "eth_getProof", lambda _: b"")

    with pytest.raises(UnavailableError):
        chain.proof(chain.pin.contract, [0], head.block_hash)

    several.lie(1, "eth_getProof", lambda _: None)
    assert chain.proof(chain.pin.contract, [0], head.block_hash) is None


# --- how they do ---------------------------------------------------------------------------


def test_status_holds_no_access_key(several: Several) -> None:
    chain = several.connect()
    for relay in several.relays:
        relay.is_away = True
    with pytest.raises(UnavailableError) as caught:
        chain.finalized()

    assert SECRET in several.relays[0].url
    assert SECRET not in repr(chain.endpoints())
    assert SECRET not in str(caught.value)


def test_status_of_a_healthy_chain(several: Several) -> None:
    chain = several.connect()
    before = chain.endpoints()
    chain.finalized()
    after = chain.endpoints()

    assert [s.behind_by for s in before] == [None, None, None]
    assert [s.behind_by for s in after] == [0, 0, 0]
    assert [replace(s, place="") for s in after] == [replace(after[0], place="")] * 3
    assert after[0].last_error is None
    assert after[0].outvoted == 0


@pytest.mark.parametrize("quorum", [0, 4, -1])
def test_quorum_must_be_possible(several: Several, quorum: int) -> None:
    with pytest.raises(MalformedError) as caught:
        several.connect(quorum=quorum)

    assert caught.value.field == "quorum"


def test_one_node_is_not_counted_twice(several: Several) -> None:
    url = several.anvil.url

    with pytest.raises(MalformedError) as caught:
        connect_chain([url, url], several.chain.pin, quorum=2)

    assert caught.value.field == "nodes"
