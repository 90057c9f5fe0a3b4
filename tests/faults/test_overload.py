"""A moment of overload on each test run; the figures are for a quiet machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.overload import run

if TYPE_CHECKING:
    from pathlib import Path

SEED = 61
REQUESTS = 120


@pytest.mark.timeout(240)
def test_overload_is_shed_and_loses_nothing(campaign_folder: Path) -> None:
    counts = run(campaign_folder, SEED, REQUESTS, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["requests accepted"] > 0
    assert counts["requests shed"] > 0
    assert counts["requests"] <= REQUESTS
