"""A database of the first release becomes one of this release, whole, and is audited first.

``vectors/database/v0001`` is a ledger's folder as the first release left it, stopped in the middle
of its work: 17 entries under checkpoints of sizes 2 to 8 and 13 to 17; final anchors of sizes 2, 8
and 13 with their evidence, one of size 14 just sent; markers bound, covered and wanted. Its
private keys were destroyed. A new schema gets a new folder; this one never changes.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from databases import Place, sqlite_place
from running_service import copy, running
from small_ledger import ORIGIN, START
from sqlalchemy import MetaData, create_engine, insert, select

from provenance.anchor import AnchorState
from provenance.anchor_evidence import StorageEvidence
from provenance.digests import from_b64url
from provenance.errors import AuditError, FatalError
from provenance.ledger.find_people import tags_of
from provenance.ledger.load_record import load_record
from provenance.record import issue_record
from provenance.service.audit import audit_folder, audit_if_due
from provenance.service.chain_settings import ChainSettings
from provenance.service.ledger import Ledger
from provenance.service.settings import Databases, LedgerFolder, Settings
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_writer
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.store.migrate import REVISION, migrate, revision_of

if TYPE_CHECKING:
    from databases import PostgresServer

FIRST = Path(__file__).parents[1] / "vectors" / "database" / "v0001"


@pytest.fixture
def first(place: Place, tmp_path: Path) -> LedgerFolder:
    """The first release's folder, to be migrated; on PostgreSQL too, with the same rows."""
    folder = first_release(tmp_path)
    if place.is_postgresql:
        fill(place, sqlite_place(folder.root))
        # a managed chain belongs to one process, and PostgreSQL is for several
        node = ChainSettings(None, 31337, ("http://127.0.0.1:1",))
        databases = Databases(str(place.ledger), str(place.keys))
        folder.write_settings(Settings((node,), database=databases))
    return folder


def first_release(tmp_path: Path) -> LedgerFolder:
    """Copy the folder, every byte of its policy included."""
    folder = LedgerFolder(tmp_path / "ledger")
    shutil.copytree(FIRST, folder.root)
    return folder


def fill(place: Place, source: Place) -> None:
    """Make the first release's schema on a server, and copy every row into it."""
    engine = open_writer(place.ledger)
    migrate(engine, "0001")
    old = create_engine(f"sqlite:///{source.ledger}")
    schema = MetaData()
    schema.reflect(engine)
    with old.connect() as rows, engine.begin() as connection:
        for table in schema.sorted_tables:
            found = [dict(row) for row in rows.execute(select(table)).mappings()]
            if found and table.name != "alembic_version":
                connection.execute(insert(table), found)
    old.dispose()
    engine.dispose()


def test_the_first_releases_database_is_migrated_and_whole(first: LedgerFolder) -> None:
    store = open_log_store(first.log_database(first.read_settings()))
    anchors = SqlAnchorStore(store.writer, store.reader)

    with store.reader.connect() as connection:
        assert revision_of(connection) == REVISION
    bound = anchors.page()
    assert [(one.tree_size, one.state) for one in bound] == [
        (2, AnchorState.FINAL),
        (8, AnchorState.FINAL),
        (13, AnchorState.FINAL),
        (14, AnchorState.SENT),
    ]
    proofs = [one.inclusion.evidence for one in bound if one.inclusion is not None]
    assert [type(proof) for proof in proofs] == [StorageEvidence] * 3
    # sizes 15 to 17 were wanted when the service stopped; the newest speaks for them
    assert anchors.wanted(31337) == (17, False)
    store.close()


