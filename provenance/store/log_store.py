"""Write the log over SQL: one writer, one transaction per batch, one per signature."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from provenance.errors import ConflictError, FatalError
from provenance.merkle import EMPTY_ROOT
from provenance.store import tables
from provenance.store.engine import checkpoint_truncate, open_reader, open_writer, storage_errors
from provenance.store.insert_rows import insert_rows
from provenance.store.log_reader import (
    SqlLogReader,
    find_head,
    find_keys,
    find_newest_beacon,
    find_record_indexes,
    find_tile,
)
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from provenance.ledger.ports import Head, NewEntry, SignedHead, StoredBeacon, StoredKey
    from provenance.ledger.projections import Projection
    from provenance.tlog import Extension

__all__ = ["SqlLogStore", "open_log_store"]

_COMPRESSION_LEVEL: Final = 6
_REBUILD_ROWS: Final = 1_000

# Statements of the hot path are built once: building one costs more than running it.
_SIGNED_NOTE = select(tables.checkpoints.c.note).where(
    tables.checkpoints.c.tree_size == bindparam("size")
)
_SIGN = insert(tables.checkpoints)
_MARK = insert(tables.anchor_markers)
_ADD_HEAD = insert(tables.heads)
_MOVE_HEAD = (
    update(tables.log_head)
    .where(
        tables.log_head.c.tree_size == bindparam("old_size"),
        tables.log_head.c.root_hash == bindparam("old_root"),
    )
    .values(tree_size=bindparam("tree_size"), root_hash=bindparam("root_hash"))
)
_PUT_TILE = upsert(tables.tiles)
_PUT_TILE = _PUT_TILE.on_conflict_do_update(
    index_elements=["level", "tile_index"], set_={"hashes": _PUT_TILE.excluded.hashes}
)

_PROJECTIONS = (
    tables.records,
    tables.keys,
    tables.records_by_key,
    tables.dataset_digests,
    tables.beacons,
)


def open_log_store(path: Path) -> SqlLogStore:
    """Open the ledger's database at ``path``, or create it, at the schema of this release.

    Raises:
        FatalError: the database is damaged, or was made by a later release.
    """
    writer = open_writer(path)
    migrate(writer)
    return SqlLogStore(writer, open_reader(path))


class SqlLogStore(SqlLogReader):
    """The store over SQL (``ledger.ports.LogStore`` says what it promises)."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        """Write through ``writer``, which has one connection, and read through ``reader``."""
        super().__init__(reader)
        self._writer = writer

    @property
    def writer(self) -> Engine:
        """The writing engine, for the anchor store beside this one."""
        return self._writer

    @property
    def reader(self) -> Engine:
        """The reading engine."""
        return self._reader

    def close(self) -> None:
        """Give back every connection."""
        self._reader.dispose()
        self._writer.dispose()

    def create(self, origin: str) -> None:
        """Begin an empty log, or find the one with this origin.

        Raises:
            ConflictError: the database holds another log.
        """
        with storage_errors(), self._writer.begin() as connection:
            found = connection.execute(select(tables.log_head.c.origin)).scalar()
            if found is None:
                row = {"id": 1, "origin": origin, "tree_size": 0, "root_hash": EMPTY_ROOT}
                connection.execute(insert(tables.log_head), row)
            elif found != origin:
                raise ConflictError(f"the database holds the log {found!r}, not {origin!r}")

    @contextmanager
    def integrate(self) -> Iterator[SqlLogTransaction]:
        """Open an integration under the lock of the head row; leaving it normally commits.

        A crash before the commit leaves nothing of it. A crash after leaves the whole batch,
        durable and unsigned: the signer takes it up at the next start.
        """
        with storage_errors(), self._writer.begin() as connection:
            yield SqlLogTransaction(connection)

    def store_signature(self, signed: SignedHead) -> None:
        """Store a signature together with its anchor marker.

        A crash before the commit leaves the head unsigned, and it is signed again, to the same
        bytes. A crash after it leaves a signed head whose callers were not answered: they ask
        again and get the same index.

        Raises:
            FatalError: another note stands at this size already.
        """
        row = {"tree_size": signed.tree_size, "note": signed.note}
        with storage_errors(), self._writer.begin() as connection:
            found = connection.execute(_SIGNED_NOTE, {"size": signed.tree_size}).scalar()
            if found is None:
                connection.execute(_SIGN, row)
                connection.execute(_MARK, {"tree_size": signed.tree_size})
            elif found != signed.note:
                raise FatalError(f"tree size {signed.tree_size} is signed already, otherwise")

    def store_manifest(
        self, leaf_index: int, manifest: bytes, file_digests: Iterable[bytes]
    ) -> None:
        """Publish a deposit's manifest, replacing what was published before."""
        compressed = zlib.compress(manifest, _COMPRESSION_LEVEL)
        rows = [
            {"digest": digest, "leaf_index": leaf_index} for digest in sorted(set(file_digests))
        ]
        with storage_errors(), self._writer.begin() as connection:
            _delete_manifest(connection, leaf_index)
            connection.execute(
                insert(tables.manifests), {"leaf_index": leaf_index, "compressed": compressed}
            )
            connection.execute(insert(tables.file_digests), rows)

    def erase_manifest(self, leaf_index: int) -> bool:
        """Take back a published manifest with its look-ups; say whether there was one.

        The rows are overwritten with zeros, and the write-ahead log is emptied: paths may name
        people. A crash in between leaves the deletion in the write-ahead log; ask again after it.
        """
        with storage_errors(), self._writer.begin() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            found = _delete_manifest(connection, leaf_index)
            connection.exec_driver_sql("PRAGMA secure_delete=OFF")
        checkpoint_truncate(self._writer)
        return found

    def use_token(self, kid: str, jti: str, *, expires_unix: int, now_unix: int) -> bool:
        """Mark a holder's request as answered, durably; False if it had been."""
        table = tables.used_tokens
        statement = upsert(table).on_conflict_do_nothing()
        row = {"kid": kid, "jti": jti, "expires_unix": expires_unix}
        with storage_errors(), self._writer.begin() as connection:
            connection.execute(delete(table).where(table.c.expires_unix < now_unix))
            return connection.execute(statement, row).rowcount == 1

    def replace_projections(self, projections: Iterable[Projection]) -> None:
        """Throw the projections away and write these; a crash leaves the old ones."""
        with storage_errors(), self._writer.begin() as connection:
            beacons = connection.execute(select(tables.beacons)).all()
            headers = {(row.leaf_index, row.block_hash): row.header for row in beacons}
            for table in _PROJECTIONS:
                connection.execute(delete(table))
            chunk: list[tuple[Projection, bytes | None]] = []
            for projection in projections:
                block = projection.beacon
                place = (projection.leaf_index, block.block_hash if block else b"")
                chunk.append((projection, headers.get(place)))
                if len(chunk) == _REBUILD_ROWS:
                    _insert_projections(connection, chunk)
                    chunk.clear()
            _insert_projections(connection, chunk)


