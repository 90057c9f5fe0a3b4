"""Two jumps of the clock on each test run, three days back and a year ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults.clocks import run, why_not

if TYPE_CHECKING:
    from pathlib import Path

SEED = 51


@pytest.mark.timeout(240)
def test_what_is_proved_does_not_depend_on_the_services_clock(tmp_path: Path) -> None:
    need_anvil()
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)

    counts = run(tmp_path, SEED, 2, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["jumps"] == 2
    assert counts["records of the future refused"] == 2
    assert counts["retries"] > 0
    assert counts["anchored receipts compared"] > 0
