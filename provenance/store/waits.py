"""Say what a database that does not answer waits for, in words for whoever looks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from provenance.errors import ProvenanceError
from provenance.store.engine import open_reader, storage_errors

if TYPE_CHECKING:
    from provenance.store.engine import Database

__all__ = ["name_of", "waits_of"]

# of its own sessions a role sees what they wait for; other databases of the server are among them
_WAITS = text(
    "SELECT DISTINCT wait_event_type, wait_event FROM pg_stat_activity"
    " WHERE usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle'"
)


def name_of(database: Database) -> str:
    """Return what an operator calls it, without an address that might hold a password."""
    return "PostgreSQL" if isinstance(database, str) else database.name


def waits_of(database: Database) -> str:
    """Ask the server, by a connection of its own that only reads, what our sessions wait for."""
    if not isinstance(database, str):
        return "another process may hold it, or its disk or the signer does not answer"
    engine = open_reader(database, readers=1)
    try:
        with storage_errors(), engine.connect() as connection:
            waits = {(row.wait_event_type, row.wait_event) for row in connection.execute(_WAITS)}
    except ProvenanceError as error:
        return str(error)
    finally:
        engine.dispose()
    if ("IPC", "SyncRep") in waits:
        return "COMMIT waits for a standby of synchronous_standby_names (SyncRep)"
    if any(kind == "Lock" for kind, _ in waits):
        return "another session holds a lock"
    return "none of our sessions says why; look at its machine, and at the signer"
