"""Run the revisions on the connection that ``provenance.store.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from provenance.store.tables import metadata

__all__: list[str] = []

# SQLite changes most of a table only by copying it: ``batch`` mode writes revisions that do so.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
