"""One simulated life of the anchoring worker, and the auditor that judges it at every step.

The worker, its store (SQLite) and its verifier are the real ones; the chain and the clock are
simulated, and the process dies before or after any call that leaves it. Everything follows from
the seed.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anchored_log import AnchoredLog
from simulator import (
    CHAIN_ID,
    CODE_HASH,
    CONTRACT,
    LOG_ID,
    SLOT_SECONDS,
    Knobs,
    SimulatedChain,
    SimulatedClock,
    SimulatedSender,
)
from sqlalchemy import Engine, StaticPool, create_engine, select

from provenance.anchor import AnchorState, verify_anchored_root, verify_history
from provenance.errors import FatalError, ProvenanceError
from provenance.header import BlockHeader
from provenance.ledger.anchor_checkpoint import AnchorRules, AnchorWorker
from provenance.ledger.chain_port import NamedBlock
from provenance.store import tables
from provenance.store.anchor_store import SqlAnchorStore

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = AnchorRules(interval=12, resend_after=24, bump_after=36, repin_after=120)

EFFECTS = {"broadcast", "bind", "add_attempt", "note_broadcast", "include", "displace", "finalize"}
"""Calls after which a death leaves something behind; reads are interrupted too, but seldom."""


class Crash(BaseException):
    """The process died. Nothing may catch it, as nothing catches kill -9."""


class Mortal:
    """A port through which every call may be the process's last, before or after its effect."""

    def __init__(self, port: object, life: WorkerHistory) -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- stands for any port
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: object, **named: object) -> object:
            self._life.maybe_die(name)
            result = found(*arguments, **named)
            self._life.maybe_die(name)
            return result

        return call


