"""Count what the log holds of disclosures, to compare it with the keys that should open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from provenance.store.engine import storage_errors
from provenance.store.tables import disclosures

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["count_disclosed", "first_disclosed", "last_disclosed"]


def first_disclosed(reader: Engine) -> int | None:
    """Return the lowest leaf index that has disclosures; None in a log without any."""
    with storage_errors(), reader.connect() as connection:
        return connection.execute(select(func.min(disclosures.c.leaf_index))).scalar()


def last_disclosed(reader: Engine) -> int | None:
    """Return the highest leaf index that has disclosures; None in a log without any."""
    with storage_errors(), reader.connect() as connection:
        return connection.execute(select(func.max(disclosures.c.leaf_index))).scalar()


def count_disclosed(reader: Engine) -> int:
    """Count the entries that have disclosures. Reads the whole table: not for ordinary life."""
    statement = select(func.count(disclosures.c.leaf_index.distinct()))
    with storage_errors(), reader.connect() as connection:
        return connection.execute(statement).scalar_one()
