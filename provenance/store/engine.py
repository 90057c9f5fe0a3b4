"""Open the ledger's database so that what it acknowledged survives a power cut.

A database is a file (SQLite) or an address (PostgreSQL, see ``postgresql``); all else in this
folder is the same for both.

SQLite runs in WAL mode with ``synchronous=FULL``: NORMAL loses acknowledged commits when the
power goes. One writing engine with one connection, whose transactions begin IMMEDIATE and so
never fail half-way for a lock; a pool of readers that cannot write.

The errors of the database leave this folder translated: a full disk, a busy file and one that
cannot be opened are ``UnavailableError``, and anything after which the state on disk is unknown is
``FatalError``.
A failed fsync is never tried again: the kernel may already have dropped the pages.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, text
from sqlalchemy.pool import QueuePool

from provenance.errors import (
    DriverMissingError,
    FatalError,
    StorageFullError,
    StorageUnusableError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Table

__all__ = [
    "Database",
    "forget_erased",
    "is_postgresql",
    "open_reader",
    "open_writer",
    "place_error",
    "serialize_starts",
    "storage_errors",
]

Database: TypeAlias = Path | str
"""A SQLite file, or the address of a PostgreSQL database (``postgresql://...``)."""

BUSY_TIMEOUT_MS = 10_000
"""How long a transaction waits for another process's before it gives up."""

WRITERS = 4
"""Connections to PostgreSQL that may write: the head's row lock orders those that integrate."""

READERS = 16
"""Connections that read at the same time; a WAL reader blocks nobody."""

WRITER_CACHE_KIB = 131_072
"""Page cache of the writer: the random-keyed indexes of a million records stay in it."""

READER_CACHE_KIB = 8_192

_START_LOCK: Final = 0x70726F76
"""Of the advisory lock under which a schema is made: "prov"."""

_LEAST_BYTES: Final = 1 << 20
"""Less free space than this is none: the files beside a database begin with 32 KiB."""

_PLACE: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL})
"""Families of results that speak of the disk or the folder when a file is opened."""

_SHARED_INDEX: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMMAP,
    }
)
"""The same of the file in which readers and writer find their way: made anew by whoever is first.
"""

_BASE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"


def open_writer(database: Database, *, secure_delete: bool = False) -> Engine:
    """Open a database, or create the file, for whoever writes to it.

    Args:
        secure_delete: overwrite deleted rows with zeros, for the key store (SQLite).
    """
    if isinstance(database, str):
        return _open_postgresql(database, size=WRITERS)
    extra = [f"PRAGMA cache_size=-{WRITER_CACHE_KIB}"]
    if secure_delete:
        extra.append("PRAGMA secure_delete=ON")
    return _open(database, begin="BEGIN IMMEDIATE", size=1, pragmas=extra)


def open_reader(database: Database, *, readers: int = READERS) -> Engine:
    """Open an existing database for any number of threads that only read."""
    if isinstance(database, str):
        return _open_postgresql(database, size=readers, read_only=True)
    pragmas = [f"PRAGMA cache_size=-{READER_CACHE_KIB}", "PRAGMA query_only=ON"]
    return _open(database, begin="BEGIN", size=readers, pragmas=pragmas)


def is_postgresql(engine: Engine | Connection) -> bool:
    """Tell the two databases apart, where they differ."""
    return engine.dialect.name == "postgresql"


def _open_postgresql(address: str, *, size: int, read_only: bool = False) -> Engine:
    try:
        # a ledger on SQLite runs without the driver, which is an extra of the package
        from provenance.store.postgresql import open_postgresql  # noqa: PLC0415 -- see above
    except ImportError as error:
        raise DriverMissingError(
            "PostgreSQL needs the package psycopg: pip install 'psycopg[binary]>=3.3', or "
            "pip install '.[postgresql]' in a clone of this project"
        ) from error
    return open_postgresql(address, size=size, read_only=read_only)


