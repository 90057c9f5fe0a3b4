"""A chain in memory behind the port ``Chain``, with knobs for everything a node may do to us.

Its blocks, headers and proofs are real: an own state trie (py-trie) with the contract's account
and storage and EIP-2935's history contract, so the worker's verifier judges them for what they
are. Signed transactions are opaque bytes of the simulator's own sender, for speed. A node loses
requests and replies, is late, lags behind, forgets, evicts, reorganises above its finality,
replaces by geth's rule, and lies in receipts, headers and proofs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from provenance import merkle, rlp
from provenance.anchor import HISTORY_CODE_HASH, HISTORY_CONTRACT, root_storage_slot
from provenance.digests import RootHash
from provenance.errors import (
    AnchorRefusedError,
    NotEthereumHeaderError,
    UnavailableError,
    VerificationError,
)
from provenance.keccak import keccak256
from provenance.ledger.chain_port import (
    AnchorCall,
    AnchoredEvent,
    Attempt,
    Block,
    Broadcast,
    ChainPin,
    Fees,
    Proof,
    TransactionReceipt,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

CONTRACT = bytes.fromhex("c0" * 20)
SENDER = bytes.fromhex("5e" * 20)
CODE_HASH = hashlib.sha256(b"code").digest()
LOG_ID = hashlib.sha256(b"log").digest()
CHAIN_ID = 31337
GAS = 80_000
SLOT_SECONDS = 12


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

    def sign(
        self,
        *,
        chain_id: int,
        nonce: int,
        to: bytes,
        data: bytes,
        gas: int,
        max_fee_wei: int,
        priority_fee_wei: int,
    ) -> Attempt:
        members = [chain_id, nonce, to.hex(), data.hex(), gas, max_fee_wei, priority_fee_wei]
        raw = json.dumps(members).encode()
        return Attempt(hashlib.sha256(raw).digest(), raw, max_fee_wei, priority_fee_wei, gas, None)


@dataclass(frozen=True)
class Transaction:
    """What the signed bytes say."""

    tx_hash: bytes
    nonce: int
    data: bytes
    max_fee_wei: int
    priority_fee_wei: int

    @classmethod
    def parse(cls, raw: bytes) -> Transaction:
        _, nonce, _, data, _, cap, tip = json.loads(raw)
        return cls(hashlib.sha256(raw).digest(), nonce, bytes.fromhex(data), cap, tip)

    def call(self) -> AnchorCall:
        tree_size, root, path = json.loads(self.data)
        return AnchorCall(
            tree_size, RootHash(bytes.fromhex(root)), tuple(bytes.fromhex(h) for h in path)
        )


@dataclass(frozen=True)
class SimulatedBlock:
    """One block and the state after it."""

    block: Block
    state_root: bytes
    contract_root: bytes
    history_root: bytes
    nonce: int
    roots: tuple[tuple[int, bytes], ...]
    """(tree size, root) of every anchor so far."""
    receipts: tuple[TransactionReceipt, ...]


@dataclass
class Knobs:
    """How the node misbehaves; probabilities for each call."""

    away: float = 0.0
    """A read is not answered."""
    lose_request: float = 0.0
    """A broadcast never arrives."""
    lose_reply: float = 0.0
    """A broadcast arrives, its answer does not."""
    lag: float = 0.0
    """A read is answered by a node some blocks behind."""
    lie: float = 0.0
    """A receipt, a header or a proof is forged."""
    slow: float = 0.0
    """A transaction in the pool is passed over by a block."""
    evict: float = 0.0
    """A transaction leaves the pool for good."""
    forget: float = 0.0
    """A mined transaction is missing from the node's index for ever."""
    state_window: int = 128
    """Blocks whose state can be proved."""
    finality_lag: int = 3
    deep_reorg: bool = False
    """Reorganise below finality, which no honest chain does."""


