"""Reach a PostgreSQL server so that what it acknowledged survives its machine.

Every session sets what it needs by itself (``synchronous_commit``, time limits) and refuses a
server on which that is worth nothing (``fsync`` or ``full_page_writes`` off). With several hosts
in the address it takes the one that takes writes, so a standby that was promoted is found.

What a lost connection means depends on when: before COMMIT the transaction is gone; in COMMIT
nobody knows (``CommitLostError``), and whoever writes next reads under the head's row lock what
became of it. A COMMIT that warns that it no longer waits for its standby is worse: the records
are on this machine alone, and a fail-over would take them back. That ends the process.

psycopg is imported by nothing else, and only when an address asks for it.
"""

from __future__ import annotations

import logging
import select as poll
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import psycopg
from psycopg import conninfo, sql
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.pool import QueuePool

from provenance.errors import (
    FatalError,
    MalformedError,
    OutcomeUnknownError,
    StorageFullError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.errors import Diagnostic
    from sqlalchemy import Connection, Dialect, Table
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["CommitLostError", "copy_rows", "open_postgresql", "translated"]

_WRITER: Final = {
    "default_transaction_isolation": "read committed",  # each statement sees what the lock let in
    "statement_timeout": "0",  # it would also end a COMMIT's wait for the standby
    "lock_timeout": "10s",  # as long as SQLite waits for a busy file
    "idle_in_transaction_session_timeout": "60s",  # a process that hangs gives the row lock back
}
_READER: Final = {"default_transaction_read_only": "on", "statement_timeout": "60s"}

_REACHING: Final = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "fallback_application_name": "provenance",
}
"""What the address may override: how soon a machine that says nothing is given up."""

_DURABLE: Final = frozenset({"on", "remote_apply"})
"""Values of ``synchronous_commit`` after which a commit is on this disk and on the standby's."""

_RETRY: Final = frozenset(
    {
        "25006",  # read-only: a primary on its way down, or a provider's answer to a full disk
        "25P03",  # idle in transaction for too long
        "40001",  # serialization failure
        "40P01",  # deadlock
        "53200",  # out of memory
        "53300",  # too many connections
        "55P03",  # lock not available in time
        "57014",  # statement cancelled
        "57P01",  # shut down by its administrator
        "57P02",  # another of its processes crashed
        "57P03",  # starting, or in recovery
        "57P05",  # idle for too long
    }
)
_DISK_FULL: Final = "53100"

_MOST_REASONS: Final = 16
"""Of one outage that the log gets: a reason may name a port, and so be another one each time."""


class CommitLostError(psycopg.OperationalError):
    """The connection went while a COMMIT was on its way: it may have happened."""


class _Connection(psycopg.Connection[TupleRow]):
    """A connection that never takes a COMMIT for done that might not be."""

    warning: str | None = None

    def note(self, notice: Diagnostic) -> None:
        """Remember what the server warns of."""
        if notice.severity_nonlocalized == "WARNING":
            self.warning = notice.message_primary

    def commit(self) -> None:
        """Commit, and be sure of it.

        Raises:
            CommitLostError: the connection went; it may have happened or not.
            FatalError: it happened on this server alone.
        """
        if self.pgconn.transaction_status == TransactionStatus.INERROR:
            # PostgreSQL would roll back, and call that a success
            raise psycopg.errors.InFailedSqlTransaction("the transaction has failed before")
        self.warning = None
        try:
            super().commit()
        except psycopg.Error as error:
            # a server that goes down warns as well, whatever became of the commit
            if self.pgconn.status != ConnStatus.OK:
                raise CommitLostError("the connection went in COMMIT") from error
            raise
        # a COMMIT that succeeds warns of one thing only, under different codes and in the server's
        # language: it gave up waiting for the standby
        if self.warning is not None:
            raise FatalError(f"a commit is not on the standby: {self.warning}")


def open_postgresql(address: str, *, size: int, read_only: bool = False) -> Engine:
    """Open a pool of at most ``size`` connections; the first is made when it is needed.

    Args:
        address: a libpq address, ``postgresql://user@host1,host2/database``.

    Raises:
        MalformedError: the address does not parse.
    """
    connect = _connector(address, _READER if read_only else _WRITER)
    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        use_native_hstore=False,
        # one statement is one transaction for those that only read: no BEGIN, no ROLLBACK
        **({"isolation_level": "AUTOCOMMIT"} if read_only else {}),
    )

    @event.listens_for(engine, "checkout")
    def _check_alive(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _: object) -> None:
        # without asking the server: after a fail-over no request need meet a dead connection
        if _has_ended(cast("_Connection", connection)):
            raise exc.InvalidatePoolError("the server has closed the connection")

    return engine


