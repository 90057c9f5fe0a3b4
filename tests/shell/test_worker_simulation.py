"""The workers against chains that do everything wrong, dying at every durable step.

``PROVENANCE_HISTORIES`` sets how many histories are run, ``PROVENANCE_SEED`` the first seed;
``scripts/simulate_worker`` runs the long profile. Each control breaks one rule on purpose, and
must be found out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from simulator import SimulatedChain, SimulatedSender
from worker_history import WorkerHistory

from provenance.errors import FinalityViolatedError
from provenance.header import BlockHeader
from provenance.ledger import anchor_rules, prove_anchor
from provenance.ledger.anchor_alerts import AlertCode
from provenance.store import anchor_store

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Attempt, UnsignedTransaction

HISTORIES = int(os.environ.get("PROVENANCE_HISTORIES", "60"))
FIRST_SEED = int(os.environ.get("PROVENANCE_SEED", "1"))


@pytest.mark.parametrize("block", range(3))
def test_histories_keep_every_invariant(block: int) -> None:
    crashes = finals = takeovers = 0
    for seed in range(FIRST_SEED + block, FIRST_SEED + HISTORIES, 3):
        life = WorkerHistory(seed)
        try:
            life.run()
        except BaseException:
            print(f"seed {seed}: scripts/simulate_worker --histories 1 --seed {seed}")  # noqa: T201 -- to run it again
            raise
        crashes += life.crashes
        finals += len(life.finals)
        takeovers += life.takeovers

    assert crashes > 5 * HISTORIES // 3
    assert finals > HISTORIES // 3
    assert takeovers > HISTORIES // 3


KEPT_SEEDS = (1_000_000_002, 1_001_000_018, 1_002_000_169, 1_002_000_608)


@pytest.mark.parametrize("seed", KEPT_SEEDS)
def test_kept_seeds_keep_every_invariant(seed: int) -> None:
    """The database's clock jumped before the end, twice; turns within turns, twice."""
    WorkerHistory(seed).run()


def test_history_follows_from_its_seed() -> None:
    told = []
    for _ in range(2):
        life = WorkerHistory(77)
        life.run()
        told.append((life.steps, life.crashes, life.pauses, life.finals))

    assert told[0] == told[1]


class EagerSender(SimulatedSender):
    """The control: hands bytes to the node before anybody stored them."""

    def __init__(self, chain: SimulatedChain) -> None:
        self._chain = chain

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        attempt = super().sign(transaction)
        self._chain.broadcast(attempt.raw)
        return attempt


def find_out(wanted: str, *, seeds: int) -> list[str]:
    """Return what the auditor said, up to the first that tells of ``wanted``."""
    said: list[str] = []
    for seed in range(seeds):
        try:
            WorkerHistory(seed).run()
        except Exception as error:  # noqa: BLE001 -- whichever way the auditor finds it out
            said.append(f"{type(error).__name__}: {error}")
            if wanted in said[-1]:
                break
    return said


def test_control_that_broadcasts_before_storing_is_caught() -> None:
    with pytest.raises(AssertionError, match="before it was stored"):
        WorkerHistory(1, make_sender=EagerSender).run()


def test_control_that_believes_words_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        prove_anchor, "verify_proof", lambda evidence, **_: BlockHeader.parse(evidence.header)
    )

    assert find_out("", seeds=12)


def test_control_that_ignores_the_lease_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor_store, "fence", lambda _connection, _lease: None)

    said = find_out("a zombie wrote", seeds=40)

    assert said
    assert "a zombie wrote" in said[-1], said


def test_control_that_bumps_by_a_twentieth_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor_rules, "_eighth_more", lambda wei: -(-wei * 21 // 20))

    said = find_out("less than geth's tenth", seeds=40)

    assert said
    assert "less than geth's tenth" in said[-1], said


def test_reorganisation_below_finality_raises_the_alarm() -> None:
    life = WorkerHistory(7, death=0.0, pause=0.0)
    life.run(events=20)
    crew = life.crews[0]
    life.chain.knobs.deep_reorg = True
    life.chain.reorganise(1_000, back_to_pool=False)
    life.pass_time(1_000)

    life.step(crew, 0)  # seen once, it may be one node's mistake
    with pytest.raises(FinalityViolatedError):
        life.step(crew, 0)

    halt = life.store.halted(life.chain.chain_id)
    assert halt is not None
    assert halt.code == "finality-violated"
    assert crew.workers[0].step().has(AlertCode.HALTED)
    assert all(anchor.violated_unix for anchor in life.store.page() if anchor.inclusion)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_after_the_alarm_a_person_can_resume(seed: int) -> None:
    life = WorkerHistory(seed, pause=0.0)
    life.run(events=30)

    life.violate_finality(life.crews[-1])

    assert life.violations >= 1
    assert not any(anchor.violated_unix for anchor in life.store.page())
