"""What anchoring needs from outside: a chain, a sending key, a durable store, the log, a clock.

Every one of these has two implementations, a real one and the simulator of the tests, so the
worker's rules (``anchor_checkpoint.py``) run unchanged against a node that lies, forgets and
reorganises, and against a process that dies between any two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor import AnchorState
    from provenance.anchor_evidence import Evidence, HistoryProof, Level
    from provenance.anchor_statement import AnchorStatement
    from provenance.digests import RootHash

__all__ = [
    "Anchor",
    "AnchorCall",
    "AnchorStore",
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
    "Halt",
    "Inclusion",
    "Lease",
    "LogView",
    "NamedBlock",
    "Proof",
    "Sender",
    "TransactionReceipt",
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
class Attempt:
    """One signed transaction for an anchor; attempts differ in fees and gas only (W6)."""

    tx_hash: bytes
    raw: bytes
    max_fee_wei: int
    priority_fee_wei: int
    gas: int
    broadcast_unix: int | None
    """When these bytes were first handed to a node, by the local clock; None = never."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where an anchor was mined, and the checked evidence."""

    tx_hash: bytes
    mined_number: int
    """The block that holds the transaction, as the node said."""
    block: NamedBlock
    """The block the evidence is from: the mined one, or a later one if its state was gone."""
    evidence: Evidence | None
    """Checked. None only until final, on a chain of level ``trusted-rpc``: the statement that is
    its evidence is not signed before (never words about what may still go away)."""
    histories: tuple[tuple[NamedBlock, HistoryProof], ...]
    """For each provable beacon of this anchor's stretch of the log, its EIP-2935 proof."""

    @property
    def widened_by(self) -> int:
        """Blocks between the one that holds the transaction and the later one that proves it."""
        return self.block.number - self.mined_number


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint bound to one nonce for ever, and how far it has come."""

    anchor_id: int
    chain_id: int
    sender: bytes
    nonce: int
    base_size: int
    """Tree size on chain when this was bound: the call proves consistency from there; 0 = none."""
    tree_size: int
    root_hash: RootHash
    call_data: bytes
    """The contract call, the same in every attempt (W6)."""
    state: AnchorState
    prepared_unix: int
    attempts: tuple[Attempt, ...]
    """Oldest first; never empty."""
    inclusion: Inclusion | None
    final_unix: int | None = None
    """When this machine saw it final, by the local clock; never evidence."""
    violated_unix: int | None = None
    """When its final block was found replaced (W11); it stays ``final``, evidence and all."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one chain's anchors, fenced (W3): an older epoch writes nothing."""

    chain_id: int
    holder: str
    epoch: int
    """Grows with every change of holder."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why anchoring on a chain stays stopped until a person says ``anchor resume``."""

    chain_id: int
    code: str
    """Of the FatalError."""
    message: str
    since_unix: int
    """By the local clock."""


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

    def sign(  # noqa: PLR0913 -- the members of an EIP-1559 transaction
        self,
        *,
        chain_id: int,
        nonce: int,
        to: bytes,
        data: bytes,
        gas: int,
        max_fee_wei: int,
        priority_fee_wei: int,
        legacy: bool,
    ) -> Attempt:
        """Sign a transaction of value 0; the same bytes for equal arguments (RFC 6979), or others.

        Args:
            legacy: sign an EIP-155 transaction whose gas price is ``max_fee_wei``, which then
                equals ``priority_fee_wei``; else one of type 2 (EIP-1559).

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


class LogView(Protocol):
    """What anchoring reads of the transparency log; all durable and signed."""

    def newest_signed(self) -> tuple[int, RootHash]:
        """Return (tree size, root hash) of the newest signed checkpoint."""

    def root_at(self, tree_size: int) -> RootHash:
        """Return the root at a tree size up to the newest signed one."""

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``."""

    def beacons(self, old_size: int, new_size: int, chain_id: int) -> Sequence[NamedBlock]:
        """Return the blocks named by beacon entries of this chain, oldest first.

        Those at indexes from ``old_size`` to below ``new_size``, and before them the newest
        one below ``old_size``: the lower ends of every record this stretch holds.
        """


