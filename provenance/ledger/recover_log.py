"""Take a log up again after whatever stopped it: the same code as after an orderly stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ConflictError
from provenance.ledger.sign_checkpoint import sign_newest_head

if TYPE_CHECKING:
    from provenance.ledger.ports import KeyStore, LogStore, SignedHead, Signer

__all__ = ["recover_log"]


def recover_log(*, store: LogStore, key_store: KeyStore, signer: Signer, origin: str) -> SignedHead:
    """Sign the newest durable head if a crash left it unsigned, and sweep orphaned keys.

    Safe to repeat, to crash in, and while other processes write the same log.

    Raises:
        ConflictError: the database holds another log.
        UnavailableError: a database or the signer is away; nothing may be integrated yet.
        FatalError: the database and the signer's memory contradict each other, or no key at
            hand may sign what comes next; nothing may be integrated or signed.
    """
    found = store.origin()
    if found != origin:
        raise ConflictError(f"the database holds the log {found!r}, not {origin!r}")
    signed = sign_newest_head(store=store, signer=signer, origin=origin)
    signer.check_key(signed.tree_size + 1)  # asked now: later there would be entries unanswered
    _sweep(store, key_store)
    return signed


def _sweep(store: LogStore, key_store: KeyStore) -> None:
    """Remove the disclosure keys of batches that a crash kept from becoming entries.

    A batch's keys are durable before the batch is, so another process's keys of this moment look
    just like orphans. Batches are made under the lock of the log's head: whoever holds it knows
    that every batch with keys has either been committed, and is seen, or never will be. No bound
    on a batch's age could say that.

    The lock is given back again and again, since nobody else integrates meanwhile: on PostgreSQL
    whoever waits for it has it before the next sweep does.
    """
    is_done = False
    while not is_done:
        with store.integrate() as transaction:
            is_done = key_store.sweep(transaction.record_indexes).is_done
        # a crash here leaves orphans, or none: the next start goes on with the sweep
