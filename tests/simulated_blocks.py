"""What happens on a simulated chain: pool, blocks, reorganisations, finality.

Blocks, headers, states and receipts are real: a state trie with the contract's account and storage
and EIP-2935's history contract, and a receipts trie, so that the worker's verifier judges proofs
for what they are. Signed transactions are opaque bytes of the simulator's own sender, for speed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import simulated_state as state
from simulated_state import keccak

from provenance import merkle, rlp
from provenance.anchor import HISTORY_CODE_HASH, HISTORY_CONTRACT, root_storage_slot
from provenance.anchored_event import EVENT_TOPIC
from provenance.digests import RootHash
from provenance.errors import VerificationError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import (
    AnchorCall,
    AnchoredEvent,
    Attempt,
    Block,
    Broadcast,
    ChainPin,
    TransactionReceipt,
    UnsignedTransaction,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from provenance.anchor_evidence import Level

CONTRACT = bytes.fromhex("c0" * 20)
SENDER = bytes.fromhex("5e" * 20)
CODE_HASH = hashlib.sha256(b"code").digest()
LOG_ID = hashlib.sha256(b"log").digest()
CHAIN_ID = 31337
GAS = 60_000
"""What a call needs; with less it reverts."""


class SimulatedClock:
    """A clock that moves when told, and may be set back."""

    def __init__(self) -> None:
        self.unix = 1_800_000_000
        self.steady = 0.0

    def pass_time(self, seconds: float) -> None:
        self.unix += int(seconds)
        self.steady += seconds

    def now_unix(self) -> int:
        return self.unix

    def monotonic(self) -> float:
        return self.steady


class SimulatedSender:
    """Signs by writing the members down; equal members give equal bytes."""

    address = SENDER

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        one = transaction
        assert not one.legacy or one.max_fee_wei == one.priority_fee_wei
        members = [one.chain_id, one.nonce, (one.to or b"").hex(), one.data.hex(), one.gas]
        fees = [one.max_fee_wei, one.priority_fee_wei, one.legacy]
        raw = json.dumps([*members, *fees]).encode()
        return transaction.signed(raw, hashlib.sha256(raw).digest())


@dataclass(frozen=True)
class Transaction:
    """What the signed bytes say."""

    tx_hash: bytes
    chain_id: int
    nonce: int
    data: bytes
    gas: int
    max_fee_wei: int
    priority_fee_wei: int
    legacy: bool

    @classmethod
    def parse(cls, raw: bytes) -> Transaction:
        chain_id, nonce, _, data, gas, cap, tip, legacy = json.loads(raw)
        tx_hash = hashlib.sha256(raw).digest()
        return cls(tx_hash, chain_id, nonce, bytes.fromhex(data), gas, cap, tip, legacy)

    def call(self) -> AnchorCall:
        return read_call(self.data)


def write_call(call: AnchorCall) -> bytes:
    members = [call.tree_size, call.root_hash.hex(), [h.hex() for h in call.path]]
    return json.dumps(members).encode()


def read_call(data: bytes) -> AnchorCall:
    tree_size, root, path = json.loads(data)
    hashes = tuple(bytes.fromhex(h) for h in path)
    return AnchorCall(tree_size, RootHash(bytes.fromhex(root)), hashes)


@dataclass(frozen=True)
class SimulatedBlock:
    """One block and the state after it."""

    block: Block
    accounts: state.Node | None
    storage: state.Node | None
    history: state.Node | None
    nonce: int
    roots: tuple[tuple[int, bytes], ...]
    """(tree size, root) of every anchor so far."""
    receipts: tuple[TransactionReceipt, ...]
    encoded: tuple[bytes, ...]
    """The same in consensus encoding."""


@dataclass
class Knobs:
    """How the node misbehaves; probabilities for each call."""

    away: float = 0.0
    """A read is not answered."""
    lose_request: float = 0.0
    """A broadcast never arrives."""
    lose_reply: float = 0.0
    """A broadcast arrives, its answer does not."""
    duplicate: float = 0.0
    """A broadcast arrives twice, and the second one is answered; a read is answered as before."""
    lag: float = 0.0
    """A read is answered by a node some blocks behind."""
    steady_lag: int = 0
    """On a chain that is believed: all reads are answered by nodes so many blocks behind."""
    lie: float = 0.0
    """A receipt, a header, a price or a proof is forged, a head is another fork's."""
    slow: float = 0.0
    """A transaction in the pool is passed over by a block."""
    evict: float = 0.0
    """A transaction leaves the pool for good."""
    forget: float = 0.0
    """A mined transaction is missing from the node's index for ever."""
    state_window: int = 128
    """Blocks whose state can be proved."""
    receipts_window: int = 10_000
    """Blocks whose receipts can be had."""
    finality_lag: int = 3
    is_stalled: bool = False
    """Nothing becomes final any more."""
    deep_reorg: bool = False
    """Reorganise below finality, which no honest chain does."""


