"""A worker on a simulated chain that does what it is told, for tests of one state at a time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from anchored_log import AnchoredLog
from simulator import (
    SLOT_SECONDS,
    SimulatedAttestor,
    SimulatedChain,
    SimulatedClock,
    SimulatedSender,
)
from worker_history import RULES, the_database

from provenance.ledger.anchor_checkpoint import AnchorWorker
from provenance.store.anchor_store import SqlAnchorStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.anchor import AnchorState
    from provenance.ledger.anchor_alerts import Progress
    from provenance.ledger.anchor_port import Anchor, Inclusion
    from provenance.ledger.anchor_rules import AnchorRules


class SimulatedLedger:
    """One log, one chain, one worker; nothing happens unasked."""

    def __init__(self, *, rules: AnchorRules = RULES, **kind: Any) -> None:  # noqa: ANN401 -- of the chain
        self.clock = SimulatedClock()
        database = the_database()
        database.begin()
        self.store = SqlAnchorStore(database.engine)
        self.log = AnchoredLog(database.engine)
        self.chain = SimulatedChain(random.Random(1), self.clock, **kind)
        self.chain.mine()
        self.attestor = SimulatedAttestor()
        self.rules = rules
        self.worker = self.new_worker()
        self.log.grow(2)

    def new_worker(
        self, holder: str = "the only worker", *, sender: SimulatedSender | None = None
    ) -> AnchorWorker:
        return AnchorWorker(
            chain=self.chain,
            sender=sender or SimulatedSender(),
            store=self.store,
            log=self.log,
            clock=self.clock,
            rules=self.rules,
            holder=holder,
            attestor=self.attestor,
        )

    def step(self) -> Progress:
        return self.worker.step()

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.clock.pass_time(SLOT_SECONDS)
            self.chain.mine()

    def go_on_until(self, is_done: Callable[[], bool], *, turns: int = 60) -> None:
        for _ in range(turns):
            if is_done():
                return
            self.step()
            self.mine()
        raise AssertionError(f"not done after {turns} turns")

    def anchors(self) -> list[Anchor]:
        return list(self.store.page())

    def states(self) -> list[AnchorState]:
        return [anchor.state for anchor in self.anchors()]

    def finish(self) -> None:
        size, _ = self.log.newest_signed()

        def is_done() -> bool:
            final = self.store.newest_final(self.chain.chain_id)
            return final is not None and final.tree_size == size

        self.go_on_until(is_done)

    def inclusion(self, place: int = 0) -> Inclusion:
        found = self.anchors()[place].inclusion
        assert found is not None
        return found
