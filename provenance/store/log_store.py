"""Write the log over SQL: one transaction per batch, one per signature.

On PostgreSQL several processes may write: the lock of the head's row lets one integrate at a
time, and unique keys back it up. Each remembers the newest head it has seen and stops if the
head ever goes back: then it talks to a server that a newer primary has replaced, or to an older
copy. The lock itself is written to the write-ahead log, so that a COMMIT under it waits for the
standby even if it changed nothing: what was found under it is then safe to sign.
"""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from provenance.digests import RootHash, SortedDigests
from provenance.errors import ConflictError, FatalError
from provenance.ledger.ports import Head, Named
from provenance.merkle import EMPTY_ROOT
from provenance.store import tables
from provenance.store.digest_rows import (
    as_lines,
    insert_file_digests,
    manifest_digests,
)
from provenance.store.engine import (
    forget_erased,
    is_postgresql,
    open_reader,
    open_writer,
    serialize_starts,
    storage_errors,
)
from provenance.store.insert_rows import insert_rows
from provenance.store.log_reader import (
    SqlLogReader,
    find_entry,
    find_head,
    find_key_events,
    find_keys,
    find_newest_beacon,
    find_record_indexes,
    find_signed_about,
    find_tile,
)
from provenance.store.migrate import migrate
from provenance.store.upsert import insert_if_absent, insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from provenance.ledger.ports import (
        KeyEvent,
        NewEntry,
        SignedHead,
        StoredBeacon,
        StoredKey,
    )
    from provenance.ledger.projections import Projection
    from provenance.store.engine import Database
    from provenance.tlog import Extension

__all__ = ["SqlLogStore", "open_log_store"]

_COMPRESSION_LEVEL: Final = 6
_REBUILD_ROWS: Final = 1_000

_NAMED: Final = (tables.person_index, tables.opened_digests)
"""What entries are found by as long as their public disclosures are there."""

# Statements of the hot path are built once: building one costs more than running it.
_SIGNED_NOTE = select(tables.checkpoints.c.note).where(
    tables.checkpoints.c.tree_size == bindparam("size")
)
_MOVE_HEAD = (
    update(tables.log_head)
    .where(
        tables.log_head.c.tree_size == bindparam("old_size"),
        tables.log_head.c.root_hash == bindparam("old_root"),
    )
    .values(tree_size=bindparam("tree_size"), root_hash=bindparam("root_hash"))
)
_LOCK_ENTRY = (
    select(tables.entries.c.leaf_index)
    .where(tables.entries.c.leaf_index == bindparam("leaf_index"))
    .with_for_update()
)
_PROJECTIONS = (
    tables.records,
    tables.keys,
    tables.key_events,
    tables.records_by_key,
    tables.dataset_digests,
    tables.records_about,
    tables.beacons,
    tables.erasures,
)


def open_log_store(database: Database) -> SqlLogStore:
    """Open the ledger's database, or create its file, at the schema of this release.

    Raises:
        DriverMissingError: a PostgreSQL address, and its driver is not installed.
        UnavailableError: the PostgreSQL server cannot be reached.
        FatalError: the database is damaged, or was made by a later release.
    """
    writer = open_writer(database)
    try:
        migrate(writer)
        store = SqlLogStore(writer, open_reader(database))
        store.confirm()
    except BaseException:
        writer.dispose()
        raise
    return store


