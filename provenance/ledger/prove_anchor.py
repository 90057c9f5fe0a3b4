"""Take the evidence of a mined anchor, and believe it only when our own verifier does (W12).

The proof is taken at head, by the hash of the block that holds the transaction. Most nodes keep
the state of 128 blocks only (a managed anvil: of one). Where that state is gone:

    1. storage proof at the mined block       what is wanted
    2. receipts-trie proof of that block      shows the event, in the same block
    3. storage proof at the present head      a later block, for roots are never overwritten:
                                              the not-after is wider ("widened by N blocks")

A chain without Ethereum proofs is believed instead: what a quorum of its nodes says of event,
block and contract. The log's operator signs words about it once the block is final.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from provenance import rlp, trie
from provenance.anchor import (
    HISTORY_CONTRACT,
    HISTORY_WINDOW,
    root_storage_slot,
    verify_history,
    verify_proof,
)
from provenance.anchor_evidence import (
    HistoryProof,
    ReceiptEvidence,
    StatedEvidence,
    StorageEvidence,
)
from provenance.anchor_statement import AnchorStatement
from provenance.anchored_event import prove_event
from provenance.errors import (
    BadTrieProofError,
    MalformedError,
    NotAnchoredError,
    RootMismatchError,
    UnavailableError,
    VerificationError,
)
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.anchor_port import Inclusion
from provenance.ledger.chain_log import ChainLog
from provenance.ledger.chain_port import NamedBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger.anchor_port import Anchor, LogView
    from provenance.ledger.chain_port import Attestor, Block, Chain, TransactionReceipt

__all__ = ["find_inclusion", "nonce_at", "prove_inclusion", "prove_root", "shows_root", "stated"]

_logger = logging.getLogger(__name__)

SLOTS_AT_ONCE = 32
"""Beacons proved by one request; a node's answer stays small."""

MAX_HISTORIES = 256
"""Beacons proved for one anchor, the newest ones: four hours of traffic at one a minute."""


# --- that an anchor is on chain ------------------------------------------------------------


def prove_inclusion(
    chain: Chain, log: LogView, anchor: Anchor, receipt: TransactionReceipt
) -> Inclusion:
    """Fetch and check the evidence that ``receipt`` tells the truth, and the beacons' proofs.

    Raises:
        VerificationError: the node's proof does not show the anchored root.
        UnavailableError: the node gives no proofs, or contradicts itself about the block.
    """
    if chain.evidence_level == "trusted-rpc":
        return _believed(chain, anchor, receipt)
    block = chain.block_by_hash(receipt.block_hash)
    if block is not None and block.number != receipt.block_number:
        raise UnavailableError(f"the node says that {block.number} is {receipt.block_number}")
    if block is not None:
        with contextlib.suppress(_GoneError):
            evidence = prove_root(chain, anchor.tree_size, anchor.root_hash, block)
            return _inclusion(
                chain, log, anchor, tx_hash=receipt.tx_hash, block=block, evidence=evidence
            )
        with contextlib.suppress(_GoneError):
            event = _prove_event(chain, anchor, receipt, block)
            return _inclusion(
                chain, log, anchor, tx_hash=receipt.tx_hash, block=block, evidence=event
            )
    head = chain.head()
    if head.number <= receipt.block_number:
        raise UnavailableError(f"the node has no block {receipt.block_number} to prove")
    evidence = prove_root(chain, anchor.tree_size, anchor.root_hash, head)
    return _inclusion(
        chain,
        log,
        anchor,
        tx_hash=receipt.tx_hash,
        block=head,
        evidence=evidence,
        mined_number=receipt.block_number,
    )


def find_inclusion(chain: Chain, log: LogView, anchor: Anchor, head: Block) -> Inclusion:
    """Prove from the state of ``head`` that an anchor is on chain whose receipt nobody has.

    Which of its attempts was mined, and where, is then not known: the newest and ``head`` stand
    for them.

    Raises:
        VerificationError: the node's proof does not show the anchored root.
        UnavailableError: the node gives no proof of that state.
    """
    if chain.evidence_level == "trusted-rpc":
        raise UnavailableError("the nodes have lost the receipt of an anchor that they hold")
    evidence = prove_root(chain, anchor.tree_size, anchor.root_hash, head)
    newest = anchor.attempts[-1].tx_hash
    return _inclusion(chain, log, anchor, tx_hash=newest, block=head, evidence=evidence)


