"""PostgreSQL: acknowledged is durable, unknown is said to be unknown, several may write at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from databases import fresh_place
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record, policy
from sqlalchemy import select, text

from provenance.errors import (
    FatalError,
    MalformedError,
    OutcomeUnknownError,
    StorageFullError,
    UnavailableError,
)
from provenance.ledger.audit_store import audit_store
from provenance.store import tables
from provenance.store.engine import open_writer, storage_errors
from provenance.store.log_store import open_log_store
from provenance.store.read_only import open_read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import PostgresServer
    from sqlalchemy import Engine

ALICE = key_of("alice")
Child = subprocess.Popen[str]
CHILD = Path(__file__).parents[1] / "concurrent_writer.py"


@pytest.fixture
def address(postgresql: PostgresServer) -> str:
    return postgresql.create()


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    engine = open_writer(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (number int PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(postgresql: PostgresServer, tmp_path: Path) -> Iterator[SmallLedger]:
    ledger = SmallLedger(tmp_path, place=fresh_place(postgresql))
    ledger.begin()
    yield ledger
    ledger.close()


def setting(engine: Engine, name: str) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def backend(engine: Engine) -> int:
    """Return the process id of the server's end of the next connection."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


# --- the session -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "session"),
    [("off", "on"), ("local", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")],
)
def test_a_session_waits_for_the_disk_whatever_the_server_says(
    postgresql: PostgresServer, address: str, server: str, session: str
) -> None:
    with postgresql.configured(synchronous_commit=server):
        engine = open_writer(address)
        assert setting(engine, "synchronous_commit") == session
        engine.dispose()


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_forgets_is_refused(
    postgresql: PostgresServer, address: str, name: str
) -> None:
    with postgresql.configured(**{name: "off"}), pytest.raises(FatalError, match=f"{name}=off"):
        open_log_store(address)


def test_the_server_that_takes_writes_is_found_among_several(address: str) -> None:
    engine = open_writer(address.replace("host=", "host=/nowhere,"))

    assert setting(engine, "transaction_read_only") == "off"
    engine.dispose()


def test_an_outage_has_a_beginning_and_an_end_in_the_log(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = f"postgresql:///ledger?host={tmp_path}"
    with caplog.at_level("INFO", logger="provenance.store.postgresql"):
        for _ in range(2):
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    open_log_store(away)
            engine = open_writer(address)
            assert setting(engine, "fsync") == "on"
            engine.dispose()

    said = [one.message.partition(":")[0] for one in caplog.records]
    assert said == ["PostgreSQL is away", "PostgreSQL answers again"] * 2


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        open_log_store(f"postgresql:///ledger?host={tmp_path}")


def test_an_address_that_does_not_parse_is_named_without_its_password() -> None:
    with pytest.raises(MalformedError) as caught:
        open_writer("postgresql://me:secret@host/ledger?no_such_parameter=1")

    assert caught.value.field == "database"
    assert "secret" not in str(caught.value)


def test_a_missing_driver_is_said_with_the_name_of_the_extra() -> None:
    program = """
import sys
sys.modules["psycopg"] = None
from provenance.errors import DriverMissingError
from provenance.store.log_store import open_log_store
try:
    open_log_store("postgresql:///ledger")
except DriverMissingError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert b"'.[postgresql]'" in done.stdout


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("40001", UnavailableError),
        ("40P01", UnavailableError),
        ("55P03", UnavailableError),
        ("57014", UnavailableError),
        ("57P03", UnavailableError),
        ("25006", UnavailableError),
        ("08006", UnavailableError),
        ("53100", StorageFullError),
        ("23505", FatalError),
        ("58030", FatalError),
        ("XX000", FatalError),
        ("XX001", FatalError),
        ("XX002", FatalError),
    ],
)
def test_an_error_is_told_by_its_code(engine: Engine, code: str, expected: type[Exception]) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION 'secret row' USING ERRCODE = '{code}'; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION fail()")
        )

    with pytest.raises(expected) as caught, storage_errors(), engine.begin() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))

    assert type(caught.value) is expected
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM things")).all() == []


def test_a_transaction_that_failed_is_never_committed(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
        with pytest.raises(FatalError), storage_errors():
            connection.execute(text("INSERT INTO things VALUES (1)"))

        with pytest.raises(FatalError), storage_errors():
            connection.commit()


def test_a_connection_lost_before_the_commit_takes_its_transaction_along(
    postgresql: PostgresServer, engine: Engine
) -> None:
    def lose_it() -> None:
        with storage_errors(), engine.begin() as connection:
            connection.execute(text("INSERT INTO things VALUES (1)"))
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            postgresql.execute("SELECT pg_terminate_backend(%s)", pid)
            connection.execute(text("INSERT INTO things VALUES (2)"))

    with pytest.raises(UnavailableError) as caught:
        lose_it()

    assert type(caught.value) is UnavailableError
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM things")).all() == []


def test_a_connection_lost_in_the_commit_is_an_unknown_outcome(
    postgresql: PostgresServer, address: str, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION wait()"
            )
        )
    database = address.split("/")[3].split("?", maxsplit=1)[0]

    def cut() -> None:
        wait_for(
            postgresql,
            "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT'"
            " AND state = 'active' AND datname = %s",
            database,
        )
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT'"
            " AND datname = %s",
            database,
        )

    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises(OutcomeUnknownError), storage_errors(), engine.begin() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
    thread.join()

    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM things")).all() == []


def wait_for(server: PostgresServer, question: str, *values: object) -> int:
    """Wait until a question has an answer, and return its first value."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if rows := server.execute(question, *values):
            return int(rows[0][0])
        time.sleep(0.01)
    raise AssertionError(question)


def test_connections_that_the_server_has_closed_are_replaced_unnoticed(
    postgresql: PostgresServer, ledger: SmallLedger
) -> None:
    before = ledger.store.head()
    pids = {backend(ledger.store.reader), backend(ledger.store.writer)}
    for pid in pids:
        postgresql.execute("SELECT pg_terminate_backend(%s)", pid)
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s))"
    wait_for(postgresql, gone, list(pids))

    assert ledger.store.head() == before
    assert ledger.store.read_tile(0, 0)
    with ledger.store.integrate() as transaction:
        assert transaction.head() == before


