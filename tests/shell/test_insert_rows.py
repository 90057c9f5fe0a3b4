"""Rows by the hundred: all of them, in their columns, whatever their number."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    event,
    select,
)

from provenance.store.insert_rows import insert_rows

TABLE = Table(
    "rows",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("octets", LargeBinary),
    Column("other", Integer, nullable=True),
)


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 256, 1_000])
def test_every_row_arrives_in_its_columns(count: int) -> None:
    engine = create_engine("sqlite://")
    rows = [(number, b"%d" % number, -number) for number in range(count)]

    with engine.begin() as connection:
        TABLE.create(connection)
        insert_rows(connection, TABLE, rows)
        found = [tuple(row) for row in connection.execute(select(TABLE).order_by("number"))]
    engine.dispose()

    assert found == rows


def test_columns_that_are_not_named_keep_their_default() -> None:
    engine = create_engine("sqlite://")

    with engine.begin() as connection:
        TABLE.create(connection)
        insert_rows(connection, TABLE, [(b"a", 7), (b"b", 8)], ("octets", "other"))
        found = [tuple(row) for row in connection.execute(select(TABLE).order_by("number"))]
    engine.dispose()

    assert found == [(1, b"a", 7), (2, b"b", 8)]


def test_a_thousand_rows_take_eight_statements() -> None:
    engine = create_engine("sqlite://")
    statements: list[str] = []

    with engine.begin() as connection:
        TABLE.create(connection)
        event.listen(
            engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
        )
        insert_rows(connection, TABLE, [(number, b"", 0) for number in range(1_000)])
    engine.dispose()

    assert len(statements) == 8
