"""Create every table of the first release.

Revision 0001, of the empty database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; there is no way down, since that would throw the log away."""
    op.create_table(
        "beacons",
        sa.Column(
            "leaf_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_unix", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_beacons")),
    )
    op.create_table(
        "dataset_digests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "leaf_index", name=op.f("pk_dataset_digests")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "disclosures",
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", "position", name=op.f("pk_disclosures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column(
            "leaf_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_entries")),
    )
    op.create_table(
        "file_digests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "leaf_index", name=op.f("pk_file_digests")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_file_digests_leaf_index", "file_digests", ["leaf_index"], unique=False)
    op.create_table(
        "heads",
        sa.Column(
            "tree_size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tree_size", name=op.f("pk_heads")),
    )
    op.create_table(
        "keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_keys")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_keys_leaf_index")),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "manifests",
        sa.Column(
            "leaf_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("compressed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_manifests")),
    )
    op.create_table(
        "records",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_records")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "records_by_key",
        sa.Column("key_index", sa.BigInteger(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_index", "leaf_index", name=op.f("pk_records_by_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("tile_index", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_tiles")),
    )
    op.create_table(
        "used_tokens",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_unix", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kid", "jti", name=op.f("pk_used_tokens")),
    )
    op.create_index(
        op.f("ix_used_tokens_expires_unix"), "used_tokens", ["expires_unix"], unique=False
    )
    op.create_table(
        "checkpoints",
        sa.Column(
            "tree_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tree_size"], ["heads.tree_size"], name=op.f("fk_checkpoints_tree_size")
        ),
        sa.PrimaryKeyConstraint("tree_size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "anchor_markers",
        sa.Column(
            "tree_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "state IN ('wanted', 'covered', 'bound')", name=op.f("ck_anchor_markers_state")
        ),
        sa.ForeignKeyConstraint(
            ["tree_size"], ["checkpoints.tree_size"], name=op.f("fk_anchor_markers_tree_size")
        ),
        sa.PrimaryKeyConstraint("tree_size", name=op.f("pk_anchor_markers")),
    )
    op.create_index(op.f("ix_anchor_markers_state"), "anchor_markers", ["state"], unique=False)
    op.create_table(
        "anchors",
        sa.Column(
            "anchor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.Column("base_size", sa.BigInteger(), nullable=False),
        sa.Column("call_data", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mined_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("histories", sa.Text(), nullable=True),
        sa.Column("created_unix", sa.BigInteger(), nullable=False),
        sa.Column("final_unix", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('prepared', 'sent', 'included', 'final', 'halted')",
            name=op.f("ck_anchors_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tree_size"], ["checkpoints.tree_size"], name=op.f("fk_anchors_tree_size")
        ),
        sa.PrimaryKeyConstraint("anchor_id", name=op.f("pk_anchors")),
        sa.UniqueConstraint(
            "chain_id", "sender", "nonce", name=op.f("uq_anchors_chain_id_sender_nonce")
        ),
        sa.UniqueConstraint("chain_id", "tree_size", name=op.f("uq_anchors_chain_id_tree_size")),
    )
    op.create_index(op.f("ix_anchors_state"), "anchors", ["state"], unique=False)
    op.create_table(
        "anchor_attempts",
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("anchor_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("max_fee_wei", sa.BigInteger(), nullable=False),
        sa.Column("priority_fee_wei", sa.BigInteger(), nullable=False),
        sa.Column("broadcast_unix", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["anchor_id"], ["anchors.anchor_id"], name=op.f("fk_anchor_attempts_anchor_id")
        ),
        sa.PrimaryKeyConstraint("tx_hash", name=op.f("pk_anchor_attempts")),
        sa.UniqueConstraint(
            "anchor_id", "position", name=op.f("uq_anchor_attempts_anchor_id_position")
        ),
    )
    op.create_index(
        op.f("ix_anchor_attempts_anchor_id"), "anchor_attempts", ["anchor_id"], unique=False
    )
