"""A database that neither answers nor fails is noticed, said once, and said to be back."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from running_service import running
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record
from waiting import wait_until

from provenance.service.watch_writer import WriterWatch, saying_when_slow
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import PostgresServer

    from provenance.service.settings import LedgerFolder
    from provenance.service.writer import Writer
    from provenance.store.engine import Database

ALICE = key_of("alice")
LOGGER = "provenance.service.watch_writer"


@pytest.fixture
def writer(either: SmallLedger) -> Iterator[Writer]:
    writer = either.writer()
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(20)[0])
    yield writer
    writer.close()


@contextmanager
def watching(writer: Writer, database: Database) -> Iterator[WriterWatch]:
    watch = WriterWatch(writer, database)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Hold the lock that every batch needs, in a session of somebody else's."""
    if isinstance(database, str):
        with psycopg.connect(database) as session:
            session.execute("SELECT * FROM log_head FOR UPDATE")
            yield
        return
    with closing(sqlite3.connect(database, isolation_level=None)) as session:
        session.execute("BEGIN IMMEDIATE")
        yield
        session.execute("ROLLBACK")


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    records = [one for one in caplog.records if one.name == LOGGER]
    return [(one.levelname, one.getMessage()) for one in records]


def test_a_batch_that_does_not_come_back_is_said_once_and_so_is_its_end(
    either: SmallLedger, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    assert either.place is not None
    database = either.place.ledger
    caplog.set_level(logging.INFO, LOGGER)
    name, why = "ledger.sqlite", "another process may hold it"
    if isinstance(database, str):
        name, why = "PostgreSQL", "another session holds a lock"
    with watching(writer, database) as watch:
        with held(database):
            waiting = writer.accept([deposit(ALICE, "waits").compact])
            assert watch.standing() == (True, "answers")
            wait_until(lambda: said(caplog), seconds=9)
            fine, reason = watch.standing()
        accepted(waiting.result(20)[0])
        wait_until(lambda: watch.standing()[0])

    assert not fine
    assert reason.startswith(f"unavailable: a batch waits for {name}: {why}")
    (begin, first), (end, last) = said(caplog)
    assert (begin, end) == ("WARNING", "INFO")
    assert first == f"no records are answered: {reason.removeprefix('unavailable: ')}"
    assert last.startswith(f"{name} answers again, after ")


def test_a_standby_that_is_away_is_named(
    postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from databases import fresh_place  # noqa: PLC0415 -- only what needs the server

    ledger = SmallLedger(tmp_path_factory.mktemp("ledger"), place=fresh_place(postgresql))
    ledger.begin()
    assert ledger.place is not None
    writer = ledger.writer()
    writer.start()
    with watching(writer, ledger.place.ledger) as watch:
        with postgresql.configured(synchronous_standby_names="nobody"):
            waiting = writer.accept([key_record(ALICE).compact])
            wait_until(lambda: "(SyncRep)" in watch.standing()[1], tell=watch.standing)
        accepted(waiting.result(20)[0])
        wait_until(lambda: watch.standing()[0])
    assert writer.close()
    ledger.close()


def test_a_start_that_waits_for_a_standby_says_so(
    postgresql: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from databases import fresh_place  # noqa: PLC0415 -- only what needs the server

    caplog.set_level(logging.INFO, LOGGER)
    ledger = SmallLedger(tmp_path_factory.mktemp("ledger"), place=fresh_place(postgresql))
    ledger.begin()
    assert ledger.place is not None
    address = str(ledger.place.ledger)

    def start() -> None:
        with saying_when_slow(address, seconds=0.5):
            open_log_store(address).close()

    with postgresql.configured(synchronous_standby_names="nobody"):
        thread = threading.Thread(target=start)
        thread.start()
        wait_until(lambda: said(caplog))
    thread.join(30)
    with saying_when_slow(address):
        pass  # one that does not wait says nothing
    ledger.close()

    (begin, first), (end, last) = said(caplog)
    assert (begin, end) == ("WARNING", "INFO")
    assert first.startswith("the start waits for PostgreSQL: COMMIT waits for a standby")
    assert last.startswith("the start goes on, after ")


def test_the_readiness_and_the_gauges_say_that_nobody_is_answered(folder: LedgerFolder) -> None:
    with running(folder) as service:
        ready = service.ledger.readiness
        service.know(service.alice)
        database = folder.log_database(folder.read_settings())
        with held(database):
            waiting = service.ledger.parts.writer.accept([deposit(service.alice, "one").compact])
            wait_until(lambda: not ready()["records"][0], tell=ready)
            parts = ready()
            gauges = {
                (one.name, *one.labels.values()): one.value for one in service.ledger.measures()
            }
            answer = service.client.get("/v1/ready")
        accepted(waiting.result(20)[0])
        wait_until(lambda: ready()["records"][0], tell=ready)

    assert parts["records"] == (False, "unavailable")
    assert "ledger.sqlite" in parts["database"][1]
    assert gauges["records_refused", "unavailable"] == 1
    assert gauges["records_taken",] == 0
    assert answer.status_code == 503
