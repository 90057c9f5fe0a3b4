"""The worker against a node that does everything wrong, dying at every durable step.

``PROVENANCE_HISTORIES`` sets how many histories are run, ``PROVENANCE_SEED`` the first seed;
``scripts/simulate_worker`` runs the long profile.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from simulator import SimulatedChain, SimulatedSender
from worker_history import WorkerHistory

from provenance.errors import AnchorLostError, FatalError
from provenance.header import BlockHeader
from provenance.ledger import prove_anchor

HISTORIES = int(os.environ.get("PROVENANCE_HISTORIES", "30"))
FIRST_SEED = int(os.environ.get("PROVENANCE_SEED", "1"))


@pytest.mark.parametrize("block", range(3))
def test_histories_keep_every_invariant(block: int) -> None:
    crashes = finals = 0
    for seed in range(FIRST_SEED + block, FIRST_SEED + HISTORIES, 3):
        life = WorkerHistory(seed)
        try:
            life.run()
        except BaseException:
            print(f"seed {seed}")  # noqa: T201 -- to run it again
            raise
        crashes += life.crashes
        finals += len(life.finals)

    assert crashes > HISTORIES // 6
    assert finals > HISTORIES // 6


class EagerSender(SimulatedSender):
    """The control: hands bytes to the node before anybody stored them."""

    def __init__(self, chain: SimulatedChain) -> None:
        self._chain = chain

    def sign(self, **members: Any) -> Any:  # noqa: ANN401 -- forwards
        attempt = super().sign(**members)
        self._chain.broadcast(attempt.raw)
        return attempt


def test_control_that_broadcasts_before_storing_is_caught() -> None:
    with pytest.raises(AssertionError, match="before it was stored"):
        WorkerHistory(1, make_sender=EagerSender).run()


def test_control_that_believes_words_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        prove_anchor,
        "verify_anchored_root",
        lambda evidence, **_: BlockHeader.parse(evidence.header),
    )

    caught = 0
    for seed in range(12):
        try:
            WorkerHistory(seed).run()
        except Exception:  # noqa: BLE001 -- whichever way the auditor finds it out
            caught += 1

    assert caught


def test_reorganisation_below_finality_raises_the_alarm() -> None:
    life = WorkerHistory(7, death=0.0)
    life.run(events=20)
    life.chain.knobs.deep_reorg = True
    life.chain.reorganise(1_000, back_to_pool=False)
    life.log.grow(2)
    life.clock.pass_time(1_000)

    with pytest.raises(FatalError) as caught:
        life.step()

    assert isinstance(caught.value, AnchorLostError)
