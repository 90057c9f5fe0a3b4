"""Take a log up again after whatever stopped it: the same code as after an orderly stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ConflictError
from provenance.ledger.sign_checkpoint import sign_newest_head

if TYPE_CHECKING:
    from provenance.ledger.ports import KeyStore, LogStore, SignedHead, SignerMemory
    from provenance.ledger.signing_keys import SigningKeys

__all__ = ["recover_log"]


def recover_log(
    *,
    store: LogStore,
    key_store: KeyStore,
    memory: SignerMemory,
    signer: SigningKeys,
    origin: str,
) -> SignedHead:
    """Sign the newest durable head if a crash left it unsigned, and sweep orphaned keys.

    Before anything else writes. Safe to repeat, and to crash in.

    Raises:
        ConflictError: the database holds another log.
        FatalError: the database and the signer's memory contradict each other, or no key at
            hand may sign what comes next; nothing may be integrated or signed.
    """
    found = store.origin()
    if found != origin:
        raise ConflictError(f"the database holds the log {found!r}, not {origin!r}")
    signed = sign_newest_head(store=store, memory=memory, signer=signer, origin=origin)
    signer.signer(signed.tree_size + 1)  # asked now: later there would be entries without answer
    key_store.sweep(store.record_indexes)
    return signed
