"""One simulated life of the anchoring workers, and the auditor that judges it at every step.

The workers, their store (SQLite) and their verifier are the real ones; chains and clocks are
simulated. A life has one log, one or two chains of different kinds, and on each one or two workers
that compete for the lease. A process dies before or after any call that leaves it, or is paused
there for longer than its lease while the other one works. Some chains take so long over every
answer that a turn outlasts the lease, while the other worker takes turns as well. Everything
follows from the seed.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anchored_log import AnchoredLog
from history_audit import HistoryAudit
from simulator import (
    CHAIN_ID,
    SLOT_SECONDS,
    Knobs,
    SimulatedAttestor,
    SimulatedChain,
    SimulatedClock,
    SimulatedSender,
    fast_keccak,
)
from sqlalchemy import StaticPool, create_engine, insert

from provenance.errors import FatalError, FinalityViolatedError, ProvenanceError
from provenance.ledger.anchor_alerts import AlertCode
from provenance.ledger.anchor_checkpoint import AnchorRules, AnchorWorker
from provenance.ledger.chain_port import NamedBlock
from provenance.store import tables
from provenance.store.anchor_store import SqlAnchorStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulated_blocks import SimulatedBlock
    from sqlalchemy import Engine

RULES = AnchorRules(
    interval=12,
    resend_after=12,
    bump_after=24,
    repin_after=120,
    recheck_after=240,
    stale_after=3_600,
    lease_seconds=30,
)

EFFECTS = frozenset(
    {
        *("broadcast", "bind", "add_attempt", "note_broadcast", "include", "displace", "finalize"),
        *("acquire", "attest"),
    }
)
"""Calls after which a death leaves something behind; reads are interrupted too, but seldom."""

BEFORE_THE_LEASE = frozenset({"halted", "unfinished", "wanted", "newest", "acquire", "advance"})
"""Calls at which a pause lets the worker ask for the lease again, or nothing follows them."""

SLOW_SECONDS = (3.0, 9.0)
"""What an answer of a slow chain takes: less than a lease, while a turn takes more than one."""

KINDS: tuple[dict[str, Any], ...] = (
    {"chain_id": 5, "is_legacy": True},
    {"chain_id": 1030, "evidence_level": "trusted-rpc"},
    {"chain_id": 199, "evidence_level": "trusted-rpc", "is_legacy": True},
)
"""What a second chain may be."""


class Crash(BaseException):
    """The process died. Nothing may catch it, as nothing catches kill -9."""


class Database:
    """SQLite in memory with a clock of its own, made once and emptied for every life."""

    def __init__(self) -> None:
        self.clock_ms = 0
        self.driver = sqlite3.connect(":memory:", check_same_thread=False)
        # what the lease's SQL asks; durability is for the storage campaigns
        self.driver.create_function("julianday", 1, self._julian_day)
        self.engine: Engine = create_engine(
            "sqlite://", creator=lambda: self.driver, poolclass=StaticPool
        )
        tables.metadata.create_all(self.engine)
        self._empty = self.driver.serialize()

    def _julian_day(self, _now: str) -> float:
        return 2440587.5 + self.clock_ms / 86_400_000

    def begin(self) -> None:
        self.driver.deserialize(self._empty)
        self.clock_ms = 1_800_000_000_000


_databases: list[Database] = []


def the_database() -> Database:
    """Return this process's database: making one costs more than a whole life."""
    if not _databases:
        _databases.append(Database())
    return _databases[0]


class Mortal:
    """A port through which every call may be the process's last, or be paused before it."""

    def __init__(self, port: object, crew: Crew, place: int) -> None:
        self._port = port
        self._crew = crew
        self._place = place

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- stands for any port
        found = getattr(self._port, name)
        if not callable(found):
            return found
        life, crew, place = self._crew.life, self._crew, self._place

        def call(*arguments: object, **named: object) -> object:
            if life.is_mortal:
                if self._port is crew.chain:
                    life.wait_for_answer(crew, place)
                life.maybe_pause(crew, place, name)
                life.maybe_die(name)
            result = found(*arguments, **named)
            if life.is_mortal:
                if name == "bind":
                    life.audit.check_bound(crew.chain.chain_id)
                life.maybe_die(name)
            return result

        # looked up once for each port and name
        self.__dict__[name] = call
        return call


