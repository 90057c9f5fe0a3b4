"""Bring a ledger's database to the schema of this release, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

from provenance.errors import FatalError
from provenance.store.engine import serialize_starts, storage_errors

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["REVISION", "migrate", "revision_of"]

REVISION: Final = "0002"
"""The newest revision in ``migrations/versions``."""

_LOCATION: Final = "provenance.store:migrations"


def migrate(engine: Engine) -> None:
    """Run the revisions that are missing; a crash leaves the old schema or the new one.

    Raises:
        FatalError: the database was made by a later release, or is not one of ours.
    """
    with storage_errors(), engine.begin() as connection:
        serialize_starts(connection)
        found = revision_of(connection)
        if found == REVISION:
            return
        # alembic takes a third of a second to import, and is needed once in a ledger's life
        from alembic import command  # noqa: PLC0415 -- see the line above
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", _LOCATION)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, REVISION)
        except CommandError as error:
            raise FatalError(f"cannot take the schema from {found!r} to {REVISION!r}") from error


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