def memory_engine() -> Engine:
    """A database that outlives the simulated process, not the test."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    tables.metadata.create_all(engine)
    return engine


@dataclass
class WorkerHistory:
    """A seeded run. ``crashes``, ``finals`` and ``alarms`` say what it went through."""

    seed: int
    make_sender: Callable[[SimulatedChain], Any] = lambda _: SimulatedSender()
    death: float = 0.25
    crashes: int = 0
    steps: int = 0
    fatal: FatalError | None = None
    finals: dict[int, NamedBlock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.clock = SimulatedClock()
        self.engine = memory_engine()
        self.store = SqlAnchorStore(self.engine)
        self.log = AnchoredLog(self.engine)
        self.chain = SimulatedChain(self.rng, self.clock, on_broadcast=self.check_stored)
        self.sender = self.make_sender(self.chain)
        self._is_mortal = False
        self._audited_changes = -1
        self._judged: set[tuple[int, bytes]] = set()
        self.restart()

    def restart(self) -> None:
        """Begin a new process: nothing survives but the database and the chain."""
        self.worker = AnchorWorker(
            chain=Mortal(self.chain, self),
            sender=self.sender,
            store=Mortal(self.store, self),
            log=self.log,
            clock=self.clock,
            rules=RULES,
        )

    def maybe_die(self, name: str) -> None:
        if self._is_mortal:
            chance = self.death if name in EFFECTS else self.death / 20
            if self.rng.random() < chance:
                raise Crash

    # --- a life ----------------------------------------------------------------------------

    def run(self, events: int = 150) -> None:
        """Live through random events, then be left in peace and finish the work."""
        self.chain.mine()
        self.log.grow(2)
        for _ in range(events):
            self.rng.choices(
                [self.step, self.mine, self.grow, self.disturb, self.reorganise, self.jump],
                [12, 5, 2, 1, 1.5, 0.3],
            )[0]()
            self.audit()
        self.finish()

    def step(self) -> None:
        self.steps += 1
        self._is_mortal = True
        try:
            self.worker.step()
        except Crash:
            self.crashes += 1
            self.restart()
        except FatalError as error:
            self.fatal = error
            raise
        except ProvenanceError:
            pass  # the loop would wait and step again
        finally:
            self._is_mortal = False

    def mine(self) -> None:
        self.clock.pass_time(SLOT_SECONDS)
        self.chain.mine()

    def grow(self) -> None:
        final = self.chain.history[max(0, len(self.chain.history) - 5)].block
        beacon = NamedBlock(final.number, final.block_hash) if self.rng.random() < 0.5 else None
        self.log.grow(self.rng.randint(1, 9), beacon=beacon)

    def disturb(self) -> None:
        """Turn the knobs anew; base fees jump."""
        chance = self.rng.choice([0.0, 0.05, 0.3])

        def maybe() -> float:
            return chance if self.rng.random() < 0.5 else 0.0

        self.chain.knobs = Knobs(
            away=maybe(),
            lose_request=maybe(),
            lose_reply=maybe(),
            lag=maybe(),
            slow=maybe(),
            evict=maybe(),
            lie=self.rng.choice([0.0, 0.0, 0.2]),
            forget=self.rng.choice([0.0, 0.0, 0.3]),
            state_window=self.rng.choice([1, 2, 128]),
        )
        self.chain.base_fee_wei = self.rng.choice([10**9, 3 * 10**9, 30 * 10**9])

    def reorganise(self) -> None:
        self.chain.reorganise(self.rng.randint(1, 3), back_to_pool=self.rng.random() < 0.5)

    def jump(self) -> None:
        """Set the local clock; the steady one does not care."""
        self.clock.unix += self.rng.choice([-3 * 86_400, -100, 100, 600])

    def finish(self) -> None:
        """With an honest node and no more deaths, everything wanted becomes final."""
        self.chain.knobs = Knobs()
        self.chain.base_fee_wei = 10**9
        # block time never decreases, so a clock set back waits for nobody but itself
        self.clock.unix = max(self.clock.unix, self.chain.history[-1].block.timestamp)
        self.death = 0.0
        for _ in range(120):
            self.step()
            self.mine()
            self.audit()
            if self.store.wanted() is None and not self.store.unfinished(CHAIN_ID):
                break
        newest = self.store.newest_final(CHAIN_ID)
        assert newest is not None, "nothing became final"
        assert newest.tree_size == self.log.newest_signed()[0], "the newest head is not final"
        assert newest.root_hash == self.log.newest_signed()[1]

    # --- the auditor -----------------------------------------------------------------------

    def check_stored(self, raw: bytes) -> None:
        """W5: bytes that reach a node are committed already."""
        with self.engine.connect() as connection:
            stored = connection.execute(select(tables.anchor_attempts.c.raw)).scalars().all()
        assert raw in stored, "broadcast before it was stored"

    def audit(self) -> None:
        self._audit_chain()
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            changes = driver.total_changes
        if changes == self._audited_changes:
            self._audit_finals()
            return
        self._audited_changes = changes
        anchors = self.store.page(limit=10_000)
        assert [a.nonce for a in anchors] == list(range(len(anchors))), "nonces have gaps"
        sizes = [a.tree_size for a in anchors]
        assert sizes == sorted(set(sizes)), "a head was bound twice, or out of order"
        assert sum(a.state is not AnchorState.FINAL for a in anchors) <= 1
        for anchor in anchors:
            assert len({a.raw for a in anchor.attempts}) == len(anchor.attempts)
            for attempt in anchor.attempts:
                assert attempt.gas * attempt.max_fee_wei <= (RULES.anchor_ceiling_wei or 0)
            if anchor.inclusion is not None:
                self._audit_evidence(anchor)
        self._audit_finals()

    def _audit_chain(self) -> None:
        """I5: every mined transaction anchored, each head once, none reverted."""
        mined = [r for b in self.chain.history for r in b.receipts]
        assert all(receipt.succeeded for receipt in mined), "a transaction reverted"
        sizes = [event.tree_size for receipt in mined for event in receipt.anchored]
        assert sizes == sorted(set(sizes)), "a head is anchored twice"

    def _audit_evidence(self, anchor: Any) -> None:  # noqa: ANN401 -- Anchor, imported for types only
        inclusion = anchor.inclusion
        block_hash = inclusion.block.block_hash
        if (anchor.anchor_id, block_hash) not in self._judged:
            self._judge(anchor)
            self._judged.add((anchor.anchor_id, block_hash))
        if anchor.state is AnchorState.FINAL:
            named = inclusion.block
            assert named.number <= self.chain.finality, "called final too early"
            assert self.finals.setdefault(anchor.anchor_id, named) == named
        else:
            assert anchor.anchor_id not in self.finals, "a final anchor was taken back"

    def _audit_finals(self) -> None:
        """I6: what was called final is canonical, for ever."""
        for named in self.finals.values():
            assert self.chain.history[named.number].block.block_hash == named.block_hash

    def _judge(self, anchor: Any) -> None:  # noqa: ANN401 -- as above
        inclusion = anchor.inclusion
        header = verify_anchored_root(
            inclusion.evidence,
            contract=CONTRACT,
            code_hash=CODE_HASH,
            log_id=LOG_ID,
            tree_size=anchor.tree_size,
            root_hash=self.log.root_at(anchor.tree_size),
            roots_slot=0,
        )
        assert header.hash == inclusion.block.block_hash
        state_root = BlockHeader.parse(inclusion.evidence.header).state_root
        for block, proof in inclusion.histories:
            verify_history(state_root, proof, block.number, block.block_hash)
