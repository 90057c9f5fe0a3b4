"""Compare a log with what the chain holds of it, before anything new is signed.

An older copy of a ledger that was put back, its signer's memory included, looks whole by itself.
Only the contract knows better: it holds a root of a size that this copy never reached, or another
root. Signing on from such a copy would fork the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import RestoredCopyError
from provenance.ledger.prove_anchor import prove_root

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Chain, LogView

__all__ = ["check_restored"]


def check_restored(chain: Chain, log: LogView) -> None:
    """Check that the contract's newest head is one of this log's own.

    A node's word alone stops nothing: where the chain can be proved, the root is.

    Raises:
        RestoredCopyError: it is not; this copy is older than what was anchored, or another log.
        UnavailableError: the chain cannot be asked now.
        ProvenanceError: what it said is not proved.
    """
    chain.check_pin()
    anchored_size, anchored_root = chain.anchored_head()
    if not anchored_size:
        return
    signed_size, _ = log.newest_signed()
    if anchored_size <= signed_size and log.root_at(anchored_size) == anchored_root:
        return
    if chain.evidence_level == "proof":
        prove_root(chain, anchored_size, anchored_root, chain.head())
    raise RestoredCopyError(
        f"chain {chain.pin.chain_id} holds tree size {anchored_size}, this copy of the log ends at "
        f"{signed_size} or differs: it was put back from an older copy, or is another one"
    )
