"""Several chains, several workers and processes, witnesses, and evidence of more than one kind.

Revision 0002, after 0001. Markers lose their state, since each chain has its own; evidence that
is stored says of which kind it is.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from provenance.errors import FatalError

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the anchors' tables and add those of leases, halts, witnesses, scrub and mode."""
    with op.batch_alter_table("anchor_markers") as markers:
        markers.drop_index(op.f("ix_anchor_markers_state"))
        markers.drop_constraint(op.f("ck_anchor_markers_state"), type_="check")
        markers.drop_column("state")
    op.add_column("anchors", sa.Column("violated_unix", sa.BigInteger(), nullable=True))
    _name_the_kind_of_evidence()
    _add_worker_tables()
    _add_service_tables()
    op.create_table(
        "cosignatures",
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tree_size"], ["checkpoints.tree_size"], name=op.f("fk_cosignatures_tree_size")
        ),
        sa.PrimaryKeyConstraint("tree_size", "witness", name=op.f("pk_cosignatures")),
    )


def _name_the_kind_of_evidence() -> None:
    """Until now there was one kind, a storage proof."""
    connection = op.get_bind()
    anchors = sa.table("anchors", sa.column("anchor_id"), sa.column("evidence", sa.Text()))
    stored = connection.execute(sa.select(anchors).where(anchors.c.evidence.is_not(None))).all()
    for anchor_id, evidence in stored:
        try:
            named = json.dumps({"kind": "storage", **json.loads(evidence)})
        except (ValueError, TypeError) as error:
            raise FatalError(f"the evidence of anchor {anchor_id} is damaged") from error
        connection.execute(
            sa.update(anchors).where(anchors.c.anchor_id == anchor_id).values(evidence=named)
        )


def _add_worker_tables() -> None:
    op.create_table(
        "worker_leases",
        _chain_id(),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_worker_leases")),
    )
    op.create_table(
        "worker_halts",
        _chain_id(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since_unix", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_worker_halts")),
    )


def _chain_id() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("chain_id", kind, autoincrement=False, nullable=False)


def _add_service_tables() -> None:
    op.create_table(
        "audit_due",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_revision", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_due_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_due")),
    )
    op.create_table(
        "scrub_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_index", sa.BigInteger(), nullable=False),
        sa.Column("rounds", sa.BigInteger(), nullable=False),
        sa.Column("completed_unix", sa.BigInteger(), nullable=True),
        sa.Column("damage", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_scrub_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrub_state")),
    )
    op.create_table(
        "ledger_mode",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since_unix", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_mode_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_mode")),
    )