# --- a standby that does not answer ------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "expected"),
    [("pg_cancel_backend", FatalError), ("pg_terminate_backend", OutcomeUnknownError)],
)
def test_a_commit_that_no_standby_has_is_never_taken_for_done(
    postgresql: PostgresServer, engine: Engine, how: str, expected: type[Exception]
) -> None:
    pid = backend(engine)
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = %s"

    def give_up() -> None:
        wait_for(postgresql, waiting, pid)
        postgresql.execute(f"SELECT {how}(%s)", pid)

    with postgresql.configured(synchronous_standby_names="nobody"):
        thread = threading.Thread(target=give_up)
        thread.start()
        with (
            pytest.raises(expected),
            storage_errors(),
            engine.begin() as connection,
        ):
            connection.execute(text("INSERT INTO things VALUES (1)"))
        thread.join()

    # it did happen, on this server: that is what makes it dangerous
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM things")).all() == [(1,)]


def test_the_head_is_not_read_for_signing_before_the_standby_has_it(
    postgresql: PostgresServer, ledger: SmallLedger
) -> None:
    assert ledger.place is not None
    address = ledger.place.ledger
    opened = threading.Event()

    def start() -> None:
        open_log_store(address).close()
        opened.set()

    with postgresql.configured(synchronous_standby_names="nobody"):
        thread = threading.Thread(target=start)
        thread.start()
        wait_for(postgresql, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        assert not opened.is_set()
    # the standby is not asked for any more, and the start goes on
    thread.join(timeout=30)
    assert opened.is_set()


# --- several writers ---------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_that_write_together_give_each_record_one_index(
    ledger: SmallLedger, processes: int
) -> None:
    count = 40
    children = begun_together(ledger, processes, count)
    answers: dict[str, set[int]] = {}
    fresh: list[int] = []
    for output in run_together(children):
        for record_id, index, is_new in map(json.loads, output.splitlines()):
            answers.setdefault(record_id, set()).add(index)
            fresh += [index] if is_new else []
    assert [child.returncode for child in children] == [0] * processes

    size = ledger.store.head().tree_size
    assert all(len(indexes) == 1 for indexes in answers.values())
    # every index has one process that says it made it; 0 and 1 were there
    assert sorted(fresh) == list(range(2, size))
    assert size == 2 + processes * (count + 1) + count + 1
    assert audit_store(ledger.store, ledger.key_store, policy()).tree_size == size


