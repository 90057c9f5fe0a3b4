"""A few kills on each test run; hundreds are for ``scripts/faults`` (docs/reliability.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults import campaign
from faults.campaign import Plan, plan_kill, run

if TYPE_CHECKING:
    from pathlib import Path

SEED = 416
KILLS = 3
PLAN = Plan(target="both", kills=KILLS, seed=SEED, seconds=60.0, clients=2)


def test_short_plan_kills_both_and_once_in_recovery() -> None:
    kills = [plan_kill(PLAN, number) for number in range(KILLS)]

    assert {kill.target for kill in kills} == {"server", "node"}
    assert ("server", "starting") in {(kill.target, kill.moment) for kill in kills}


@pytest.mark.timeout(240)
def test_promises_are_kept_through_a_few_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_anvil()
    monkeypatch.setattr(campaign, "_AUDIT_EVERY", KILLS - 1)

    report = run(tmp_path / "campaign", PLAN, print)

    assert report.kills == KILLS
    assert report.acknowledged == report.audited.entries - report.audited.beacons - 1
    assert report.audited.second_opinions == report.audited.receipts > 0
    assert report.audited.anchors > 0
    assert report.figures()["full audits"] == 2
