"""What bears on how a record stands, what openings open, and whom a key has bound.

Revision 0005, after 0004. The audit that follows a migration fills the tables, and the index of
people with the datasets and institutions that earlier releases did not write into it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables, and the index by binder."""
    op.create_table(
        "records_about",
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", "type", "leaf_index", name=op.f("pk_records_about")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "opened_digests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "leaf_index", name=op.f("pk_opened_digests")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_opened_digests_leaf_index"), "opened_digests", ["leaf_index"])
    op.create_index(op.f("ix_key_events_by_kid"), "key_events", ["by_kid"])