def test_every_entry_is_audited_before_a_migrated_log_is_served(
    first: LedgerFolder, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_log_store(first.log_database(first.read_settings()))
    assert store.audit_due() == "0001"

    with caplog.at_level("INFO", logger="provenance.service.audit"):
        audit_if_due(first, store)
        audit_if_due(first, store)

    assert store.audit_due() is None
    begun, made, ended = [one.message for one in caplog.records]  # minutes may lie between them
    assert "the look-ups of its 17 entries are made anew" in begun
    assert made == "the look-ups are made, the audit begins"
    assert ended.startswith("the migrated log holds together")
    store.close()
    report, _ = audit_folder(first, ask_chain=False)
    assert (report.tree_size, report.anchors) == (17, 3)


def test_who_is_named_in_a_migrated_log_is_found(tmp_path: Path) -> None:
    folder = first_release(tmp_path)
    store = open_log_store(folder.database)
    key_store = open_key_store(folder.disclosure_keys)

    audit_if_due(folder, store)

    records = [load_record(index, log=store, key_store=key_store) for index in range(17)]
    named = {index: set(tags_of(record, key_store.tag)) for index, record in enumerate(records)}
    assert any(named.values())
    for tag in set().union(*named.values()):
        expected = [index for index, tags in named.items() if tag in tags]
        assert store.records_of_person(tag, -1, 100) == expected
    key_store.close()
    store.close()


def test_one_disclosure_of_the_first_release_is_erased_alone(tmp_path: Path) -> None:
    folder = first_release(tmp_path)
    store = open_log_store(folder.database)
    key_store = open_key_store(folder.disclosure_keys)
    audit_if_due(folder, store)
    before = load_record(13, log=store, key_store=key_store, holder=True)
    stored = [(one.digest, one.ciphertext) for one in store.disclosures(13)]
    (gone, *rest) = before.parts
    assert len(rest) == 3

    assert key_store.erase(before.id, {from_b64url(gone.digest)}, stored)

    after = load_record(13, log=store, key_store=key_store, holder=True)
    assert after.parts == tuple(rest)
    assert after.withheld == {gone.digest}
    key_store.close()
    report, _ = audit_folder(folder, ask_chain=False, with_memory=False)
    assert report.lost_keys == []
    store.close()


def test_a_migrated_log_that_is_not_whole_stays_due(tmp_path: Path) -> None:
    folder = first_release(tmp_path)
    spoil(folder, "UPDATE entries SET entry = entry || x'00' WHERE leaf_index = 9")
    store = open_log_store(folder.database)

    with pytest.raises(AuditError):
        audit_if_due(folder, store)

    assert store.audit_due() == "0001"
    store.close()


def test_a_new_database_owes_no_audit(place: Place) -> None:
    store = open_log_store(place.ledger)

    assert store.audit_due() is None
    store.close()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    folder = first_release(tmp_path)
    spoil(folder, "UPDATE anchors SET evidence = 'nothing' WHERE tree_size = 13")
    before = schema(folder)

    with pytest.raises(FatalError, match="evidence of anchor 3"):
        open_log_store(folder.database)

    assert schema(folder) == before


def spoil(folder: LedgerFolder, statement: str) -> None:
    with closing(sqlite3.connect(folder.database)) as connection:
        connection.execute(statement)
        connection.commit()


def schema(folder: LedgerFolder) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder.database)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        return made + connection.execute("SELECT version_num FROM alembic_version").fetchall()


def test_a_migration_on_postgresql_is_one_transaction_too(postgresql: PostgresServer) -> None:
    address = postgresql.create()
    engine = open_writer(address)
    migrate(engine, "0001")
    with engine.begin() as connection:
        # a table of the second schema is in the way
        connection.exec_driver_sql("CREATE TABLE cosignatures (tree_size int)")

    with pytest.raises(FatalError):
        migrate(engine)

    with engine.connect() as connection:
        assert revision_of(connection) == "0001"
        found = connection.exec_driver_sql("SELECT to_regclass('worker_leases')").scalar()
    engine.dispose()
    assert found is None


# --- before it is served -----------------------------------------------------------------------


def owe(folder: LedgerFolder) -> None:
    """Let a folder look as a migration leaves it, and a crash right after."""
    spoil(folder, "INSERT INTO audit_due VALUES (1, '0001')")


def test_a_service_audits_what_was_migrated_and_then_serves(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "served")
    with running(folder) as service:
        service.deposited("before")
    owe(folder)

    with running(folder) as service:
        assert service.ledger.parts.store.audit_due() is None
        service.deposited("after")


def test_look_ups_that_an_earlier_release_did_not_write_are_made(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "served")
    with running(folder) as service:
        first = service.deposited("first")
        claims = {
            "dataset_digest": "5f" * 32,
            "files": 1,
            "relations": [{"relation": "wasRevisionOf", "record": first.id_hex}],
        }
        second = issue_record(
            "deposit", claims, private_key=service.alice, aud=ORIGIN, iat=START, salts=iter(())
        )
        assert service.post(second).status_code == 201
    spoil(folder, f"DELETE FROM dataset_digests WHERE digest = x'{first.id_hex}'")
    spoil(folder, "DELETE FROM person_index")
    owe(folder)

    with running(folder) as service:
        hits = service.client.get("/v1/lookup", params={"digest": first.id_hex}).json()["items"]
        assert [hit["id"] for hit in hits] == [second.id_hex]
        people = service.client.get("/v1/lookup", params={"orcid": "0000-0002-1825-0097"}).json()
        assert [hit["id"] for hit in people["items"]] == [first.id_hex]


def test_a_service_does_not_serve_what_the_audit_refuses(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "served")
    with running(folder) as service:
        service.deposited("before")
    owe(folder)
    spoil(folder, "UPDATE entries SET entry = entry || x'00' WHERE leaf_index = 3")

    for _ in range(2):
        ledger = Ledger(folder)
        with pytest.raises(AuditError):
            ledger.start()
