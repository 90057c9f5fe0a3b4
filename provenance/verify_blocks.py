"""Whose word there is for a block: the reader's, a node's, or nobody's.

A block hash is the one thing that a receipt cannot prove by itself. Every use of a block's time
in checks 10 to 13 comes by here, so that none counts without somebody who vouches for the hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.anchor_evidence import block_of
from provenance.digests import to_evm_hex
from provenance.errors import MalformedError
from provenance.given import BlockName, RpcView
from provenance.header import BlockHeader
from provenance.record import beacon_of, deposit_of
from provenance.verdict import Bound, Check, Outcome, utc_text

if TYPE_CHECKING:
    from provenance.given import Given
    from provenance.policy import Chain
    from provenance.receipt import ReceiptAnchor
    from provenance.verdict import Fact
    from provenance.verify_log import Parts

__all__ = [
    "ChainBlock",
    "beacon_block",
    "blocks_of",
    "check_bound",
    "evidence_block",
    "own_block",
    "read_header",
]


@dataclass(frozen=True, slots=True)
class ChainBlock:
    """A block that the receipt speaks of, on a chain of the policy."""

    chain: Chain
    name: BlockName
    header: BlockHeader | None
    """None when nobody showed it: the block then has a hash but no time."""

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
        if self.header is not None:
            facts["time_unix"] = self.header.timestamp
            facts["time"] = utc_text(self.header.timestamp)
        return facts

    def bound(self, trust: str) -> Bound | None:
        """Return the block as an end of the interval; None without a header, so without time."""
        if self.header is None:
            return None
        return Bound(
            time_unix=self.header.timestamp,
            chain=self.chain.name,
            chain_id=self.chain.chain_id,
            block_number=self.header.number,
            block_hash=self.header.hash,
            trust=trust,
            independent=self.chain.independent,
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
    }
    return Check(name, Outcome.VOUCHED, code, bound.trust, facts, needed=needed)


@lru_cache(maxsize=64)  # pure, and Keccak-256 in Python takes its time
def read_header(octets: bytes) -> BlockHeader | None:
    """Parse a header; None when the bytes are none, which check 9 or 12 then refuses."""
    try:
        return BlockHeader.parse(octets)
    except MalformedError:
        return None


_block_of = lru_cache(maxsize=64)(block_of)
"""Pure, and as slow as the Keccak-256 of a header."""


def evidence_block(anchor: ReceiptAnchor) -> BlockName | None:
    """Return the block that the evidence of an anchor is of; None where its header is none."""
    try:
        block = _block_of(anchor.evidence)
    except MalformedError:
        return None
    return BlockName(anchor.chain_id, block.number, block.block_hash)


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

    Evidence whose header is not one is left out: check 9 refuses it.
    """
    blocks = []
    for anchored in parts.receipt.anchored:
        blocks += [name for name in map(evidence_block, anchored.anchors) if name is not None]
    blocks += [block for block in (beacon_block(parts), own_block(parts)) if block is not None]
    return tuple(dict.fromkeys(blocks))
