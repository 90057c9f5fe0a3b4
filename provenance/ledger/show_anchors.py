"""Verify what is stored of an anchor before anybody is shown it.

    (1) its root is that of the log's entries at its tree size
    (2) its call anchors that root, and its transactions make that call
    (3) the evidence is of the block that is named, and proves the root there
    (4) each history proof leads from that block to the one it names

All of it comes from one row, which nothing else in the database repeats. The proofs take
milliseconds of hashing in pure Python, so an anchor that was found sound is not proved again for
as long as every bit of it is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import (
    DamagedReceiptError,
    MalformedError,
    NotFoundError,
    VerificationError,
)
from provenance.ledger.audit_log import AnchorClaim, check_evidence
from provenance.ledger.audit_stored_anchors import check_stored_anchors

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import AnchorCall
    from provenance.ledger.read_log import SignedLog
    from provenance.policy import Policy
    from provenance.tlog import ReadTile

__all__ = ["AnchorChecker"]


class AnchorChecker:
    """Checks anchors; for any thread."""

    def __init__(
        self,
        policy: Policy,
        log: SignedLog,
        read_tile: ReadTile,
        encode: Callable[[bytes, AnchorCall], bytes],
    ) -> None:
        """Judge by these.

        Args:
            encode: makes the contract's call of a log id; no network.
        """
        self._policy = policy
        self._log = log
        self._read_tile = read_tile
        self._encode = encode
        self._sound: dict[int, int] = {}

    def check(self, anchor: Anchor) -> None:
        """Check one anchor, unless it is to the last bit what it was when it was checked.

        Raises:
            DamagedReceiptError: something stored of it has changed.
        """
        found = hash(anchor)
        if self._sound.get(anchor.anchor_id) == found:
            return
        try:
            self._check(anchor)
        except (MalformedError, NotFoundError, VerificationError) as error:
            raise DamagedReceiptError(f"anchor {anchor.anchor_id} is damaged: {error}") from error
        self._sound[anchor.anchor_id] = found

    def _check(self, anchor: Anchor) -> None:
        chain = self._policy.chain_named(anchor.chain_id)
        if chain is None:
            raise VerificationError(f"the policy knows no chain {anchor.chain_id}")
        root_hash = self._log.root_at(anchor.tree_size)  # (1)
        if anchor.root_hash != root_hash or not anchor.attempts:
            raise VerificationError("it is of another root, or has no transaction")
        check_stored_anchors(  # (1), (2), (4) and the block of (3)
            [anchor], self._read_tile, lambda call: self._encode(chain.log_id, call)
        )
        inclusion = anchor.inclusion
        if inclusion is None or inclusion.evidence is None:
            return
        if inclusion.widened_by < 0:
            raise VerificationError("it was mined after the block that proves it")
        claim = AnchorClaim(anchor.chain_id, anchor.tree_size, inclusion.evidence)
        check_evidence(claim, inclusion.evidence, self._policy, chain, root_hash)  # (3)
