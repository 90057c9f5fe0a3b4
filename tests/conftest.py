"""Puts ``tests/`` on the path, for ``oracles``, ``strategies`` and ``published``; makes ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import fresh_place, postgres_server, sqlite_place
from hypothesis import settings
from small_ledger import SmallLedger

from provenance.files import key_file
from provenance.files.keystore import KeyStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import Place, PostgresServer
    from running_service import Service

    from provenance.service.settings import LedgerFolder

# a busy machine is slow, not wrong; what must be quick is measured in scripts/bench
settings.register_profile("house", deadline=None, max_examples=100)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache of digests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVENANCE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def few_rounds() -> Iterator[None]:
    """Seal keys that guard nothing with few rounds: a good passphrase's cost half a second each.

    Whatever runs in a process of its own takes the usual ones (``cli/test_own_process.py``).
    """
    with pytest.MonkeyPatch.context() as patch:
        for arguments in (key_file.encrypt.__kwdefaults__, KeyStore.__init__.__kwdefaults__):
            assert arguments is not None
            patch.setitem(arguments, "rounds", key_file.MIN_ROUNDS)
        yield


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SmallLedger]:
    """A ledger of two entries, signed, with nobody writing to it."""
    ledger = SmallLedger(tmp_path)
    ledger.begin()
    yield ledger
    ledger.close()


# --- both databases ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Two empty databases: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield sqlite_place(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    made = fresh_place(server)
    yield made
    server.drop(made)


@pytest.fixture
def either(place: Place, tmp_path: Path) -> Iterator[SmallLedger]:
    """The small ledger on SQLite, and again on PostgreSQL."""
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    yield ledger
    ledger.close()


# --- a ledger with a chain, founded once; each run of the service is on a copy of it ----------
# imported late: most tests need neither the service nor the chain's libraries


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    """A founded ledger on a managed anvil, which never runs: copy it."""
    import running_service  # noqa: PLC0415

    return running_service.found(tmp_path_factory.mktemp("founded") / "ledger")


@pytest.fixture(scope="session")
def service(founded: LedgerFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service that tests share; what they deposit stays in it."""
    import running_service  # noqa: PLC0415

    folder = running_service.copy(founded, tmp_path_factory.mktemp("shared") / "ledger")
    with running_service.running(folder) as service:
        yield service


@pytest.fixture
def folder(founded: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    """A founded ledger of the test's own."""
    import running_service  # noqa: PLC0415

    return running_service.copy(founded, tmp_path / "ledger")
