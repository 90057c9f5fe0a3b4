"""Hand a question straight to the driver: the layers above take longer than the database does.

For what every commit and every proof asks. A statement is compiled once; an answer is the
driver's own rows, in a transaction of its own (readers begin none), and errors stay those that
``storage_errors`` translates.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from provenance.store.engine import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine, Select

__all__ = ["DirectQuery"]


class DirectQuery:
    """One SELECT over a pool of readers, for any thread.

    Its columns must be of types that the drivers give as they are: numbers, text and bytes.
    """

    def __init__(self, engine: Engine, statement: Select[Any], names: Sequence[str] = ()) -> None:
        """Compile ``statement``, whose parameters are ``names`` in the order of their places."""
        self._engine = engine
        self._names = tuple(names)
        compiled = statement.compile(dialect=engine.dialect)
        self._text = str(compiled)
        self._by_position = engine.dialect.positional
        order = tuple(getattr(compiled, "positiontup", None) or ())
        if self._by_position and order != self._names:
            raise RuntimeError(f"{self._names} are not bound in this order")

    def rows(self, *values: int) -> list[tuple[Any, ...]]:
        """Return all rows for these values of the parameters.

        Raises:
            UnavailableError: the database is away.
            FatalError: it is damaged.
        """
        given = values if self._by_position else dict(zip(self._names, values, strict=True))
        with storage_errors(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(self._text, given)
            found = cursor.fetchall()
            cursor.close()
        return list(found)

    def first(self, *values: int) -> tuple[Any, ...] | None:
        """Return the first row, None where there is none; raises as ``rows`` does."""
        found = self.rows(*values)
        return found[0] if found else None
