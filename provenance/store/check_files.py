"""Let the database itself look for damage in its files.

It finds pages that do not hang together. Whether the rows say what they said when they were
written is for the audit, which hashes every entry again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from provenance.store import tables
from provenance.store.engine import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, MetaData

__all__ = ["check_files"]

_OUR_INDEXES = text(
    "SELECT index.indexrelid::regclass::text FROM pg_index AS index"
    " JOIN pg_class AS class ON class.oid = index.indrelid"
    " WHERE class.relnamespace = current_schema()::regnamespace AND index.indisvalid"
    " ORDER BY 1"
)
_HAS_AMCHECK = text("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'")
_CHECK_INDEX = text("SELECT bt_index_check(CAST(:name AS regclass), true)")
_CHECK_HEAP = text(
    "SELECT relation, msg FROM CAST(:name AS regclass) AS relation,"
    " LATERAL verify_heapam(relation, on_error_stop => true) LIMIT 1"
)


def check_files(connection: Connection, metadata: MetaData = tables.metadata) -> str | None:
    """Return the first thing that is wrong with a database and its tables, or None.

    SQLite checks its whole file. PostgreSQL checks every page of our tables and indexes where
    its extension ``amcheck`` is installed; without it every row is read once, which finds what
    its page checksums find.
    """
    if not is_postgresql(connection):
        found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
        return None if found == "ok" else found
    # a database that was never used has no tables yet
    there = set(inspect(connection).get_table_names())
    names = [table.name for table in metadata.sorted_tables if table.name in there]
    _read_every_row(connection, names)
    return _amcheck(connection, names) if connection.execute(_HAS_AMCHECK).scalar_one() else None


def _read_every_row(connection: Connection, tables: Sequence[str]) -> None:
    """Read all values, those that lie outside their rows too; a bad page is a driver's error."""
    for name in tables:
        # as text, because only that takes a value apart that lies compressed elsewhere
        connection.exec_driver_sql(f"SELECT sum(length(t::text)) FROM {name} AS t")  # noqa: S608 -- names of our own tables


def _amcheck(connection: Connection, tables: Sequence[str]) -> str | None:
    for name in tables:
        damage = connection.execute(_CHECK_HEAP, {"name": name}).first()
        if damage is not None:
            return f"{damage[0]}: {damage[1]}"
    for name in connection.execute(_OUR_INDEXES).scalars().all():
        connection.execute(_CHECK_INDEX, {"name": name})
    return None