class SqlLogStore(SqlLogReader):
    """The store over SQL (``ledger.ports.LogStore`` says what it promises)."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        """Write through ``writer`` and read through ``reader``."""
        super().__init__(reader)
        self._writer = writer
        self._newest = Head(0, EMPTY_ROOT)

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
            serialize_starts(connection)
            found = connection.execute(select(tables.log_head.c.origin)).scalar()
            if found is None:
                row = {"id": 1, "origin": origin, "tree_size": 0, "root_hash": EMPTY_ROOT}
                connection.execute(insert(tables.log_head), row)
            elif found != origin:
                raise ConflictError(f"the database holds the log {found!r}, not {origin!r}")

    def audit_due(self) -> str | None:
        """Return the revision a migration came from, while its entries were not audited since."""
        with storage_errors(), self._reader.connect() as connection:
            return connection.execute(select(tables.audit_due.c.from_revision)).scalar()

    def note_audited(self) -> None:
        """Say that every entry was audited since the migration."""
        with storage_errors(), self._writer.begin() as connection:
            connection.execute(delete(tables.audit_due))

    def confirm(self) -> None:
        """Wait until what can be read is as durable as a commit (on the standby, if there is one).

        A commit that never was confirmed may be visible, and must not be signed: before a start
        reads the head, it waits for a commit of its own, which lies behind all the others.
        """
        if is_postgresql(self._writer) and self.origin() is not None:
            with self.integrate():
                pass  # see the top of this file: the lock alone makes the commit wait

    @contextmanager
    def integrate(self) -> Iterator[SqlLogTransaction]:
        """Open an integration under the lock of the head row; leaving it normally commits.

        A crash before the commit leaves nothing of it. A crash after leaves the whole batch,
        durable and unsigned: the signer takes it up at the next start. So does a connection that
        is lost in the commit, which may have happened: the next one reads what became of it.

        Raises:
            FatalError: the head is behind one that this process has seen.
        """
        with storage_errors(), self._writer.begin() as connection:
            transaction = SqlLogTransaction(connection)
            self._check_forward(transaction.head())
            yield transaction
        self._newest = transaction.newest

    def _check_forward(self, found: Head) -> None:
        seen = self._newest
        same_size = found.tree_size == seen.tree_size
        if found.tree_size < seen.tree_size or (same_size and found.root_hash != seen.root_hash):
            raise FatalError(
                f"the head went back from tree size {seen.tree_size} to {found.tree_size}: the "
                "database is an older copy, or its server was replaced"
            )

    def store_signature(self, signed: SignedHead) -> None:
        """Store a signature together with its anchor marker.

        A crash before the commit leaves the head unsigned, and it is signed again, to the same
        bytes. A crash after it leaves a signed head whose callers were not answered: they ask
        again and get the same index.

        Raises:
            FatalError: another note stands at this size already.
        """
        row: dict[str, object] = {"tree_size": signed.tree_size, "note": signed.note}
        with storage_errors(), self._writer.begin() as connection:
            # another process may have signed the same head: the same key makes the same note
            if insert_if_absent(connection, tables.checkpoints, row):
                insert_rows(
                    connection, tables.anchor_markers, [(signed.tree_size,)], ("tree_size",)
                )
                return
            found = connection.execute(_SIGNED_NOTE, {"size": signed.tree_size}).scalar()
            if found != signed.note:
                raise FatalError(f"tree size {signed.tree_size} is signed already, otherwise")

    def store_manifest(
        self, leaf_index: int, manifest: Iterable[bytes], file_digests: Iterable[bytes]
    ) -> None:
        """Publish a deposit's manifest, replacing what was published before.

        What is in memory is the compressed manifest, a third of its length, and 32 bytes a file;
        the database needs as much again. A million files hold the write lock for some seconds.
        """
        compressor = zlib.compressobj(_COMPRESSION_LEVEL)
        parts = [compressor.compress(part) for part in manifest]
        compressed = b"".join([*parts, compressor.flush()])
        del parts
        digests = SortedDigests(file_digests)
        with storage_errors(), self._writer.begin() as connection:
            # two that publish it at once find nothing to delete, and both would insert
            connection.execute(_LOCK_ENTRY, {"leaf_index": leaf_index})
            _delete_manifest(connection, leaf_index)
            connection.execute(
                insert(tables.manifests), {"leaf_index": leaf_index, "compressed": compressed}
            )
            insert_file_digests(connection, leaf_index, digests)

    def erase_manifest(self, leaf_index: int) -> bool:
        """Take back a published manifest with its look-ups; say whether there was one.

        Nothing of the rows stays in the database's files: paths may name people. A crash in
        between leaves what was deleted there; ask again after it.
        """
        with storage_errors(), self._writer.begin() as connection, _overwriting(connection):
            found = _delete_manifest(connection, leaf_index)
        forget_erased(self._writer, [tables.manifests, tables.file_digests])
        return found

    def replace_people(self, people: Iterable[Named]) -> None:
        """Replace what entries are found by; nothing of the old stays in the database's files.

        Finding tags by their entry reads the whole index, which is for erasures only.
        """
        given = list(people)
        with storage_errors(), self._writer.begin() as connection:
            with _overwriting(connection):
                for start in range(0, len(given), _REBUILD_ROWS):
                    some = [one.leaf_index for one in given[start : start + _REBUILD_ROWS]]
                    for table in _NAMED:
                        connection.execute(delete(table).where(table.c.leaf_index.in_(some)))
            _insert_people(connection, given)
        forget_erased(self._writer, _NAMED)

    def rebuild_people(self, people: Iterable[Named]) -> None:
        """Throw away what entries are found by and write this; a crash leaves the old."""
        with storage_errors(), self._writer.begin() as connection:
            for table in _NAMED:
                connection.execute(delete(table))
            for one in people:
                _insert_people(connection, [one])

    def use_token(self, kid: str, jti: str, *, expires_unix: int, now_unix: int) -> bool:
        """Mark a holder's request as answered, durably; False if it had been."""
        table = tables.used_tokens
        row: dict[str, object] = {"kid": kid, "jti": jti, "expires_unix": expires_unix}
        with storage_errors(), self._writer.begin() as connection:
            connection.execute(delete(table).where(table.c.expires_unix < now_unix))
            return insert_if_absent(connection, table, row)

    def replace_projections(self, projections: Iterable[Projection]) -> None:
        """Throw the projections away and write these; a crash leaves the old ones.

        Raises:
            FatalError: a published manifest is damaged.
        """
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
            self._rebuild_file_digests(connection)

    def _rebuild_file_digests(self, connection: Connection) -> None:
        connection.execute(delete(tables.file_digests))
        for leaf_index in self.manifest_indexes():
            lines = as_lines(self.manifest_chunks(leaf_index) or ())
            digests = SortedDigests(manifest_digests(lines, leaf_index))
            insert_file_digests(connection, leaf_index, digests)


