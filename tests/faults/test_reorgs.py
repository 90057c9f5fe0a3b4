"""A short run of reorganisations, on anvil and on a client that is not anvil."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from node import need_anvil
from second_client import need_second_client

from faults import reorgs, reorgs_engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(120)
def test_what_is_above_finality_mends_and_what_is_below_alarms(tmp_path: Path) -> None:
    need_anvil()

    found = reorgs.run(tmp_path, 416, 8, print)

    counts, codes = found["counts"], found["codes"]
    assert isinstance(counts, dict)
    assert isinstance(codes, dict)
    assert counts["events"] == 8
    assert counts["below finality, alarm raised"] == 1
    assert codes["finality-violated"] == 1


@pytest.mark.timeout(180)
def test_true_branches_are_survived_and_violated_finality_alarms(tmp_path: Path) -> None:
    need_second_client()

    found = reorgs_engine.run(tmp_path, 416, 2, print)

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["below finality, alarm raised"] == 1
