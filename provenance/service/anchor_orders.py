"""What an operator asks of a ledger folder from outside: how anchoring stands, anchor now.

Both go through the database, so they work while the service runs and while it does not. "Now"
makes the newest marker urgent; the worker, whenever it runs, does the anchoring.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.policy import Policy
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.chain_port import Anchor
    from provenance.service.settings import LedgerFolder

__all__ = ["AnchoringStatus", "anchor_now", "anchoring_status"]


@dataclass(frozen=True, slots=True)
class AnchoringStatus:
    """How far anchoring has come, as the database has it."""

    signed_size: int
    wanted_size: int | None
    """Tree size that waits for an anchor, None when none does."""
    newest: Anchor | None
    newest_final: Anchor | None


@contextmanager
def _opened(folder: LedgerFolder) -> Iterator[tuple[SqlAnchorStore, int, int]]:
    """Open the folder's database; gives the anchors, the chain id and the signed size."""
    if not folder.database.exists():
        raise MalformedError(f"{folder.root} is not a ledger folder (made by `provenance init`)")
    policy = Policy.parse(folder.policy.read_bytes())
    store = open_log_store(folder.database)
    try:
        signed = store.newest_signed()
        anchors = SqlAnchorStore(store.writer, store.reader)
        yield anchors, policy.chains[0].chain_id, 0 if signed is None else signed.tree_size
    finally:
        store.close()


def anchoring_status(folder: LedgerFolder) -> AnchoringStatus:
    """Return how anchoring stands."""
    with _opened(folder) as (anchors, chain_id, signed_size):
        wanted = anchors.wanted()
        return AnchoringStatus(
            signed_size=signed_size,
            wanted_size=None if wanted is None else wanted[0],
            newest=anchors.newest(chain_id),
            newest_final=anchors.newest_final(chain_id),
        )


def anchor_now(folder: LedgerFolder) -> int | None:
    """Ask for an anchor without waiting for the interval.

    Returns:
        The tree size that will be anchored, None when everything is anchored already.
    """
    with _opened(folder) as (anchors, _chain_id, _signed_size):
        return anchors.ask_now()
