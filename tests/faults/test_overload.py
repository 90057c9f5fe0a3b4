"""A moment of overload on each test run; the figures are for a quiet machine."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from faults.overload import busy_seconds, own_seconds, run

if TYPE_CHECKING:
    from pathlib import Path

SEED = 61
REQUESTS = 120


def test_what_a_child_works_is_our_own() -> None:
    before, own = busy_seconds(), own_seconds()

    subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)

    worked = own_seconds() - own
    assert worked > 0.05
    assert busy_seconds() - before > worked - 0.05


@pytest.mark.timeout(240)
def test_overload_is_shed_and_loses_nothing(campaign_folder: Path) -> None:
    counts = run(campaign_folder, SEED, REQUESTS, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["requests accepted"] > 0
    assert counts["requests shed"] > 0
    assert counts["requests"] <= REQUESTS
