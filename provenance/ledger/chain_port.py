"""What anchoring needs from outside: a chain, the key that pays, the log's own word, a clock.

Every one of these has two implementations, a real one and the simulator of the tests, so the
worker's rules (``anchor_checkpoint.py``) run unchanged against a node that lies, forgets and
reorganises. What it keeps of its own is in ``anchor_port.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor_evidence import Level
    from provenance.anchor_statement import AnchorStatement
    from provenance.digests import RootHash

__all__ = [
    "AnchorCall",
    "AnchoredEvent",
    "Attempt",
    "Attestor",
    "Block",
    "Broadcast",
    "Chain",
    "ChainPin",
    "Clock",
    "DatedBlock",
    "Fees",
    "NamedBlock",
    "Proof",
    "Sender",
    "TransactionReceipt",
    "UnsignedTransaction",
]

# --- values --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChainPin:
    """The one place on one chain where a ledger anchors; checked at every (re)connect (W2)."""

    chain_id: int
    genesis_hash: bytes
    """32 bytes; two development chains may share an id but never this."""
    contract: bytes
    """20 bytes."""
    log_id: bytes
    """32 bytes, ``keccak256(abi.encode(registrar, keccak256(origin)))``."""
    code_hash: bytes
    """keccak-256 of the contract's runtime code, 32 bytes."""
    roots_slot: int
    """Storage slot of the contract's mapping ``roots``."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block whose header's bytes were checked against its hash, where the chain has such."""

    number: int
    block_hash: bytes
    timestamp: int
    """POSIX seconds, as the chain has it."""
    header: bytes
    """RLP; keccak-256 of it is ``block_hash``. Empty on a chain of level ``trusted-rpc``."""


@dataclass(frozen=True, slots=True)
class DatedBlock:
    """The finalized block a beacon may name, and when this machine learned of it."""

    chain_id: int
    block: Block
    seen_unix: int
    """Local clock, for scheduling only; never evidence (W14)."""


@dataclass(frozen=True, slots=True)
class NamedBlock:
    """A block that a beacon entry of the log names, to be proved by EIP-2935."""

    number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class AnchorCall:
    """The contract call that anchors one checkpoint."""

    tree_size: int
    root_hash: RootHash
    path: tuple[bytes, ...]
    """RFC 9162 consistency proof from the head on chain; empty for the first anchor."""


