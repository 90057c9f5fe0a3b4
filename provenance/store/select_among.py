"""Ask for the rows of many keys at once: ``IN (...)`` on SQLite, ``= ANY(array)`` on PostgreSQL.

An array is one parameter, however many keys it holds. Of 1,000 keys, parameters one by one cost
2.5 us each in PostgreSQL and 3.8 here, an array 1.5 and 2.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, any_, bindparam

from provenance.store.engine import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, Connection, Row, Select

__all__ = ["SelectAmong"]

_CHUNK: Final = 500
"""Keys of one SQLite statement, below its limit of parameters."""


class SelectAmong:
    """A SELECT of the rows whose ``column`` is among some keys; built once, as that costs more."""

    def __init__(self, statement: Select[Any], column: Column[Any]) -> None:
        """Narrow ``statement`` to the keys that are given later."""
        self._in = statement.where(column.in_(bindparam("keys", expanding=True)))
        keys = bindparam("keys", type_=ARRAY(column.type))
        self._any = statement.where(column == any_(keys))

    def rows(
        self, connection: Connection, keys: Sequence[object], **others: object
    ) -> Iterator[Row[*tuple[Any, ...]]]:
        """Yield the rows of these keys, in the statement's order among 500 keys at a time.

        Args:
            others: the statement's own parameters.
        """
        if is_postgresql(connection):
            if keys:
                yield from connection.execute(self._any, {"keys": list(keys), **others})
            return
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            yield from connection.execute(self._in, {"keys": some, **others})