def _inclusion(  # noqa: PLR0913 -- the parts of an inclusion and who gives them
    chain: Chain,
    log: LogView,
    anchor: Anchor,
    *,
    tx_hash: bytes,
    block: Block,
    evidence: StorageEvidence | ReceiptEvidence,
    mined_number: int | None = None,
) -> Inclusion:
    histories: tuple[tuple[NamedBlock, HistoryProof], ...] = ()
    if isinstance(evidence, StorageEvidence):
        # a block whose state is gone proves no beacon either
        beacons = log.beacons(anchor.base_size, anchor.tree_size, chain.pin.chain_id)
        histories = tuple(_histories(chain, BlockHeader.parse(block.header), beacons))
    return Inclusion(
        tx_hash=tx_hash,
        mined_number=block.number if mined_number is None else mined_number,
        block=NamedBlock(block.number, block.block_hash),
        evidence=evidence,
        histories=histories,
    )


def _prove_event(
    chain: Chain, anchor: Anchor, receipt: TransactionReceipt, block: Block
) -> ReceiptEvidence:
    """Build the proof of the anchor's event from all receipts of its block, and check it."""
    encoded = chain.block_receipts(block.block_hash)
    if encoded is None or not all(encoded) or receipt.transaction_index >= len(encoded):
        raise _GoneError(f"the node has no receipts of block {block.number}")
    try:
        evidence = prove_event(block.header, list(encoded), receipt.transaction_index)
    except BadTrieProofError as error:
        # also a chain whose receipts are encoded in a way of its own
        raise _GoneError(f"the node's receipts are not those of block {block.number}") from error
    _verify(chain, evidence, anchor.tree_size, anchor.root_hash)
    return evidence


def prove_root(chain: Chain, tree_size: int, root_hash: bytes, block: Block) -> StorageEvidence:
    """Fetch and check the evidence that our log has ``root_hash`` on chain as of ``block``.

    Raises:
        VerificationError: the node's proof does not show it; NotAnchoredError or
            RootMismatchError where the proof is good and shows that it is not so.
        UnavailableError: the node gives no proof of that block's state.
    """
    pin = chain.pin
    slot = root_storage_slot(pin.log_id, tree_size, pin.roots_slot)
    proof = chain.proof(pin.contract, [int.from_bytes(slot, "big")], block.block_hash)
    if proof is None:
        raise _GoneError(f"the node gives no storage proof of block {block.number} (EIP-1898)")
    evidence = StorageEvidence(block.header, proof.account_proof, proof.storage_proofs[0])
    _verify(chain, evidence, tree_size, root_hash)
    return evidence


def _verify(
    chain: Chain, evidence: StorageEvidence | ReceiptEvidence, tree_size: int, root_hash: bytes
) -> None:
    pin = chain.pin
    verify_proof(
        evidence,
        contract=pin.contract,
        code_hash=pin.code_hash,
        log_id=pin.log_id,
        tree_size=tree_size,
        root_hash=root_hash,
        roots_slot=pin.roots_slot,
    )


class _GoneError(UnavailableError):
    """The node has the block but no longer its state, or its receipts."""


# --- what a block shows, for those who must decide whether to stop -------------------------


def shows_root(chain: Chain, tree_size: int, root_hash: bytes, block: Block) -> bool:
    """Say whether our log has ``root_hash`` at ``tree_size`` on chain as of ``block``.

    Raises:
        UnavailableError: the node gives no proof of that block's state.
        VerificationError: its proof is damaged or belongs to another block or contract.
    """
    if chain.evidence_level == "trusted-rpc":
        return chain.anchored_root(tree_size) == root_hash
    try:
        prove_root(chain, tree_size, root_hash, block)
    except (NotAnchoredError, RootMismatchError):
        return False
    return True