@dataclass(frozen=True, slots=True)
class AnchoredEvent:
    """A CheckpointAnchored event of our contract for our log, found in a transaction receipt."""

    tree_size: int
    root_hash: bytes


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What a node says became of a transaction: a hint where to look, never evidence (W12)."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    transaction_index: int
    """Its place in the block, zero-based: the key of its proof in the receipts trie."""
    succeeded: bool
    anchored: tuple[AnchoredEvent, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Account and storage proofs by block hash (EIP-1186, EIP-1898), not yet checked."""

    account_proof: tuple[bytes, ...]
    storage_proofs: tuple[tuple[bytes, ...], ...]
    """One for each slot asked for, in order."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What the chain asks at head, in wei per gas (EIP-1559, or one gas price before it)."""

    base_fee_wei: int
    """0 on a legacy chain."""
    priority_fee_wei: int
    """On a legacy chain the gas price."""
    legacy: bool = False
    """The chain takes no EIP-1559 transactions: cap and tip of an attempt are its gas price."""


class Broadcast(Enum):
    """What a node's answer to a broadcast means (W8); all but two leave the transaction alive."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    NONCE_TOO_LOW = "nonce-too-low"
    """Some transaction with this nonce is mined; it may be one of ours."""
    UNDERPRICED = "underpriced"
    """Some transaction holds the nonce in the pool and pays more; it may be one of ours."""
    NO_FUNDS = "no-funds"
    UNKNOWN = "unknown"
    """Anything else, time-outs included: maybe sent."""


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """A transaction of value 0 before its signature: of type 2 (EIP-1559), or an older one."""

    chain_id: int
    nonce: int
    to: bytes | None
    """The contract, 20 bytes; None to create one from ``data``."""
    data: bytes
    gas: int
    max_fee_wei: int
    """Wei per gas at most; of a legacy transaction its gas price."""
    priority_fee_wei: int
    """The tip, wei per gas; of a legacy transaction the gas price again."""
    legacy: bool = False
    """Sign it as an EIP-155 transaction."""

    def signed(self, raw: bytes, tx_hash: bytes) -> Attempt:
        """Return the attempt that the signed bytes are."""
        return Attempt(tx_hash, raw, self.max_fee_wei, self.priority_fee_wei, self.gas, None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction for an anchor; attempts differ in fees and gas only (W6)."""

    tx_hash: bytes
    raw: bytes
    max_fee_wei: int
    priority_fee_wei: int
    gas: int
    broadcast_unix: int | None
    """When these bytes were first handed to a node, by the local clock; None = never."""


# --- ports ---------------------------------------------------------------------------------


class Clock(Protocol):
    """The local clock: it schedules, and is never evidence (W14)."""

    def now_unix(self) -> int:
        """Return POSIX seconds."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""


class Sender(Protocol):
    """The key that pays for anchors; one per ledger, used by nothing else (W3)."""

    @property
    def address(self) -> bytes:
        """The key's account, 20 bytes."""

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        """Sign it; the same bytes for equal transactions (RFC 6979), or others each time.

        Raises:
            UnavailableError: an external signer is away.
        """


class Attestor(Protocol):
    """The log's checkpoint keys, for the evidence of chains that prove nothing."""

    @property
    def origin(self) -> str:
        """The log's name line."""

    def attest(self, statement: AnchorStatement) -> str:
        """Return the statement as a note signed by the key of its tree size."""


class Chain(Protocol):
    """One chain, seen through one pinned contract and log; one node of it or a quorum of many.

    Every method may raise UnavailableError and may lie; no method retries. On a chain of level
    ``proof`` blocks come with headers that hash to what was asked for, so a lie about a header is
    an error here. ``check_pin``, ``finalized`` and ``canonical_hash`` are what a quorum says, and
    on a chain of level ``trusted-rpc`` so is every other answer.
    """

    @property
    def evidence_level(self) -> Level:
        """Whether this chain's state can be proved (``proof``) or is believed."""

    @property
    def pin(self) -> ChainPin:
        """What this transport is pinned to."""

    def check_pin(self) -> None:
        """Compare chain id, genesis hash and code hash with the pin (W2).

        Raises:
            WrongChainError: one of them differs.
        """

    def anchorer(self) -> bytes:
        """Return the account that may anchor our log, at head."""

    def anchored_head(self) -> tuple[int, bytes]:
        """Return (tree size, root hash) of our log on chain at head; size 0 when none."""

    def anchored_root(self, tree_size: int) -> bytes | None:
        """Return the root (32 bytes) of our log on chain at ``tree_size``, at head; None = none.

        A call of the contract's view, not a proof: only a chain of level ``trusted-rpc`` is
        asked.
        """

    def nonce(self, sender: bytes) -> int:
        """Return the count of transactions mined from ``sender``, at head."""

    def balance(self, account: bytes) -> int:
        """Return an account's wei at head."""

    def fees(self) -> Fees:
        """Return what the chain asks at head."""

    def call_data(self, call: AnchorCall) -> bytes:
        """Encode the contract call; no network."""

    def dry_run(self, sender: bytes, data: bytes) -> int:
        """Execute the call at head without sending it and return the gas it needs (W13).

        Raises:
            AnchorRefusedError: it would revert.
        """

    def broadcast(self, raw: bytes) -> Broadcast:
        """Hand signed bytes to the node; never raises UnavailableError: see Broadcast.UNKNOWN."""

    def transaction_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Return what became of a transaction, None while it is in no block."""

    def block_by_hash(self, block_hash: bytes) -> Block | None:
        """Return the block with this hash, canonical or not; None when unknown."""

    def canonical_hash(self, number: int) -> bytes | None:
        """Return the hash of the canonical block at ``number``, None above the head."""

    def head(self) -> Block:
        """Return the newest block."""

    def finalized(self) -> Block:
        """Return the newest final block by the chain's rule (tag or declared depth)."""

    def proof(self, account: bytes, slots: Sequence[int], block_hash: bytes) -> Proof | None:
        """Fetch proofs by block hash, unchecked; None when the node no longer has that state."""

    def block_receipts(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Fetch the consensus encodings of a block's transaction receipts, unchecked.

        In the order of the transactions: the type's byte and RLP, or plain RLP for a legacy
        transaction (EIP-2718). None when the node no longer has them, or has no such method.
        """

    def ask_for_block(self) -> None:
        """Say, from any thread, that a fresh finalized block is wanted; never blocks.

        Only a chain that makes blocks on demand cares.
        """

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        """Let a chain that makes blocks on demand make one, now that all evidence is taken.

        Args:
            target: a block number that somebody waits to see final, None when nobody does.
            inclusion: a broadcast transaction waits to be mined.
        """
