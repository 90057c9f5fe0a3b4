"""What an audit is told of the anchors, and how a chain is asked about their blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.anchor import parse_evidence
from provenance.errors import VerificationError
from provenance.ledger.audit_log import AnchorClaim
from provenance.strict_json import Members

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.audit_log import ConfirmBlock
    from provenance.ledger.chain_port import Chain, NamedBlock

__all__ = ["claims_from_json", "claims_of", "confirm_with"]


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


def confirm_with(chains: Mapping[int, Chain]) -> ConfirmBlock:
    """Ask nodes about evidence blocks: each must be final on the chain, under its own hash.

    Args:
        chains: by chain id; blocks of other chains are not asked about.
    """

    def confirm(chain_id: int, block: NamedBlock) -> bool:
        chain = chains.get(chain_id)
        if chain is None:
            return False
        if block.number > chain.finalized().number:
            raise VerificationError(f"block {block.number} is not final")
        found = chain.canonical_hash(block.number)
        if found != block.block_hash:
            shown = "none" if found is None else found.hex()
            expected = block.block_hash.hex()
            raise VerificationError(
                f"expected block {block.number} to be {expected}, the chain has {shown}"
            )
        return True

    return confirm
