"""Workers that share a slow chain: each question fits into a lease, a turn need not (W3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from simulated_ledger import SimulatedLedger
from simulator import SimulatedSender, fast_keccak
from worker_history import WorkerHistory, the_database

from provenance.anchor import AnchorState
from provenance.errors import LeaseLostError
from provenance.ledger.anchor_alerts import AlertCode
from provenance.ledger.anchor_checkpoint import AnchorWorker
from provenance.ledger.anchor_lease import HeldLease
from provenance.ledger.anchor_rules import LONGEST_LEASE_SECONDS, AnchorRules
from provenance.store import lease_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.ledger.anchor_alerts import Progress

RULES = AnchorRules(interval=12)
QUESTIONS = frozenset(
    {"proof", "check_pin", "anchorer", "finalized", "head", "fees", "dry_run", "nonce"}
)


@pytest.fixture(autouse=True)
def _fast() -> Iterator[None]:
    with fast_keccak():
        yield


class SharedSlowly:
    """Two workers on one chain that takes long over every answer; the other one never sleeps."""

    def __init__(self, seconds: float) -> None:
        self.ledger = SimulatedLedger(rules=RULES)
        self.seconds = seconds
        self.lost = 0
        self._is_answering = False
        self.workers = [self._worker(place) for place in range(2)]

    def _worker(self, place: int) -> AnchorWorker:
        return AnchorWorker(
            chain=SlowChain(self, place),
            sender=SimulatedSender(),
            store=self.ledger.store,
            log=self.ledger.log,
            clock=self.ledger.clock,
            rules=RULES,
            holder=f"worker {place}",
        )

    def pass_time(self, seconds: float) -> None:
        self.ledger.clock.pass_time(seconds)
        the_database().clock_ms += int(seconds * 1000)

    def wait_for_answer(self, place: int) -> None:
        self.pass_time(self.seconds)
        if not self._is_answering:
            self._is_answering = True
            self.step(1 - place)
            self._is_answering = False

    def step(self, place: int) -> Progress:
        progress = self.workers[place].step()
        self.lost += progress.has(AlertCode.LEASE_LOST)
        return progress

    def live(self, rounds: int) -> list[str]:
        for at in range(rounds):
            self.step(at % 2)
            self.pass_time(12)
            self.ledger.chain.mine()
        return [state.value for state in self.ledger.states()]


class SlowChain:
    def __init__(self, life: SharedSlowly, place: int) -> None:
        self._life, self._place = life, place

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- stands for any method
        found = getattr(self._life.ledger.chain, name)
        if name in QUESTIONS:
            self._life.wait_for_answer(self._place)
        return found


@pytest.mark.parametrize("seconds", [1, 9, 25, 45])
def test_two_workers_with_turns_longer_than_the_lease_go_on(seconds: int) -> None:
    """Turns of 7 s and more under leases of 5 s: neither ever bound an anchor, for ever."""
    life = SharedSlowly(seconds)

    assert life.live(12)[:1] == ["final"]
    assert life.lost == 0


def test_a_lost_lease_is_told_until_a_turn_comes_to_its_end() -> None:
    life = SharedSlowly(0)
    slow, other = life.workers
    life.seconds = LONGEST_LEASE_SECONDS + 1
    lost = slow.step()
    life.seconds = 0
    standby = slow.step()
    other.release()
    done = slow.step()

    assert [alert.code for alert in lost.alerts] == [AlertCode.LEASE_LOST]
    assert [alert.code for alert in standby.alerts] == [AlertCode.STANDBY, AlertCode.LEASE_LOST]
    assert standby.alert is not None
    assert not done.has(AlertCode.LEASE_LOST)


class StandsStill(SharedSlowly):
    """One worker stands still at its ``place``-th question, while the other one anchors on."""

    def __init__(self, place: int) -> None:
        super().__init__(0)
        self.place = place
        self.asked = 0

    def wait_for_answer(self, place: int) -> None:
        if place:
            return
        self.asked += 1
        if self.asked != self.place:
            return
        self.pass_time(LONGEST_LEASE_SECONDS + 1)
        for _ in range(12):
            self.step(1)
            self.pass_time(12)
            self.ledger.chain.mine()


@pytest.mark.parametrize("place", range(1, 9))
def test_who_was_taken_over_at_any_question_accuses_nobody(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it read before is older than the chain it asks then.

    The fence would refuse its halt; it must not even try one.
    """
    halts: list[str] = []
    monkeypatch.setattr(
        lease_store.SqlLeaseStore, "halt", lambda _self, _lease, code, *_: halts.append(code)
    )
    life = StandsStill(place)
    life.ledger.log.grow(3)
    life.place = 0
    life.live(8)  # an anchor is final, so that nonces are compared
    life.ledger.log.grow(4)
    life.place, life.asked = place, 0
    for _ in range(4):
        life.step(0)
        life.pass_time(12)
        life.ledger.chain.mine()

    assert life.asked >= place
    assert life.lost
    assert not halts
    assert set(life.ledger.states()) == {AnchorState.FINAL}


def test_database_clock_that_jumps_between_turns_harms_nothing() -> None:
    life = SharedSlowly(0)
    first, other = life.workers
    first.step()
    the_database().clock_ms += 86_400_000
    other.step()
    life.ledger.chain.mine()
    lost = first.step()  # not due by its own clock: it learns of it by its first write

    assert lost.has(AlertCode.LEASE_LOST)
    assert life.ledger.store.halted(life.ledger.chain.chain_id) is None
    assert life.live(12)[:1] == ["final"]


def test_keeping_prolongs_what_nobody_took_and_takes_nothing() -> None:
    ledger = SimulatedLedger()
    held, rival = (
        HeldLease(store=ledger.store, clock=ledger.clock, chain_id=1, holder=name, seconds=60)
        for name in ("one", "other")
    )
    assert held.hold() is not None
    ledger.clock.pass_time(40)
    the_database().clock_ms += 40_000
    held.keep()
    the_database().clock_ms += 40_000
    assert rival.hold() is None
    the_database().clock_ms += 60_000
    held.keep()  # not due by the local clock, and no longer his by the database's
    ledger.clock.pass_time(40)
    held.keep()
    assert rival.hold() is None, "a lease that had ended, and nobody had taken, goes on"

    the_database().clock_ms += 61_000
    assert rival.hold() is not None
    ledger.clock.pass_time(40)
    with pytest.raises(LeaseLostError):
        held.keep()
    assert rival.hold() is not None


def test_histories_with_slow_chains_come_to_their_end() -> None:
    assert _live_slowly(WorkerHistory(seed) for seed in range(30))


def _live_slowly(lives: Iterable[WorkerHistory]) -> int:
    """Run those with a slow chain, anew since all use one database; return how many they were."""
    slow = [life for life in lives if any(crew.slow for crew in life.crews)]
    for life in slow:
        WorkerHistory(life.seed, pause=life.pause).run()
    return len(slow)


def test_histories_find_out_a_worker_that_does_not_prolong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: leases that last from the start of a turn only."""
    monkeypatch.setattr(lease_store.SqlLeaseStore, "prolong", lambda _self, _lease, _seconds: None)

    with pytest.raises(AssertionError, match="a turn outlasted its lease"):
        _live_slowly(WorkerHistory(seed, pause=0.0) for seed in range(200))
