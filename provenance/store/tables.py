"""Every table of the ledger's database, and of the key store's own database.

Two rules hold for all of them. What the log *is* stands in ``log_head``, ``entries``, ``tiles``,
``heads`` and ``checkpoints``, and is only ever added to. What people look up stands in
projections, which hold nothing that the log does not say and can be rebuilt from it.

Hashes and digests are raw bytes here; hex is for the wire. ``leaf_index`` is zero-based,
``tree_size`` a count. The schema in use is made by ``migrations``; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import false as sql_false
from sqlalchemy import text as sql_text

__all__ = [
    "anchor_attempts",
    "anchor_markers",
    "anchors",
    "audit_due",
    "beacons",
    "checkpoints",
    "cosignatures",
    "dataset_digests",
    "disclosure_keys",
    "disclosure_subkeys",
    "disclosures",
    "entries",
    "erasures",
    "file_digests",
    "heads",
    "key_metadata",
    "key_store_state",
    "keys",
    "ledger_mode",
    "log_head",
    "manifests",
    "metadata",
    "opened_digests",
    "person_index",
    "records",
    "records_about",
    "records_by_key",
    "scrub_state",
    "tiles",
    "used_tokens",
    "worker_halts",
    "worker_leases",
]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=_NAMES)
"""The ledger's database: ``ledger.sqlite``, or one on a PostgreSQL server."""

key_metadata = MetaData(naming_convention=_NAMES)
"""The key store's own database, outside the ledger's backups: ``keys.sqlite``, or another one."""

# SQLite makes a column its row id only when it is called INTEGER; elsewhere 64 bits are meant.
_Index = BigInteger().with_variant(Integer(), "sqlite")

# --- the log itself -------------------------------------------------------------------------

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("tree_size", BigInteger, nullable=False),
    Column("root_hash", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row, the sequencer: who holds its lock assigns the next indexes. Durable, not yet signed."""

entries = Table(
    "entries",
    metadata,
    Column("leaf_index", _Index, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)
"""The log's entries: compact JWS without disclosures, at most 65,535 bytes (tlog-tiles)."""

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, nullable=False),
    Column("tile_index", BigInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "tile_index"),
)
"""Tiles of height 8 as ``provenance.tlog`` stores them, inner levels included.

A row is rewritten while its tile grows and never again once it is full. Only the newest width is
kept: narrower ones are prefixes of it.
"""

heads = Table(
    "heads",
    metadata,
    Column("tree_size", _Index, primary_key=True, autoincrement=False),
    Column("root_hash", LargeBinary, nullable=False),
)
"""Every head that was ever durable, signed or overtaken; unique on size, so one root per size."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("tree_size", _Index, ForeignKey("heads.tree_size"), primary_key=True),
    Column("note", Text, nullable=False),
)
"""The signed heads: each a signed note (C2SP), unique on size."""

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("tree_size", BigInteger, ForeignKey("checkpoints.tree_size"), nullable=False),
    Column("witness", Text, nullable=False),
    Column("line", Text, nullable=False),
    PrimaryKeyConstraint("tree_size", "witness"),
)
"""What witnesses signed beneath a checkpoint: one signature line of a note (C2SP), by key name."""

# --- projections of the log, which can be rebuilt from it -----------------------------------

records = Table(
    "records",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("leaf_index", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Record id -> leaf index. It also deduplicates: the first stored bytes win."""

