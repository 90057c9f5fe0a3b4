"""The auditor of fees finds what costs too much, and the real worker keeps a day's ceiling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults import worker_rig
from faults.anvil_process import Anvil
from faults.chain_events import ChainView, Transaction
from faults.fees import DAY_SECONDS, Attempt, Ceilings, check_fees
from faults.wire import Violation
from faults.worker_rig import WorkerRig

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GAS = 100
CEILINGS = Ceilings(anchor_wei=GAS * 90, day_wei=GAS * 100)
FIRST, DEARER, OTHER = (
    Attempt(1, "0x1", GAS, 80, 8),
    Attempt(1, "0x2", GAS, 90, 9),
    Attempt(2, "0x3", GAS, 40, 4),
)


def mined(at: int, attempt: Attempt, price: int) -> Transaction:
    return Transaction(
        attempt.hash,
        at,
        succeeded=True,
        gas=attempt.gas,
        cap=attempt.cap,
        tip=attempt.tip,
        spent=attempt.gas * price,
        at=at,
    )


def check(attempts: Sequence[Attempt], sent: Sequence[Transaction]) -> int:
    return check_fees(attempts, ChainView(transactions=list(sent), set_up=0), CEILINGS)


def test_fees_that_keep_to_the_rules_pass() -> None:
    sent = [mined(0, DEARER, 70), mined(10, OTHER, 30)]

    assert check([FIRST, DEARER, OTHER], sent) == 1


@pytest.mark.parametrize(
    "dearer", [replace(DEARER, cap=89), replace(DEARER, tip=8), replace(DEARER, cap=91)]
)
def test_replacement_too_cheap_or_attempt_too_dear_is_found(dearer: Attempt) -> None:
    with pytest.raises(Violation, match="I5"):
        check([FIRST, dearer], [])


def test_transaction_that_was_never_stored_is_found() -> None:
    with pytest.raises(Violation, match="no stored attempt"):
        check([FIRST], [mined(0, OTHER, 1)])


def test_transaction_with_other_caps_than_stored_is_found() -> None:
    with pytest.raises(Violation, match="stored as"):
        check([FIRST], [replace(mined(0, FIRST, 1), cap=81)])


def test_day_that_cost_too_much_is_found_wherever_it_begins() -> None:
    sent = [mined(0, DEARER, 1), mined(DAY_SECONDS, FIRST, 75), mined(DAY_SECONDS + 9, OTHER, 30)]

    with pytest.raises(Violation, match="2 anchors of the day from 86400"):
        check([FIRST, DEARER, OTHER], sent)


def test_next_day_has_its_own_ceiling() -> None:
    sent = [mined(0, FIRST, 75), mined(DAY_SECONDS, OTHER, 30)]

    assert check([FIRST, OTHER], sent) == 0


def test_worker_keeps_a_days_ceiling_and_goes_on_the_day_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_anvil()
    rules = replace(worker_rig.RULES, day_ceiling_wei=10**15)
    monkeypatch.setattr(worker_rig, "RULES", rules)
    rig = WorkerRig(tmp_path, "a day", node=Anvil(tmp_path / "anvil"))
    try:
        while not rig.codes["fee-ceiling"]:
            anchor(rig, 6)
        before = len(rig.evidence())
        rig.clock.ahead += DAY_SECONDS
        anchor(rig, 12)

        view = rig.finish()
        assert 1 < before < len(rig.evidence()) == len(view.anchored)
    finally:
        rig.close()


def anchor(rig: WorkerRig[Anvil], steps: int) -> None:
    rig.log.grow(1)
    for _ in range(steps):
        rig.step()
        rig.mine()
