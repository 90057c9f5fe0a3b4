"""Checks 12 and 13: that something happened no earlier than a block of a chain.

    (12) not before         the entry came into this log after the block that a beacon below names
    (13) signed not before  the signed record itself names a block, so it was signed after that

Of the beacon record only its place in the log and its block's hash count: whoever wrote it could
not know the hash before the block existed, and the order of the log does the rest. The block's
hash is vouched for by the reader, by a node, or by the evidence block's memory (EIP-2935).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.anchor import verify_history
from provenance.errors import ProvenanceError, VerificationError
from provenance.verdict import Check, Outcome
from provenance.verify_anchors import ends_of
from provenance.verify_blocks import (
    ChainBlock,
    beacon_block,
    check_bound,
    own_block,
    read_header,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.given import BlockName, Given
    from provenance.header import BlockHeader
    from provenance.policy import Policy
    from provenance.receipt_parts import Parts
    from provenance.verdict import Bound
    from provenance.verify_anchors import AnchorReading

__all__ = ["check_not_before", "check_own_block"]

_verify_history = lru_cache(maxsize=64)(verify_history)
"""As in ``verify_anchors``: pure, slow, and the same for every receipt of an anchor."""


# --- (12) not before ----------------------------------------------------------------------


def check_not_before(
    parts: Parts, policy: Policy, given: Given, readings: Sequence[AnchorReading]
) -> tuple[Check, Bound | None]:
    """Check the lower end of the interval."""
    needed = "not-before" in given.require
    name = beacon_block(parts)
    try:
        proved_in = _check_histories(name, readings)
        header = _beacon_header(parts, name, given)
    except ProvenanceError as error:
        facts = {"error": error.code, "detail": str(error)}
        return Check("not-before", Outcome.FALSE, "beacon-false", facts=facts), None
    if name is None:
        return Check("not-before", Outcome.NOT_CHECKED, "no-beacon", needed=needed), None
    chain = policy.chains[0]
    if name.chain_id != chain.chain_id:
        outcome, code = Outcome.NOT_CHECKED, "beacon-other-chain"
        other = {"chain_id": name.chain_id}
        return Check("not-before", outcome, code, facts=other, needed=needed), None
    block = ChainBlock(chain, name, None if header is None else header.timestamp)
    if block.rpc_says(given) == "differs":
        return block.differs("not-before", given), None
    trust = block.trust(given) or ("history" if ends_of(proved_in, given) else None)
    return _judge("not-before", block, trust, given, needed=needed)


def _check_histories(
    name: BlockName | None, readings: Sequence[AnchorReading]
) -> list[AnchorReading]:
    """Check every history proof; return the anchors whose evidence block remembers ``name``."""
    proved = []
    for reading in readings:
        history = reading.anchor.history
        if history is None:
            continue
        if name is None or reading.anchor.chain_id != name.chain_id:
            raise VerificationError("a history proof, but no beacon of that chain")
        if reading.header is None:
            raise VerificationError("a history proof, but no header to start from")
        _verify_history(reading.header.state_root, history, name.number, name.block_hash)
        proved.append(reading)
    return proved


def _beacon_header(parts: Parts, name: BlockName | None, given: Given) -> BlockHeader | None:
    logged = parts.receipt.beacon
    if name is None or logged is None:
        return None
    if logged.header is None:
        return given.header(name.block_hash)
    header = read_header(logged.header)
    if header is None:
        raise VerificationError("what is given as the beacon's header is none")
    if header.hash != name.block_hash:
        raise VerificationError(
            f"expected the header of {name.block_hash.hex()}, got that of {header.hash.hex()}"
        )
    return header


def _judge(
    check: str, block: ChainBlock, trust: str | None, given: Given, *, needed: bool
) -> tuple[Check, Bound | None]:
    bound = None if trust is None else block.bound(trust)
    if bound is not None and (bound.independent or given.allow_dev_chain):
        return check_bound(check, bound, needed=needed), bound
    if trust is None:
        code = f"{check}-not-vouched"
    else:
        code = f"{check}-no-header" if bound is None else "dev-chain"
    facts = block.facts()
    return Check(check, Outcome.NOT_CHECKED, code, facts=facts, needed=needed), None


# --- (13) signed not before ---------------------------------------------------------------


def check_own_block(parts: Parts, policy: Policy, given: Given) -> tuple[Check, Bound | None]:
    """Check the block that the depositor named: it existed before the record was signed."""
    check, name = "signed-not-before", own_block(parts)
    if name is None:
        return Check(check, Outcome.NOT_CHECKED, "no-own-block"), None
    chain = policy.chain_named(name.chain_id)
    if chain is None:
        outcome, code = Outcome.NOT_CHECKED, "own-block-other-chain"
        return Check(check, outcome, code, facts={"chain_id": name.chain_id}), None
    header = given.header(name.block_hash) or _beacons_header(parts, name)
    block = ChainBlock(chain, name, None if header is None else header.timestamp)
    if block.rpc_says(given) == "differs":
        return block.differs(check, given), None
    return _judge(check, block, block.trust(given), given, needed=False)


def _beacons_header(parts: Parts, name: BlockName) -> BlockHeader | None:
    """Return the header of the record's own block where the receipt carries it for the beacon."""
    logged = parts.receipt.beacon
    header = None if logged is None or logged.header is None else read_header(logged.header)
    return header if header is not None and header.hash == name.block_hash else None
