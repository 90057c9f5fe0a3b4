"""Bring a ledger's database to the schema of this release, in one transaction.

A log that has entries is then to be audited, every one of them, before it may serve again: the
transaction leaves that order in the table ``audit_due``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, select, text

from provenance.errors import FatalError
from provenance.store import tables
from provenance.store.engine import serialize_starts, storage_errors
from provenance.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["REVISION", "migrate", "revision_of"]

REVISION: Final = "0005"
"""The newest revision in ``migrations/versions``."""

_LOCATION: Final = "provenance.store:migrations"


def migrate(engine: Engine, revision: str = REVISION) -> None:
    """Run the revisions that are missing; a crash leaves the old schema or the new one.

    Args:
        revision: an earlier one only where a database of an earlier release is to be made.

    Raises:
        FatalError: the database was made by a later release, or is not one of ours.
    """
    with storage_errors(), engine.begin() as connection:
        serialize_starts(connection)
        found = revision_of(connection)
        if found == revision:
            return
        # alembic takes a third of a second to import, and is needed once in a ledger's life
        from alembic import command  # noqa: PLC0415 -- see the line above
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", _LOCATION)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except CommandError as error:
            raise FatalError(
                f"the database has schema {found!r}, of a later release; this one knows up to "
                f"{revision!r}"
            ) from error
        if (
            found is not None
            and connection.execute(select(tables.entries.c.leaf_index).limit(1)).first()
        ):
            insert_if_absent(connection, tables.audit_due, {"id": 1, "from_revision": found})


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