@contextmanager
def _overwriting(connection: Connection) -> Iterator[None]:
    """Let SQLite write zeros over what is deleted meanwhile."""
    if is_postgresql(connection):
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


class SqlLogTransaction:
    """One integration (``ledger.ports.LogTransaction``)."""

    def __init__(self, connection: Connection) -> None:
        """Read the head under its row lock (on SQLite: under the database's write lock)."""
        self._connection = connection
        self._head = self.newest = find_head(connection, lock=True)
        """``newest`` is the head once this is committed."""

    def head(self) -> Head:
        """Return the durable head as this transaction found it."""
        return self._head

    def record_indexes(self, record_ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the leaf index of those ids that are entries."""
        return find_record_indexes(self._connection, record_ids)

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""
        return find_keys(self._connection, kids)

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys, oldest first; keys of which nothing is are left out."""
        return find_key_events(self._connection, kids)

    def entry(self, leaf_index: int) -> bytes:
        """Return a stored entry."""
        return find_entry(self._connection, leaf_index)

    def signed_about(self, target: bytes, key_index: int) -> Sequence[int]:
        """Return leaf indexes of what a key signed about a record, smallest first."""
        return find_signed_about(self._connection, target, key_index)

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
        people = [
            Named(new.projection.leaf_index, new.people, new.opened)
            for new in entries
            if new.people or new.opened
        ]
        _insert_people(connection, people)
        _write_tiles(connection, extension)
        insert_rows(connection, tables.heads, [(extension.tree_size, extension.root_hash)])
        head = {"tree_size": extension.tree_size, "root_hash": extension.root_hash}
        old = {"old_size": self._head.tree_size, "old_root": self._head.root_hash}
        moved = connection.execute(_MOVE_HEAD, {**head, **old})
        if moved.rowcount != 1:
            raise FatalError("the head moved under the lock: another process writes this log")
        self.newest = Head(extension.tree_size, RootHash(extension.root_hash))


# --- rows -------------------------------------------------------------------------------------


def _write_tiles(connection: Connection, extension: Extension) -> None:
    rows: list[dict[str, object]] = [
        {"level": level, "tile_index": index, "hashes": hashes}
        for (level, index), hashes in extension.tiles.items()
    ]
    insert_or_replace(connection, tables.tiles, rows, ("hashes",))


def _insert_disclosures(connection: Connection, entries: Sequence[NewEntry]) -> None:
    rows = [
        (entry.projection.leaf_index, position, one.digest, one.held, one.ciphertext)
        for entry in entries
        for position, one in enumerate(entry.disclosures)
    ]
    insert_rows(connection, tables.disclosures, rows)


def _insert_people(connection: Connection, people: Sequence[Named]) -> None:
    rows = [(tag, one.leaf_index) for one in people for tag in one.tags]
    insert_rows(connection, tables.person_index, rows)
    opened = [(digest, one.leaf_index) for one in people for digest in one.opened]
    insert_rows(connection, tables.opened_digests, opened)


def _insert_projections(
    connection: Connection, projections: Sequence[tuple[Projection, bytes | None]]
) -> None:
    all_of = [one for one, _ in projections]
    insert_rows(connection, tables.records, [(one.record_id, one.leaf_index) for one in all_of])
    keys = [
        (one.kid, one.leaf_index, one.key.alg, one.key.raw) for one in all_of if one.key is not None
    ]
    insert_rows(connection, tables.keys, keys)
    events = [one.key_event for one in all_of if one.key_event is not None]
    insert_rows(connection, tables.key_events, events)
    by_key = [(one.key_index, one.leaf_index) for one in all_of if one.key_index is not None]
    insert_rows(connection, tables.records_by_key, by_key)
    targets = [(target, one.leaf_index) for one in all_of for target in one.targets]
    insert_rows(connection, tables.dataset_digests, targets)
    about = [
        (target, one.about_as, one.leaf_index)
        for one in all_of
        if one.about_as is not None
        for target in one.targets
    ]
    insert_rows(connection, tables.records_about, about)
    insert_rows(connection, tables.beacons, _beacon_rows(projections))
    erasures: list[tuple[object, ...]] = [(one.leaf_index,) for one in all_of if one.is_erasure]
    insert_rows(connection, tables.erasures, erasures)


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
