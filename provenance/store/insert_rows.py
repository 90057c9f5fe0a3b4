"""Insert many rows by few statements.

Nine rows are written per record, and the driver gives up the interpreter's lock for each row that
a statement does not hold together: under load every one then waits for the threads that answer
requests. Values also go to the driver as they are, since binding them one name after the other
costs as much as writing them. PostgreSQL takes them by COPY.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert

from provenance.store.engine import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect, Table

__all__ = ["insert_rows"]

_COPY_FROM: Final = 4
"""Rows from which COPY is worth its two more round trips (PostgreSQL)."""

_ROWS: Final = 128
"""Of one statement; at most 6 values each, far below SQLite's 32,766."""


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[tuple[object, ...]],
    columns: tuple[str, ...] | None = None,
) -> None:
    """Insert rows given as tuples in the order of ``columns``, by default the table's."""
    names = columns or tuple(table.columns.keys())
    if is_postgresql(connection):
        _insert_postgresql(connection, table, rows, names)
        return
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        statement = _statement(table, connection.dialect, names, len(some))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def _insert_postgresql(
    connection: Connection,
    table: Table,
    rows: Sequence[tuple[object, ...]],
    names: tuple[str, ...],
) -> None:
    if len(rows) >= _COPY_FROM:
        from provenance.store.postgresql import copy_rows  # noqa: PLC0415 -- loaded by now

        copy_rows(connection, table, rows, names)
    elif rows:
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(maxsize=2 * 8 * _ROWS)
def _statement(table: Table, dialect: Dialect, names: tuple[str, ...], count: int) -> str:
    compiled = insert(table).values(dict.fromkeys(names)).compile(dialect=dialect)
    if getattr(compiled, "positiontup", None) != list(names):
        raise RuntimeError(f"the columns of {table.name} are not bound in their order")
    head, values, row = str(compiled).partition(" VALUES ")
    return head + values + ", ".join([row] * count)
