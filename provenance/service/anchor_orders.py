"""What an operator asks of a ledger from outside: how anchoring stands, anchor now, go on.

All go through the database, so they work while the service runs and while it does not; only for
what the sending key has are the nodes asked, briefly. "Now" makes the newest marker urgent,
"resume" takes a halt away; the worker, whenever it runs, does the rest. It looks again first:
what stopped it stops it again if it still is so.
"""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import FeeCeilingError, MalformedError, ProvenanceError
from provenance.ledger.follow_anchor import DAY_SECONDS
from provenance.ledger.sending_funds import look_at_funds, most_wei
from provenance.service.chain_node import ChainNode
from provenance.service.chain_settings import has_few_nodes, match_chains
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger.anchor_port import Anchor, Halt
    from provenance.ledger.anchor_rules import AnchorRules
    from provenance.ledger.chain_port import Fees
    from provenance.ledger.sending_funds import Funds
    from provenance.policy import Chain
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder

__all__ = ["AnchoringStatus", "ChainStatus", "anchor_now", "anchoring_status", "resume_anchoring"]

_ASKING_SECONDS = 3.0
"""Status is for looking at, also while nodes are away."""


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """How far anchoring on one chain has come."""

    chain_id: int
    wanted_size: int | None
    """Tree size that waits for an anchor, None when none does."""
    unfinished: Sequence[Anchor]
    """On their way, lowest nonce first."""
    newest: Anchor | None
    newest_final: Anchor | None
    halt: Halt | None
    """Why anchoring is stopped until somebody resumes it; None while it is not."""
    holder: str | None
    """The process that has the lease, None when none has."""
    chain: Chain
    """What the policy says of it."""
    is_retired: bool = False
    """The ledger anchors there no more: what is unfinished stays so, and nobody waits for it."""
    has_few_nodes: bool = False
    """Others run the chain, and one host alone is asked about it."""
    funds: Funds | None = None
    """What the key of the newest anchor has; None on the managed chain and before any anchor."""
    ceiling: str | None = None
    """Why the fee ceilings hold back what waits or is on its way, by what the chain asks now."""
    trouble: ProvenanceError | None = None
    """Why the nodes could not be asked for it: they are of another chain, or answer nonsense."""


@dataclass(frozen=True, slots=True)
class AnchoringStatus:
    """How far anchoring has come, as the database has it."""

    signed_size: int
    chains: tuple[ChainStatus, ...]
    """In the order of the settings, the beacon chain first, then those that were retired."""


@dataclass(frozen=True, slots=True)
class _Opened:
    anchors: SqlAnchorStore
    chains: list[tuple[ChainSettings, Chain]]
    """Those that the ledger anchors on."""
    retired: list[Chain]
    signed_size: int


@contextmanager
def _opened(folder: LedgerFolder) -> Iterator[_Opened]:
    """Open the folder's database."""
    if not folder.policy.exists():
        raise MalformedError(f"{folder.root} is not a ledger folder (made by `provenance init`)")
    settings, policy = folder.read_settings(), folder.read_policy()
    with closing(open_log_store(folder.founded_log(settings))) as store:
        signed = store.newest_signed()
        anchors = SqlAnchorStore(store.writer, store.reader, quorum=policy.quorum)
        chains = match_chains(settings.chains, policy)
        there = {chain.chain_id for _, chain in chains}
        retired = [chain for chain in policy.chains if chain.chain_id not in there]
        yield _Opened(anchors, chains, retired, 0 if signed is None else signed.tree_size)


def anchoring_status(folder: LedgerFolder) -> AnchoringStatus:
    """Return how anchoring stands on every chain, and how it was left on retired ones."""
    with _opened(folder) as there:
        found = [_status(folder, there.anchors, *pair) for pair in there.chains]
        found += [_retired(there.anchors, chain) for chain in there.retired]
    return AnchoringStatus(there.signed_size, tuple(found))


