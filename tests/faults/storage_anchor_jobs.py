"""What the worker writes about an anchor, in the order in which it writes it, without a chain."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from provenance import tlog
from provenance.anchor import AnchorState
from provenance.anchor_evidence import StorageEvidence
from provenance.digests import sha256
from provenance.errors import UnavailableError
from provenance.ledger.anchor_port import Inclusion
from provenance.ledger.chain_port import Attempt, NamedBlock
from provenance.store.anchor_store import SqlAnchorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.storage_child import OpenLedger
    from provenance.ledger.anchor_port import Anchor, Lease

    JSON = dict[str, Any]

__all__ = ["bind", "follow"]

_TRANSACTION = sha256(b"transaction")


def bind(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Bind the newest head to a nonce and note its broadcast, unless that was done before."""
    with _leased(ledger) as (store, lease):
        _bind(ledger, (store, lease), asked["nonce"], say)
        for anchor in store.unfinished(lease.chain_id):
            _send(store, lease, anchor, say)


def follow(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Take an anchor from its binding to the end, from wherever it is."""
    with _leased(ledger) as (store, lease):
        _bind(ledger, (store, lease), asked["nonce"], say)
        for anchor in store.unfinished(lease.chain_id):
            _send(store, lease, anchor, say)
        for anchor in store.unfinished(lease.chain_id):
            if anchor.state is AnchorState.SENT:
                store.include(lease, anchor.anchor_id, _INCLUSION)
                say({"included": anchor.tree_size})
        for anchor in store.unfinished(lease.chain_id):
            store.finalize(lease, anchor.anchor_id, 3)
            say({"final": anchor.tree_size})


@contextmanager
def _leased(ledger: OpenLedger) -> Iterator[tuple[SqlAnchorStore, Lease]]:
    store = SqlAnchorStore(ledger.store.writer, ledger.store.reader)
    lease = store.acquire(ledger.policy.chains[0].chain_id, "sweep", 60)
    if lease is None:
        raise UnavailableError("somebody else holds the lease")
    yield store, lease


def _bind(
    ledger: OpenLedger,
    leased: tuple[SqlAnchorStore, Lease],
    nonce: int,
    say: Callable[[JSON], None],
) -> None:
    store, lease = leased
    wanted = store.wanted(lease.chain_id)
    if wanted is None:
        return
    size = wanted[0]
    store.bind(
        lease,
        sender=bytes(20),
        nonce=nonce,
        base_size=0,
        tree_size=size,
        root_hash=tlog.root_hash(size, ledger.store.read_tile),
        call_data=b"call",
        attempt=Attempt(_TRANSACTION, b"signed bytes", 1, 1, 100_000, None),
        now_unix=1,
    )
    say({"bound": size})


def _send(store: SqlAnchorStore, lease: Lease, anchor: Anchor, say: Callable[[JSON], None]) -> None:
    store.note_broadcast(lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 2)
    say({"sent": anchor.tree_size})


_INCLUSION = Inclusion(
    tx_hash=_TRANSACTION,
    mined_number=9,
    block=NamedBlock(9, sha256(b"block")),
    # as large as a true one; nobody judges it here
    evidence=StorageEvidence(bytes(600), (bytes(500),) * 8, (bytes(300),) * 4),
    histories=(),
)
