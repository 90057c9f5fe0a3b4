"""Take the evidence of a mined anchor, and believe it only when our own verifier does (W12).

The proof is taken at head, by the hash of the block that holds the transaction. Most nodes keep
the state of 128 blocks only (a managed anvil: of one); where that state is gone, the same slot is
proved at the present head instead, for roots are never overwritten. The evidence block is then a
later one and the not-after wider, which the receipt shows by itself.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from provenance import rlp, trie
from provenance.anchor import (
    HISTORY_CONTRACT,
    HISTORY_WINDOW,
    Evidence,
    HistoryProof,
    root_storage_slot,
    verify_anchored_root,
    verify_history,
)
from provenance.errors import UnavailableError, VerificationError
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Inclusion, NamedBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger.chain_port import Anchor, Block, Chain, LogView, TransactionReceipt

__all__ = ["prove_inclusion", "prove_root", "proved_nonce"]

_logger = logging.getLogger(__name__)

SLOTS_AT_ONCE = 32
"""Beacons proved by one request; a node's answer stays small."""

MAX_HISTORIES = 256
"""Beacons proved for one anchor, the newest ones: four hours of traffic at one a minute."""


def prove_inclusion(
    chain: Chain,
    log: LogView,
    anchor: Anchor,
    receipt: TransactionReceipt | None = None,
    *,
    at: Block | None = None,
) -> Inclusion:
    """Fetch and check the evidence that ``anchor`` is on chain, and its beacons' proofs.

    Args:
        receipt: where a node says it was mined; None when only the state can show it.
        at: without a receipt, the block whose state is to show it.

    Raises:
        VerificationError: the node's proof does not show the anchored root.
        UnavailableError: the node gives no proofs, or contradicts itself about the block.
    """
    evidence, header = _evidence(chain, anchor, receipt, at)
    if receipt is not None:
        _check_place(receipt, header)
    beacons = log.beacons(anchor.base_size, anchor.tree_size, chain.pin.chain_id)
    return Inclusion(
        tx_hash=anchor.attempts[-1].tx_hash if receipt is None else receipt.tx_hash,
        mined_number=header.number if receipt is None else receipt.block_number,
        block=NamedBlock(header.number, header.hash),
        evidence=evidence,
        histories=tuple(_histories(chain, header, beacons)),
    )


def proved_nonce(chain: Chain, account: bytes, block: Block) -> int:
    """Return how many transactions ``account`` (20 bytes) had sent in the state after ``block``.

    Raises:
        VerificationError: the node's proof does not belong to that block.
        UnavailableError: the node no longer has that state.
    """
    proof = chain.proof(account, [], block.block_hash)
    if proof is None:
        raise UnavailableError(f"the node gives no proof of the state of block {block.number}")
    state_root = BlockHeader.parse(block.header).state_root
    value = trie.get(state_root, keccak256(account), proof.account_proof)
    # an account is the list nonce, balance, storage root, code hash (Yellow Paper §4.1)
    return 0 if value is None else rlp.decode_integer(rlp.decode_list(value)[0], max_bytes=8)


def _check_place(receipt: TransactionReceipt, header: BlockHeader) -> None:
    is_same = header.hash == receipt.block_hash
    if header.number < receipt.block_number or is_same != (header.number == receipt.block_number):
        raise UnavailableError(
            f"mined in block {receipt.block_number} by the node, which proves it in {header.number}"
        )


def _evidence(
    chain: Chain, anchor: Anchor, receipt: TransactionReceipt | None, at: Block | None
) -> tuple[Evidence, BlockHeader]:
    block = at if receipt is None else chain.block_by_hash(receipt.block_hash)
    if block is not None:
        with contextlib.suppress(_StateGoneError):
            return prove_root(chain, anchor.tree_size, anchor.root_hash, block)
    if at is not None:
        raise UnavailableError(f"the node no longer proves block {at.number}")
    return prove_root(chain, anchor.tree_size, anchor.root_hash, chain.head())


def prove_root(
    chain: Chain, tree_size: int, root_hash: bytes, block: Block
) -> tuple[Evidence, BlockHeader]:
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
        raise _StateGoneError(f"the node gives no storage proof of block {block.number} (EIP-1898)")
    evidence = Evidence(block.header, proof.account_proof, proof.storage_proofs[0])
    header = verify_anchored_root(
        evidence,
        contract=pin.contract,
        code_hash=pin.code_hash,
        log_id=pin.log_id,
        tree_size=tree_size,
        root_hash=root_hash,
        roots_slot=pin.roots_slot,
    )
    return evidence, header


class _StateGoneError(UnavailableError):
    """The node has the block but no longer its state; never seen outside this file's callers."""


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
            _logger.warning("the node gives no proof of the history contract")
            return
        for beacon, nodes in zip(chunk, proof.storage_proofs, strict=True):
            history = HistoryProof(proof.account_proof, nodes)
            try:
                verify_history(header.state_root, history, beacon.number, beacon.block_hash)
            except VerificationError as error:
                _logger.warning("beacon's block %d is not proved: %s", beacon.number, error)
            else:
                yield beacon, history