@dataclass(eq=False)
class Crew:
    """One chain and the workers that anchor on it."""

    life: WorkerHistory
    chain: SimulatedChain
    sender: Any
    attestor: SimulatedAttestor
    names: list[str]
    slow: float = 0.0
    """Seconds that an answer takes."""
    workers: list[AnchorWorker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workers = [self._begin(place) for place in range(len(self.names))]

    def restart(self, place: int) -> None:
        """Begin a new process: nothing survives but the database and the chain."""
        if self.life.rng.random() < 0.5:
            self.names[place] = f"{self.life.rng.random()}"
        self.workers[place] = self._begin(place)

    def _begin(self, place: int) -> AnchorWorker:
        return AnchorWorker(
            chain=Mortal(self.chain, self, place),
            sender=self.sender,
            store=Mortal(self.life.store, self, place),
            log=self.life.log,
            clock=self.life.clock,
            rules=RULES,
            holder=self.names[place],
            attestor=Mortal(self.attestor, self, place),
        )


@dataclass(eq=False)
class WorkerHistory:
    """A seeded run; the counters say what it went through."""

    seed: int
    make_sender: Callable[[SimulatedChain], Any] = lambda _: SimulatedSender()
    death: float | None = None
    pause: float = 0.02
    crashes: int = 0
    steps: int = 0
    pauses: int = 0
    takeovers: int = 0
    reorganisations: int = 0
    violations: int = 0
    fatal: FatalError | None = None

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        if self.death is None:
            self.death = self.rng.choice([0.05, 0.2, 0.4])
        self.clock = SimulatedClock()
        self.database = the_database()
        self.database.begin()
        self.engine = self.database.engine
        self.quorum = self.rng.choice([0, 0, 1])
        self.store = SqlAnchorStore(self.engine, quorum=self.quorum)
        self.log = AnchoredLog(self.engine)
        self.is_mortal = False
        self._is_within = False  # a turn, which stands still while the other worker takes turns
        self._slow_rng = random.Random(f"slow {self.seed}")
        self._zombie_changes: int | None = None
        self._leases_settled_at = 0.0
        self.crews = [self._crew({})]
        if self.rng.random() < 0.4:
            self.crews.append(self._crew(self.rng.choice(KINDS)))
        self.audit = HistoryAudit(self.database.driver, self.store, self.log, RULES, self.crews)

    def _crew(self, kind: dict[str, Any]) -> Crew:
        chain = SimulatedChain(self.rng, self.clock, **{"chain_id": CHAIN_ID, **kind})
        chain.on_broadcast = lambda raw: self.audit.check_stored(raw)  # noqa: PLW0108 -- made later
        names = [f"{chain.chain_id}-{i}" for i in range(self.rng.choice([1, 2, 2]))]
        crew = Crew(self, chain, self.make_sender(chain), SimulatedAttestor(), names)
        if len(names) > 1 and self._slow_rng.random() < 0.1:
            crew.slow = self._slow_rng.uniform(*SLOW_SECONDS)
        return crew

    @property
    def chain(self) -> SimulatedChain:
        return self.crews[0].chain

    @property
    def finals(self) -> dict[int, NamedBlock]:
        return self.audit.finals

    # --- death and pauses --------------------------------------------------------------------

    def maybe_die(self, name: str) -> None:
        if not self.death:
            return
        chance = self.death if name in EFFECTS else self.death / 20
        if self.rng.random() < chance:
            raise Crash

    def maybe_pause(self, crew: Crew, place: int, name: str) -> None:
        """Let the process sleep for longer than its lease, while another one works."""
        if self._is_within or len(crew.names) < 2 or not self.pause:
            return
        if self.rng.random() >= self.pause:
            return
        self.pauses += 1
        self._check_zombie()
        before = self._epoch(crew)
        self._is_within = True
        self.pass_time(RULES.lease_seconds * 2)
        others = [i for i in range(len(crew.names)) if i != place]
        for _ in range(self.rng.randint(1, 6)):
            self.step(crew, self.rng.choice(others))
            self.mine(crew)
        self._is_within = False
        self.is_mortal = True
        if self._epoch(crew) != before:
            self.takeovers += 1
        is_zombie = self._epoch(crew) != before and name not in BEFORE_THE_LEASE
        if is_zombie or self._zombie_changes is not None:
            self._zombie_changes = self.database.driver.total_changes

    def wait_for_answer(self, crew: Crew, place: int) -> None:
        """Let a slow chain's answer take its time, in which the other worker takes a turn."""
        if not crew.slow or self._is_within:
            return
        self.pass_time(crew.slow)
        if self._slow_rng.random() < 0.3:
            self._check_zombie()
            self._is_within = True
            self.step(crew, 1 - place)
            self._is_within = False
            self.is_mortal = True
            if self._zombie_changes is not None:  # what the other one wrote is its right
                self._zombie_changes = self.database.driver.total_changes

    def _epoch(self, crew: Crew) -> int | None:
        row = self.database.driver.execute(
            "SELECT epoch FROM worker_leases WHERE chain_id = ?", (crew.chain.chain_id,)
        ).fetchone()
        return None if row is None else row[0]

    # --- a life ------------------------------------------------------------------------------

    def run(self, events: int = 110) -> None:
        """Live through random events, then be left in peace and finish the work."""
        weights: dict[Callable[[Crew], None], float] = {
            self.step_one: 13,
            self.mine: 5,
            self.grow: 1.5,
            self.disturb: 1,
            self.price: 0.8,
            self.reorganise: 1.2,
            self.jump: 0.3,
        }
        happenings, chances = list(weights), list(weights.values())
        with fast_keccak():
            for crew in self.crews:
                crew.chain.mine()
            self.grow()
            for _ in range(events):
                crew = self.rng.choice(self.crews)
                event = self.rng.choices(happenings, chances)[0]
                event(crew)
                self.audit.look()
            self.finish()
            if self.rng.random() < 0.05:
                self.violate_finality(self.rng.choice(self.crews))

    def step_one(self, crew: Crew) -> None:
        self.step(crew, self.rng.randrange(len(crew.names)))

    def step(self, crew: Crew, place: int) -> None:
        self.steps += 1
        self.is_mortal = True
        try:
            may_lose = self._may_lose_its_lease()
            told = crew.workers[place].step()
            if not (may_lose or told.has(AlertCode.STANDBY)):
                assert not told.has(AlertCode.LEASE_LOST), "a turn outlasted its lease"
        except Crash:
            self.crashes += 1
            crew.restart(place)
        except FatalError as error:
            self.fatal = error
            raise
        except ProvenanceError:
            pass  # the loop would wait and step again
        finally:
            self.is_mortal = False
        if not self._is_within:
            self._check_zombie()
            self._zombie_changes = None

    def _may_lose_its_lease(self) -> bool:
        """Say whether a turn that begins now may be taken over before its end, and rightly.

        It may if processes die or are paused, or if the database's clock has just jumped: another
        worker may have the lease then, and this one asks again only after a sixth of its own.
        """
        is_settled = self.clock.monotonic() >= self._leases_settled_at
        return bool(self.death or self.pause or not is_settled)

    def _check_zombie(self) -> None:
        """A worker that woke up after another had taken over has changed nothing."""
        if self._zombie_changes is not None:
            assert self.database.driver.total_changes == self._zombie_changes, "a zombie wrote"

    def pass_time(self, seconds: float) -> None:
        self.clock.pass_time(seconds)
        self.database.clock_ms += int(seconds * 1000)

    def mine(self, crew: Crew) -> None:
        self.pass_time(SLOT_SECONDS)
        crew.chain.mine()

    def grow(self, _crew: Crew | None = None) -> None:
        """Sign a larger head, now and then with a beacon and a witness."""
        final = self.chain.history[max(0, len(self.chain.history) - 5)].block
        beacon = NamedBlock(final.number, final.block_hash) if self.rng.random() < 0.5 else None
        size = self.log.grow(self.rng.randint(2, 9), beacon=beacon)
        if self.quorum and self.rng.random() < 0.5:
            row = {"tree_size": size, "witness": "one", "line": "line"}
            with self.engine.begin() as connection:
                connection.execute(insert(tables.cosignatures), row)

    def disturb(self, crew: Crew) -> None:
        """Turn the knobs anew."""
        chance = self.rng.choice([0.0, 0.05, 0.3])

        def maybe() -> float:
            return chance if self.rng.random() < 0.5 else 0.0

        is_proved = crew.chain.evidence_level == "proof"
        crew.chain.knobs = Knobs(
            away=maybe() / 4,
            lose_request=maybe(),
            lose_reply=maybe(),
            duplicate=maybe(),
            lag=maybe(),
            steady_lag=self.rng.choice([0, 0, 1, 4]),
            slow=maybe(),
            evict=maybe(),
            # a chain that proves nothing is believed: its answers are a quorum's
            lie=self.rng.choice([0.0, 0.0, 0.2]) if is_proved else 0.0,
            forget=self.rng.choice([0.0, 0.0, 0.3]) if is_proved else 0.0,
            state_window=self.rng.choice([0, 1, 2, 128]),
            receipts_window=self.rng.choice([0, 2, 10_000]),
            is_stalled=self.rng.random() < 0.1,
        )

    def price(self, crew: Crew) -> None:
        """Let the base fee jump."""
        crew.chain.base_fee_wei = 10**9 * self.rng.choice([1, 4, 10, 40, 40, 1000])

    def reorganise(self, crew: Crew) -> None:
        back = self.rng.random() < 0.5
        gone = crew.chain.reorganise(self.rng.randint(1, 3), back_to_pool=back)
        self.reorganisations += bool(gone)

    def jump(self, _crew: Crew) -> None:
        """Set the local clock or the database's; the steady one does not care."""
        seconds = self.rng.choice([-3 * 86_400, -100, 100, 600, 86_400])
        if self.rng.random() < 0.5:
            self.clock.unix += seconds
        else:
            self.database.clock_ms += seconds * 1000
            self._leases_settled_at = self.clock.monotonic() + RULES.lease_seconds / 6

    # --- its end -----------------------------------------------------------------------------

    def calm(self) -> None:
        """No more deaths, pauses, lies and losses."""
        self.death = self.pause = 0.0
        newest = max(crew.chain.history[-1].block.timestamp for crew in self.crews)
        # block time never decreases, so a clock set back waits for nobody but itself
        self.clock.unix = max(self.clock.unix, newest)
        for crew in self.crews:
            crew.chain.knobs = Knobs()
            crew.chain.base_fee_wei = 10**9

    def finish(self) -> None:
        """With honest nodes and no more deaths, everything wanted becomes final."""
        self.calm()
        for _ in range(150):
            for crew in self.crews:
                for place in range(len(crew.names)):
                    self.step(crew, place)
                self.mine(crew)
            self.audit.look()
            if not any(self._is_busy(crew) for crew in self.crews):
                break
            # fees that lies have bound count for a day
            self.pass_time(SLOT_SECONDS)
        for crew in self.crews:
            newest = self.store.newest_final(crew.chain.chain_id)
            assert newest is not None, "nothing became final"
            signed = self.log.newest_signed()
            assert (newest.tree_size, newest.root_hash) == signed, "the newest head is not final"

    def _is_busy(self, crew: Crew) -> bool:
        chain_id = crew.chain.chain_id
        return bool(self.store.unfinished(chain_id)) or self.store.wanted(chain_id) is not None

    def violate_finality(self, crew: Crew) -> None:
        """Reorganise below finality: the alarm is raised, nothing is lost, a person can resume."""
        chain, chain_id = crew.chain, crew.chain.chain_id
        before = self.audit.evidence(chain_id)
        chain.knobs.deep_reorg = True
        gone = chain.reorganise(10_000, back_to_pool=self.rng.random() < 0.5)
        self.pass_time(1_000)
        self._step_until_fatal(crew)
        self.violations += 1
        assert self.store.halted(chain_id) is not None, "no halt was stored"
        for place in range(len(crew.names)):
            crew.restart(place)
            assert crew.workers[place].step().has(AlertCode.HALTED), "a halt did not last"
        assert self.audit.evidence(chain_id) == before, "evidence was lost"
        newest = self.store.newest_final(chain_id)
        assert newest is not None
        assert newest.violated_unix is not None, "the anchor is not marked"
        assert self.store.covering(chain_id, newest.tree_size) is None, "still in receipts"
        self._restore(chain, gone)
        self.store.resume(chain_id)
        self.grow()
        self.finish()
        newest = self.store.newest_final(chain_id)
        assert newest is not None
        assert newest.violated_unix is None

    def _step_until_fatal(self, crew: Crew) -> None:
        for _ in range(20):
            for place in range(len(crew.names)):
                try:
                    self.step(crew, place)
                except FinalityViolatedError:
                    return
            self.pass_time(RULES.lease_seconds)
        raise AssertionError("the alarm was not raised")

    @staticmethod
    def _restore(chain: SimulatedChain, gone: list[SimulatedBlock]) -> None:
        """The nodes come back to the chain that they had called final."""
        chain.history[1:] = gone
        chain.pool.clear()
        chain.knobs = Knobs()