class AnchorStore(Protocol):
    """The anchors, durably. Each method is one transaction, committed when it returns.

    Anybody may read. Who writes anchors names a lease: the write happens only if that lease's
    epoch still is the chain's, checked in the write's own transaction, else LeaseLostError and
    nothing changed (W3). A method that finds another precondition gone raises ConflictError and
    changes nothing.
    """

    # --- who may write ---------------------------------------------------------------------

    def acquire(self, chain_id: int, holder: str, seconds: float) -> Lease | None:
        """Take or prolong a chain's lease, by the database's clock; None while another has it.

        The epoch grows whenever the holder changes. A lease that would end later than one taken
        now was made before the clock was set back, and counts as ended.
        """

    def release(self, lease: Lease) -> None:
        """End a lease so that another holder need not wait for its expiry; late is no error."""

    def halt(self, lease: Lease, code: str, message: str, now_unix: int) -> None:
        """Store why anchoring stops on the lease's chain; the first reason stays."""

    def halted(self, chain_id: int) -> Halt | None:
        """Return why anchoring is stopped on a chain, None when it is not."""

    def resume(self, chain_id: int) -> bool:
        """Take the halt away, as a person orders; False when there was none."""

    # --- what is wanted --------------------------------------------------------------------

    def wanted(self, chain_id: int) -> tuple[int, bool] | None:
        """Return (the tree size to anchor next, whether "anchor now" was asked), None = none.

        The newest marker above the newest size bound on that chain; with a quorum of witnesses
        set, the newest one that they cosigned, if any is.
        """

    def ask_now(self, chain_id: int) -> int | None:
        """Make the newest marker above the bound ones urgent; return its size, None = none."""

    # --- writing ---------------------------------------------------------------------------

    def bind(  # noqa: PLR0913 -- one row's members
        self,
        lease: Lease,
        *,
        sender: bytes,
        nonce: int,
        base_size: int,
        tree_size: int,
        root_hash: RootHash,
        call_data: bytes,
        attempt: Attempt,
        now_unix: int,
    ) -> Anchor:
        """Bind a checkpoint to a nonce with its first signed bytes; state ``prepared``.

        Refused: a nonce or tree size bound before on this chain, a size at or below the newest
        bound one, a size without a marker.
        """

    def add_attempt(self, lease: Lease, anchor_id: int, attempt: Attempt) -> None:
        """Store another signed attempt, before it is broadcast (W5)."""

    def note_broadcast(self, lease: Lease, anchor_id: int, tx_hash: bytes, now_unix: int) -> None:
        """Store when an attempt was first handed to a node; ``prepared`` becomes ``sent``."""

    def include(self, lease: Lease, anchor_id: int, inclusion: Inclusion) -> None:
        """``sent`` becomes ``included``, with its checked evidence."""

    def displace(self, lease: Lease, anchor_id: int) -> None:
        """``included`` goes back to ``sent``; evidence and place are forgotten."""

    def finalize(
        self, lease: Lease, anchor_id: int, now_unix: int, evidence: Evidence | None = None
    ) -> None:
        """``included`` becomes ``final``, with the evidence that only now could be made."""

    def violate(self, lease: Lease, anchor_id: int, now_unix: int | None) -> None:
        """Mark a final anchor whose block was replaced (W11); None: it is back, unmark it."""

    # --- reading ---------------------------------------------------------------------------

    def unfinished(self, chain_id: int) -> Sequence[Anchor]:
        """Return the anchors that are not final, lowest nonce first."""

    def newest(self, chain_id: int) -> Anchor | None:
        """Return the anchor bound last."""

    def newest_final(self, chain_id: int, *, below: int | None = None) -> Anchor | None:
        """Return the final anchor with the greatest tree size, marked as violated or not.

        Args:
            below: only those of a smaller tree size than this.
        """

    def fees_since(self, chain_id: int, since_unix: int) -> int:
        """Return the most wei that anchors unfinished, or bound since then, can cost.

        By the dearest attempt of each.
        """

    def last_nonce(self, chain_id: int, sender: bytes) -> int | None:
        """Return the highest nonce ever bound for this sender, None when none was."""
