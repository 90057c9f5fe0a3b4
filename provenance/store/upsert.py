"""Insert what may be there already, in the words of the database at hand."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy.dialects import sqlite

from provenance.store.engine import is_postgresql

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.dialects import postgresql

__all__ = ["insert_if_absent", "insert_or_replace"]


@lru_cache(maxsize=64)
def _insert(table: Table, *, on_postgresql: bool) -> postgresql.Insert | sqlite.Insert:
    if not on_postgresql:
        return sqlite.insert(table)
    # the engine has loaded it by now; where it has not, nobody waits for it
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 -- see the line above

    return postgresql.insert(table)


@lru_cache(maxsize=64)
def _absent(table: Table, *, on_postgresql: bool) -> postgresql.Insert | sqlite.Insert:
    statement = _insert(table, on_postgresql=on_postgresql).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)


@lru_cache(maxsize=64)
def _replace(
    table: Table, columns: tuple[str, ...], *, on_postgresql: bool
) -> postgresql.Insert | sqlite.Insert:
    statement = _insert(table, on_postgresql=on_postgresql)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={name: statement.excluded[name] for name in columns},
    )


def insert_if_absent(connection: Connection, table: Table, row: dict[str, object]) -> bool:
    """Insert a row unless one with its key is there; say whether it was inserted.

    Another transaction that is inserting the same key is waited for.
    """
    statement = _absent(table, on_postgresql=is_postgresql(connection))
    return connection.execute(statement, row).rowcount == 1


def insert_or_replace(
    connection: Connection, table: Table, rows: list[dict[str, object]], columns: tuple[str, ...]
) -> None:
    """Insert rows, or give ``columns`` of those with the same primary key their values."""
    if rows:
        statement = _replace(table, columns, on_postgresql=is_postgresql(connection))
        connection.execute(statement, rows)