def begun_together(ledger: SmallLedger, processes: int, count: int) -> list[Child]:
    """Start processes that deposit ``count`` records each, and wait until all are ready."""
    assert ledger.place is not None
    arguments = [str(ledger.folder), str(ledger.place.ledger), str(ledger.place.keys)]
    children = [
        subprocess.Popen(
            [sys.executable, str(CHILD), *arguments, f"process {number}", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    return children


def run_together(children: list[Child]) -> list[str]:
    outputs = [""] * len(children)

    def run(number: int, child: Child) -> None:
        outputs[number] = child.communicate("go\n", timeout=240)[0]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(children)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outputs


@pytest.mark.parametrize("after", [0.1, 0.4, 0.9])
def test_nothing_is_lost_when_one_of_three_processes_is_killed(
    ledger: SmallLedger, after: float
) -> None:
    children = begun_together(ledger, 3, 60)
    threading.Timer(after, children[0].kill).start()
    outputs = run_together(children)
    assert [child.returncode for child in children[1:]] == [0, 0]

    acknowledged: dict[str, int] = {}
    for output in outputs:
        whole, _, _ = output.rpartition("\n")  # a line that was cut says nothing
        for record_id, index, _ in map(json.loads, whole.splitlines()):
            assert acknowledged.setdefault(record_id, index) == index

    assert len(acknowledged) >= 2 * 60 + 60
    for record_id, index in acknowledged.items():
        assert ledger.store.record_indexes([bytes.fromhex(record_id)]) == {
            bytes.fromhex(record_id): index
        }
    size = ledger.store.head().tree_size
    assert audit_store(ledger.store, ledger.key_store, policy()).tree_size == size


def test_two_processes_may_store_the_same_signature(ledger: SmallLedger) -> None:
    assert ledger.place is not None
    other = open_log_store(ledger.place.ledger)
    signed = ledger.store.newest_signed()
    assert signed is not None

    other.store_signature(signed)

    with other.reader.connect() as connection:
        assert connection.execute(select(tables.anchor_markers.c.tree_size)).all() == [(2,)]
    other.close()


def test_nobody_integrates_while_another_process_does(ledger: SmallLedger) -> None:
    assert ledger.place is not None
    other = open_log_store(ledger.place.ledger)
    order: list[str] = []

    def second() -> None:
        with other.integrate():
            order.append("second")

    with ledger.store.integrate():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    other.close()


def test_starts_at_the_same_time_make_one_schema(postgresql: PostgresServer) -> None:
    place = fresh_place(postgresql)
    program = (
        "import sys\n"
        "from provenance.store.log_store import open_log_store\n"
        "from provenance.store.key_store import open_key_store\n"
        "open_log_store(sys.argv[1]).create('a/b')\n"
        "open_key_store(sys.argv[2])\n"
        "import os; os._exit(0)\n"
    )
    arguments = [str(place.ledger), str(place.keys)]
    children = [subprocess.Popen([sys.executable, "-c", program, *arguments]) for _ in range(3)]

    assert [child.wait(timeout=120) for child in children] == [0, 0, 0]
    store = open_log_store(place.ledger)
    assert store.origin() == "a/b"
    store.close()


# --- damage ------------------------------------------------------------------------------------


def test_a_page_that_rots_is_found(postgresql: PostgresServer, ledger: SmallLedger) -> None:
    writer = ledger.writer()
    writer.start()
    records = [
        key_record(ALICE).compact,
        *(deposit(ALICE, f"dataset {n}").compact for n in range(30)),
    ]
    accepted(writer.accept(records).result(timeout=60)[-1])
    writer.close()
    name = copied(postgresql, ledger)
    with open_read_only(postgresql.address(name)) as copy:
        copy.check_integrity()
        with copy.engine.connect() as connection:
            file = connection.execute(text("SELECT pg_relation_filepath('entries')")).scalar_one()
    rotten = copied(postgresql, ledger)
    oid = postgresql.execute("SELECT oid FROM pg_database WHERE datname = %s", rotten)[0][0]
    path = postgresql.folder / "base" / str(oid) / Path(file).name
    octets = bytearray(path.read_bytes())
    octets[5_000] ^= 1
    path.write_bytes(octets)

    with open_read_only(postgresql.address(rotten)) as copy, pytest.raises(FatalError):
        copy.check_integrity()


def copied(server: PostgresServer, ledger: SmallLedger) -> str:
    """Copy a ledger's database, file by file, so that nothing of the copy is in memory yet."""
    ledger.store.close()
    assert ledger.place is not None
    name = str(ledger.place.ledger).split("/")[3].split("?")[0]
    copy = f"{name}_copy_{time.monotonic_ns()}"
    server.execute(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
    return copy
