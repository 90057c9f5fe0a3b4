"""A kill, a cut and a fail-over of services on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults import cluster_short
from faults.needs import MissingError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(240)
def test_services_on_postgresql_lose_nothing(tmp_path: Path) -> None:
    need_anvil()
    try:
        found = cluster_short.run(tmp_path, 416, 3, print)
    except MissingError as reason:
        pytest.skip(str(reason))

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["faults"] == 3
    assert counts["kills"] == 1
    assert counts["old primaries found fenced"] == counts["failovers"] >= 1
    assert counts["receipts verified"] >= counts["records"] > 0
