"""What only the operator sees of anchors and beacons: that the stored bytes belong together.

A receipt is made of these bytes, and a transaction is sent again from them; each is verified then
too, but an audit should say so before anybody needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import tlog
from provenance.anchor import StatedEvidence, verify_history
from provenance.errors import VerificationError
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.audit_log import at_place
from provenance.ledger.chain_port import AnchorCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provenance.ledger.anchor_port import Anchor, Inclusion
    from provenance.ledger.ports import StoredBeacon
    from provenance.tlog import ReadTile

__all__ = ["check_stored_anchors", "check_stored_beacons"]


def check_stored_anchors(
    anchors: Iterable[Anchor], read_tile: ReadTile, encode: Callable[[AnchorCall], bytes]
) -> None:
    """Check calls, attempts, evidence blocks and history proofs of anchors.

    Args:
        read_tile: of tiles that were proved before.
        encode: makes the contract's call; no network.

    Raises:
        AuditError: the first anchor that does not hold together.
    """
    for anchor in anchors:
        with at_place(f"anchor of tree size {anchor.tree_size} on chain {anchor.chain_id}"):
            _check_call(anchor, read_tile, encode)
            if anchor.inclusion is not None:
                _check_inclusion(anchor, anchor.inclusion)


def _check_call(anchor: Anchor, read_tile: ReadTile, encode: Callable[[AnchorCall], bytes]) -> None:
    old, new = anchor.base_size, anchor.tree_size
    if anchor.root_hash != tlog.root_hash(new, read_tile):
        raise VerificationError("the anchor is of another root than the entries make")
    path = tlog.consistency_proof(old, new, read_tile) if old else ()
    if encode(AnchorCall(new, anchor.root_hash, tuple(path))) != anchor.call_data:
        raise VerificationError("the stored call is not the one that anchors these entries")
    for attempt in anchor.attempts:
        if keccak256(attempt.raw) != attempt.tx_hash:
            raise VerificationError(f"transaction {attempt.tx_hash.hex()} has other bytes")
        if anchor.call_data not in attempt.raw:
            raise VerificationError(f"transaction {attempt.tx_hash.hex()} makes another call")


def _check_inclusion(anchor: Anchor, inclusion: Inclusion) -> None:
    if inclusion.tx_hash not in {attempt.tx_hash for attempt in anchor.attempts}:
        raise VerificationError("it was mined by a transaction that was never stored")
    evidence = inclusion.evidence
    if evidence is None:
        return  # a statement is signed when its block is final
    if isinstance(evidence, StatedEvidence):
        _check_stated(inclusion, evidence)
        return
    header = BlockHeader.parse(evidence.header)
    if (header.number, header.hash) != (inclusion.block.number, inclusion.block.block_hash):
        raise VerificationError("the evidence is of another block than the one that is named")
    for block, proof in inclusion.histories:
        verify_history(header.state_root, proof, block.number, block.block_hash)


def _check_stated(inclusion: Inclusion, evidence: StatedEvidence) -> None:
    stated = evidence.read()
    named = (inclusion.block.number, inclusion.block.block_hash, inclusion.tx_hash)
    if (stated.block_number, stated.block_hash, stated.tx_hash) != named:
        raise VerificationError("the statement is of another block or transaction than is named")
    if inclusion.histories:
        raise VerificationError("a history proof, but no header to start from")


def check_stored_beacons(beacons: Iterable[StoredBeacon]) -> None:
    """Check that the kept header of each beacon's block is the one it names.

    Raises:
        AuditError: the first beacon whose header is another.
    """
    for beacon in beacons:
        with at_place(f"header of the beacon at entry {beacon.leaf_index}"):
            if beacon.header is None:
                continue
            header = BlockHeader.parse(beacon.header)
            if (header.number, header.hash) != (beacon.number, beacon.block_hash):
                raise VerificationError("the header is of another block")
