"""Sign the newest durable head: the second durable step of the group commit.

The signer's side of it (``local_signer``) knows only what it remembers. This side believes nothing
that the first step kept in memory: it reads the durable head back, hashes the new entries again
from the bytes on disk, going on from the remembered peaks, and asks only for what comes out equal.

    remembered   durable head         what happens
    ----------   ------------------   ------------------------------------------------
    smaller      larger               recompute, remember, sign
    equal        equal, same root     sign again, to the same bytes, if no signature is stored
    equal        equal, other root    FatalError: signing would fork the log
    larger       smaller              FatalError: the database is older than the signer

Any number of processes may do this to one log. The memory is read *before* the head: what is
remembered was durable before, so a smaller head is never just an older answer. A head that
another one has overtaken stays unsigned for ever; whoever waits for it is answered under the
signature that covers it, whichever process had that made.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from provenance import checkpoint, tlog
from provenance.errors import FatalError, ProvenanceError, SignerMovedError, UnavailableError
from provenance.ledger.ports import SignedHead
from provenance.merkle import RootAccumulator, leaf_hash
from provenance.signing_request import SigningRequest

if TYPE_CHECKING:
    from provenance.ledger.ports import Head, LogStore, Signer, SignerState, SigningTurn

__all__ = ["sign_newest_head"]

_ENTRIES_AT_ONCE: Final = 4_096

_TURNS: Final = 16
"""How often others may be faster before it is said that the signer is busy."""


def sign_newest_head(*, store: LogStore, signer: Signer, origin: str) -> SignedHead:
    """Sign the newest durable head and store the signature with its anchor marker.

    Also what a start does first: a crash may have left that head unsigned, and recovery runs
    this same code.

    Returns:
        The newest signed head; the one stored before when the head has not moved.

    Raises:
        UnavailableError: the signer is away; nobody may be answered, and asking again helps.
        FatalError: the head does not extend what was signed before, or is not what its entries
            and tiles hash to. Nothing is signed, and the process must stop.
    """
    for _ in range(_TURNS):
        try:
            with signer.turn() as turn:
                return _sign(turn, store, signer, origin)
        except SignerMovedError:
            continue  # it signed for another process meanwhile, perhaps this very head
    raise UnavailableError(f"the signer was busy for others {_TURNS} times")


def _sign(turn: SigningTurn, store: LogStore, signer: Signer, origin: str) -> SignedHead:
    remembered = turn.remembered
    head = store.head()
    tree = _recompute(head, remembered, store)
    if head.tree_size == 0:
        raise FatalError("the log is empty: there is no head to sign")
    proof = _prove(head, remembered, store)
    stored = store.signed_head(head.tree_size)
    if stored is not None:
        _check_stored(stored, head, signer, origin)
        return stored
    request = SigningRequest(
        head.tree_size, head.root_hash, tree.peaks, remembered.tree_size, proof
    )
    signed = SignedHead(head.tree_size, turn.sign(request))
    _check_stored(signed, head, signer, origin)
    # a crash here loses a signature nobody has seen; signing again gives the same bytes
    store.store_signature(signed)
    # a crash here leaves all stored and nobody answered: callers ask again, with the same result
    return signed


def _recompute(head: Head, remembered: SignerState, store: LogStore) -> RootAccumulator:
    """Hash from the remembered head to the durable one, by another way than ``tlog.append``.

    The entries are read back from the disk, the tree goes on from the remembered peaks: an equal
    root proves at once that the head extends the memory, and that the stored entries make it.
    """
    if remembered.tree_size > head.tree_size:
        raise FatalError(
            f"the signer remembers tree size {remembered.tree_size}, but the database ends at "
            f"{head.tree_size}: it was put back from an older copy"
        )
    tree = RootAccumulator(remembered.tree_size, remembered.peaks)
    while tree.size < head.tree_size:
        stop = min(tree.size + _ENTRIES_AT_ONCE, head.tree_size)
        entries = store.entries(tree.size, stop)
        if not entries:
            raise FatalError(f"entry {tree.size} is missing from the database")
        for entry in entries:
            tree.add(leaf_hash(entry))
    if tree.root() != head.root_hash:
        raise FatalError(
            f"the entries do not lead from the remembered head at {remembered.tree_size} to the "
            f"durable one at {head.tree_size}"
        )
    return tree


def _prove(head: Head, remembered: SignerState, store: LogStore) -> tuple[bytes, ...]:
    """Check that the stored tiles make the root, and prove by them that it extends the memory.

    Proofs will come from the tiles, so they are judged by themselves. Another process may have
    made them wider meanwhile: what is read of them is what they were at this size.
    """
    read_tile = cache(store.read_tile)  # both walk along the right edge
    try:
        found = tlog.root_from_edge(head.tree_size, read_tile)
        proof = (
            tlog.consistency_proof(remembered.tree_size, head.tree_size, read_tile)
            if remembered.tree_size
            else ()
        )
    except UnavailableError:
        raise  # the database is away, which says nothing of the tiles
    except ProvenanceError as error:
        raise FatalError(f"the stored tiles are not those of the head: {error}") from error
    if found != head.root_hash:
        raise FatalError("the stored tiles do not make the root of the head")
    return tuple(proof)


def _check_stored(signed: SignedHead, head: Head, signer: Signer, origin: str) -> None:
    """Check that a note says what the head says, under a good signature of its size's key."""
    try:
        said = checkpoint.open_checkpoint(signed.note, origin, signer.verifiers(head.tree_size))
    except ProvenanceError as error:
        raise FatalError(f"the checkpoint at {signed.tree_size} is damaged: {error}") from error
    if (said.tree_size, said.root_hash) != (head.tree_size, head.root_hash):
        raise FatalError(f"the checkpoint at {signed.tree_size} signs another head")