@dataclass
class SimulatedBlocks:
    """The chain. ``history`` is the canonical one, genesis first."""

    rng: random.Random
    clock: SimulatedClock
    chain_id: int = CHAIN_ID
    evidence_level: Level = "proof"
    is_legacy: bool = False
    knobs: Knobs = field(default_factory=Knobs)
    on_broadcast: Callable[[bytes], None] = lambda _: None
    base_fee_wei: int = 10**9
    balance_wei: int = 10**18
    """Of the sending key."""

    def __post_init__(self) -> None:
        self.known: dict[bytes, SimulatedBlock] = {}
        self.pool: dict[int, Transaction] = {}
        self.history: list[SimulatedBlock] = []
        self.displaced: list[SimulatedBlock] = []
        self.forgotten: set[bytes] = set()
        self.mined: dict[bytes, Transaction] = {}
        self.reverted: list[Transaction] = []
        self.feeble: list[Transaction] = []
        """Replacements that raised the price by less than geth's tenth."""
        self.finality = 0
        genesis = SimulatedBlock(Block(0, bytes(32), 0, b""), None, None, None, 0, (), (), ())
        self._append(genesis, [])
        genesis_hash = self.history[0].block.block_hash
        self.pin = ChainPin(self.chain_id, genesis_hash, CONTRACT, LOG_ID, CODE_HASH, 0)

    # --- what happens ----------------------------------------------------------------------

    def mine(self) -> None:
        """Make a block of the pool's next transactions, by nonce, if their caps suffice."""
        taken: list[Transaction] = []
        while True:
            following = self.history[-1].nonce + len(taken)
            transaction = self.pool.get(following)
            if transaction is None or transaction.max_fee_wei < self.base_fee_wei:
                break
            if self.rng.random() < self.knobs.slow:
                break
            taken.append(self.pool.pop(following))
        if self.knobs.evict:
            for nonce in list(self.pool):
                if self.rng.random() < self.knobs.evict:
                    del self.pool[nonce]
        self._append(self.history[-1], taken)
        if not self.knobs.is_stalled:
            self.finality = max(self.finality, len(self.history) - 1 - self.knobs.finality_lag)

    def reorganise(self, depth: int, *, back_to_pool: bool) -> list[SimulatedBlock]:
        """Replace the newest blocks by as many empty ones and one more; return the old ones."""
        lowest = 1 if self.knobs.deep_reorg else self.finality + 1
        depth = min(depth, len(self.history) - lowest)
        if depth <= 0:
            return []
        gone = self.history[-depth:]
        del self.history[-depth:]
        self.displaced = gone
        if back_to_pool:
            for block in gone:
                for receipt in block.receipts:
                    transaction = self.mined[receipt.tx_hash]
                    self.pool.setdefault(transaction.nonce, transaction)
        for _ in range(depth + 1):
            self._append(self.history[-1], [])
        return gone

    def accept(self, transaction: Transaction) -> Broadcast:
        """Take a transaction into the pool by geth's rules."""
        assert transaction.chain_id == self.chain_id, "a transaction of another chain"
        assert transaction.legacy == self.is_legacy, "a transaction this chain does not take"
        if transaction.nonce < self.history[-1].nonce:
            return Broadcast.NONCE_TOO_LOW
        held = self.pool.get(transaction.nonce)
        if held is not None:
            if held.tx_hash == transaction.tx_hash:
                return Broadcast.KNOWN
            is_dearer = (
                transaction.max_fee_wei * 10 >= held.max_fee_wei * 11
                and transaction.priority_fee_wei * 10 >= held.priority_fee_wei * 11
            )
            if not is_dearer:
                if transaction.max_fee_wei > held.max_fee_wei:
                    self.feeble.append(transaction)
                return Broadcast.UNDERPRICED
        self.pool[transaction.nonce] = transaction
        return Broadcast.ACCEPTED

    # --- blocks ----------------------------------------------------------------------------

    def _append(self, parent: SimulatedBlock, taken: list[Transaction]) -> None:
        number = len(self.history)
        roots = parent.roots
        events: list[AnchoredEvent | None] = []
        for transaction in taken:
            self.mined[transaction.tx_hash] = transaction
            event = execute(roots, transaction.call()) if transaction.gas >= GAS else None
            events.append(event)
            if event is None:
                self.reverted.append(transaction)
            else:
                roots = (*roots, (event.tree_size, event.root_hash))
            if self.rng.random() < self.knobs.forget:
                self.forgotten.add(transaction.tx_hash)
        encoded = tuple(_encoded(event, self.is_legacy) for event in events)
        nonce = parent.nonce + len(taken)
        made = self._block(parent, number, nonce, roots, encoded)
        receipts = tuple(
            TransactionReceipt(
                tx_hash=taken[i].tx_hash,
                block_number=number,
                block_hash=made.block.block_hash,
                transaction_index=i,
                succeeded=event is not None,
                anchored=() if event is None else (event,),
            )
            for i, event in enumerate(events)
        )
        made = SimulatedBlock(
            made.block, made.accounts, made.storage, made.history, nonce, roots, receipts, encoded
        )
        self.history.append(made)
        self.known[made.block.block_hash] = made

    def _block(
        self,
        parent: SimulatedBlock,
        number: int,
        nonce: int,
        roots: tuple[tuple[int, bytes], ...],
        encoded: Sequence[bytes],
    ) -> SimulatedBlock:
        timestamp = max(self.clock.unix, parent.block.timestamp + 1)
        # a salt in the extra data: two blocks of one height are never the same block
        salt = self.rng.randbytes(8)
        if self.evidence_level == "trusted-rpc":
            block = Block(number, hashlib.sha256(salt).digest(), timestamp, b"")
            return SimulatedBlock(block, None, None, None, nonce, roots, (), ())
        storage, history = parent.storage, parent.history
        for tree_size, root_hash in roots[len(parent.roots) :]:
            slot = root_storage_slot(LOG_ID, tree_size, 0)
            storage = state.put(storage, keccak(slot), rlp.encode(root_hash.lstrip(b"\0")))
        if number:
            slot = ((number - 1) % 8191).to_bytes(32, "big")
            named = rlp.encode(parent.block.block_hash.lstrip(b"\0"))
            history = state.put(history, keccak(slot), named)
        accounts = _accounts(parent.accounts, nonce, storage, history)
        parts: list[rlp.Item] = [
            *(parent.block.block_hash, bytes(32), bytes(20), state.root_hash(accounts), bytes(32)),
            *(_receipts_root(encoded), bytes(256), b"", rlp.encode_integer(number)),
            *(rlp.encode_integer(GAS), b"", rlp.encode_integer(timestamp), salt),
            *(bytes(32), bytes(8)),
        ]
        header = rlp.encode(parts)
        block = Block(number, keccak(header), timestamp, header)
        return SimulatedBlock(block, accounts, storage, history, nonce, roots, (), ())


