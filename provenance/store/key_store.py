"""Keep one random key per record apart from the log, so that losing the key erases the data.

Disclosures hold personal data. They lie in the ledger's database as ciphertext only; the keys
are here, in a database of their own that the ledger's backups leave out. Erasing a key
erases what it sealed in every backup at once, while the log and all its proofs stay as they are.

    record's key K (random) --HKDF-Expand(K, digest)--> key of one disclosure --AES-256-GCM--> text

So one person's disclosure can be erased and the others of its record kept: their keys are stored,
and K is destroyed. In the first release K itself encrypted all of a record; what is kept of such a
record is what AES-GCM had added to each text, since text and ciphertext are both at hand then.

AES-256-GCM with a random nonce; the associated data is record id ‖ digest, so no ciphertext
can be moved to another record or another place in it. ``secure_delete`` overwrites a deleted key
and an erasure ends by emptying the write-ahead log; on PostgreSQL it ends by writing the table
anew (``VACUUM FULL``).

An erased record keeps a row with an empty key. A record that comes again, after a restored log has
forgotten it, finds that row, and is encrypted under a key that nobody keeps.
"""

from __future__ import annotations

import hmac
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, insert, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from provenance.errors import DamagedDisclosureError, FatalError, VerificationError
from provenance.ledger.ports import Sweep
from provenance.store.check_files import check_files
from provenance.store.disclosure_cipher import (
    DERIVED_SCHEME,
    ERASED_SCHEME,
    NONCE_LENGTH,
    PLAIN_SCHEME,
    key_for,
    mask_of,
    open_left,
    open_text,
    seal_texts,
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
from provenance.store.select_among import SelectAmong
from provenance.store.tables import (
    disclosure_keys,
    disclosure_subkeys,
    key_metadata,
    key_store_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from provenance.store.disclosure_cipher import Key
    from provenance.store.engine import Database

__all__ = ["SWEPT_AT_ONCE", "SqlKeyStore", "check_key_files", "open_key_store"]

SCHEMA_VERSION: Final = 2

KEY_LENGTH: Final = 32
TAG_LENGTH: Final = 16
"""Bytes of a person's tag: two people share one by chance in none of 2^64 pairs."""

_ERASED: Final = {"key": b"", "scheme": ERASED_SCHEME}
"""What a record's row says once it was erased: an empty key of another scheme is damaged."""

_CHUNK: Final = 500
"""Keys that a sweep removes by one statement, below every database's limit of parameters."""

SWEPT_AT_ONCE: Final = 5_000
"""Keys of one sweep: it keeps everybody from integrating for about a tenth of a second."""

_find_keys = SelectAmong(
    select(disclosure_keys.c.record_id, disclosure_keys.c.key, disclosure_keys.c.scheme),
    disclosure_keys.c.record_id,
)
_find_key = select(disclosure_keys.c.key, disclosure_keys.c.scheme).where(
    disclosure_keys.c.record_id == bindparam("record_id")
)
_find_subkeys = select(disclosure_subkeys).where(
    disclosure_subkeys.c.record_id == bindparam("record_id")
)
_find_unswept = (
    select(disclosure_keys.c.sequence, disclosure_keys.c.record_id)
    .where(disclosure_keys.c.sequence > bindparam("after"))
    .order_by(disclosure_keys.c.sequence)
    .limit(_CHUNK)
)
_remove_keys = delete(disclosure_keys).where(
    disclosure_keys.c.sequence.in_(bindparam("sequences", expanding=True))
)

_ONE_SEALER = text("LOCK TABLE disclosure_keys IN SHARE ROW EXCLUSIVE MODE")
"""Another process's seal may still be on its way when its ledger's connection has gone."""


def open_key_store(database: Database) -> SqlKeyStore:
    """Open the key store's database, or create its file.

    Raises:
        DriverMissingError: a PostgreSQL address, and its driver is not installed.
        UnavailableError: the PostgreSQL server cannot be reached.
        FatalError: the database is damaged, or was written by a later release; names the file.
    """
    engine = open_writer(database, secure_delete=True)
    try:
        return SqlKeyStore(engine)
    except FatalError as error:
        engine.dispose()
        # an address may hold a password
        name = database.name if isinstance(database, Path) else "the keys' database"
        raise FatalError(f"{name}: {error}") from error
    except BaseException:
        engine.dispose()
        raise


def check_key_files(database: Database) -> None:
    """Let an existing database check its files: a key that no index leads to looks erased.

    Raises:
        VerificationError: with the first thing it found.
        FatalError: it is so damaged that it cannot even be asked.
    """
    # as a reader: the transactions of a key store keep everybody from writing (SQLite)
    engine = open_reader(database, readers=1)
    try:
        with storage_errors(), engine.connect() as connection:
            found = check_files(connection, key_metadata)
    finally:
        engine.dispose()
    if found is not None:
        raise VerificationError(" ".join(found.split()))


class SqlKeyStore:
    """The key store over SQL. Any thread may call it; writes are one transaction each."""

    def __init__(self, engine: Engine) -> None:
        """Take over ``engine`` and make the tables when they are missing."""
        self._engine = engine
        with storage_errors(), engine.begin() as connection:
            serialize_starts(connection)
            self._person_key = _prepare(connection)

    def close(self) -> None:
        """Give back the file."""
        self._engine.dispose()

    def seal(
        self, records: Sequence[tuple[bytes, Sequence[tuple[bytes, str]]]]
    ) -> list[list[bytes]]:
        """Make a key for every record and encrypt its disclosures; the keys are then durable.

        The caller stores the ciphertexts afterwards. A crash in between leaves keys of no record,
        which ``sweep`` removes; a record that comes again meanwhile gets the key it had.

        Args:
            records: per record its id (32 bytes) and its disclosures as (digest, text).

        Returns:
            Per record, per disclosure: nonce ‖ ciphertext ‖ tag.
        """
        wanted = [record_id for record_id, texts in records if texts]
        if not wanted:
            return [[] for _ in records]
        with storage_errors(), self._engine.begin() as connection:
            if is_postgresql(connection):
                connection.execute(_ONE_SEALER)
            keys = {
                record_id: _key_to_seal(key, scheme)
                for record_id, key, scheme in _find_keys.rows(connection, wanted)
            }
            fresh = [record_id for record_id in wanted if record_id not in keys]
            made = os.urandom(KEY_LENGTH * len(fresh))
            for at, record_id in enumerate(fresh):
                keys[record_id] = made[KEY_LENGTH * at : KEY_LENGTH * (at + 1)], DERIVED_SCHEME
            if fresh:
                rows = [(record_id, *keys[record_id]) for record_id in fresh]
                insert_rows(connection, disclosure_keys, rows, ("record_id", "key", "scheme"))
        nonces = _nonces(sum(len(texts) for _, texts in records))
        return [
            seal_texts(keys.get(record_id), record_id, texts, nonces)
            for record_id, texts in records
        ]

    def open(
        self, record_id: bytes, sealed: Iterable[tuple[bytes, bytes]]
    ) -> list[str | None] | None:
        """Decrypt disclosures of one record, given as (digest, ciphertext).

        Returns:
            Per disclosure its text, None for one that was erased; None when all of them were, or
            the key was lost.

        Raises:
            DamagedDisclosureError: the key is there but a ciphertext is not what it made, or what
                is there is no key. Only one that is not there was erased, or lost.
        """
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(_find_key, {"record_id": record_id}).one_or_none()
            if row is None:
                return None
            if row.scheme == ERASED_SCHEME:
                left = connection.execute(_find_subkeys, {"record_id": record_id}).all()
                return open_left(record_id, left, sealed) if left else None
        if not isinstance(row.key, bytes) or len(row.key) != KEY_LENGTH:
            raise DamagedDisclosureError(f"the key of record {record_id.hex()} is damaged")
        return [
            open_text(key_for((row.key, row.scheme), digest), record_id, digest, octets)
            for digest, octets in sealed
        ]

    def was_erased(self, record_id: bytes) -> bool:
        """Tell whether a record's key was erased, in whole or in part: it is not lost then."""
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(_find_key, {"record_id": record_id}).one_or_none()
        return row is not None and row.scheme == ERASED_SCHEME

    def count(self) -> int:
        """Count the records that have a key, or had one that was erased."""
        statement = select(func.count()).select_from(disclosure_keys)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(statement).scalar_one()

    def tag(self, words: str) -> bytes:
        """Return what ``words`` about a person are found by in the ledger's database, 16 bytes."""
        return hmac.digest(self._person_key, words.encode(), "sha256")[:TAG_LENGTH]

    # --- erasing ---------------------------------------------------------------------------

    def erase(
        self,
        record_id: bytes,
        digests: Collection[bytes] | None = None,
        sealed: Iterable[tuple[bytes, bytes]] = (),
    ) -> bool:
        """Destroy keys of one record, in all of the database's files; say if any was there.

        A crash here leaves keys or their deletion in the write-ahead log; ask again after it. What
        was erased before stays so.

        Args:
            digests: of the disclosures to erase; None for all of them.
            sealed: all that is stored of the record as (digest, ciphertext), of which the rest is
                kept; nothing of it where all is erased.

        Raises:
            DamagedDisclosureError: one that is to be kept does not decrypt; nothing was erased.
        """
        with storage_errors(), self._engine.begin() as connection:
            row = connection.execute(_find_key, {"record_id": record_id}).one_or_none()
            is_gone = row is None or row.scheme == ERASED_SCHEME
            key = None if row is None or is_gone else (row.key, row.scheme)
            if key is not None and digests is not None:
                _keep_subkeys(connection, record_id, key, digests, sealed)
            gone = delete(disclosure_subkeys).where(disclosure_subkeys.c.record_id == record_id)
            if digests is not None:
                gone = gone.where(disclosure_subkeys.c.digest.in_(list(digests)))
            erased = connection.execute(gone).rowcount > 0
            if row is None:
                mark = {"record_id": record_id, **_ERASED}
                connection.execute(insert(disclosure_keys), mark)
            elif key is not None:
                erased = True
                ours = disclosure_keys.c.record_id == record_id
                connection.execute(update(disclosure_keys).where(ours).values(_ERASED))
        return erased

    def forget(self) -> None:
        """Leave nothing of what was erased in the database's own files.

        Raises:
            UnavailableError: somebody reads on and holds the old state; ask again.
        """
        forget_erased(self._engine, [disclosure_keys, disclosure_subkeys])

    def erased_size(self) -> int:
        """Return how many entries were looked at for erasures, all of them carried out."""
        with storage_errors(), self._engine.connect() as connection:
            found: int = connection.execute(select(key_store_state.c.erased_size)).scalar_one()
        return found

    def note_erased(self, tree_size: int) -> None:
        """Say that every erasure among the first entries was carried out; durable on return."""
        with storage_errors(), self._engine.begin() as connection:
            connection.execute(update(key_store_state).values(erased_size=tree_size))

    def sweep(self, known: Callable[[Sequence[bytes]], Collection[bytes]]) -> Sweep:
        """Remove keys whose record never became an entry, of some thousand that come next.

        Only while nobody is between sealing and integrating, in any process: under the lock of
        the log's head. A key without a record is then an orphan of a crash, not a batch under way.
        How far it came is durable with what was removed, and the next sweep goes on from there.

        Args:
            known: which of some record ids are entries of the log.

        Raises:
            FatalError: the stored rows are out of order: the file is damaged.
        """
        removed = looked_at = 0
        with storage_errors(), self._engine.begin() as connection:
            after = swept = connection.execute(
                select(key_store_state.c.swept_sequence)
            ).scalar_one()
            while looked_at < SWEPT_AT_ONCE:
                rows = connection.execute(_find_unswept, {"after": after}).all()
                if not rows:
                    break
                if any(new <= old for old, new in pairwise([after, *(row[0] for row in rows)])):
                    # else a rotten page would be walked round and round, at every start
                    raise FatalError("keys.sqlite is damaged: its rows are out of order")
                present = set(known([record_id for _, record_id in rows]))
                orphans = [sequence for sequence, record_id in rows if record_id not in present]
                if orphans:
                    connection.execute(_remove_keys, {"sequences": orphans})
                removed += len(orphans)
                looked_at += len(rows)
                after = rows[-1][0]
            if after > swept:
                connection.execute(update(key_store_state).values(swept_sequence=after))
        return Sweep(removed, is_done=looked_at < SWEPT_AT_ONCE)


def _nonces(count: int) -> Iterator[bytes]:
    """Draw random nonces, all at once: asking the system gives up the interpreter's lock."""
    drawn = os.urandom(NONCE_LENGTH * count)
    return (drawn[start : start + NONCE_LENGTH] for start in range(0, len(drawn), NONCE_LENGTH))


def _key_to_seal(key: bytes, scheme: int) -> Key:
    """Return the key of a record that was sealed before; of an erased one a key nobody keeps."""
    return (os.urandom(KEY_LENGTH), DERIVED_SCHEME) if scheme == ERASED_SCHEME else (key, scheme)


def _keep_subkeys(
    connection: Connection,
    record_id: bytes,
    key: Key,
    digests: Collection[bytes],
    sealed: Iterable[tuple[bytes, bytes]],
) -> None:
    """Store the keys of the disclosures of a record that are not erased."""
    rows = []
    for digest, octets in sealed:
        if digest in digests:
            continue
        text = open_text(key_for(key, digest), record_id, digest, octets)
        kept = key_for(key, digest)
        if key[1] == PLAIN_SCHEME:  # the key would open the others too
            kept = mask_of(octets, text)
        rows.append((record_id, digest, kept, key[1]))
    if rows:
        insert_rows(connection, disclosure_subkeys, rows)


# --- the schema ---------------------------------------------------------------------------


def _prepare(connection: Connection) -> bytes:
    """Make the tables, or bring those of the first release to this one's; return the person key.

    Raises:
        FatalError: a store of a later release.
    """
    state = None
    if inspect(connection).has_table(key_store_state.name):
        state = connection.execute(select(key_store_state.c.schema_version)).scalar()
    if state == 1:
        for table, column in (
            (disclosure_keys, disclosure_keys.c.scheme),
            (key_store_state, key_store_state.c.person_key),
            (key_store_state, key_store_state.c.erased_size),
        ):
            written = CreateColumn(column).compile(connection)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {written}")
        connection.execute(update(key_store_state).values(schema_version=SCHEMA_VERSION))
    elif state not in {None, SCHEMA_VERSION}:
        raise FatalError(f"expected a key store of version {SCHEMA_VERSION}, got {state}")
    key_metadata.create_all(connection)
    if state is None and not connection.execute(select(key_store_state.c.id)).first():
        row = {"id": 1, "schema_version": SCHEMA_VERSION, "swept_sequence": 0}
        connection.execute(insert(key_store_state), row)
    found: bytes = connection.execute(select(key_store_state.c.person_key)).scalar_one()
    if not found:
        found = os.urandom(KEY_LENGTH)
        connection.execute(update(key_store_state).values(person_key=found))
    return found