keys = Table(
    "keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("leaf_index", BigInteger, nullable=False, unique=True),
    Column("alg", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
)
"""Thumbprint -> its first ``key`` record and the key itself."""

key_events = Table(
    "key_events",
    metadata,
    Column("kid", Text, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Column("is_revocation", Boolean, nullable=False),
    Column("by_kid", Text, nullable=False),
    PrimaryKeyConstraint("kid", "leaf_index"),
    Index("ix_key_events_by_kid", "by_kid"),
    sqlite_with_rowid=False,
)
"""Thumbprint -> what others than its first ``key`` record say of the key: who bound it, who
revoked it. Most keys have no row.
"""

records_by_key = Table(
    "records_by_key",
    metadata,
    Column("key_index", BigInteger, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("key_index", "leaf_index"),
    sqlite_with_rowid=False,
)
"""Leaf index of a ``key`` record -> everything that key signed, the record itself included."""

dataset_digests = Table(
    "dataset_digests",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("digest", "leaf_index"),
    sqlite_with_rowid=False,
)
"""Dataset digest -> the deposits that claim it; and id of a record -> the records that name it,
as what they are about or are related to. Oldest first. Both are SHA-256 of something, so neither
is ever taken for the other.
"""

records_about = Table(
    "records_about",
    metadata,
    Column("target", LargeBinary, nullable=False),
    Column("type", Text, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("target", "type", "leaf_index"),
    sqlite_with_rowid=False,
)
"""Id of a record -> the records that bear on how it stands, and who read its files again, each
type apart: however many statements are made about a record, they do not hide its withdrawal."""

erasures = Table(
    "erasures",
    metadata,
    Column("leaf_index", _Index, primary_key=True, autoincrement=False),
)
"""``erasure`` entries: what a restored copy has to carry out again before it is served."""

beacons = Table(
    "beacons",
    metadata,
    Column("leaf_index", _Index, primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("issued_unix", BigInteger, nullable=False),
    Column("header", LargeBinary, nullable=True),
)
"""``beacon`` entries. ``header`` is the block's RLP as it was observed, which no entry holds:
a rebuilt projection has NULL there until a node gives the header again."""

# --- beside the log -------------------------------------------------------------------------

person_index = Table(
    "person_index",
    metadata,
    Column("tag", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("tag", "leaf_index"),
    sqlite_with_rowid=False,
)
"""People named in public disclosures -> entries. A tag is 16 bytes of an HMAC-SHA256 under a key
of the key store: without that key nobody finds out whom the index knows. Erased with the names.
"""

opened_digests = Table(
    "opened_digests",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("digest", "leaf_index"),
    Index("ix_opened_digests_leaf_index", "leaf_index"),
    sqlite_with_rowid=False,
)
"""Dataset digest that was sealed -> the ``opening`` entries that show it; erased with what they
show."""

disclosures = Table(
    "disclosures",
    metadata,
    Column("leaf_index", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    PrimaryKeyConstraint("leaf_index", "position"),
    sqlite_with_rowid=False,
)
"""Disclosures, as ciphertext, in the record's order. ``held`` ones go only to the record's holder.

``ciphertext`` is nonce (12 bytes) ‖ AES-256-GCM(disclosure); associated data: record id ‖ digest.
The key is derived from the record's and the digest (``key_store``).
"""

manifests = Table(
    "manifests",
    metadata,
    Column("leaf_index", _Index, primary_key=True, autoincrement=False),
    Column("compressed", LargeBinary, nullable=False),
)
"""Published manifests, zlib-compressed JSON lines, exactly as they were received; erasable."""

file_digests = Table(
    "file_digests",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    PrimaryKeyConstraint("digest", "leaf_index"),
    Index("ix_file_digests_leaf_index", "leaf_index"),
    sqlite_with_rowid=False,
)
"""SHA-256 of a file -> deposits whose published manifest lists it; erased with the manifest."""

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("kid", Text, nullable=False),
    Column("jti", Text, nullable=False),
    Column("expires_unix", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("kid", "jti"),
)
"""Requests of a record's holder that were answered; kept until they would be too old anyway."""

# --- the key store's own database -----------------------------------------------------------

disclosure_keys = Table(
    "disclosure_keys",
    key_metadata,
    Column("sequence", _Index, primary_key=True),
    Column("record_id", LargeBinary, nullable=False, unique=True),
    Column("key", LargeBinary, nullable=False),
    Column("scheme", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
"""Record id -> random 256-bit key. ``sequence`` is never given twice: it bounds the sweep.

``scheme`` says what encrypts: 0 the key itself (first release), 1 a key derived from it for each
disclosure; 2 that the key was erased: it is empty, and never comes back.
"""

disclosure_subkeys = Table(
    "disclosure_subkeys",
    key_metadata,
    Column("record_id", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("scheme", Integer, nullable=False),
    PrimaryKeyConstraint("record_id", "digest"),
    sqlite_with_rowid=False,
)
"""What is left of a record whose key was erased for some of its disclosures: the keys of the
others. Of scheme 0 it is no key but what was added to the text (AES-GCM counts, and XORs)."""

key_store_state = Table(
    "key_store_state",
    key_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("swept_sequence", BigInteger, nullable=False),
    Column("person_key", LargeBinary, nullable=False, server_default=sql_text("''")),
    Column("erased_size", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row; keys up to ``swept_sequence`` are known to belong to entries of the log.

``person_key``, 32 random bytes, makes the tags of ``person_index``. The erasures among the first
``erased_size`` entries have been carried out.
"""

# --- anchors (used by anchor_store.py) ------------------------------------------------------

anchor_markers = Table(
    "anchor_markers",
    metadata,
    Column("tree_size", _Index, ForeignKey("checkpoints.tree_size"), primary_key=True),
    Column("urgent", Boolean, nullable=False, server_default=sql_false()),
)
"""The outbox: "this head wants an anchor", written in the transaction that stores its signature.

It has no state, since several chains read it: on each, what is wanted is the newest marker above
the newest size bound there. ``urgent`` is "anchor now": do not wait for the interval.
"""

anchors = Table(
    "anchors",
    metadata,
    Column("anchor_id", _Index, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("tree_size", BigInteger, ForeignKey("checkpoints.tree_size"), nullable=False),
    Column("root_hash", LargeBinary, nullable=False),
    Column("base_size", BigInteger, nullable=False),
    Column("call_data", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("tx_hash", LargeBinary, nullable=True),
    Column("mined_number", BigInteger, nullable=True),
    Column("block_hash", LargeBinary, nullable=True),
    Column("block_number", BigInteger, nullable=True),
    Column("evidence", Text, nullable=True),
    Column("histories", Text, nullable=True),
    Column("created_unix", BigInteger, nullable=False),
    Column("final_unix", BigInteger, nullable=True),
    Column("violated_unix", BigInteger, nullable=True),
    UniqueConstraint("chain_id", "sender", "nonce"),
    UniqueConstraint("chain_id", "tree_size"),
    CheckConstraint(
        "state IN ('prepared', 'sent', 'included', 'final', 'halted')",
        name="state",
    ),
)
"""One row per anchored checkpoint and chain; the nonce is bound to it for ever.

``block_*`` name the block the evidence is from, which is ``mined_number`` or a later one.
``evidence`` is JSON with its ``kind``. ``histories`` is a JSON array of {"number", "block_hash",
"proof"}: EIP-2935 proofs of beacons. ``violated_unix`` says when a final anchor was found gone.
"""

anchor_attempts = Table(
    "anchor_attempts",
    metadata,
    Column("tx_hash", LargeBinary, primary_key=True),
    Column("anchor_id", BigInteger, ForeignKey("anchors.anchor_id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("max_fee_wei", BigInteger, nullable=False),
    Column("priority_fee_wei", BigInteger, nullable=False),
    Column("broadcast_unix", BigInteger, nullable=True),
    UniqueConstraint("anchor_id", "position"),
)
"""Signed transactions, stored before they are broadcast; a crash re-sends these very bytes."""

worker_leases = Table(
    "worker_leases",
    metadata,
    Column("chain_id", _Index, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)
"""Who anchors on a chain, until when by the database's clock (milliseconds of Unix time).

``epoch`` grows with every change of holder: a write that names an older one changes nothing.
"""

worker_halts = Table(
    "worker_halts",
    metadata,
    Column("chain_id", _Index, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("since_unix", BigInteger, nullable=False),
)
"""Why anchoring on a chain stopped for good; the row goes when a person says to go on."""

# --- the service's own notes ----------------------------------------------------------------

audit_due = Table(
    "audit_due",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("from_revision", Text, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""A row from the migration of a log with entries until all of them were audited: nothing is
served meanwhile, whatever happens in between."""

scrub_state = Table(
    "scrub_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_index", BigInteger, nullable=False),
    Column("rounds", BigInteger, nullable=False),
    Column("completed_unix", BigInteger, nullable=True),
    Column("damage", Text, nullable=True),
    CheckConstraint("id = 1", name="one_row"),
)
"""How far the re-hashing of stored entries has come, and the damage it found: nothing is signed
while ``damage`` stands there, over restarts too, until a person clears it."""

ledger_mode = Table(
    "ledger_mode",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("read_only", Boolean, nullable=False),
    Column("reason", Text, nullable=True),
    Column("since_unix", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""Whether records are taken at all; no row means that they are."""
