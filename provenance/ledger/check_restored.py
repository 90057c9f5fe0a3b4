"""Compare a log with what others have seen of it, before anything new is signed.

An older copy of a ledger that was put back, its signer's memory included, looks whole by itself.
Only others know better: the contract holds a root of a size that this copy never reached, or
another root, or a witness cosigned such a checkpoint. Signing on from such a copy would fork the
log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from provenance.errors import NotFoundError, RestoredCopyError, WitnessAheadError
from provenance.ledger.prove_anchor import prove_root
from provenance.witness import add_checkpoint_body, read_cosignature

if TYPE_CHECKING:
    from provenance.ledger.anchor_port import LogView
    from provenance.ledger.chain_port import Chain
    from provenance.ledger.collect_cosignatures import Witness
    from provenance.ledger.ports import SignedHead
    from provenance.note import NoteVerifier

__all__ = ["SignedHeads", "check_newest", "check_newest_by_witness", "check_restored"]


class SignedHeads(Protocol):
    """What was signed, as ``ports.LogReader`` tells it."""

    def newest_signed(self) -> SignedHead | None:
        """Return the newest stored signed head."""

    def signed_head(self, tree_size: int) -> SignedHead | None:
        """Return the signed head of exactly this size."""


def check_restored(chain: Chain, log: LogView) -> None:
    """Check that the contract's newest head is one of this log's own.

    A node's word alone stops nothing: where the chain can be proved, the root is.

    Raises:
        RestoredCopyError: it is not; this copy is older than what was anchored, or another log.
        UnavailableError: the chain cannot be asked now.
        ProvenanceError: what it said is not proved.
    """
    ahead = _ahead(chain, log)
    if ahead is None:
        return
    if chain.evidence_level == "proof":
        prove_root(chain, *ahead, chain.head())
    raise _older_than(chain, ahead, log)


def check_newest(chain: Chain, log: LogView) -> None:
    """Check the same where no memory says what was signed: then a node's mere word stops it.

    Raises:
        RestoredCopyError: the nodes say that it is not, proved or not.
        UnavailableError: the chain cannot be asked now.
        ProvenanceError: it is not the chain that the policy names.
    """
    ahead = _ahead(chain, log)
    if ahead is not None:
        raise _older_than(chain, ahead, log)


def check_newest_by_witness(key: NoteVerifier, witness: Witness, log: SignedHeads) -> int:
    """Ask a witness which tree size it cosigned last, and check that this copy has signed it.

    It is shown the newest checkpoint as one that extends itself: a witness that cosigned that one
    last cosigns it again, and any other names its size and changes nothing (C2SP tlog-witness).

    Returns:
        The tree size; 0 when it has cosigned none.

    Raises:
        RestoredCopyError: it cosigned a checkpoint that this copy never signed.
        UnavailableError: it is away, or refuses to say.
        MalformedError, VerificationError: its answer is none, or not by its key.
    """
    newest = log.newest_signed()
    if newest is None:
        raise NotFoundError("nothing is signed yet")
    try:
        answer = witness.add_checkpoint(add_checkpoint_body(newest.tree_size, (), newest.note))
    except WitnessAheadError as error:
        found = error.size
    else:
        read_cosignature(answer, newest.note, key)
        return newest.tree_size
    # it said no to the newest one: it cannot have cosigned the same at that size
    if found >= newest.tree_size or (found and log.signed_head(found) is None):
        raise RestoredCopyError(
            f"witness {key.name} cosigned tree size {found}, this copy of the log ends at "
            f"{newest.tree_size} or differs: it was put back from an older copy, or is another one"
        )
    return found


def _ahead(chain: Chain, log: LogView) -> tuple[int, bytes] | None:
    """Return the contract's newest head, None where it is one that this log has signed."""
    chain.check_pin()
    anchored_size, anchored_root = chain.anchored_head()
    if not anchored_size:
        return None
    signed_size, _ = log.newest_signed()
    if anchored_size <= signed_size and log.root_at(anchored_size) == anchored_root:
        return None
    return anchored_size, anchored_root


def _older_than(chain: Chain, ahead: tuple[int, bytes], log: LogView) -> RestoredCopyError:
    signed_size, _ = log.newest_signed()
    return RestoredCopyError(
        f"chain {chain.pin.chain_id} holds tree size {ahead[0]}, this copy of the log ends at "
        f"{signed_size} or differs: it was put back from an older copy, or is another one"
    )