def _status(
    folder: LedgerFolder, anchors: SqlAnchorStore, settings: ChainSettings, chain: Chain
) -> ChainStatus:
    chain_id = chain.chain_id
    wanted, newest = anchors.wanted(chain_id), anchors.newest(chain_id)
    unfinished = anchors.unfinished(chain_id)
    funds, ceiling, trouble = None, None, None
    try:
        if newest is not None and not settings.is_managed:
            node = ChainNode(folder, settings, newest.sender)
            asked = node.chain(chain, timeout=_ASKING_SECONDS)
            funds = look_at_funds(asked, newest.sender, most_wei(newest))
            if wanted is not None or unfinished:
                spent = anchors.fees_since(chain_id, int(time.time()) - DAY_SECONDS)
                ceiling = _ceiling(node.rules(), asked.fees(), newest, unfinished, spent)
    except ProvenanceError as error:
        trouble = error  # what the database has is told all the same: there may be a halt
    return ChainStatus(
        chain_id=chain_id,
        wanted_size=None if wanted is None else wanted[0],
        unfinished=unfinished,
        newest=newest,
        newest_final=anchors.newest_final(chain_id),
        halt=anchors.halted(chain_id),
        holder=anchors.holder(chain_id),
        chain=chain,
        has_few_nodes=chain.independent and has_few_nodes(settings),
        funds=funds,
        ceiling=ceiling,
        trouble=trouble,
    )


def _ceiling(
    rules: AnchorRules, fees: Fees, newest: Anchor, unfinished: Sequence[Anchor], spent_wei: int
) -> str | None:
    """Ask the worker's own rules whether an anchor could be bound or made dearer now.

    Args:
        newest: what it needed of gas, the next one is taken to need.
        spent_wei: what the anchors of a day can cost.
    """
    unmined = next((one for one in unfinished if one.inclusion is None), None)
    try:
        if unmined is None:
            rules.first_fees(fees, newest.attempts[-1].gas, spent_wei)
        else:
            others_wei = spent_wei - most_wei(unmined)
            rules.dearer(unmined.attempts[-1], fees, others_wei, is_refused=False)
    except FeeCeilingError as error:
        return str(error)
    return None


def _retired(anchors: SqlAnchorStore, chain: Chain) -> ChainStatus:
    return ChainStatus(
        chain_id=chain.chain_id,
        wanted_size=None,
        unfinished=anchors.unfinished(chain.chain_id),
        newest=anchors.newest(chain.chain_id),
        newest_final=anchors.newest_final(chain.chain_id),
        halt=None,
        holder=None,
        chain=chain,
        is_retired=True,
    )


def anchor_now(folder: LedgerFolder) -> int | None:
    """Ask for an anchor on every chain without waiting for the interval.

    Returns:
        The tree size that will be anchored, None when everything is anchored already.
    """
    with _opened(folder) as there:
        asked = [there.anchors.ask_now(chain.chain_id) for _, chain in there.chains]
    return max((size for size in asked if size is not None), default=None)


def resume_anchoring(folder: LedgerFolder, chain_id: int | None = None) -> list[Halt]:
    """Let anchoring go on that a fatal finding had stopped.

    Args:
        chain_id: on this chain only; None = on every one that is stopped.

    Returns:
        The halts that were taken away; empty when none stood there.

    Raises:
        MalformedError: the ledger does not anchor on that chain.
    """
    with _opened(folder) as there:
        anchors, chain_ids = there.anchors, [chain.chain_id for _, chain in there.chains]
        if chain_id is not None and chain_id not in chain_ids:
            named = ", ".join(str(one) for one in chain_ids)
            raise MalformedError(f"expected one of {named}, got {chain_id}", field="--chain")
        halts = [anchors.halted(one) for one in chain_ids if chain_id in {None, one}]
        return [halt for halt in halts if halt is not None and anchors.resume(halt.chain_id)]
