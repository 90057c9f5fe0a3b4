"""Lets a ledger's leases run out now: who waits out a dead worker's is tested where leases are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.service.settings import LedgerFolder

__all__ = ["end_leases"]

_END = "UPDATE worker_leases SET expires_ms = 0"


def end_leases(folder: LedgerFolder) -> None:
    """End every lease as its time would; a worker that lives takes its own again."""
    elsewhere = folder.read_settings().database
    if elsewhere is None:
        with closing(sqlite3.connect(folder.database, timeout=30)) as database:
            database.execute(_END)
            database.commit()
        return
    # most tests need no PostgreSQL, and its driver takes a fifth of a second to import
    import psycopg  # noqa: PLC0415 -- see above

    with psycopg.connect(elsewhere.ledger) as connection:
        connection.execute(_END)