def _connector(address: str, session: dict[str, str]) -> Callable[[], _Connection]:
    try:
        given = conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        # the message of libpq may quote the address, and with it a password
        raise MalformedError("expected a PostgreSQL address", field="database") from error
    # a standby takes no writes, and what it answers may be behind what was promised
    fixed = {"target_session_attrs": "read-write", "client_encoding": "utf8"}
    target = conninfo.make_conninfo("", **{**_REACHING, **given, **fixed})
    database = str(given.get("dbname", ""))

    def connect() -> _Connection:
        connection = _Connection.connect(target, autocommit=True)
        _outage.end(database)
        try:
            connection.add_notice_handler(connection.note)
            # COPY asks for a writer by the column's type, and would get one in Python for bytes
            connection.adapters.register_dumper(bytes, BytesBinaryDumper)
            _check_server(connection)
            for name, value in session.items():
                _set(connection, name, value)
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def _check_server(connection: _Connection) -> None:
    """Refuse a server that loses what it acknowledged when the power goes."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    question = sql.SQL(", ").join(sql.SQL("current_setting({})").format(name) for name in names)
    values = connection.execute(sql.SQL("SELECT {}").format(question)).fetchone()
    found = dict(zip(names, values or (), strict=True))
    for name in ("fsync", "full_page_writes"):
        if found[name] != "on":
            raise FatalError(f"the PostgreSQL server runs with {name}={found[name]}")
    if found["synchronous_commit"] not in _DURABLE:
        _set(connection, "synchronous_commit", "on")


def _set(connection: _Connection, name: str, value: str) -> None:
    connection.execute("SELECT set_config(%s, %s, false)", (name, value))


def _has_ended(connection: _Connection) -> bool:
    """Tell whether an idle connection is one to write off, by looking at its socket.

    A server speaks unasked when it closes the connection or has new settings; either way a new
    connection is the right one to have.
    """
    if connection.closed:
        return True
    watch = poll.poll()
    watch.register(connection.pgconn.socket, poll.POLLIN)
    return bool(watch.poll(0))


_logger = logging.getLogger(__name__)


def translated(error: BaseException) -> Exception:
    """Return what an error of the driver means to a caller, by its SQLSTATE."""
    code = getattr(error, "sqlstate", None)
    if isinstance(error, CommitLostError):
        return OutcomeUnknownError("the connection to PostgreSQL went in COMMIT")
    if code == _DISK_FULL:
        return StorageFullError("no space left for the database")
    if code is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        _outage.note(_first_line(error))
        return UnavailableError("PostgreSQL is away")
    if isinstance(code, str) and (code in _RETRY or code.startswith("08")):
        return UnavailableError(f"PostgreSQL could not: {code} {_first_line(error)}")
    return FatalError(f"the database failed: {code}: {_first_line(error)}")


class _Outage:
    """What the log says of a server that is away: each reason once, and when one answers again.

    The operator alone may know the reasons: they name the server's address and its users.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: set[str] = set()

    def note(self, why: str) -> None:
        """Say why, unless that was said since the last answer."""
        with self._lock:
            is_new = why not in self._said and len(self._said) < _MOST_REASONS
            if is_new:
                self._said.add(why)
        if is_new:
            _logger.warning("PostgreSQL is away: %s", why)

    def end(self, database: str) -> None:
        """Say that a new connection was made, if the log says that there was none to be had."""
        with self._lock:
            was_away = bool(self._said)
            self._said.clear()
        if was_away:
            _logger.info("PostgreSQL answers again: database %s", database)


_outage = _Outage()
"""Of this process: connections to the log's database and to the keys' come and go together."""


def _first_line(error: BaseException) -> str:
    """Return the message without the values that PostgreSQL adds in the lines below it."""
    return str(error).partition("\n")[0].strip()


def copy_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[object, ...]], names: Sequence[str]
) -> None:
    """Insert many rows by COPY, which takes them as fast as they come."""
    statement, types = _copy_of(table, connection.dialect, tuple(names))
    driver = cast("_Connection", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=64)
def _copy_of(
    table: Table, dialect: Dialect, names: tuple[str, ...]
) -> tuple[sql.Composed, list[str]]:
    """Return the statement, and the types of its columns; made once, as it is in every commit."""
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), columns
    )
    # the binary form leaves nothing to guess: each value must be of exactly its column's type
    return statement, [table.c[name].type.compile(dialect).lower() for name in names]
