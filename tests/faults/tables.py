"""A read-only look at a ledger's tables, each at one moment: SQLite files, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from faults.wire import demand

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PostgresTables", "SqliteTables", "Tables"]


class Tables(Protocol):
    """Where the auditor reads rows."""

    def look(self, *questions: str) -> list[list[tuple[Any, ...]]]:
        """Answer several questions about one and the same moment."""

    def check_integrity(self) -> None:
        """I8: the database finds nothing wrong with itself; nobody uses it meanwhile."""


class SqliteTables:
    """The two files of a ledger folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, *questions: str) -> list[list[tuple[Any, ...]]]:
        with closing(self._open("ledger.sqlite")) as db:
            db.execute("BEGIN")
            return [db.execute(question).fetchall() for question in questions]

    def check_integrity(self) -> None:
        for name in ("ledger.sqlite", "keys.sqlite"):
            with closing(self._open(name)) as db:
                said = db.execute("PRAGMA integrity_check").fetchall()
                demand(said == [("ok",)], "I8", f"{name}: {said}")

    def _open(self, name: str) -> sqlite3.Connection:
        path = self._folder / name
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


class PostgresTables:
    """The ledger's database on whichever server takes writes."""

    def __init__(self, address: str) -> None:
        """Read from ``address``, whose server has page checksums: reading all checks all."""
        self._address = address

    def look(self, *questions: str) -> list[list[tuple[Any, ...]]]:
        # most campaigns need no PostgreSQL, and its driver takes a fifth of a second to import
        import psycopg  # noqa: PLC0415 -- see above

        with psycopg.connect(self._address, target_session_attrs="read-write") as db:
            db.read_only = True
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return [db.execute(question.encode()).fetchall() for question in questions]

    def check_integrity(self) -> None:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        (names,) = self.look(tables)
        counts = [f'SELECT count(*) FROM "{name}"' for (name,) in names]
        demand(self.look(*counts), "I8", "no tables")
