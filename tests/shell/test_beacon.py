"""The observer answers at once, moves forward only, and is fresh while there is traffic."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from node import AnchoredLedger, close, make_anchored_ledger
from simulator import SimulatedChain, SimulatedClock

from provenance.errors import ClockSkewError, UnavailableError, WrongChainError
from provenance.ledger.observe_beacon import BeaconObserver
from provenance.service.worker import AnchorLoop, BeaconLoop, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Simulated:
    """A simulated chain with an observer on it."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.chain = SimulatedChain(random.Random(1), self.clock)
        self.mine(10)
        self.observer = BeaconObserver(self.chain, self.clock)

    def mine(self, blocks: int) -> None:
        for _ in range(blocks):
            self.clock.pass_time(12)
            self.chain.mine()

    def number(self) -> int | None:
        held = self.observer.newest()
        return None if held is None else held.block.number


@pytest.fixture
def simulated() -> Simulated:
    return Simulated()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[AnchoredLedger]:
    made = make_anchored_ledger(tmp_path)
    yield made
    close(made)


def test_holds_the_finalized_block_and_its_header(simulated: Simulated) -> None:
    before = simulated.number()
    simulated.observer.poll()

    held = simulated.observer.newest()
    assert before is None
    assert held is not None
    assert held.block == simulated.chain.history[7].block
    assert held.chain_id == 31337


def test_never_goes_back(simulated: Simulated) -> None:
    simulated.observer.poll()
    simulated.chain.finality = 3  # a node that lags behind

    simulated.observer.poll()

    assert simulated.number() == 7


def test_keeps_what_it_holds_while_the_node_is_away(simulated: Simulated) -> None:
    simulated.observer.poll()
    simulated.chain.knobs.away = 1.0

    with pytest.raises(UnavailableError):
        simulated.observer.poll()

    assert simulated.number() == 7


def test_begins_no_lower_than_the_logs_newest_beacon(simulated: Simulated) -> None:
    observer = BeaconObserver(simulated.chain, simulated.clock, floor_number=9)
    observer.poll()
    before = observer.newest()

    simulated.mine(2)
    observer.poll()

    held = observer.newest()
    assert before is None
    assert held is not None
    assert held.block.number == 9


def test_other_block_at_a_final_height_is_an_alarm(simulated: Simulated) -> None:
    simulated.observer.poll()
    simulated.chain.knobs.deep_reorg = True
    simulated.chain.reorganise(5, back_to_pool=False)

    with pytest.raises(WrongChainError):
        simulated.observer.poll()


def test_block_far_in_our_future_is_refused(simulated: Simulated) -> None:
    simulated.clock.unix -= 3 * 86_400

    with pytest.raises(ClockSkewError):
        simulated.observer.poll()

    assert simulated.number() is None


def test_asks_often_only_while_there_is_traffic(simulated: Simulated) -> None:
    assert simulated.observer.is_due()
    simulated.observer.poll()
    simulated.clock.pass_time(200)
    idle = simulated.observer.is_due()
    simulated.observer.newest()  # the writer asks, and what is held is old
    asked = simulated.observer.is_due()
    simulated.clock.pass_time(121)

    assert (idle, asked) == (False, True)
    assert simulated.observer.is_due()  # 321 s since the last look
    simulated.observer.poll()
    assert not simulated.observer.is_due()


def test_fresh_block_is_made_for_traffic_on_a_managed_node(
    ledger: AnchoredLedger,
) -> None:
    before = ledger.node.head_number()
    observer = BeaconObserver(ledger.chain, ShiftedClock(120))  # two minutes later
    anchoring = AnchorLoop(ledger.worker, busy_seconds=0.02, idle_seconds=0.02)
    loop = BeaconLoop(observer, poll_seconds=0.02)

    anchoring.start()
    loop.start()
    time.sleep(0.3)
    idle = ledger.node.head_number()
    deadline = time.monotonic() + 10
    while (held := observer.newest()) is None or held.block.number <= before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    loop.stop()
    anchoring.stop()

    assert idle == before
    assert held.block.header


class ShiftedClock(SystemClock):
    """This machine's clock, some seconds later."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def now_unix(self) -> int:
        return super().now_unix() + self._seconds
