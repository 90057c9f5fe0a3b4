"""Anchor the newest signed checkpoint, exactly once, through crashes and lying nodes.

    marker --bind--> prepared --> sent --> included --> final        (``follow_anchor.py``)

The rules are numbered in ``docs/operating.md`` ("The anchoring worker", W1-W15) and marked
where they are kept. At most one anchor is not yet included at a time, and each is bound to one
nonce with signed bytes that are stored: whatever a crash left of them, sending the same bytes
again is harmless, and nothing is ever signed for another checkpoint under that nonce. A worker
that was taken over and wakes up late can do no more than that: all its writes are fenced.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from provenance.anchor import AnchorState
from provenance.errors import (
    AnchorLostError,
    FeeCeilingError,
    ForeignTransactionError,
    LeaseLostError,
    NodeBehindError,
    ProvenanceError,
)
from provenance.ledger.anchor_alerts import AlertCode, Alerts, Progress
from provenance.ledger.anchor_lease import HeldLease, asked_under
from provenance.ledger.anchor_rules import AnchorRules, gas_limit
from provenance.ledger.chain_log import ChainLog
from provenance.ledger.chain_port import AnchorCall
from provenance.ledger.follow_anchor import AnchorFollower
from provenance.ledger.prove_anchor import nonce_at
from provenance.ledger.watch_chain import ChainWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.anchor_port import Anchor, AnchorStore, Lease, LogView
    from provenance.ledger.chain_port import Attestor, Block, Chain, Clock, Sender

__all__ = ["AnchorRules", "AnchorWorker", "Progress"]

_logger = logging.getLogger(__name__)


class AnchorWorker:
    """One ledger's anchoring on one chain. Any number may run; the one with the lease works."""

    def __init__(  # noqa: PLR0913 -- the ports, the clock, the rules and a name
        self,
        *,
        chain: Chain,
        sender: Sender,
        store: AnchorStore,
        log: LogView,
        clock: Clock,
        rules: AnchorRules,
        holder: str,
        attestor: Attestor | None = None,
    ) -> None:
        """Join the ports; nothing is read or sent yet.

        Args:
            holder: this worker's name in the lease. No two that live may have the same; one that
                comes after a crash need not wait for the lease's end if it has the old name.
            attestor: needed on a chain of level ``trusted-rpc``.
        """
        self._blocks = chain  # makes blocks on demand, also while another worker has the lease
        self._chain_id = chain.pin.chain_id
        self._held = HeldLease(
            store=store,
            clock=clock,
            chain_id=self._chain_id,
            holder=holder,
            seconds=rules.lease_seconds,
        )
        self._chain = chain = asked_under(self._held, chain)
        self._sender = sender
        self._store = store
        self._log = log
        self._clock = clock
        self._rules = rules
        self._alerts = Alerts(self._chain_id)
        self._said = ChainLog(_logger, self._chain_id)
        self._watch = ChainWatch(
            chain=chain, store=store, log=log, clock=clock, rules=rules, alerts=self._alerts
        )
        self._follower = AnchorFollower(
            chain=chain,
            sender=sender,
            store=store,
            log=log,
            clock=clock,
            rules=rules,
            attestor=attestor,
            watch=self._watch,
            alerts=self._alerts,
        )
        self._lost: str | None = None  # why the last turn under a lease did not come to its end

    @property
    def chain_id(self) -> int:
        """The chain that it anchors on."""
        return self._chain_id

    def step(self) -> Progress:
        """Do all that can be done now; every durable step is committed before the next one.

        While anchoring is halted, or another worker has the lease, this does nothing and says
        so; it may be called on, and goes on by itself when a person resumed.

        Raises:
            FatalError: the chain contradicts us. The halt is stored: anchoring stays stopped
                until ``provenance anchor resume``, over restarts. Raised once, then reported.
            ProvenanceError: anything else is for now; the next step begins anew, pinned anew.
        """
        self._alerts.begin()
        try:
            return self._step()
        except LeaseLostError as error:
            self._held.lose()
            self._lost = f"in the middle of a turn: {error}"
            self._alerts.add(AlertCode.LEASE_LOST, self._lost)
            return self._progress(0)
        except ProvenanceError:
            self._watch.forget_pin()  # who knows which node answers next time (W2)
            raise

    def release(self) -> None:
        """Give the lease back at the end, so that another worker need not wait for its expiry."""
        self._held.release()

    def _step(self) -> Progress:
        halt = self._store.halted(self._chain_id)
        if halt is not None:
            self._alerts.add(AlertCode.HALTED, f"{halt.code}: {halt.message}")
            self._blocks.advance(None, inclusion=False)  # records go on, and so do their beacons
            return self._progress(0)
        anchors = self._store.unfinished(self._chain_id)
        if not anchors and self._due(anchors) is None and not self._watch.is_recheck_due():
            # nothing of ours to see: no RPC, but a beacon may wait for a block
            self._lost = None
            self._blocks.advance(None, inclusion=False)
            return self._progress(0)
        lease = self._hold_lease()
        if lease is None:
            self._alerts.add(AlertCode.STANDBY, "another process anchors on this chain")
            if self._lost is not None:
                self._alerts.add(AlertCode.LEASE_LOST, self._lost)
            return self._progress(0)
        left = self._turn_or_halt(lease)
        self._lost = None
        self._let_blocks_come(left)
        return self._progress(len(left))

    def _progress(self, unfinished: int) -> Progress:
        waiting = self._store.wanted(self._chain_id) is not None
        return Progress(
            unfinished=unfinished,
            waiting=waiting,
            alerts=self._alerts.all(),
            funds=self._follower.funds,
        )

    def _take_turn(self, lease: Lease) -> Sequence[Anchor]:
        """Do what is to be done, by what is read under the lease; return what is left open."""
        self._watch.check_pin(self._sender.address)
        self._watch.recheck_finals(lease)
        self._watch.settle_doubt()
        anchors = self._store.unfinished(self._chain_id)
        self._follower.forget_others(anchors)
        for anchor in anchors:
            self._follower.follow(lease, anchor)
        left = self._store.unfinished(self._chain_id)
        tree_size = self._due(left)
        if tree_size is None or self._watch.doubted_block is not None:
            return left
        bound = self._bind(lease, tree_size)
        if bound is None:
            return left
        self._follower.follow(lease, bound)
        return self._store.unfinished(self._chain_id)

    # --- W3: one at a time ------------------------------------------------------------------

    def _hold_lease(self) -> Lease | None:
        """Return the lease for a turn; None while another has it."""
        before = self._held.lease
        lease = self._held.hold()
        if lease != before:
            self._watch.forget_doubts()  # they came from a view that others have moved on
        return lease

    def _turn_or_halt(self, lease: Lease) -> Sequence[Anchor]:
        """Take a turn; whatever it accuses anybody of halts the chain here, and nowhere else.

        What contradicts us was read under ``lease``, so the halt is fenced by that very lease: who
        was taken over meanwhile, in a pause or by a slow answer, compared the chain with an old
        view of our own anchors. It has no say; what is true the new holder finds by itself.

        Raises:
            FatalError: the halt is stored.
            LeaseLostError: another worker has taken over; nothing is halted.
        """
        try:
            return self._take_turn(lease)
        except (AnchorLostError, ForeignTransactionError) as error:
            self._watch.forget_doubts()
            self._store.halt(lease, error.code, str(error), self._clock.now_unix())
            self._said.critical("anchoring stops: %s", error)
            raise

    # --- W1, W4, W5, W13, W15: bind the newest checkpoint to the next nonce -------------------

    def _due(self, unfinished: Sequence[Anchor]) -> int | None:
        """Return the tree size to bind now, None while there is none or it has to wait."""
        if len(unfinished) >= self._rules.open_anchors:
            return None
        if any(anchor.state is not AnchorState.INCLUDED for anchor in unfinished):
            return None
        wanted = self._store.wanted(self._chain_id)
        if wanted is None:
            return None
        tree_size, urgent = wanted
        newest = self._store.newest(self._chain_id)
        if newest is None or urgent:
            return tree_size
        elapsed = self._clock.now_unix() - newest.prepared_unix
        # a clock set back must not stop anchoring until it has caught up
        return None if 0 <= elapsed < self._rules.interval else tree_size

    def _bind(self, lease: Lease, tree_size: int) -> Anchor | None:
        """Prepare the anchor of ``tree_size``; None while the chain or the fees forbid it.

        A crash before ``bind`` returns leaves nothing behind; after it, a prepared anchor with
        stored bytes that may or may not be broadcast later, by these rules only.
        """
        if self._watch.is_stale():
            return None
        base_size = self._base_size(lease)
        nonce = None if base_size is None else self._next_nonce()
        if base_size is None or nonce is None:
            return None
        path = self._log.consistency_path(base_size, tree_size) if base_size else ()
        root_hash = self._log.root_at(tree_size)
        data = self._chain.call_data(AnchorCall(tree_size, root_hash, tuple(path)))
        needed = self._chain.dry_run(self._sender.address, data)
        gas = gas_limit(needed, len(data))
        fees = self._chain.fees()
        try:
            prices = (*self._rules.first_fees(fees, gas, self._follower.others_wei()), gas)
        except FeeCeilingError as error:
            self._alerts.add(AlertCode.FEE_CEILING, str(error))
            return None
        return self._store.bind(
            lease,
            sender=self._sender.address,
            nonce=nonce,
            base_size=base_size,
            tree_size=tree_size,
            root_hash=root_hash,
            call_data=data,
            attempt=self._follower.sign(nonce, data, prices, fees),
            now_unix=self._clock.now_unix(),
        )

    def _base_size(self, lease: Lease) -> int | None:
        """Return the tree size on chain, from which the call must prove consistency.

        All our anchors are at least included here, so it is that of the newest one.
        """
        base_size = self._watch.head_size()
        newest = self._store.newest(self._chain_id)
        if base_size is not None and newest is not None and base_size < newest.tree_size:
            self._watch.recheck_finals(lease, now=True)
            raise NodeBehindError(f"at tree size {base_size}, {newest.tree_size} was there")
        return base_size

    def _next_nonce(self) -> int | None:
        """Return the nonce after the last one bound, which must be the chain's too (W4).

        A key's very first anchor takes the chain's: what set up the contract came before. It is
        proved and by a quorum's block, for a wrong one would never be mined.
        """
        address = self._sender.address
        head = self._chain.head()
        theirs = nonce_at(self._chain, address, head)
        # ours last: what any worker sent was bound before, so it cannot lag behind an answer
        last = self._store.last_nonce(self._chain_id, address)
        if last is None:
            if self._chain.canonical_hash(head.number) != head.block_hash:
                raise NodeBehindError(f"block {head.number} is not the one of the others")
            return theirs
        if theirs > last + 1:
            self._watch.accuse(
                ForeignTransactionError(
                    f"block {head.number} is at nonce {theirs}, our next is {last + 1}: "
                    "the key was used elsewhere"
                ),
                self._is_ahead_of_ours,
            )
            return None
        if theirs < last + 1:
            self._alerts.add(AlertCode.NONCE_GAP, f"the chain is at {theirs}, we at {last + 1}")
            return None
        return theirs

    def _is_ahead_of_ours(self, block: Block) -> bool:
        """Say whether ``block`` shows transactions of our key that we never bound."""
        address = self._sender.address
        theirs = nonce_at(self._chain, address, block)
        last = self._store.last_nonce(self._chain_id, address)
        return last is not None and theirs > last + 1

    # --- a chain that makes blocks on demand -------------------------------------------------

    def _let_blocks_come(self, anchors: Sequence[Anchor]) -> None:
        targets = [a.inclusion.block.number for a in anchors if a.inclusion is not None]
        if self._watch.doubted_block is not None:
            targets.append(self._watch.doubted_block)
        self._blocks.advance(
            max(targets, default=None), inclusion=any(a.inclusion is None for a in anchors)
        )
