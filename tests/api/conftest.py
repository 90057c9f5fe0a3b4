"""One ledger is founded for all tests of the API; each run of the service is on a copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running_service import Service, copy, found, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.service.settings import LedgerFolder


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    """A founded ledger that never runs: copy it."""
    return found(tmp_path_factory.mktemp("founded") / "ledger")


@pytest.fixture(scope="session")
def service(founded: LedgerFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that tests share; what they deposit stays in it."""
    folder = copy(founded, tmp_path_factory.mktemp("shared") / "ledger")
    with running(folder) as service:
        yield service


@pytest.fixture
def folder(founded: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    """A founded ledger of the test's own."""
    return copy(founded, tmp_path / "ledger")