def _open(path: Path, *, begin: str, size: int, pragmas: list[str]) -> Engine:
    path = Path(path).absolute()
    settings = [*_BASE.split("; "), *pragmas]
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        creator=lambda: _connect(path, settings),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _connect(path: Path, pragmas: Sequence[str]) -> sqlite3.Connection:
    """Open a file; the first pragma already needs room beside it, for the readers' index.

    Raises:
        StorageFullError: there is none.
        StorageUnusableError: the file cannot be opened, or nothing be written beside it.
    """
    with ExitStack() as opened:
        try:
            # the driver begins no transaction of its own: "begin" above does, at the right moment
            connection = sqlite3.connect(
                path,
                timeout=BUSY_TIMEOUT_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
            )
            opened.callback(connection.close)
            for pragma in pragmas:
                connection.execute(pragma).close()
        except sqlite3.Error as error:
            if _is_of_the_place(error):
                name = getattr(error, "sqlite_errorname", type(error).__name__)
                raise place_error(path, f"{name}: {error}") from error
            raise
        opened.pop_all()
    return connection


def _is_of_the_place(error: sqlite3.Error) -> bool:
    """Tell whether a file could not be opened for its disk or folder, not for what is in it."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in _SHARED_INDEX or code & 0xFF in _PLACE


def place_error(path: Path, why: str) -> UnavailableError:
    """Return what keeps a file from being opened or made where it lies: nothing is damaged.

    Args:
        why: what the system said, for when the disk is neither full nor read-only.
    """
    folder = path.parent
    try:
        found = os.statvfs(folder)
    except OSError:
        return StorageUnusableError(f"{path} cannot be opened: {why}")
    free = found.f_bavail * found.f_frsize
    if found.f_flag & os.ST_RDONLY:
        return StorageUnusableError(
            f"{folder} is on a read-only disk, where no database can be opened, not even to be read"
        )
    if free < _LEAST_BYTES:
        return StorageFullError(f"no space left where {folder} lies ({free} bytes free); free some")
    return StorageUnusableError(f"{path} cannot be opened: {why}")


def serialize_starts(connection: Connection) -> None:
    """Let processes that start together make the schema one after the other.

    Until the transaction ends. SQLite's own write lock does so anyway.
    """
    if is_postgresql(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_START_LOCK})"))


def forget_erased(engine: Engine, tables: Sequence[Table]) -> None:
    """Leave nothing of deleted rows in the database's own files.

    SQLite has overwritten them; its write-ahead log is moved into the database and emptied.
    PostgreSQL writes each table anew; its write-ahead log goes with its next checkpoints.

    Raises:
        UnavailableError: somebody reads on and holds the old state; ask again.
    """
    if is_postgresql(engine):
        with storage_errors(), engine.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables:
                outside.exec_driver_sql(f"VACUUM (FULL) {table.name}")
        return
    with storage_errors(), closing(engine.raw_connection()) as raw:
        # not through ``engine.begin``: a checkpoint cannot run inside a transaction
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        answer = cursor.fetchone()
        cursor.close()
    if answer is None or answer[0]:
        raise UnavailableError("a reader holds the write-ahead log open")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate what the database raises; after ``FatalError`` the process must end.

    Raises:
        StorageFullError: no space left; the transaction has been rolled back.
        StorageUnusableError: the files cannot be opened where they lie.
        OutcomeUnknownError: the connection went in COMMIT; reading again tells.
        UnavailableError: a lock was held for too long, or the server is away.
        FatalError: an I/O error or a damaged file: nobody knows what is on disk.
    """
    try:
        yield
    except exc.TimeoutError as error:
        raise UnavailableError("no free connection to the database") from error
    except exc.DBAPIError as error:
        raise _translated(error.orig) from error
    except _raw_errors() as error:
        raise _translated(error) from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its message, and the driver cannot read that
        raise FatalError("the database failed: its schema is damaged") from error
    except exc.InvalidRequestError as error:
        # how the pool says that the server closed even the connections that it had just made
        if str(error) != "This connection is closed":
            raise
        raise UnavailableError("the server closes its connections") from error


def _raw_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the drivers that are loaded: hot paths go past SQLAlchemy."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error,) if psycopg is None else (sqlite3.Error, psycopg.Error)


def _translated(error: BaseException | None) -> Exception:
    if error is not None and not isinstance(error, sqlite3.Error) and "psycopg" in sys.modules:
        from provenance.store.postgresql import translated  # noqa: PLC0415 -- loaded by now

        return translated(error)
    # the low byte is the family of an extended SQLite result code
    code = getattr(error, "sqlite_errorcode", None)
    family = code & 0xFF if isinstance(code, int) else None
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if family == sqlite3.SQLITE_FULL:
        return StorageFullError("no space left for the database")
    if family in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return UnavailableError(f"the database is busy ({name})")
    return FatalError(f"the database failed: {name}: {error}")
