"""Whose word there is for a block: the reader's, a node's, or nobody's.

A block hash is the one thing that a receipt cannot prove by itself. Every use of a block's time
in checks 10 to 13 comes by here, so that none counts without somebody who vouches for the hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.anchor_evidence import StatedEvidence, block_of
from provenance.digests import to_evm_hex
from provenance.errors import MalformedError
from provenance.given import BlockName, RootName, RpcView
from provenance.header import BlockHeader
from provenance.record import beacon_of, deposit_of
from provenance.verdict import Bound, Check, Outcome, utc_text

if TYPE_CHECKING:
    from provenance.anchor_evidence import Evidence, EvidenceBlock
    from provenance.anchor_statement import AnchorStatement
    from provenance.given import Given
    from provenance.policy import Chain
    from provenance.receipt_parts import Parts
    from provenance.verdict import Fact

__all__ = [
    "ChainBlock",
    "beacon_block",
    "blocks_of",
    "check_bound",
    "evidence_block",
    "own_block",
    "read_header",
    "root_name",
    "roots_of",
]


@dataclass(frozen=True, slots=True)
class ChainBlock:
    """A block that the receipt speaks of, on a chain of the policy."""

    chain: Chain
    name: BlockName
    time_unix: int | None
    """Its own timestamp; None when nobody showed its header: it then has a hash but no time."""

    def rpc_says(self, given: Given) -> str | None:
        """Return ``final``, ``differs`` or ``not-final``; None when no node of that chain spoke.

        Above the final block a node may still change its mind: another hash there is no lie yet.
        """
        rpc = given.rpc
        if not isinstance(rpc, RpcView) or rpc.chain_id != self.name.chain_id:
            return None
        found = rpc.hashes.get(self.name.number)
        if found is None or not _is_final(self.name.number, self.chain, rpc):
            return "not-final"
        return "final" if found == self.name.block_hash else "differs"

    def trust(self, given: Given) -> str | None:
        """Return whose word there is for the block, a key of ``TRUSTS``; None: nobody's."""
        is_final = self.rpc_says(given) == "final"
        if given.vouched(self.name.block_hash):
            return "you-and-rpc" if is_final else "you"
        return "rpc" if is_final else None

    def facts(self) -> dict[str, Fact]:
        """Return what sentences about the block name."""
        facts: dict[str, Fact] = {
            "chain": self.chain.name,
            "chain_id": self.chain.chain_id,
            "block_number": self.name.number,
            "block_hash": to_evm_hex(self.name.block_hash),
        }
        if self.time_unix is not None:
            facts["time_unix"] = self.time_unix
            facts["time"] = utc_text(self.time_unix)
        return facts

    def bound(self, trust: str) -> Bound | None:
        """Return the block as an end of the interval; None without a header, so without time."""
        if self.time_unix is None:
            return None
        return Bound(
            time_unix=self.time_unix,
            chain=self.chain.name,
            chain_id=self.chain.chain_id,
            block_number=self.name.number,
            block_hash=self.name.block_hash,
            trust=trust,
            independent=self.chain.independent,
            block_time=self.chain.block_time,
        )

    def differs(self, check: str, given: Given, subject: str | None = None) -> Check:
        """Return the refusal for a node that has another, final block at this height."""
        found = given.rpc.hashes[self.name.number] if isinstance(given.rpc, RpcView) else b""
        facts = {**self.facts(), "found": to_evm_hex(found)}
        return Check(check, Outcome.FALSE, "block-differs", "rpc", facts, subject=subject)


def _is_final(number: int, chain: Chain, rpc: RpcView) -> bool:
    if chain.depth is not None:
        return rpc.head - number + 1 >= chain.depth  # confirmations: the block itself is the first
    return rpc.finalized is not None and number <= rpc.finalized


def check_bound(name: str, bound: Bound, *, needed: bool) -> Check:
    """Return the check that an end of the interval was proved."""
    code = name if bound.independent else f"{name}-dev-chain"
    facts: dict[str, Fact] = {
        "chain": bound.chain,
        "block_number": bound.block_number,
        "block_hash": to_evm_hex(bound.block_hash),
        "time_unix": bound.time_unix,
        "time": utc_text(bound.time_unix),
        "block_time": bound.block_time,
    }
    return Check(name, Outcome.VOUCHED, code, bound.trust, facts, needed=needed)


@lru_cache(maxsize=64)  # pure, and Keccak-256 in Python takes its time
def read_header(octets: bytes) -> BlockHeader | None:
    """Parse a header; None when the bytes are none, which check 9 or 12 then refuses."""
    try:
        return BlockHeader.parse(octets)
    except MalformedError:
        return None


@lru_cache(maxsize=64)  # as read_header
def evidence_block(evidence: Evidence) -> EvidenceBlock | None:
    """Return the block that evidence is of; None where its header is none."""
    try:
        return block_of(evidence)
    except MalformedError:
        return None


def beacon_block(parts: Parts) -> BlockName | None:
    """Return the block that the beacon below the record names."""
    if parts.beacon is None:
        return None
    block = beacon_of(parts.beacon).block
    return BlockName(block.chain_id, block.number, block.block_hash)


def own_block(parts: Parts) -> BlockName | None:
    """Return the block that the signed record itself names."""
    block = deposit_of(parts.record).block if parts.record.type == "deposit" else None
    return None if block is None else BlockName(block.chain_id, block.number, block.block_hash)


def blocks_of(parts: Parts) -> tuple[BlockName, ...]:
    """Return every block the receipt speaks of: evidence blocks, the beacon's, the record's own.

    Blocks that a proof hangs on come before those that are only stated. Evidence whose header is
    not one is left out: check 9 refuses it.
    """
    anchors = [anchor for anchored in parts.receipt.anchored for anchor in anchored.anchors]
    blocks = []
    for anchor in sorted(anchors, key=lambda anchor: anchor.level != "proof"):
        block = evidence_block(anchor.evidence)
        if block is not None:
            blocks.append(BlockName(anchor.chain_id, block.number, block.block_hash))
    blocks += [block for block in (beacon_block(parts), own_block(parts)) if block is not None]
    return tuple(dict.fromkeys(blocks))


def root_name(stated: AnchorStatement) -> RootName:
    """Return what to ask a node for, to see whether it holds what is stated."""
    return RootName(stated.chain_id, stated.contract, stated.log_id, stated.tree_size)


def roots_of(parts: Parts) -> tuple[RootName, ...]:
    """Return every root of the receipt that nothing but a statement shows."""
    anchors = (anchor for anchored in parts.receipt.anchored for anchor in anchored.anchors)
    evidence = (anchor.evidence for anchor in anchors)
    return tuple(root_name(one.read()) for one in evidence if isinstance(one, StatedEvidence))
