"""What an audit is told of the anchors, and how a chain is asked about their blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.anchor import parse_evidence
from provenance.anchor_evidence import block_of
from provenance.ledger.audit_log import AnchorClaim
from provenance.strict_json import Members

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from provenance.anchor_evidence import EvidenceBlock
    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import Chain

__all__ = ["claims_from_json", "claims_of", "confirm_anchors"]


def claims_of(anchors: Iterable[Anchor]) -> list[AnchorClaim]:
    """Return the claims of stored anchors."""
    return [
        AnchorClaim(
            one.chain_id,
            one.tree_size,
            None if one.inclusion is None else one.inclusion.evidence,
            0 if one.inclusion is None else one.inclusion.widened_by,
        )
        for one in anchors
    ]


def claims_from_json(items: Iterable[object]) -> list[AnchorClaim]:
    """Return the claims among the items of ``/v1/anchors``; other members are left unread.

    Raises:
        MalformedError: an item without the members that an audit needs.
    """
    claims = []
    for place, item in enumerate(items):
        members = Members(item, f"items[{place}]")
        evidence = members.nullable("evidence", members.object)
        claims.append(
            AnchorClaim(
                members.integer("chain_id", low=1),
                members.integer("tree_size", low=1),
                None if evidence is None else parse_evidence(evidence),
                members.nullable("widened_by", members.integer) or 0,
            )
        )
    return claims


def confirm_anchors(
    chain: Chain, claims: Iterable[AnchorClaim], final: Collection[bytes]
) -> tuple[int, list[str]]:
    """Ask a chain about the evidence blocks of anchors that are called final.

    Args:
        claims: of anchors that were proved before; those on other chains are not asked about.
        final: hashes of the blocks called final; the others may still move.

    Returns:
        How many blocks it confirms, and of each other anchor what is wrong with it.

    Raises:
        UnavailableError: the node is away.
    """
    confirmed, troubles = 0, []
    for claim in claims:
        if claim.chain_id != chain.pin.chain_id or claim.evidence is None:
            continue
        block = block_of(claim.evidence)
        if block.block_hash not in final:
            continue
        trouble = _trouble_with(chain, block)
        if trouble is None:
            confirmed += 1
        else:
            troubles.append(f"tree size {claim.tree_size}: {trouble}")
    return confirmed, troubles


def _trouble_with(chain: Chain, block: EvidenceBlock) -> str | None:
    """Say what the chain has in place of a block that must be final under its own hash."""
    if block.number > chain.finalized().number:
        return f"block {block.number} is not final"
    found = chain.canonical_hash(block.number)
    if found == block.block_hash:
        return None
    shown = "none" if found is None else found.hex()
    return f"expected block {block.number} to be {block.block_hash.hex()}, the chain has {shown}"
