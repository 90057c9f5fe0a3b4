"""Who said what of a key: bindings by institutions, and revocations.

Revision 0003, after 0002. No entry of an earlier release says any of it: the table begins empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of what is said of keys."""
    op.create_table(
        "key_events",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("is_revocation", sa.Boolean(), nullable=False),
        sa.Column("by_kid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kid", "leaf_index", name=op.f("pk_key_events")),
        sqlite_with_rowid=False,
    )
