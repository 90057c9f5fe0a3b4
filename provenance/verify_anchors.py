"""Checks 9 to 11: that the entry existed no later than a block of a chain.

    (9)  anchor     a checkpoint's root lies in the contract's storage in some block, or the
                    contract said there that it took it; or the operator says so, unproved
    (10) block      somebody the reader believes knows that block
    (11) not after  one such anchor is on a chain that is not the operator's own

The block's time is the upper end of the interval. No clock and no word of the operator or of
the depositor enters.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.anchor import StatedEvidence, verify_proof, verify_statement
from provenance.digests import to_evm_hex
from provenance.errors import CodeMismatchError, ProvenanceError
from provenance.given import RPC_AWAY, BlockName, RpcView
from provenance.verdict import Check, Outcome
from provenance.verify_blocks import (
    ChainBlock,
    blocks_of,
    check_bound,
    evidence_block,
    read_header,
    root_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor import ReceiptEvidence, StorageEvidence
    from provenance.given import Given
    from provenance.header import BlockHeader
    from provenance.policy import Chain, Policy
    from provenance.receipt import ReceiptAnchor
    from provenance.receipt_parts import LogState, Parts
    from provenance.verdict import Bound, Fact

__all__ = ["AnchorReading", "check_anchors", "check_blocks", "check_not_after", "ends_of"]

_verify_proof = lru_cache(maxsize=64)(verify_proof)
"""A pure function of hashable values whose Keccak-256 in Python takes milliseconds; one anchor
serves every receipt under its checkpoint. Refusals raise and are not remembered."""


_SHOWN = {
    "storage": ("root-on-chain", "root-on-dev-chain"),
    "receipt": ("event-on-chain", "event-on-dev-chain"),
    "trusted-rpc": ("root-stated", "root-stated-dev-chain"),
}
"""By the kind of evidence: what it shows on an independent chain, and on any other."""


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """One anchor after check 9."""

    anchor: ReceiptAnchor
    header: BlockHeader | None
    """Of the evidence block; None when its bytes are not a header, or it has none to show."""
    block: ChainBlock | None
    """The evidence block, if a contract of the policy is shown or said to hold the root there."""
    check: Check
    is_proof: bool = False
    """Whether one block hash, vouched for, would prove it."""


# --- (9) anchor ---------------------------------------------------------------------------


def check_anchors(parts: Parts, policy: Policy) -> list[AnchorReading]:
    """Check the evidence of every anchor; empty when the receipt has none."""
    return [
        _read_anchor(state, policy, f"{state.name}.anchors[{i}]", anchor)
        for state, anchored in zip(parts.anchored, parts.receipt.anchored, strict=True)
        for i, anchor in enumerate(anchored.anchors)
    ]


def _read_anchor(
    state: LogState, policy: Policy, subject: str, anchor: ReceiptAnchor
) -> AnchorReading:
    evidence = anchor.evidence
    header = None if isinstance(evidence, StatedEvidence) else read_header(evidence.header)
    keys = policy.keys_at(state.checkpoint.tree_size)
    if isinstance(evidence, StatedEvidence) and not state.is_by_any(keys):
        # check 6 says so; whoever signed the checkpoint may have signed a statement as well
        check = Check("anchor", Outcome.NOT_CHECKED, "not-reached", subject=subject)
        return AnchorReading(anchor, None, None, check)
    try:
        chain = _check_evidence(state, policy, anchor)
    except ProvenanceError as error:
        facts: dict[str, Fact] = {"error": error.code, "detail": str(error)}
        check = Check("anchor", Outcome.FALSE, "anchor-false", facts=facts, subject=subject)
        return AnchorReading(anchor, header, None, check)
    facts = {"chain_id": anchor.chain_id, "contract": to_evm_hex(anchor.contract)}
    block = evidence_block(evidence)
    if chain is None or block is None:
        outcome, code = Outcome.NOT_CHECKED, "anchor-not-in-policy"
        check = Check("anchor", outcome, code, facts=facts, subject=subject)
        return AnchorReading(anchor, header, None, check)
    is_proof = header is not None and chain.evidence == "proof"
    facts |= {
        "tree_size": state.checkpoint.tree_size,
        "chain": chain.name,
        "level": "proof" if is_proof else "trusted-rpc",
    }
    check = _judge_anchor(anchor, chain, facts, subject, is_proof=is_proof)
    name = BlockName(chain.chain_id, block.number, block.block_hash)
    shown = ChainBlock(chain, name, block.timestamp)
    return AnchorReading(anchor, header, shown, check, is_proof)


def _judge_anchor(
    anchor: ReceiptAnchor, chain: Chain, facts: dict[str, Fact], subject: str, *, is_proof: bool
) -> Check:
    """Say what evidence that holds together amounts to on this chain."""
    on_chain, on_dev_chain = _SHOWN[anchor.evidence.kind]
    if not is_proof and not isinstance(anchor.evidence, StatedEvidence):
        on_chain, on_dev_chain = "chain-without-proofs", "chain-without-proofs-dev-chain"
    code = on_chain if chain.independent else on_dev_chain
    if is_proof:
        return Check("anchor", Outcome.PROVED, code, "policy", facts, subject=subject)
    return Check("anchor", Outcome.NOT_CHECKED, code, facts=facts, subject=subject)


def _check_evidence(state: LogState, policy: Policy, anchor: ReceiptAnchor) -> Chain | None:
    """Check an anchor's evidence; return the chain of the policy it is on, None for none of them.

    In a contract that the policy does not know it proves nothing here. On a chain the policy does
    know, the evidence must still fit the names beside it, as far as the known contract's code
    tells: a receipt in which a name was altered is refused, rather than being silently worth less.
    A statement names all of them by itself.

    Raises:
        ProvenanceError: it does not hold, or does not fit.
    """
    chain = policy.chain(anchor.chain_id, anchor.contract, anchor.log_id)
    pattern = policy.chain_named(anchor.chain_id)
    if isinstance(anchor.evidence, StatedEvidence):
        _verify_statement(state, policy, anchor, anchor.evidence)
    elif chain is not None:
        _verify_evidence(state, anchor, anchor.evidence, chain)
    elif pattern is not None:
        with suppress(CodeMismatchError):  # another version of the contract, unknown here
            _verify_evidence(state, anchor, anchor.evidence, pattern)
    return chain


def _verify_evidence(
    state: LogState,
    anchor: ReceiptAnchor,
    evidence: StorageEvidence | ReceiptEvidence,
    chain: Chain,
) -> None:
    _verify_proof(
        evidence,
        contract=anchor.contract,
        code_hash=chain.code_hash,
        log_id=anchor.log_id,
        tree_size=state.checkpoint.tree_size,
        root_hash=state.checkpoint.root_hash,
        roots_slot=chain.roots_slot,
    )


def _verify_statement(
    state: LogState, policy: Policy, anchor: ReceiptAnchor, evidence: StatedEvidence
) -> None:
    tree_size = state.checkpoint.tree_size
    verify_statement(
        evidence,
        policy.keys_at(tree_size),
        origin=policy.origin,
        chain_id=anchor.chain_id,
        contract=anchor.contract,
        log_id=anchor.log_id,
        tree_size=tree_size,
        root_hash=state.checkpoint.root_hash,
    )


# --- (10) block ---------------------------------------------------------------------------


def check_blocks(
    parts: Parts, policy: Policy, given: Given, readings: Sequence[AnchorReading]
) -> list[Check]:
    """Check that every evidence block is vouched for, and that all that was given fits."""
    if not readings:
        checks = [Check("block", Outcome.NOT_YET, "not-anchored")]
    else:
        said = {reading.block.rpc_says(given) for reading in readings if reading.block}
        checks = [_check_block(r, given, none_final="final" not in said) for r in readings]
    return checks + _check_rpc(policy, given) + _check_unmatched(parts, given)


def _check_block(reading: AnchorReading, given: Given, *, none_final: bool) -> Check:
    block, subject = reading.block, reading.check.subject
    if block is None:
        return Check("block", Outcome.NOT_CHECKED, "not-reached", subject=subject)
    facts, said = block.facts(), block.rpc_says(given)
    if said == "differs":
        return block.differs("block", given, subject)
    if said == "not-final":
        # The reader asked for this node's word. Without it for a single anchor the answer is 3,
        # even if the reader vouches too: what was asked for and not confirmed is never a 0.
        outcome, code = Outcome.NOT_YET, "block-not-final"
        return Check("block", outcome, code, "rpc", facts, needed=none_final, subject=subject)
    trust = block.trust(given)
    if trust is None:
        outcome, code = Outcome.NOT_CHECKED, "block-not-vouched"
        return Check("block", outcome, code, facts=facts, subject=subject)
    code = "block-vouched"
    if said == "final":
        depth = block.chain.depth
        code, facts["depth"] = ("block-final", 0) if depth is None else ("block-deep", depth)
        evidence = reading.anchor.evidence
        if isinstance(evidence, StatedEvidence) and isinstance(given.rpc, RpcView):
            stated = evidence.read()
            found = given.rpc.roots.get(root_name(stated))
            if found not in {None, stated.root_hash}:
                facts |= {"found": to_evm_hex(found or b""), "tree_size": stated.tree_size}
                return Check("block", Outcome.FALSE, "root-differs", "rpc", facts, subject=subject)
            code = code if found is None else "root-at-node"
    return Check("block", Outcome.VOUCHED, code, trust, facts, subject=subject)


def _check_rpc(policy: Policy, given: Given) -> list[Check]:
    rpc = given.rpc
    if rpc == RPC_AWAY:
        return [Check("block", Outcome.UNAVAILABLE, "rpc-away", "rpc", needed=True)]
    if not isinstance(rpc, RpcView):
        return []
    chain = policy.chain_named(rpc.chain_id)
    if chain is not None and rpc.genesis_hash in {None, chain.genesis_hash}:
        return []
    facts = {"chain_id": rpc.chain_id}
    return [Check("block", Outcome.UNUSABLE, "rpc-other-chain", "rpc", facts)]


def _check_unmatched(parts: Parts, given: Given) -> list[Check]:
    if not given.blocks:
        return []
    hashes = {name.block_hash for name in blocks_of(parts)}
    unmatched = [block.block_hash for block in given.blocks if block.block_hash not in hashes]
    return [
        Check("block", Outcome.FALSE, "block-unmatched", "you", {"block_hash": to_evm_hex(one)})
        for one in unmatched
    ]


# --- (11) not after -----------------------------------------------------------------------


def ends_of(readings: Sequence[AnchorReading], given: Given) -> list[Bound]:
    """Return the bound of every proved anchor whose block somebody vouches for."""
    ends = []
    for block in (reading.block for reading in readings if reading.is_proof):
        trust = None if block is None else block.trust(given)
        bound = None if block is None or trust is None else block.bound(trust)
        if bound is not None:
            ends.append(bound)
    return ends


def check_not_after(readings: Sequence[AnchorReading], given: Given) -> tuple[Check, Bound | None]:
    """Check that at least one anchor counts; the earliest is the end of the interval."""
    ends = ends_of(readings, given)
    counted = [end for end in ends if end.independent or given.allow_dev_chain]
    if counted:
        # an independent chain's word before a development chain's, then the earliest
        end = min(counted, key=lambda bound: (not bound.independent, bound.time_unix))
        return check_bound("not-after", end, needed=True), end
    if ends:
        facts = {"chain": ends[0].chain}
        return Check("not-after", Outcome.NOT_CHECKED, "dev-chain", facts=facts, needed=True), None
    outcome, code = _why_no_end(readings, given)
    return Check("not-after", outcome, code, needed=True), None


def _why_no_end(readings: Sequence[AnchorReading], given: Given) -> tuple[Outcome, str]:
    blocks = [reading.block for reading in readings if reading.block is not None]
    if not readings:
        return Outcome.NOT_YET, "not-anchored"
    if not blocks:
        return Outcome.NOT_CHECKED, "no-anchor-of-policy"
    if not any(reading.is_proof for reading in readings):
        return Outcome.NOT_CHECKED, "trusted-rpc-only"
    if given.rpc == RPC_AWAY:
        return Outcome.UNAVAILABLE, "undecided"
    if any(block.rpc_says(given) == "not-final" for block in blocks):
        return Outcome.NOT_YET, "not-final"
    return Outcome.NOT_CHECKED, "no-block-given"
