"""One fail-over, one cut and some kills of services on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults import failover, kills_cluster, namespaces
from faults.needs import MissingError, need_postgresql, need_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def servers() -> None:
    need_anvil()
    try:
        need_postgresql()
    except MissingError as reason:
        pytest.skip(str(reason))


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("servers")
def test_failover_loses_nothing_and_fences_the_old_primary(tmp_path: Path) -> None:
    found = failover.run(tmp_path, 416, 1, print)

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["old primaries found fenced"] == 1
    assert counts["receipts verified"] >= counts["acknowledgements"] > 0


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("servers")
def test_killed_services_of_one_ledger_lose_nothing(tmp_path: Path) -> None:
    found = kills_cluster.run(tmp_path, 416, 3, print)

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["kills"] == 3


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("servers")
def test_pulled_cables_lose_nothing(tmp_path: Path) -> None:
    try:
        need_root()
        found = namespaces.run(tmp_path, 416, 1, print)
    except MissingError as reason:
        pytest.skip(str(reason))

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["cuts"] == 1
