"""Keep one random key per record apart from the log, so that losing the key erases the data.

Disclosures hold personal data. They lie in the ledger's database as ciphertext only; the keys
are here, in a database of their own that the ledger's backups leave out. Erasing a key
erases what it sealed in every backup at once, while the log and all its proofs stay as they are.

AES-256-GCM with a random nonce; the associated data is record id ‖ digest, so no ciphertext
can be moved to another record or another place in it. ``secure_delete`` overwrites a deleted key
and an erasure ends by emptying the write-ahead log; on PostgreSQL it ends by writing the table
anew (``VACUUM FULL``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, delete, func, insert, select, text, update

from provenance.errors import DamagedDisclosureError, FatalError, VerificationError
from provenance.ledger.ports import Sweep
from provenance.store.check_files import check_files
from provenance.store.engine import (
    forget_erased,
    is_postgresql,
    open_reader,
    open_writer,
    serialize_starts,
    storage_errors,
)
from provenance.store.insert_rows import insert_rows
from provenance.store.tables import disclosure_keys, key_metadata, key_store_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sqlalchemy import Engine

    from provenance.store.engine import Database

__all__ = ["SWEPT_AT_ONCE", "SqlKeyStore", "check_key_files", "open_key_store"]

SCHEMA_VERSION: Final = 1

KEY_LENGTH: Final = 32
NONCE_LENGTH: Final = 12
"""What NIST SP 800-38D gives random nonces; a key seals at most a few hundred disclosures."""

_CHUNK: Final = 500
"""Ids asked for in one statement, below every database's limit of parameters."""

SWEPT_AT_ONCE: Final = 5_000
"""Keys of one sweep: it keeps everybody from integrating for about a tenth of a second."""

_find_keys = select(disclosure_keys.c.record_id, disclosure_keys.c.key).where(
    disclosure_keys.c.record_id.in_(bindparam("ids", expanding=True))
)
_find_key = select(disclosure_keys.c.key).where(
    disclosure_keys.c.record_id == bindparam("record_id")
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
            key_metadata.create_all(connection)
            state = connection.execute(select(key_store_state.c.schema_version)).scalar()
            if state is None:
                row = {"id": 1, "schema_version": SCHEMA_VERSION, "swept_sequence": 0}
                connection.execute(insert(key_store_state), row)
            elif state != SCHEMA_VERSION:
                raise FatalError(f"expected a key store of version {SCHEMA_VERSION}, got {state}")

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
            keys: dict[bytes, bytes] = {}
            for start in range(0, len(wanted), _CHUNK):
                ids = wanted[start : start + _CHUNK]
                keys.update(
                    (row.record_id, row.key) for row in connection.execute(_find_keys, {"ids": ids})
                )
            fresh = [record_id for record_id in wanted if record_id not in keys]
            made = os.urandom(KEY_LENGTH * len(fresh))
            for at, record_id in enumerate(fresh):
                keys[record_id] = made[KEY_LENGTH * at : KEY_LENGTH * (at + 1)]
            if fresh:
                rows = [(record_id, keys[record_id]) for record_id in fresh]
                insert_rows(connection, disclosure_keys, rows, ("record_id", "key"))
        nonces = _nonces(sum(len(texts) for _, texts in records))
        return [
            _seal(keys.get(record_id), record_id, texts, nonces) for record_id, texts in records
        ]

    def open(self, record_id: bytes, sealed: Iterable[tuple[bytes, bytes]]) -> list[str] | None:
        """Decrypt disclosures of one record, given as (digest, ciphertext); None if erased.

        Raises:
            DamagedDisclosureError: the key is there but a ciphertext is not what it made, or what
                is there is no key. Only one that is not there was erased, or lost.
        """
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(_find_key, {"record_id": record_id}).one_or_none()
        if row is None:
            return None
        if not isinstance(row.key, bytes) or len(row.key) != KEY_LENGTH:
            raise DamagedDisclosureError(f"the key of record {record_id.hex()} is damaged")
        cipher = AESGCM(row.key)
        return [_open(cipher, record_id, digest, octets) for digest, octets in sealed]

    def count(self) -> int:
        """Count the keys that are there."""
        statement = select(func.count()).select_from(disclosure_keys)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(statement).scalar_one()

    def erase(self, record_id: bytes) -> bool:
        """Destroy the key of one record, in all of the database's files; say if it was there.

        A crash here leaves the key or its deletion in the write-ahead log; ask again after it.
        """
        statement = delete(disclosure_keys).where(disclosure_keys.c.record_id == record_id)
        with storage_errors(), self._engine.begin() as connection:
            erased = connection.execute(statement).rowcount > 0
        forget_erased(self._engine, [disclosure_keys])
        return erased

    def sweep(self, known: Callable[[Sequence[bytes]], Collection[bytes]]) -> Sweep:
        """Remove keys whose record never became an entry, of some thousand that come next.

        Only while nobody is between sealing and integrating, in any process: under the lock of
        the log's head. A key without a record is then an orphan of a crash, not a batch under way.
        How far it came is durable with what was removed, and the next sweep goes on from there.

        Args:
            known: which of some record ids are entries of the log.
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


def _seal(
    key: bytes | None,
    record_id: bytes,
    texts: Sequence[tuple[bytes, str]],
    nonces: Iterator[bytes],
) -> list[bytes]:
    if key is None:
        return []
    encrypt = AESGCM(key).encrypt
    return [
        (nonce := next(nonces)) + encrypt(nonce, text.encode("ascii"), record_id + digest)
        for digest, text in texts
    ]


def _open(cipher: AESGCM, record_id: bytes, digest: bytes, octets: bytes) -> str:
    nonce, ciphertext = octets[:NONCE_LENGTH], octets[NONCE_LENGTH:]
    try:
        return cipher.decrypt(nonce, ciphertext, record_id + digest).decode("ascii")
    except (InvalidTag, ValueError) as error:
        raise DamagedDisclosureError(
            f"disclosure {digest.hex()} of record {record_id.hex()} does not decrypt"
        ) from error