def nonce_at(chain: Chain, account: bytes, block: Block) -> int:
    """Return how many transactions ``account`` (20 bytes) had sent in the state after ``block``.

    Raises:
        VerificationError: the node's proof does not belong to that block.
        UnavailableError: the node no longer has that state.
    """
    if chain.evidence_level == "trusted-rpc":
        return chain.nonce(account)
    proof = chain.proof(account, [], block.block_hash)
    if proof is None:
        raise _GoneError(f"the node gives no proof of the state of block {block.number}")
    state_root = BlockHeader.parse(block.header).state_root
    value = trie.get(state_root, keccak256(account), proof.account_proof)
    # an account is the list nonce, balance, storage root, code hash (Yellow Paper §4.1)
    try:
        return 0 if value is None else rlp.decode_integer(rlp.decode_list(value)[0], max_bytes=8)
    except (MalformedError, IndexError) as error:
        raise VerificationError("the account in the state is not RLP of an account") from error


# --- chains without Ethereum proofs --------------------------------------------------------


def _believed(chain: Chain, anchor: Anchor, receipt: TransactionReceipt) -> Inclusion:
    """Ask block, hash and contract, each of a quorum; the receipt's event is checked already."""
    if chain.canonical_hash(receipt.block_number) != receipt.block_hash:
        raise UnavailableError(f"block {receipt.block_number} is not the one of the receipt")
    if chain.anchored_root(anchor.tree_size) != anchor.root_hash:
        raise UnavailableError(f"the contract does not hold tree size {anchor.tree_size} yet")
    block = NamedBlock(receipt.block_number, receipt.block_hash)
    return Inclusion(receipt.tx_hash, block.number, block, None, ())


def stated(
    chain: Chain, attestor: Attestor, anchor: Anchor, inclusion: Inclusion
) -> StatedEvidence:
    """Have the operator's words about a final anchor signed, after asking the contract again.

    Raises:
        UnavailableError: the nodes no longer say so.
    """
    block = chain.block_by_hash(inclusion.block.block_hash)
    if block is None or chain.anchored_root(anchor.tree_size) != anchor.root_hash:
        raise UnavailableError(f"the nodes no longer hold tree size {anchor.tree_size}")
    pin = chain.pin
    statement = AnchorStatement(
        origin=attestor.origin,
        chain_id=pin.chain_id,
        contract=pin.contract,
        log_id=pin.log_id,
        tree_size=anchor.tree_size,
        root_hash=anchor.root_hash,
        block_number=inclusion.block.number,
        block_hash=inclusion.block.block_hash,
        timestamp=block.timestamp,
        tx_hash=inclusion.tx_hash,
    )
    return StatedEvidence(attestor.attest(statement))


# --- beacons -------------------------------------------------------------------------------


def _histories(
    chain: Chain, header: BlockHeader, beacons: Sequence[NamedBlock]
) -> Iterator[tuple[NamedBlock, HistoryProof]]:
    """Yield the beacons whose block the evidence block's state still names, with the proof.

    Without one the lower end of a receipt is "not checked", so nothing here is an error.
    """
    reachable = [b for b in beacons if header.number - HISTORY_WINDOW <= b.number < header.number]
    reachable = reachable[-MAX_HISTORIES:]
    for start in range(0, len(reachable), SLOTS_AT_ONCE):
        chunk = reachable[start : start + SLOTS_AT_ONCE]
        slots = [beacon.number % HISTORY_WINDOW for beacon in chunk]
        proof = chain.proof(HISTORY_CONTRACT, slots, header.hash)
        if proof is None:
            ChainLog(_logger, chain.pin.chain_id).warning("no proof of the history contract")
            return
        for beacon, nodes in zip(chunk, proof.storage_proofs, strict=True):
            history = HistoryProof(proof.account_proof, nodes)
            try:
                verify_history(header.state_root, history, beacon.number, beacon.block_hash)
            except VerificationError as error:
                ChainLog(_logger, chain.pin.chain_id).warning(
                    "beacon's block %d is not proved: %s", beacon.number, error
                )
            else:
                yield beacon, history
