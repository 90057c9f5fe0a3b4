"""The store: one schema, one writer, one root per size, and nothing half done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from small_ledger import ORIGIN, SmallLedger, accepted, deposit, key_of, key_record, policy
from sqlalchemy import select, text, update

from provenance import tlog
from provenance.digests import sha256
from provenance.errors import (
    ConflictError,
    FatalError,
    NotFoundError,
    StorageFullError,
    UnavailableError,
)
from provenance.fingerprint import FileEntry, write_manifest
from provenance.ledger.audit_store import audit_store
from provenance.ledger.ports import Head, SignedHead
from provenance.ledger.projections import project_all
from provenance.merkle import EMPTY_ROOT
from provenance.record import parse_entry
from provenance.store import tables
from provenance.store.engine import open_writer, storage_errors
from provenance.store.log_store import SqlLogStore, open_log_store
from provenance.store.migrate import REVISION, migrate, revision_of

if TYPE_CHECKING:
    from pathlib import Path

    from databases import Place

ALICE = key_of("alice")


def fill(ledger: SmallLedger, count: int) -> None:
    writer = ledger.writer()
    writer.start()
    compacts = [key_record(ALICE).compact]
    compacts += [deposit(ALICE, f"dataset {at}", contributors=1).compact for at in range(count)]
    for answer in writer.accept(compacts).result(timeout=60):
        accepted(answer)
    writer.close()


# --- schema -----------------------------------------------------------------------------------


def test_the_revisions_make_exactly_the_tables_in_use(place: Place) -> None:
    engine = open_writer(place.ledger)
    migrate(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, tables.metadata)
        assert revision_of(connection) == REVISION
    engine.dispose()

    assert differences == []


def test_what_is_found_by_a_random_key_lies_in_its_index(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "ledger.sqlite")
    migrate(engine)

    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master")).all()
    engine.dispose()

    assert {"WITHOUT ROWID" in sql for name, sql in made if name == "records"} == {True}


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "ledger.sqlite")
    migrate(engine)
    before = (tmp_path / "ledger.sqlite").stat().st_size

    migrate(engine)

    assert (tmp_path / "ledger.sqlite").stat().st_size == before
    engine.dispose()


def test_a_database_of_a_later_release_is_refused(place: Place) -> None:
    engine = open_writer(place.ledger)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(FatalError):
        open_log_store(place.ledger)


def test_what_is_acknowledged_is_written_through(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "ledger.sqlite")

    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_readers_cannot_write(either: SmallLedger) -> None:
    engine = either.store.reader

    with (
        # PostgreSQL says the same when a server turns read-only, which passes
        pytest.raises((FatalError, UnavailableError)),
        storage_errors(),
        engine.begin() as connection,
    ):
        connection.execute(text("DELETE FROM entries"))

    assert either.store.head().tree_size == 2


def test_a_file_that_is_no_database_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all, just text" * 100)

    with pytest.raises(FatalError):
        open_log_store(tmp_path / "ledger.sqlite")


def test_a_full_disk_is_said_and_changes_nothing(ledger: SmallLedger) -> None:
    with ledger.store.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    writer = ledger.writer()
    writer.start()
    records = [key_record(ALICE).compact]
    records += [deposit(ALICE, f"dataset {at}").compact for at in range(200)]

    with pytest.raises(StorageFullError):
        writer.accept(records).result(timeout=20)

    assert ledger.store.head().tree_size == 2
    assert ledger.receipts.issue(0).record.leaf_index == 0
    with ledger.store.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert accepted(writer.accept(records).result(timeout=20)[200]).leaf_index == 202
    writer.close()


# --- the log ----------------------------------------------------------------------------------


def test_a_new_log_is_empty_and_keeps_its_name(place: Place) -> None:
    store = open_log_store(place.ledger)
    assert store.origin() is None
    with pytest.raises(NotFoundError):
        store.head()

    store.create(ORIGIN)
    store.create(ORIGIN)

    assert (store.origin(), store.head()) == (ORIGIN, Head(0, EMPTY_ROOT))
    with pytest.raises(ConflictError):
        store.create("other.example/log")
    store.close()


def test_an_integration_that_fails_leaves_nothing(either: SmallLedger) -> None:
    store = either.store

    def fail_half_way() -> None:
        with store.integrate() as transaction:
            transaction.append([], tlog.Extension({(0, 0): b"x" * 32}, 2, EMPTY_ROOT))

    with pytest.raises(FatalError):
        fail_half_way()

    assert store.head().tree_size == 2
    assert audit_store(store, either.key_store, policy()).tree_size == 2


def test_one_signature_per_size(either: SmallLedger) -> None:
    signed = either.store.newest_signed()
    assert signed is not None

    either.store.store_signature(signed)
    with pytest.raises(FatalError):
        either.store.store_signature(SignedHead(signed.tree_size, signed.note + "x"))

    assert either.store.newest_signed() == signed


def test_a_signature_of_no_durable_head_is_refused(either: SmallLedger) -> None:
    with pytest.raises(FatalError):
        either.store.store_signature(SignedHead(77, "note"))


def test_a_head_that_goes_back_is_fatal(either: SmallLedger) -> None:
    fill(either, 3)
    with either.store.writer.begin() as connection:
        older = {"tree_size": 2, "root_hash": bytes(32)}
        connection.execute(update(tables.log_head).values(older))

    with (
        pytest.raises(FatalError, match="went back from tree size 6 to 2"),
        either.store.integrate(),
    ):
        pass


def test_every_signature_comes_with_its_anchor_marker(either: SmallLedger) -> None:
    fill(either, 3)

    with either.store.reader.connect() as connection:
        signed = connection.execute(select(tables.checkpoints.c.tree_size)).scalars().all()
        wanted = connection.execute(select(tables.anchor_markers.c.tree_size)).scalars().all()

    assert signed == wanted == [2, 6]


def test_what_a_reader_asks_for_beyond_the_end_is_not_there(either: SmallLedger) -> None:
    store = either.store

    assert store.entries(2, 10) == []
    assert store.first_signed_above(2) is None
    assert store.signed_head(3) is None
    assert store.record_indexes([bytes(32)]) == {}
    assert store.stored_keys(["nobody"]) == {}
    assert store.manifest(0) is None
    with pytest.raises(NotFoundError):
        store.read_tile(1, 0)


def test_a_missing_entry_is_fatal_not_short(either: SmallLedger) -> None:
    fill(either, 3)
    with either.store.writer.begin() as connection:
        connection.execute(text("DELETE FROM entries WHERE leaf_index = 3"))

    with pytest.raises(FatalError):
        either.store.entries(0, 6)


# --- projections ------------------------------------------------------------------------------


def rows(store: SqlLogStore) -> dict[str, list[tuple[object, ...]]]:
    names = ("records", "keys", "records_by_key", "dataset_digests", "beacons")
    with store.reader.connect() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}")))
            for name in names
        }


def test_the_projections_can_be_rebuilt_from_the_entries(either: SmallLedger) -> None:
    fill(either, 5)
    before = rows(either.store)
    with either.store.writer.begin() as connection:
        connection.execute(text("DELETE FROM records WHERE leaf_index > 2"))
        connection.execute(update(tables.dataset_digests).values(digest=bytes(32)))

    entries = either.store.entries(0, 100)
    either.store.replace_projections(project_all(map(parse_entry, entries)))

    assert rows(either.store) == before
    assert all(row[-1] is not None for row in before["beacons"])


def test_look_ups_come_in_order_and_in_pages(either: SmallLedger) -> None:
    writer = either.writer()
    writer.start()
    same = [deposit(ALICE, "same", iat=either.now - at).compact for at in range(5)]
    writer.accept([key_record(ALICE).compact, *same]).result(timeout=20)
    writer.close()

    digest = sha256(b"same")
    assert either.store.deposits_of_dataset(digest, -1, 3) == [3, 4, 5]
    assert either.store.deposits_of_dataset(digest, 5, 3) == [6, 7]
    assert either.store.records_of_key(2, -1, 100) == [2, 3, 4, 5, 6, 7]


def test_a_published_manifest_is_found_replaced_and_erased(either: SmallLedger) -> None:
    store = either.store
    a, b = sha256(b"file a"), sha256(b"file b")

    store.store_manifest(1, [b"one line\n"], [a])
    store.store_manifest(1, [b"two lines\n"] * 2, [a, b])

    assert store.manifest(1) == b"two lines\n" * 2
    assert store.deposits_of_file(b, -1, 9) == [1]
    assert store.erase_manifest(1)
    assert not store.erase_manifest(1)
    assert (store.manifest(1), store.deposits_of_file(a, -1, 9)) == (None, [])


def test_digests_in_a_range_come_in_order_from_datasets_and_files(either: SmallLedger) -> None:
    writer = either.writer()
    writer.start()
    same = [deposit(ALICE, "ranged", iat=either.now - at).compact for at in range(2)]
    writer.accept([key_record(ALICE).compact, *same]).result(timeout=20)
    writer.close()
    dataset = sha256(b"ranged")
    near = [dataset[:2] + bytes([at]) * 30 for at in (0, 255)]
    outside = bytes([dataset[0] ^ 1]) + dataset[1:]
    store = either.store
    store.store_manifest(3, [b"manifest\n"], [near[1], near[0], outside, near[0]])
    low, high = dataset[:2] + bytes(30), dataset[:2] + b"\xff" * 30

    every = store.digests_between(low, high, after=None, limit=9)
    one_by_one = []
    after: tuple[bytes, int] | None = None
    while page := store.digests_between(low, high, after=after, limit=1):
        one_by_one += page
        after = (page[-1].digest, page[-1].leaf_index)

    assert [(one.digest, one.leaf_index, one.is_dataset) for one in every] == [
        (near[0], 3, False),
        (dataset, 3, True),
        (dataset, 4, True),
        (near[1], 3, False),
    ]
    assert one_by_one == every
    assert store.digests_between(low, high, after=None, limit=2) == every[:2]
    store.erase_manifest(3)
    assert [one.digest for one in store.digests_between(low, high, after=None, limit=9)] == [
        dataset,
        dataset,
    ]


def test_what_files_are_found_by_is_made_anew_from_the_manifests(either: SmallLedger) -> None:
    store = either.store
    files = [FileEntry(f"{at:05d}", sha256(b"%d" % at), 1) for at in range(9_000)]
    manifest = write_manifest(files)
    store.store_manifest(1, [manifest[:99], manifest[99:]], [])
    store.store_manifest(0, [], [files[0].sha256])
    with store.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM manifests WHERE leaf_index = 0")
    assert store.stray_manifest() == 0

    store.replace_projections(project_all(map(parse_entry, store.entries(0, 99))))

    assert store.stray_manifest() is None
    assert sorted(store.file_digests(1)) == sorted(one.sha256 for one in files)
    assert store.deposits_of_file(files[0].sha256, -1, 9) == [1]


def test_a_token_is_used_once_and_forgotten_when_it_is_too_old(either: SmallLedger) -> None:
    store = either.store

    assert store.use_token("kid", "jti", expires_unix=100, now_unix=0)
    assert not store.use_token("kid", "jti", expires_unix=100, now_unix=100)
    assert store.use_token("other", "jti", expires_unix=100, now_unix=0)
    assert store.use_token("kid", "jti", expires_unix=300, now_unix=101)
