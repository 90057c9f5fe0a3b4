"""Rows by the hundred: all of them, in their columns, whatever their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    select,
)

from provenance.errors import FatalError
from provenance.store.engine import open_writer, storage_errors
from provenance.store.insert_rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place

TABLE = Table(
    "rows",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("octets", LargeBinary),
    Column("other", BigInteger, nullable=True),
    Column("words", Text, nullable=True),
    Column("flag", Boolean, nullable=True),
)


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    engine = open_writer(place.ledger)
    with engine.begin() as connection:
        TABLE.create(connection)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 127, 128, 129, 256, 1_000])
def test_every_row_arrives_in_its_columns(engine: Engine, count: int) -> None:
    rows = [(number, b"%d" % number, -number, "é", number % 2 == 0) for number in range(count)]

    with engine.begin() as connection:
        insert_rows(connection, TABLE, rows)
        found = [tuple(row) for row in connection.execute(select(TABLE).order_by("number"))]

    assert found == rows


@pytest.mark.parametrize("count", [2, 20])
def test_columns_that_are_not_named_keep_their_default(engine: Engine, count: int) -> None:
    rows = [(b"%d" % number, number) for number in range(count)]

    with engine.begin() as connection:
        insert_rows(connection, TABLE, rows, ("octets", "other"))
        found = connection.execute(select(TABLE).order_by("number")).all()

    assert [tuple(row) for row in found] == [
        (number + 1, b"%d" % number, number, None, None) for number in range(count)
    ]


@pytest.mark.parametrize("count", [2, 20])
def test_a_key_that_is_there_already_is_refused_and_nothing_stays(
    engine: Engine, count: int
) -> None:
    rows = [(number % (count - 1), b"", 0, "", False) for number in range(count)]

    with pytest.raises(FatalError), storage_errors(), engine.begin() as connection:
        insert_rows(connection, TABLE, rows)

    with engine.connect() as connection:
        assert connection.execute(select(TABLE)).all() == []


def test_a_thousand_rows_take_eight_statements() -> None:
    engine = create_engine("sqlite://")
    statements: list[str] = []

    with engine.begin() as connection:
        TABLE.create(connection)
        event.listen(
            engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
        )
        insert_rows(connection, TABLE, [(number, b"", 0, "", True) for number in range(1_000)])
    engine.dispose()

    assert len(statements) == 8
