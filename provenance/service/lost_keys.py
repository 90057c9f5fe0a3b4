"""Notices at a start that the disclosures' keys are gone: nothing else would say so.

A key store that is missing is made anew, and a record without its key looks like one whose
disclosures were erased. So the log's oldest disclosure is looked up, and its newest: without a key
of the oldest the database of the keys was not there, or is another one; without one of the newest
it is older than the log.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import FatalError, VerificationError
from provenance.ledger.load_record import record_id_of
from provenance.store.lost_keys import count_disclosed, first_disclosed, last_disclosed

if TYPE_CHECKING:
    from provenance.store.engine import Database
    from provenance.store.key_store import SqlKeyStore
    from provenance.store.log_store import SqlLogStore

__all__ = ["find_lost_keys"]

_logger = logging.getLogger(__name__)


def find_lost_keys(log: SqlLogStore, key_store: SqlKeyStore, database: Database) -> str | None:
    """Say, to the log and to whoever asks, that disclosures have lost their keys; else None.

    Args:
        database: where the keys should be; named by its file only, an address may hold secrets.
    """
    why = _why_lost(log, key_store)
    count = 0 if why is None else count_disclosed(log.reader) - key_store.count()
    if count <= 0:  # a damaged entry has another id
        return None
    name = database.name if isinstance(database, Path) else "the keys' database"
    lost = f"{name} {why}: disclosures of {count} records have no key"
    _logger.error(
        "%s; stop the service and put back the keys' archive: without one they are lost", lost
    )
    return lost


def _why_lost(log: SqlLogStore, key_store: SqlKeyStore) -> str | None:
    """Look up the oldest and the newest record with disclosures; None when both have keys."""
    for index, why in (
        (first_disclosed(log.reader), "was not there, or is not this log's"),
        (last_disclosed(log.reader), "is older than the log"),
    ):
        if index is None:
            return None
        try:
            record_id = record_id_of(b"".join(log.entries(index, index + 1)))
            is_there = key_store.open(record_id, ()) is not None or key_store.was_erased(record_id)
        except (VerificationError, FatalError):  # damaged, not lost: the scrub says where
            return None
        if not is_there:
            return why
    return None