class SqlLogTransaction:
    """One integration (``ledger.ports.LogTransaction``)."""

    def __init__(self, connection: Connection) -> None:
        """Read the head under its row lock (on SQLite: under the database's write lock)."""
        self._connection = connection
        self._head = find_head(connection, lock=True)

    def head(self) -> Head:
        """Return the durable head as this transaction found it."""
        return self._head

    def record_indexes(self, record_ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the leaf index of those ids that are entries."""
        return find_record_indexes(self._connection, record_ids)

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""
        return find_keys(self._connection, kids)

    def newest_beacon(self) -> StoredBeacon | None:
        """Return the last ``beacon`` entry."""
        return find_newest_beacon(self._connection, self._head.tree_size)

    def read_tile(self, level: int, index: int) -> bytes:
        """Return a stored tile."""
        return find_tile(self._connection, level, index)

    def append(self, entries: Sequence[NewEntry], extension: Extension) -> None:
        """Write entries, projections, disclosures, tiles and the new head, unsigned.

        Raises:
            RuntimeError: the entries do not begin at the head or do not lead to the new one.
        """
        indexes = [entry.projection.leaf_index for entry in entries]
        if indexes != list(range(self._head.tree_size, extension.tree_size)):
            raise RuntimeError("the entries do not continue the log")
        connection = self._connection
        rows = [(entry.projection.leaf_index, entry.entry) for entry in entries]
        insert_rows(connection, tables.entries, rows)
        _insert_projections(connection, [(new.projection, new.beacon_header) for new in entries])
        _insert_disclosures(connection, entries)
        _write_tiles(connection, extension)
        head = {"tree_size": extension.tree_size, "root_hash": extension.root_hash}
        connection.execute(_ADD_HEAD, head)
        old = {"old_size": self._head.tree_size, "old_root": self._head.root_hash}
        moved = connection.execute(_MOVE_HEAD, {**head, **old})
        if moved.rowcount != 1:
            raise FatalError("the head moved under the lock: another process writes this log")


# --- rows -------------------------------------------------------------------------------------


def _write_tiles(connection: Connection, extension: Extension) -> None:
    rows = [
        {"level": level, "tile_index": index, "hashes": hashes}
        for (level, index), hashes in extension.tiles.items()
    ]
    connection.execute(_PUT_TILE, rows)


def _insert_disclosures(connection: Connection, entries: Sequence[NewEntry]) -> None:
    rows = [
        (entry.projection.leaf_index, position, one.digest, one.held, one.ciphertext)
        for entry in entries
        for position, one in enumerate(entry.disclosures)
    ]
    insert_rows(connection, tables.disclosures, rows)


def _insert_projections(
    connection: Connection, projections: Sequence[tuple[Projection, bytes | None]]
) -> None:
    all_of = [one for one, _ in projections]
    insert_rows(connection, tables.records, [(one.record_id, one.leaf_index) for one in all_of])
    keys = [
        (one.kid, one.leaf_index, one.key.alg, one.key.raw) for one in all_of if one.key is not None
    ]
    insert_rows(connection, tables.keys, keys)
    by_key = [(one.key_index, one.leaf_index) for one in all_of if one.key_index is not None]
    insert_rows(connection, tables.records_by_key, by_key)
    datasets = [
        (one.dataset_digest, one.leaf_index) for one in all_of if one.dataset_digest is not None
    ]
    insert_rows(connection, tables.dataset_digests, datasets)
    insert_rows(connection, tables.beacons, _beacon_rows(projections))


def _beacon_rows(
    projections: Sequence[tuple[Projection, bytes | None]],
) -> list[tuple[object, ...]]:
    return [
        (
            one.leaf_index,
            one.beacon.chain_id,
            one.beacon.number,
            one.beacon.block_hash,
            one.beacon.issued_unix,
            header,
        )
        for one, header in projections
        if one.beacon is not None
    ]


def _delete_manifest(connection: Connection, leaf_index: int) -> bool:
    connection.execute(
        delete(tables.file_digests).where(tables.file_digests.c.leaf_index == leaf_index)
    )
    found = connection.execute(
        delete(tables.manifests).where(tables.manifests.c.leaf_index == leaf_index)
    )
    return found.rowcount > 0