@dataclass
class SimulatedChain:
    """The node. ``history`` is the canonical chain, genesis first."""

    rng: random.Random
    clock: SimulatedClock
    knobs: Knobs = field(default_factory=Knobs)
    on_broadcast: Callable[[bytes], None] = lambda _: None
    base_fee_wei: int = 10**9

    def __post_init__(self) -> None:
        self._nodes: dict[bytes, bytes] = {}
        self._known: dict[bytes, SimulatedBlock] = {}
        self.pool: dict[int, Transaction] = {}
        self.history: list[SimulatedBlock] = []
        self._forgotten: set[bytes] = set()
        self._mined: dict[bytes, Transaction] = {}
        self.finality = 0
        empty = HexaryTrie(self._nodes).root_hash
        genesis = SimulatedBlock(Block(0, bytes(32), 0, b""), empty, empty, empty, 0, (), ())
        self._append(genesis, [])
        self.pin = ChainPin(
            CHAIN_ID, self.history[0].block.block_hash, CONTRACT, LOG_ID, CODE_HASH, 0
        )

    # --- what happens on the chain ---------------------------------------------------------

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
        for nonce in list(self.pool):
            if self.rng.random() < self.knobs.evict:
                del self.pool[nonce]
        self._append(self.history[-1], taken)
        self.finality = max(self.finality, len(self.history) - 1 - self.knobs.finality_lag)

    def reorganise(self, depth: int, *, back_to_pool: bool) -> None:
        """Replace the newest blocks by as many empty ones and one more."""
        lowest = 1 if self.knobs.deep_reorg else self.finality + 1
        depth = min(depth, len(self.history) - lowest)
        if depth <= 0:
            return
        gone = self.history[-depth:]
        del self.history[-depth:]
        if back_to_pool:
            for block in gone:
                for receipt in block.receipts:
                    transaction = self._mined[receipt.tx_hash]
                    self.pool.setdefault(transaction.nonce, transaction)
        for _ in range(depth + 1):
            self._append(self.history[-1], [])

    def _append(self, parent: SimulatedBlock, taken: list[Transaction]) -> None:
        number = len(self.history)
        roots = parent.roots
        events: list[AnchoredEvent | None] = []
        for transaction in taken:
            self._mined[transaction.tx_hash] = transaction
            event = self._execute(roots, transaction.call())
            events.append(event)
            if event is not None:
                roots = (*roots, (event.tree_size, event.root_hash))
            if self.rng.random() < self.knobs.forget:
                self._forgotten.add(transaction.tx_hash)
        contract_root = self._storage(parent.contract_root, roots[len(parent.roots) :])
        history_root = self._remember(parent, number)
        nonce = parent.nonce + len(taken)
        state_root = self._state(nonce, contract_root, history_root)
        block = self._header(parent, number, state_root)
        receipts = tuple(
            TransactionReceipt(
                t.tx_hash, number, block.block_hash, e is not None, () if e is None else (e,)
            )
            for t, e in zip(taken, events, strict=True)
        )
        made = SimulatedBlock(
            block, state_root, contract_root, history_root, nonce, roots, receipts
        )
        self.history.append(made)
        self._known[block.block_hash] = made

    @staticmethod
    def _execute(roots: tuple[tuple[int, bytes], ...], call: AnchorCall) -> AnchoredEvent | None:
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

    def _storage(self, root: bytes, added: tuple[tuple[int, bytes], ...]) -> bytes:
        trie = HexaryTrie(self._nodes, root)
        for tree_size, root_hash in added:
            slot = root_storage_slot(LOG_ID, tree_size, 0)
            trie[keccak(slot)] = rlp.encode(root_hash.lstrip(b"\0"))
        return bytes(trie.root_hash)

    def _remember(self, parent: SimulatedBlock, number: int) -> bytes:
        trie = HexaryTrie(self._nodes, parent.history_root)
        if number:
            slot = ((number - 1) % 8191).to_bytes(32, "big")
            trie[keccak(slot)] = rlp.encode(parent.block.block_hash.lstrip(b"\0"))
        return bytes(trie.root_hash)

    def _state(self, nonce: int, contract_root: bytes, history_root: bytes) -> bytes:
        trie, number = HexaryTrie(self._nodes), rlp.encode_integer
        for address, account in (
            (SENDER, [number(nonce), number(10**20), trie.BLANK_NODE_HASH, keccak(b"")]),
            (CONTRACT, [number(1), b"", contract_root, CODE_HASH]),
            (HISTORY_CONTRACT, [number(1), b"", history_root, HISTORY_CODE_HASH]),
        ):
            trie[keccak(address)] = rlp.encode([*account])
        return bytes(trie.root_hash)

    def _header(self, parent: SimulatedBlock, number: int, state_root: bytes) -> Block:
        timestamp = max(self.clock.unix, parent.block.timestamp + 1)
        # a salt in the extra data: two blocks of one height are never the same block
        salt = self.rng.randbytes(8)
        parent_hash, encoded = parent.block.block_hash, rlp.encode_integer
        header = rlp.encode(
            [
                *(parent_hash, bytes(32), bytes(20), state_root, bytes(32), bytes(32), bytes(256)),
                *(b"", encoded(number), encoded(GAS), b"", encoded(timestamp), salt),
                *(bytes(32), bytes(8)),
            ]
        )
        return Block(number, keccak(header), timestamp, header)

    # --- the port --------------------------------------------------------------------------

    def _view(self) -> list[SimulatedBlock]:
        """Return the chain as the node that answers sees it."""
        if self.rng.random() < self.knobs.away:
            raise UnavailableError("simulated: no answer")
        if self.rng.random() < self.knobs.lag:
            return self.history[: max(1, len(self.history) - self.rng.randint(1, 4))]
        return self.history

    def _lies(self) -> bool:
        return self.rng.random() < self.knobs.lie

    def check_pin(self) -> None:
        self._view()

    def anchorer(self) -> bytes:
        self._view()
        return SENDER

    def anchored_head(self) -> tuple[int, bytes]:
        roots = self._view()[-1].roots
        if self._lies():
            return self.rng.randrange(1_000), self.rng.randbytes(32)
        return roots[-1] if roots else (0, bytes(32))

    def nonce(self, sender: bytes) -> int:
        assert sender == SENDER
        nonce = self._view()[-1].nonce
        return nonce + self.rng.randint(-2, 3) if self._lies() else nonce

    def fees(self) -> Fees:
        self._view()
        return Fees(self.base_fee_wei, 10**9)

    def call_data(self, call: AnchorCall) -> bytes:
        members = [call.tree_size, call.root_hash.hex(), [h.hex() for h in call.path]]
        return json.dumps(members).encode()

    def dry_run(self, sender: bytes, data: bytes) -> int:
        assert sender == SENDER
        view = self._view()
        if self._lies():
            return GAS
        if self._execute(view[-1].roots, Transaction(b"", 0, data, 0, 0).call()) is None:
            raise AnchorRefusedError("simulated: reverted")
        return GAS

    def broadcast(self, raw: bytes) -> Broadcast:
        self.on_broadcast(raw)
        if self.rng.random() < self.knobs.lose_request:
            return Broadcast.UNKNOWN
        outcome = self._accept(Transaction.parse(raw))
        return Broadcast.UNKNOWN if self.rng.random() < self.knobs.lose_reply else outcome

    def _accept(self, transaction: Transaction) -> Broadcast:
        """Take a transaction into the pool by geth's rules."""
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
                return Broadcast.UNDERPRICED
        self.pool[transaction.nonce] = transaction
        return Broadcast.ACCEPTED

    def transaction_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        view = self._view()
        if self._lies():
            return self._forged_receipt(tx_hash)
        if tx_hash in self._forgotten:
            return None
        for block in view:
            for receipt in block.receipts:
                if receipt.tx_hash == tx_hash:
                    return receipt
        return None

    def _forged_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Say that a transaction is mined which is not, or mined elsewhere, or not mined."""
        victim = self._mined.get(tx_hash) or self.pool.get(self.history[-1].nonce)
        if victim is None or self.rng.random() < 0.3:
            return None
        call = victim.call()
        block = self.rng.choice(self.history).block
        block_hash = self.rng.choice([block.block_hash, self.rng.randbytes(32)])
        event = AnchoredEvent(call.tree_size, call.root_hash)
        return TransactionReceipt(
            tx_hash, block.number, block_hash, succeeded=True, anchored=(event,)
        )

    def block_by_hash(self, block_hash: bytes) -> Block | None:
        self._view()
        if self._lies():
            raise NotEthereumHeaderError("simulated: a forged header was found out")
        found = self._known.get(block_hash)
        return None if found is None else found.block

    def canonical_hash(self, number: int) -> bytes | None:
        view = self._view()
        return view[number].block.block_hash if number < len(view) else None

    def head(self) -> Block:
        return self._view()[-1].block

    def finalized(self) -> Block:
        view = self._view()
        return view[min(self.finality, len(view) - 1)].block

    def proof(self, account: bytes, slots: Sequence[int], block_hash: bytes) -> Proof | None:
        self._view()
        found = self._known.get(block_hash)
        if found is None or len(self.history) - 1 - found.block.number >= self.knobs.state_window:
            return None
        if self._lies():
            found = self.rng.choice(self.history)
        storage_root = found.history_root if account == HISTORY_CONTRACT else found.contract_root
        storage = HexaryTrie(self._nodes, storage_root)
        proof = Proof(
            self._path(HexaryTrie(self._nodes, found.state_root), keccak(account)),
            tuple(self._path(storage, keccak(slot.to_bytes(32, "big"))) for slot in slots),
        )
        return self._damaged(proof) if self._lies() else proof

    @staticmethod
    def _path(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
        return tuple(rlp.encode(node) for node in trie.get_proof(key))  # type: ignore[no-untyped-call]  # py-trie

    def _damaged(self, proof: Proof) -> Proof:
        nodes = list(proof.account_proof)
        at = self.rng.randrange(len(nodes))
        octets = bytearray(nodes[at])
        octets[self.rng.randrange(len(octets))] ^= 1 << self.rng.randrange(8)
        nodes[at] = bytes(octets)
        return replace(proof, account_proof=tuple(nodes))

    def ask_for_block(self) -> None:
        pass

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        pass


assert keccak(b"") == keccak256(b"")  # the simulator's fast hash is the one under test
