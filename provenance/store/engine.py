"""Open the ledger's database so that what it acknowledged survives a power cut.

SQLite in WAL mode with ``synchronous=FULL``: NORMAL loses acknowledged commits when the power
goes. One writing engine with one connection, whose transactions begin IMMEDIATE and so never
fail half-way for a lock; a pool of readers that cannot write.

The errors of the database leave this folder translated: a full disk and a busy file are
``UnavailableError``, and anything after which the state on disk is unknown is ``FatalError``.
A failed fsync is never tried again: the kernel may already have dropped the pages.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc
from sqlalchemy.pool import QueuePool

from provenance.errors import FatalError, StorageFullError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["checkpoint_truncate", "open_reader", "open_writer", "storage_errors"]

BUSY_TIMEOUT_MS = 10_000
"""How long a transaction waits for another process's before it gives up."""

READERS = 16
"""Connections that read at the same time; a WAL reader blocks nobody."""

WRITER_CACHE_KIB = 131_072
"""Page cache of the writer: the random-keyed indexes of a million records stay in it."""

READER_CACHE_KIB = 8_192

_BASE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"


def open_writer(path: Path, *, secure_delete: bool = False) -> Engine:
    """Open (or create) the database at ``path`` for the one thread that writes to it.

    Args:
        secure_delete: overwrite deleted rows with zeros, for the key store.
    """
    extra = [f"PRAGMA cache_size=-{WRITER_CACHE_KIB}"]
    if secure_delete:
        extra.append("PRAGMA secure_delete=ON")
    return _open(path, begin="BEGIN IMMEDIATE", size=1, pragmas=extra)


def open_reader(path: Path, *, readers: int = READERS) -> Engine:
    """Open the existing database at ``path`` for any number of threads that only read."""
    pragmas = [f"PRAGMA cache_size=-{READER_CACHE_KIB}", "PRAGMA query_only=ON"]
    return _open(path, begin="BEGIN", size=readers, pragmas=pragmas)


def _open(path: Path, *, begin: str, size: int, pragmas: list[str]) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(Path(path).absolute())),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # the driver begins no transaction of its own: ``begin`` below does, at the right moment
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in [*_BASE.split("; "), *pragmas]:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def checkpoint_truncate(engine: Engine) -> None:
    """Move the write-ahead log into the database and empty it, so nothing erased is left there."""
    with storage_errors(), closing(engine.raw_connection()) as connection:
        # not through ``engine.begin``: a checkpoint cannot run inside a transaction
        cursor = connection.cursor()
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
        UnavailableError: another process holds the lock for too long.
        FatalError: an I/O error or a damaged file: nobody knows what is on disk.
    """
    try:
        yield
    except exc.TimeoutError as error:
        raise UnavailableError("no free connection to the database") from error
    except exc.DBAPIError as error:
        raise _translated(error.orig) from error
    except sqlite3.Error as error:
        raise _translated(error) from error


def _translated(error: BaseException | None) -> Exception:
    # the low byte is the family of an extended SQLite result code
    code = getattr(error, "sqlite_errorcode", None)
    family = code & 0xFF if isinstance(code, int) else None
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if family == sqlite3.SQLITE_FULL:
        return StorageFullError("no space left for the database")
    if family in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return UnavailableError(f"the database is busy ({name})")
    return FatalError(f"the database failed: {name}: {error}")
