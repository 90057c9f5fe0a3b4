"""Take the evidence of a mined anchor, and believe it only when our own verifier does (W12).

The proof is taken at head, by the hash of the block that holds the transaction. Most nodes keep
the state of 128 blocks only (a managed anvil: of one); where that state is gone, the same slot is
proved at the present head instead, for roots are never overwritten. The evidence block is then a
later one and the not-after wider, which the receipt shows by itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

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
from provenance.ledger.chain_port import Inclusion, NamedBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.header import BlockHeader
    from provenance.ledger.chain_port import Anchor, Block, Chain, LogView, TransactionReceipt

__all__ = ["prove_inclusion"]

_logger = logging.getLogger(__name__)

SLOTS_AT_ONCE = 32
"""Beacons proved by one request; a node's answer stays small."""

MAX_HISTORIES = 256
"""Beacons proved for one anchor, the newest ones: four hours of traffic at one a minute."""


def prove_inclusion(
    chain: Chain, log: LogView, anchor: Anchor, receipt: TransactionReceipt | None
) -> Inclusion:
    """Fetch and check the evidence that ``anchor`` is on chain, and its beacons' proofs.

    Args:
        receipt: where a node says it was mined; None when only the state can show it.

    Raises:
        VerificationError: the node's proof does not show the anchored root.
        UnavailableError: the node gives no proofs, or contradicts itself about the block.
    """
    evidence, header = _evidence(chain, anchor, receipt)
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


def _check_place(receipt: TransactionReceipt, header: BlockHeader) -> None:
    is_same = header.hash == receipt.block_hash
    if header.number < receipt.block_number or is_same != (header.number == receipt.block_number):
        raise UnavailableError(
            f"mined in block {receipt.block_number} by the node, which proves it in {header.number}"
        )


def _evidence(
    chain: Chain, anchor: Anchor, receipt: TransactionReceipt | None
) -> tuple[Evidence, BlockHeader]:
    block = None if receipt is None else chain.block_by_hash(receipt.block_hash)
    evidence = None if block is None else _evidence_at(chain, anchor, block)
    if evidence is None:
        evidence = _evidence_at(chain, anchor, chain.head())
    if evidence is None:
        raise UnavailableError("the node gives no storage proofs by block hash (EIP-1898)")
    pin = chain.pin
    header = verify_anchored_root(
        evidence,
        contract=pin.contract,
        code_hash=pin.code_hash,
        log_id=pin.log_id,
        tree_size=anchor.tree_size,
        root_hash=anchor.root_hash,
        roots_slot=pin.roots_slot,
    )
    return evidence, header


def _evidence_at(chain: Chain, anchor: Anchor, block: Block) -> Evidence | None:
    pin = chain.pin
    slot = root_storage_slot(pin.log_id, anchor.tree_size, pin.roots_slot)
    proof = chain.proof(pin.contract, [int.from_bytes(slot, "big")], block.block_hash)
    if proof is None:
        return None
    return Evidence(block.header, proof.account_proof, proof.storage_proofs[0])


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