def execute(roots: tuple[tuple[int, bytes], ...], call: AnchorCall) -> AnchoredEvent | None:
    """Do what the contract does; None = reverted."""
    if roots:
        size, root = roots[-1]
        if call.tree_size <= size:
            return None
        try:
            merkle.verify_consistency(
                size, call.tree_size, call.path, RootHash(root), call.root_hash
            )
        except VerificationError:
            return None
    elif call.path:
        return None
    return AnchoredEvent(call.tree_size, call.root_hash)


def _accounts(
    before: state.Node | None, nonce: int, storage: state.Node | None, history: state.Node | None
) -> state.Node:
    made, number = before, rlp.encode_integer
    for address, account in (
        (SENDER, [number(nonce), number(10**20), state.EMPTY_ROOT, keccak(b"")]),
        (CONTRACT, [number(1), b"", state.root_hash(storage), CODE_HASH]),
        (HISTORY_CONTRACT, [number(1), b"", state.root_hash(history), HISTORY_CODE_HASH]),
    ):
        made = state.put(made, keccak(address), rlp.encode([*account]))
    assert made is not None
    return made


def _encoded(event: AnchoredEvent | None, is_legacy: bool) -> bytes:  # noqa: FBT001 -- of the chain
    """Write a transaction receipt as its block's trie holds it (EIP-658, EIP-2718)."""
    events: list[rlp.Item] = []
    if event is not None:
        topics: list[rlp.Item] = [EVENT_TOPIC, LOG_ID, event.tree_size.to_bytes(32, "big")]
        events.append([CONTRACT, topics, event.root_hash])
    status = b"" if event is None else b"\x01"
    body = rlp.encode([status, rlp.encode_integer(GAS), bytes(256), events])
    return body if is_legacy else b"\x02" + body


def _receipts_root(encoded: Sequence[bytes]) -> bytes:
    root: state.Node | None = None
    for index, octets in enumerate(encoded):
        # one byte for every index below 128, so that no key is another's beginning
        root = state.put(root, rlp.encode(rlp.encode_integer(index)), octets)
    return state.root_hash(root)


assert keccak(b"") == keccak256(b"")  # the simulator's fast hash is the one under test
