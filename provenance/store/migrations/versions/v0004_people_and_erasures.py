"""Who is named in an entry, and which entries are erasures.

Revision 0004, after 0003. The audit that follows a migration fills both, and the look-ups of what
a deposit is related to, which earlier releases did not write.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index of people and the table of erasures."""
    op.create_table(
        "person_index",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "leaf_index", name=op.f("pk_person_index")),
        sqlite_with_rowid=False,
    )
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "erasures",
        sa.Column("leaf_index", kind, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_erasures")),
    )
