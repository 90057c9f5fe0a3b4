"""Read the log and its projections over SQL, from any thread."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam, func, select

from provenance.digests import RootHash
from provenance.errors import FatalError, MalformedError, NotFoundError
from provenance.keys import PublicKey
from provenance.ledger.ports import (
    Head,
    KeyEvent,
    SealedDisclosure,
    SignedHead,
    StoredBeacon,
    StoredKey,
)
from provenance.store import tables
from provenance.store.compare_projections import find_wrong_projection
from provenance.store.digest_rows import find_digests, find_stray_manifest
from provenance.store.direct_query import DirectQuery
from provenance.store.engine import storage_errors
from provenance.store.named_rows import (
    find_about,
    find_bound_by,
    find_openings,
    find_records_of_keys,
)
from provenance.store.select_among import SelectAmong

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Column, Connection, Engine, Row, Select

    from provenance.keys import Algorithm
    from provenance.ledger.ports import FoundDigest
    from provenance.ledger.projections import Projection

__all__ = [
    "SqlLogReader",
    "find_entry",
    "find_head",
    "find_key_events",
    "find_keys",
    "find_newest_beacon",
    "find_record_indexes",
    "find_signed_about",
    "find_tile",
]

_KEYS_CHECKED: Final = 4_096
"""Keys whose thumbprint is not computed again as long as the stored bytes stay the same."""

_PART_BYTES: Final = 256 * 1024
"""Bytes of a manifest that are decompressed at once."""

# Statements are built once: building one costs more than running it.
_HEAD = select(tables.log_head.c.tree_size, tables.log_head.c.root_hash)
_LOCKED_HEAD = _HEAD.with_for_update()
_ORIGIN = select(tables.log_head.c.origin)
_TILE = select(tables.tiles.c.hashes).where(
    tables.tiles.c.level == bindparam("level"), tables.tiles.c.tile_index == bindparam("index")
)
_RECORDS = SelectAmong(
    select(tables.records.c.record_id, tables.records.c.leaf_index), tables.records.c.record_id
)
_RECORD = select(tables.records.c.record_id, tables.records.c.leaf_index).where(
    tables.records.c.record_id == bindparam("record_id")
)
_KEYS = SelectAmong(
    select(
        tables.keys,
        # asked on the way: another statement would cost every batch a round trip
        select(func.max(tables.key_events.c.leaf_index))
        .where(tables.key_events.c.kid == tables.keys.c.kid)
        .scalar_subquery()
        .label("newest_event"),
    ),
    tables.keys.c.kid,
)
_KEY_EVENTS = SelectAmong(
    select(tables.key_events).order_by(tables.key_events.c.leaf_index), tables.key_events.c.kid
)
_ENTRY = select(tables.entries.c.entry).where(tables.entries.c.leaf_index == bindparam("index"))
_SIGNED_ABOUT = (
    select(tables.dataset_digests.c.leaf_index)
    .join(
        tables.records_by_key,
        tables.records_by_key.c.leaf_index == tables.dataset_digests.c.leaf_index,
    )
    .where(
        tables.dataset_digests.c.digest == bindparam("target"),
        tables.records_by_key.c.key_index == bindparam("key_index"),
    )
    .order_by(tables.dataset_digests.c.leaf_index)
)
_BEACON_BELOW = select(tables.beacons).where(
    tables.beacons.c.leaf_index
    == select(func.max(tables.beacons.c.leaf_index))
    .where(tables.beacons.c.leaf_index < bindparam("stop"))
    .scalar_subquery()
)
_BEACON_BEFORE = (
    # backwards from the end: of a day, that is 1,440 rows at most
    select(tables.beacons)
    .where(tables.beacons.c.issued_unix <= bindparam("unix"))
    .order_by(tables.beacons.c.leaf_index.desc())
    .limit(1)
)
_BEACON_COUNT = (
    select(func.count())
    .select_from(tables.beacons)
    .where(
        tables.beacons.c.leaf_index >= bindparam("start"),
        tables.beacons.c.leaf_index < bindparam("stop"),
    )
)
_BEACONS = (
    select(tables.beacons)
    .where(
        tables.beacons.c.leaf_index >= bindparam("start"),
        tables.beacons.c.leaf_index < bindparam("stop"),
    )
    .order_by(tables.beacons.c.leaf_index)
)
_ENTRIES = (
    select(tables.entries.c.leaf_index, tables.entries.c.entry)
    .where(
        tables.entries.c.leaf_index >= bindparam("start"),
        tables.entries.c.leaf_index < bindparam("stop"),
    )
    .order_by(tables.entries.c.leaf_index)
)
_NEWEST_SIGNED = select(tables.checkpoints).where(
    tables.checkpoints.c.tree_size
    == select(func.max(tables.checkpoints.c.tree_size)).scalar_subquery()
)
_SIGNED_ABOVE = select(tables.checkpoints).where(
    tables.checkpoints.c.tree_size
    == select(func.min(tables.checkpoints.c.tree_size))
    .where(tables.checkpoints.c.tree_size > bindparam("leaf_index"))
    .scalar_subquery()
)
_SIGNED_AT = select(tables.checkpoints).where(
    tables.checkpoints.c.tree_size == bindparam("tree_size")
)
_HEADS = (
    select(tables.heads)
    .where(tables.heads.c.tree_size > bindparam("after"))
    .order_by(tables.heads.c.tree_size)
    .limit(bindparam("limit"))
)
_DISCLOSURES = (
    select(tables.disclosures)
    .where(tables.disclosures.c.leaf_index == bindparam("leaf_index"))
    .order_by(tables.disclosures.c.position)
)
_MANIFEST = select(tables.manifests.c.compressed).where(
    tables.manifests.c.leaf_index == bindparam("leaf_index")
)
_MANIFEST_ROOM = select(func.length(tables.manifests.c.compressed)).where(
    tables.manifests.c.leaf_index == bindparam("leaf_index")
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


# --- over one connection, shared with the writer ----------------------------------------------


def find_head(connection: Connection, *, lock: bool = False) -> Head:
    """Read the head row; ``lock`` takes its row lock where the database has one.

    Raises:
        NotFoundError: there is no log in this database yet.
    """
    return _head_of(connection.execute(_LOCKED_HEAD if lock else _HEAD).one_or_none())


def _head_of(row: Sequence[Any] | None) -> Head:
    if row is None:
        raise NotFoundError("the database holds no log")
    tree_size, root_hash = row
    return Head(tree_size, RootHash(_octets(root_hash, "the head")))


def _signed_of(row: Sequence[Any] | None) -> SignedHead | None:
    return None if row is None else SignedHead(*row)


def find_tile(connection: Connection, level: int, index: int) -> bytes:
    """Read one stored tile; NotFoundError where there is none."""
    found = connection.execute(_TILE, {"level": level, "index": index}).scalar()
    if found is None:
        raise NotFoundError(f"there is no tile {index} at level {level}")
    return _octets(found, f"tile {index} of level {level}")


def _octets(value: object, what: str) -> bytes:
    """Return a blob; one flipped bit in a row's header makes SQLite call it text.

    Raises:
        FatalError: it is not a blob.
    """
    if not isinstance(value, bytes):
        raise FatalError(f"{what} is damaged: expected a blob, got {type(value).__name__}")
    return value


def find_record_indexes(connection: Connection, record_ids: Sequence[bytes]) -> dict[bytes, int]:
    """Read where those ids that are entries lie."""
    if len(record_ids) == 1:
        row = connection.execute(_RECORD, {"record_id": record_ids[0]}).one_or_none()
        return {} if row is None else {row.record_id: row.leaf_index}
    return {row[0]: row[1] for row in _RECORDS.rows(connection, record_ids)}


def find_keys(connection: Connection, kids: Sequence[str]) -> dict[str, StoredKey]:
    """Read those keys that the log knows."""
    found: dict[str, StoredKey] = {}
    for row in _KEYS.rows(connection, kids):
        key = _key(row.kid, row.alg, row.public_key)
        found[row.kid] = StoredKey(row.kid, row.leaf_index, key, row.newest_event)
    return found


def find_key_events(connection: Connection, kids: Sequence[str]) -> dict[str, list[KeyEvent]]:
    """Read what is said of keys, oldest first; keys of which nothing is are left out."""
    found: dict[str, list[KeyEvent]] = {}
    for row in _KEY_EVENTS.rows(connection, kids):
        event = KeyEvent(row.kid, row.leaf_index, bool(row.is_revocation), row.by_kid)
        found.setdefault(row.kid, []).append(event)
    return found


def find_entry(connection: Connection, leaf_index: int) -> bytes:
    """Read one entry; NotFoundError where there is none."""
    found = connection.execute(_ENTRY, {"index": leaf_index}).scalar()
    if found is None:
        raise NotFoundError(f"there is no entry {leaf_index}")
    return _octets(found, f"entry {leaf_index}")


def find_signed_about(connection: Connection, target: bytes, key_index: int) -> list[int]:
    """Read the leaf indexes of what a key signed about a record, oldest first."""
    question = {"target": target, "key_index": key_index}
    return list(connection.execute(_SIGNED_ABOUT, question).scalars())


@lru_cache(maxsize=_KEYS_CHECKED)
def _key(kid: str, alg: str, octets: bytes) -> PublicKey:
    """Check what is stored of a key; pure, and the same few keys are asked for in every batch."""
    try:
        key = PublicKey(cast("Algorithm", alg), _octets(octets, f"key {kid}"))
    except MalformedError as error:
        raise FatalError(f"the stored key {kid} is damaged") from error
    if key.thumbprint != kid:
        raise FatalError(f"the stored key {kid} is damaged")
    return key


def find_newest_beacon(connection: Connection, below: int) -> StoredBeacon | None:
    """Read the newest ``beacon`` entry below an index."""
    row = connection.execute(_BEACON_BELOW, {"stop": below}).one_or_none()
    return None if row is None else StoredBeacon(*row)


def _sealed(row: Row[tuple[object, ...]]) -> SealedDisclosure:
    what = f"a disclosure of entry {row.leaf_index}"
    return SealedDisclosure(
        _octets(row.digest, what), bool(row.held), _octets(row.ciphertext, what)
    )


def _inflate(compressed: bytes, what: str) -> Iterator[bytes]:
    """Decompress in parts; what was never written by us raises FatalError."""
    decoder = zlib.decompressobj()
    try:
        while not decoder.eof:
            part = decoder.decompress(compressed, _PART_BYTES)
            if not part and not decoder.eof:
                raise FatalError(f"{what} is damaged: it ends too soon")
            compressed = decoder.unconsumed_tail
            yield part
    except zlib.error as error:
        raise FatalError(f"{what} is damaged") from error


# --- over a pool of readers -------------------------------------------------------------------


class SqlLogReader:
    """The reading side of the log over SQL (``ledger.ports.LogReader`` says what it promises)."""

    def __init__(self, engine: Engine) -> None:
        """Read through ``engine``, a pool of connections that cannot write."""
        self._reader = engine
        # what every commit or proof asks
        self._tile = DirectQuery(engine, _TILE, ["level", "index"])
        self._head = DirectQuery(engine, _HEAD)
        self._entries = DirectQuery(engine, _ENTRIES, ["start", "stop"])
        self._newest_signed = DirectQuery(engine, _NEWEST_SIGNED)
        self._signed_above = DirectQuery(engine, _SIGNED_ABOVE, ["leaf_index"])
        self._signed_at = DirectQuery(engine, _SIGNED_AT, ["tree_size"])
        self._beacon_below = DirectQuery(engine, _BEACON_BELOW, ["stop"])

    def origin(self) -> str | None:
        """Return the log's name; None while there is no log."""
        with storage_errors(), self._reader.connect() as connection:
            return connection.execute(_ORIGIN).scalar()

    def head(self) -> Head:
        """Return the newest durable head."""
        return _head_of(self._head.first())

    def heads(self, after: int, limit: int) -> list[Head]:
        """Return durable heads of a size above ``after``, smallest first."""
        with storage_errors(), self._reader.connect() as connection:
            rows = connection.execute(_HEADS, {"after": after, "limit": limit})
            return [Head(row.tree_size, RootHash(row.root_hash)) for row in rows]

    def newest_signed(self) -> SignedHead | None:
        """Return the newest stored signed head."""
        return _signed_of(self._newest_signed.first())

    def first_signed_above(self, leaf_index: int) -> SignedHead | None:
        """Return the smallest signed head that covers an entry."""
        return _signed_of(self._signed_above.first(leaf_index))

    def signed_head(self, tree_size: int) -> SignedHead | None:
        """Return the signed head of exactly this size."""
        return _signed_of(self._signed_at.first(tree_size))

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Return entries ``start`` to below ``stop``, fewer at the end of the log.

        Raises:
            FatalError: one in between is missing.
        """
        rows = self._entries.rows(start, stop)
        for expected, (leaf_index, _) in enumerate(rows, start):
            if leaf_index != expected:
                raise FatalError(f"entry {expected} is missing from the database")
        return [_octets(entry, f"entry {leaf_index}") for leaf_index, entry in rows]

    def read_tile(self, level: int, index: int) -> bytes:
        """Return a stored tile, as wide as it is now; NotFoundError where there is none."""
        row = self._tile.first(level, index)
        if row is None:
            raise NotFoundError(f"there is no tile {index} at level {level}")
        return bytes(row[0])

    def record_indexes(self, record_ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the leaf index of those ids that are entries."""
        with storage_errors(), self._reader.connect() as connection:
            return find_record_indexes(connection, record_ids)

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""
        with storage_errors(), self._reader.connect() as connection:
            return find_keys(connection, kids)

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys, oldest first; keys of which nothing is are left out."""
        with storage_errors(), self._reader.connect() as connection:
            return find_key_events(connection, kids)

    def records_of_key(self, key_index: int, after: int, limit: int) -> list[int]:
        """Return leaf indexes above ``after`` of what a key signed, smallest first."""
        table = tables.records_by_key
        statement = select(table.c.leaf_index).where(table.c.key_index == key_index)
        return self._indexes(statement, tables.records_by_key.c.leaf_index, after, limit)

    def deposits_of_dataset(self, digest: bytes, after: int, limit: int) -> list[int]:
        """Return leaf indexes above ``after`` of deposits of a dataset digest."""
        table = tables.dataset_digests
        statement = select(table.c.leaf_index).where(table.c.digest == digest)
        return self._indexes(statement, table.c.leaf_index, after, limit)

    def deposits_of_file(self, digest: bytes, after: int, limit: int) -> list[int]:
        """Return leaf indexes above ``after`` of deposits whose manifest lists a file."""
        table = tables.file_digests
        statement = select(table.c.leaf_index).where(table.c.digest == digest)
        return self._indexes(statement, table.c.leaf_index, after, limit)

    def records_of_person(self, tag: bytes, after: int, limit: int) -> list[int]:
        """Return leaf indexes above ``after`` of entries that name a person, smallest first."""
        table = tables.person_index
        statement = select(table.c.leaf_index).where(table.c.tag == tag)
        return self._indexes(statement, table.c.leaf_index, after, limit)

    def records_about(
        self, target: bytes, types: Sequence[str], limit: int
    ) -> dict[str, list[int]]:
        """Return by type the leaf indexes of records about one, at most ``limit`` of each."""
        with storage_errors(), self._reader.connect() as connection:
            return find_about(connection, target, types, limit)

    def openings_of(self, digest: bytes, after: int, limit: int) -> list[int]:
        """Return leaf indexes above ``after`` of what opens a dataset digest, smallest first."""
        with storage_errors(), self._reader.connect() as connection:
            return find_openings(connection, digest, after, limit)

    def keys_bound_by(self, kids: Collection[str]) -> list[int]:
        """Return where the keys lie that these bound, and those that those bound, and so on."""
        with storage_errors(), self._reader.connect() as connection:
            return find_bound_by(connection, kids)

    def records_of_keys(self, key_indexes: Sequence[int], start: int, stop: int) -> list[int]:
        """Return leaf indexes from ``start`` to below ``stop`` of what keys signed, in order."""
        with storage_errors(), self._reader.connect() as connection:
            return find_records_of_keys(connection, key_indexes, start, stop)

    def erasures(self, start: int) -> list[int]:
        """Return the leaf indexes of ``erasure`` entries from ``start`` on."""
        column = tables.erasures.c.leaf_index
        statement = select(column).where(column >= start).order_by(column)
        with storage_errors(), self._reader.connect() as connection:
            return list(connection.execute(statement).scalars())

    def digests_between(
        self, low: bytes, high: bytes, *, after: tuple[bytes, int] | None, limit: int
    ) -> list[FoundDigest]:
        """Return digests of datasets and files in a range, both ends included, in order."""
        with storage_errors(), self._reader.connect() as connection:
            return find_digests(connection, low, high, after=after, limit=limit)

    def stray_manifest(self) -> int | None:
        """Return a leaf index that is found by files and has no manifest; None when all have."""
        with storage_errors(), self._reader.connect() as connection:
            return find_stray_manifest(connection)

    def _indexes(
        self, statement: Select[int], column: Column[int], after: int, limit: int
    ) -> list[int]:
        statement = statement.where(column > after).order_by(column).limit(limit)
        with storage_errors(), self._reader.connect() as connection:
            return list(connection.execute(statement).scalars())

    def beacon_below(self, leaf_index: int) -> StoredBeacon | None:
        """Return the newest ``beacon`` entry with a lower index."""
        row = self._beacon_below.first(leaf_index)
        return None if row is None else StoredBeacon(*row)

    def beacon_before(self, unix: int) -> StoredBeacon | None:
        """Return the newest ``beacon`` entry issued at a time or before it."""
        with storage_errors(), self._reader.connect() as connection:
            row = connection.execute(_BEACON_BEFORE, {"unix": unix}).one_or_none()
        return None if row is None else StoredBeacon(*row)

    def count_beacons(self, start: int, stop: int) -> int:
        """Return how many ``beacon`` entries lie at ``start`` to below ``stop``."""
        with storage_errors(), self._reader.connect() as connection:
            counted = connection.execute(_BEACON_COUNT, {"start": start, "stop": stop})
            return int(counted.scalar_one())

    def beacons(self, start: int, stop: int) -> list[StoredBeacon]:
        """Return the ``beacon`` entries at indexes from ``start`` to below ``stop``."""
        with storage_errors(), self._reader.connect() as connection:
            rows = connection.execute(_BEACONS, {"start": start, "stop": stop})
            return [StoredBeacon(*row) for row in rows]

    def disclosures(self, leaf_index: int) -> list[SealedDisclosure]:
        """Return a record's disclosures in the record's order."""
        with storage_errors(), self._reader.connect() as connection:
            rows = connection.execute(_DISCLOSURES, {"leaf_index": leaf_index})
            return [_sealed(row) for row in rows]

    def manifest_room(self, leaf_index: int) -> int | None:
        """Return the bytes that reading a manifest keeps in memory; None where there is none."""
        with storage_errors(), self._reader.connect() as connection:
            return connection.execute(_MANIFEST_ROOM, {"leaf_index": leaf_index}).scalar()

    def manifest(self, leaf_index: int) -> bytes | None:
        """Return a published manifest, exactly as it was received."""
        chunks = self.manifest_chunks(leaf_index)
        return None if chunks is None else b"".join(chunks)

    def manifest_chunks(self, leaf_index: int) -> Iterator[bytes] | None:
        """Return a published manifest in parts; in memory, it stays compressed."""
        with storage_errors(), self._reader.connect() as connection:
            compressed = connection.execute(_MANIFEST, {"leaf_index": leaf_index}).scalar()
        if compressed is None:
            return None
        what = f"the manifest of entry {leaf_index}"
        return _inflate(_octets(compressed, what), what)

    def disclosures_between(self, start: int, stop: int) -> dict[int, list[SealedDisclosure]]:
        """Return the disclosures of entries ``start`` to below ``stop``, by leaf index."""
        table = tables.disclosures
        statement = (
            select(table)
            .where(table.c.leaf_index >= start, table.c.leaf_index < stop)
            .order_by(table.c.leaf_index, table.c.position)
        )
        found: dict[int, list[SealedDisclosure]] = {}
        with storage_errors(), self._reader.connect() as connection:
            for row in connection.execute(statement):
                found.setdefault(row.leaf_index, []).append(_sealed(row))
        return found

    def manifest_indexes(self) -> list[int]:
        """Return the leaf indexes of all published manifests."""
        with storage_errors(), self._reader.connect() as connection:
            return list(connection.execute(select(tables.manifests.c.leaf_index)).scalars())

    def file_digests(self, leaf_index: int) -> list[bytes]:
        """Return the file digests by which a manifest's deposit is found."""
        table = tables.file_digests
        statement = select(table.c.digest).where(table.c.leaf_index == leaf_index)
        with storage_errors(), self._reader.connect() as connection:
            return list(connection.execute(statement).scalars())

    def find_wrong_projection(self, expected: Sequence[Projection]) -> tuple[str, int] | None:
        """Compare the look-ups of neighbouring entries; None when every row is there."""
        with storage_errors(), self._reader.connect() as connection:
            return find_wrong_projection(connection, expected)

    def projection_counts(self) -> dict[str, int]:
        """Return how many rows each projection has, by its table's name."""
        with storage_errors(), self._reader.connect() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in _PROJECTIONS
            }
