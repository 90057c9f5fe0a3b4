"""The ledger's database as an auditor opens it: nothing is made, moved on or written."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import VerificationError
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_reader, storage_errors
from provenance.store.log_reader import SqlLogReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from provenance.ledger.chain_port import Anchor

__all__ = ["ReadOnlyLedger", "open_read_only"]

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ReadOnlyLedger:
    """The log and the anchors of one database."""

    log: SqlLogReader
    engine: Engine

    def check_integrity(self) -> None:
        """Let SQLite check its whole file; what the rows mean is for the audit to judge.

        Raises:
            VerificationError: with the first thing it found.
            FatalError: the file is so damaged that it cannot even be asked.
        """
        with storage_errors(), self.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if found != "ok":
            raise VerificationError(" ".join(str(found).split()))

    def anchors(self) -> Iterator[Anchor]:
        """Yield every anchor in the order they were bound."""
        store = SqlAnchorStore(self.engine)
        after = 0
        while page := store.page(after_id=after, limit=_PAGE):
            yield from page
            after = page[-1].anchor_id


@contextmanager
def open_read_only(path: Path) -> Iterator[ReadOnlyLedger]:
    """Open the existing database at ``path``, which a service may be writing to."""
    engine = open_reader(path)
    try:
        yield ReadOnlyLedger(SqlLogReader(engine), engine)
    finally:
        engine.dispose()
