"""Sign the newest durable head: the second durable step of the group commit.

The signer believes nothing that the first step kept in memory. It reads the durable head back,
hashes the new entries again from the bytes on disk, going on from the peaks it remembers, and
signs only what comes out equal. A head that another one has overtaken stays unsigned for ever.

    remembered   durable head         what happens
    ----------   ------------------   ------------------------------------------------
    smaller      larger               recompute, remember, sign
    equal        equal, same root     sign again, to the same bytes, if no signature is stored
    equal        equal, other root    FatalError: signing would fork the log
    larger       smaller              FatalError: the database is older than the signer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance import checkpoint, tlog
from provenance.checkpoint import Checkpoint
from provenance.digests import RootHash
from provenance.errors import FatalError, ProvenanceError
from provenance.ledger.ports import SignedHead
from provenance.merkle import RootAccumulator, leaf_hash

if TYPE_CHECKING:
    from provenance.ledger.ports import Head, LogStore, SignerMemory, SignerState
    from provenance.ledger.signing_keys import SigningKeys

__all__ = ["sign_newest_head"]

_ENTRIES_AT_ONCE: Final = 4_096


def sign_newest_head(
    *, store: LogStore, memory: SignerMemory, signer: SigningKeys, origin: str
) -> SignedHead:
    """Sign the newest durable head and store the signature with its anchor marker.

    Also what a start does first: a crash may have left that head unsigned, and recovery runs
    this same code.

    Returns:
        The newest signed head; the one stored before when the head has not moved.

    Raises:
        FatalError: the head does not extend what was signed before, or is not what its entries
            and tiles hash to. Nothing is signed, and the process must stop.
    """
    head = store.head()
    remembered = memory.read()
    tree = _recompute(head, remembered, store)
    if head.tree_size == 0:
        raise FatalError("the log is empty: there is no head to sign")
    stored = store.signed_head(head.tree_size)
    if stored is not None:
        _check_stored(stored, head, signer, origin)
        return stored
    key = signer.signer(head.tree_size)
    memory.remember(head.tree_size, head.root_hash, tree.peaks)
    # a crash here leaves a memory equal to the unsigned head: the next start signs it
    text = Checkpoint(origin, head.tree_size, head.root_hash)
    signed = SignedHead(head.tree_size, checkpoint.sign(text, key))
    _check_stored(signed, head, signer, origin)
    # a crash here loses a signature nobody has seen; signing again gives the same bytes
    store.store_signature(signed)
    # a crash here leaves all stored and nobody answered: callers ask again, with the same result
    return signed


def _recompute(head: Head, remembered: SignerState, store: LogStore) -> RootAccumulator:
    """Hash from the remembered head to the durable one, by another way than ``tlog.append``.

    The entries are read back from the disk, the tree goes on from the remembered peaks: an equal
    root proves at once that the head extends the memory, and that the stored entries make it. The
    stored tiles are judged by themselves, since proofs will come from them.
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
    _check_tiles(head, remembered, store)
    return tree


def _check_tiles(head: Head, remembered: SignerState, store: LogStore) -> None:
    """Check that the stored tiles make the root, and prove that it extends the memory."""
    try:
        found = tlog.root_from_edge(head.tree_size, store.read_tile)
        if remembered.tree_size:
            proof = tlog.consistency_proof(remembered.tree_size, head.tree_size, store.read_tile)
            old = Checkpoint("log", remembered.tree_size, RootHash(remembered.root_hash))
            new = Checkpoint("log", head.tree_size, head.root_hash)
            checkpoint.check_may_follow(old, new, proof)
    except ProvenanceError as error:
        raise FatalError(f"the stored tiles are not those of the head: {error}") from error
    if found != head.root_hash:
        raise FatalError("the stored tiles do not make the root of the head")


def _check_stored(signed: SignedHead, head: Head, signer: SigningKeys, origin: str) -> None:
    """Check that a note says what the head says, under a good signature of its size's key."""
    try:
        said = checkpoint.open_checkpoint(signed.note, origin, signer.verifiers(head.tree_size))
    except ProvenanceError as error:
        raise FatalError(f"the checkpoint at {signed.tree_size} is damaged: {error}") from error
    if (said.tree_size, said.root_hash) != (head.tree_size, head.root_hash):
        raise FatalError(f"the checkpoint at {signed.tree_size} signs another head")
