"""The ledger's database as an auditor opens it: nothing is made, moved on or written."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import VerificationError
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.check_files import check_files
from provenance.store.engine import open_reader, storage_errors
from provenance.store.log_reader import SqlLogReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from provenance.ledger.anchor_port import Anchor
    from provenance.store.engine import Database

__all__ = ["ReadOnlyLedger", "open_read_only"]

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ReadOnlyLedger:
    """The log and the anchors of one database."""

    log: SqlLogReader
    engine: Engine

    def check_integrity(self) -> None:
        """Let the database check its files; what the rows mean is for the audit to judge.

        Raises:
            VerificationError: with the first thing it found.
            FatalError: the database is so damaged that it cannot even be asked.
        """
        with storage_errors(), self.engine.connect() as connection:
            found = check_files(connection)
        if found is not None:
            raise VerificationError(" ".join(found.split()))

    def anchors(self) -> Iterator[Anchor]:
        """Yield every anchor in the order they were bound."""
        store = SqlAnchorStore(self.engine)
        after = 0
        while page := store.page(after_id=after, limit=_PAGE):
            yield from page
            after = page[-1].anchor_id


@contextmanager
def open_read_only(database: Database) -> Iterator[ReadOnlyLedger]:
    """Open an existing database, which a service may be writing to."""
    engine = open_reader(database)
    try:
        yield ReadOnlyLedger(SqlLogReader(engine), engine)
    finally:
        engine.dispose()
