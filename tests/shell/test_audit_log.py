"""The audit finds whatever is wrong, wherever it is, and names the place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from small_ledger import (
    PIN,
    SIGNER,
    SmallLedger,
    accepted,
    block,
    deposit,
    deposit_of_files,
    genesis,
    key_of,
    key_record,
    policy,
)

from provenance import checkpoint, tlog
from provenance.checkpoint import Checkpoint
from provenance.digests import sha256
from provenance.errors import AuditError
from provenance.files.log_folder import LogFolder
from provenance.fingerprint import FileEntry
from provenance.ledger.audit_entries import EntryAuditor
from provenance.ledger.audit_log import PublicLog, audit_public_log, key_status_from
from provenance.ledger.audit_store import audit_store
from provenance.ledger.read_log import SignedLog
from provenance.merkle import leaf_hash, root_of
from provenance.store.engine import open_writer

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.ledger.audit_log import AuditReport
    from provenance.record import Record

ALICE, BOB = key_of("alice"), key_of("bob")
FILES = [FileEntry("a.csv", sha256(b"a"), 1), FileEntry("b/c.csv", sha256(b"c"), 2)]


@dataclass
class Audited:
    ledger: SmallLedger
    hidden: Record

    def audit(self) -> AuditReport:
        ledger = self.ledger
        return audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)

    def spoil(self, sql: str, *, database: str = "ledger.sqlite") -> None:
        """Change the database behind the store's back."""
        engine = open_writer(self.ledger.folder / database)
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            assert connection.exec_driver_sql(sql).rowcount > 0, sql
        engine.dispose()


@pytest.fixture
def audited(ledger: SmallLedger) -> Audited:
    """A ledger of 300 entries: full and partial tiles, a beacon, hidden parts, a manifest."""
    writer = ledger.writer()
    writer.start()
    hidden = deposit(ALICE, "hidden", hold=["title"])
    keys = [key_record(ALICE, name="Alice").compact, key_record(BOB).compact]
    for answer in writer.accept([*keys, hidden.compact]).result(timeout=20):
        accepted(answer)
    ledger.now += 61
    ledger.hold_block(7)
    filed = deposit_of_files(ALICE, FILES)
    many = [deposit(ALICE, f"dataset {at}", contributors=1).compact for at in range(293)]
    for answer in writer.accept([filed.compact, *many]).result(timeout=60):
        accepted(answer)
    writer.close()
    ledger.store.store_manifest(6, [write(FILES)], [one.sha256 for one in FILES])
    assert ledger.store.head().tree_size == 300
    return Audited(ledger, hidden)


def write(files: list[FileEntry]) -> bytes:
    from provenance.fingerprint import write_manifest  # noqa: PLC0415 -- one use

    return write_manifest(files)


def test_a_good_ledger_is_proved_whole(audited: Audited) -> None:
    report = audited.audit()

    assert report.tree_size == 300
    assert report.by_type == {"genesis": 1, "beacon": 2, "key": 2, "deposit": 295}
    assert (report.tiles, report.heads, report.checkpoints) == (3, 3, 3)
    assert (report.lost_keys, report.manifests) == ([], 1)
    assert report.disclosures == 1 + 4 + 1 + 293 * 2


def test_a_lost_key_is_no_error_of_the_log_and_is_named(audited: Audited) -> None:
    audited.ledger.key_store.erase(audited.hidden.id)

    assert audited.audit().lost_keys == [4]


def test_a_durable_head_that_is_not_signed_is_left_alone(audited: Audited) -> None:
    audited.spoil("DELETE FROM anchor_markers WHERE tree_size = 300")
    audited.spoil("DELETE FROM checkpoints WHERE tree_size = 300")

    assert audited.audit().tree_size == 5


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("UPDATE entries SET entry = substr(entry, 2) WHERE leaf_index = 17", "entry 17"),
        ("DELETE FROM entries WHERE leaf_index = 40", "entries 0 to 255"),
        ("DELETE FROM entries WHERE leaf_index = 299", "entries 256 to 299"),
        (
            (
                "UPDATE entries SET entry = (SELECT entry FROM entries WHERE leaf_index = 30)"
                " WHERE leaf_index = 31"
            ),
            "entry 31",
        ),
        (
            (
                "UPDATE tiles SET hashes = zeroblob(32) || substr(hashes, 33)"
                " WHERE level = 0 AND tile_index = 0"
            ),
            "tile/0/000",
        ),
        (
            (
                "UPDATE tiles SET hashes = substr(hashes, 1, length(hashes) - 32) || zeroblob(32)"
                " WHERE level = 0 AND tile_index = 1"
            ),
            "tile/0/001.p/44",
        ),
        ("DELETE FROM tiles WHERE level = 1", "tile/1/000.p/1"),
        ("UPDATE heads SET root_hash = zeroblob(32) WHERE tree_size = 5", "head 5"),
        (
            (
                "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE tree_size = 2)"
                " WHERE tree_size = 5"
            ),
            "checkpoint 5",
        ),
        ("UPDATE checkpoints SET note = note || 'x' WHERE tree_size = 300", "checkpoint"),
        (
            "UPDATE records SET leaf_index = 60 WHERE leaf_index = 50",
            "projection records of entry 50",
        ),
        ("DELETE FROM records WHERE leaf_index = 299", "projection records of entry 299"),
        (
            "UPDATE keys SET public_key = zeroblob(32) WHERE leaf_index = 2",
            "projection keys of entry 2",
        ),
        (
            "DELETE FROM records_by_key WHERE leaf_index = 9",
            "projection records_by_key of entry 9",
        ),
        (
            "UPDATE dataset_digests SET digest = zeroblob(32) WHERE leaf_index = 9",
            "projection dataset_digests of entry 9",
        ),
        ("UPDATE beacons SET number = 8 WHERE leaf_index = 5", "projection beacons of entry 5"),
        (
            "INSERT INTO dataset_digests (digest, leaf_index) VALUES (zeroblob(32), 9)",
            "projection dataset_digests",
        ),
        (
            "INSERT INTO records (record_id, leaf_index) VALUES (zeroblob(32), 9)",
            "projection records",
        ),
        ("DELETE FROM disclosures WHERE leaf_index = 4", "disclosures of entry 4"),
        (
            "UPDATE disclosures SET held = 0 WHERE leaf_index = 4 AND held = 1",
            "disclosures of entry 4",
        ),
        (
            "UPDATE disclosures SET ciphertext = zeroblob(80) WHERE leaf_index = 4",
            "disclosures of entry 4",
        ),
        ("DELETE FROM file_digests WHERE leaf_index = 6", "manifest of entry 6"),
        ("UPDATE manifests SET compressed = zeroblob(80)", "manifest of entry 6"),
        ("UPDATE manifests SET leaf_index = 2", "manifest of entry 2"),
    ],
)
def test_the_first_wrong_place_is_named(audited: Audited, sql: str, place: str) -> None:
    audited.spoil(sql)

    with pytest.raises(AuditError) as caught:
        audited.audit()

    assert caught.value.place == place


def test_a_memory_behind_the_signature_is_found(audited: Audited) -> None:
    tree = tlog.peaks(5, audited.ledger.store.read_tile)
    root = tlog.root_hash(5, audited.ledger.store.read_tile)
    audited.ledger.memory.remember(5, root, tree)

    with pytest.raises(AuditError) as caught:
        audited.audit()

    assert caught.value.place == "signer memory"


# --- from outside -----------------------------------------------------------------------------


def export(ledger: SmallLedger, folder: Path) -> None:
    """Write what a CDN would hold of the log."""
    log = SignedLog(ledger.store, ledger.tiles)
    size = log.size()
    tiles = list(tlog.tile_ids(size))
    bundles = [tlog.TileId(tlog.ENTRIES, one.index, one.width) for one in tiles if one.level == 0]
    for tile in tiles + bundles:
        path = folder / tile.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log.tile(tile))
    (folder / "checkpoint").write_text(log.checkpoint())


@dataclass
class Folder:
    path: Path

    def log(self) -> PublicLog:
        return PublicLog(LogFolder(self.path).read)


@pytest.fixture
def folder(audited: Audited, tmp_path: Path) -> Folder:
    folder = tmp_path / "public"
    export(audited.ledger, folder)
    return Folder(folder)


def test_a_public_log_is_proved_from_its_files_alone(folder: Folder) -> None:
    report = audit_public_log(folder.log(), policy())

    assert (report.tree_size, report.tiles) == (300, 3)
    assert report.by_type["deposit"] == 295


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("checkpoint", "checkpoint"),
        ("tile/entries/000", "entr"),
        ("tile/entries/001.p/44", "entr"),
        ("tile/0/000", "tile/0/000"),
        ("tile/0/001.p/44", "tile/0/001.p/44"),
        ("tile/1/000.p/1", "tile/1/000.p/1"),
    ],
)
def test_a_flipped_bit_anywhere_outside_is_found(folder: Folder, path: str, place: str) -> None:
    file = folder.path / path
    good = file.read_bytes()

    for at in range(0, len(good), max(1, len(good) // 23)):
        file.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        with pytest.raises(AuditError) as caught:
            audit_public_log(folder.log(), policy())
        assert caught.value.place.startswith(place)


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/000", "tile/0/001.p/44"])
def test_a_missing_file_is_found(folder: Folder, path: str) -> None:
    (folder.path / path).unlink()

    with pytest.raises(AuditError):
        audit_public_log(folder.log(), policy())


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there(
    audited: Audited, folder: Folder
) -> None:
    log = SignedLog(audited.ledger.store, audited.ledger.tiles)
    grow(audited.ledger, 212)
    for level in (0, tlog.ENTRIES):
        partial, full = tlog.TileId(level, 1, 44), tlog.TileId(level, 1)
        (folder.path / partial.path()).unlink()
        (folder.path / "tile" / full.path().partition("/")[2]).write_bytes(log.tile(full))

    assert audit_public_log(folder.log(), policy()).tree_size == 300


def grow(ledger: SmallLedger, count: int) -> None:
    writer = ledger.writer()
    writer.start()
    more = [deposit(BOB, f"dataset {at}", contributors=1).compact for at in range(count)]
    for answer in writer.accept(more).result(timeout=60):
        accepted(answer)
    writer.close()


def test_reading_every_entry_tells_a_keys_status(folder: Folder) -> None:
    checkpoint_, status = key_status_from(folder.log(), policy(), ALICE.public.thumbprint)

    assert checkpoint_.tree_size == status.tree_size == 300
    assert status.revoked_at is None


# --- the rules of entries ---------------------------------------------------------------------


def resigned(entries: list[bytes]) -> PublicLog:
    """Publish a log of any entries under a good signature: an operator who breaks the rules."""
    leaves = [leaf_hash(entry) for entry in entries]
    extension = tlog.append(0, leaves, lambda *_: b"")
    files = {
        "checkpoint": checkpoint.sign(
            Checkpoint(policy().origin, len(entries), root_of(leaves)), SIGNER
        ).encode()
    }
    for tile in tlog.tile_ids(len(entries)):
        stored = extension.tiles[tile.level, tile.index]
        files[tile.path()] = tlog.tile_hashes(stored, tile.width)
    bundle = tlog.TileId(tlog.ENTRIES, 0, len(entries)).path()
    files[bundle] = tlog.encode_bundle(entries)
    return PublicLog(files.__getitem__)


def beacon(number: int, *, iat: int) -> bytes:
    from small_ledger import BEACON, ORIGIN  # noqa: PLC0415 -- one use

    from provenance.ledger.issue_beacon import issue_beacon  # noqa: PLC0415 -- one use
    from provenance.record import parse_record  # noqa: PLC0415 -- one use

    new = issue_beacon(PIN.chain_id, block(number), BEACON, ORIGIN, iat)
    return parse_record(new.compact, complete=True).entry


def test_rules_that_a_signature_does_not_mend() -> None:
    first, second = genesis().entry, beacon(1, iat=1)
    key, record = key_record(ALICE).entry, deposit(ALICE, "penguins").entry
    again = key_record(ALICE, name="Alice").entry
    elsewhere = key_record(BOB, aud="other.example").entry
    broken = {
        "genesis is missing": ([second, key], "entry 0"),
        "genesis stands twice": ([first, first], "entry 1"),
        "a second genesis": ([first, second, genesis(iat=5).entry], "entry 2"),
        "the key comes later": ([first, second, record, key], "entry 2"),
        "a key is bound twice": ([first, second, key, again], "entry 3"),
        "a record stands twice": ([first, second, key, record, record], "entry 4"),
        "another audience": ([first, second, elsewhere], "entry 2"),
        "a beacon goes back": ([first, beacon(5, iat=1), beacon(4, iat=2)], "entry 2"),
        "a beacon is repeated": ([first, beacon(5, iat=1), beacon(5, iat=2)], "entry 2"),
    }

    for name, (entries, place) in broken.items():
        with pytest.raises(AuditError) as caught:
            audit_public_log(resigned(entries), policy())
        assert caught.value.place == place, name
    assert audit_public_log(resigned([first, second, key, record]), policy()).tree_size == 4


def test_every_entry_of_the_fixture_passes_one_by_one(audited: Audited) -> None:
    rules = EntryAuditor(origin=policy().origin, root_key=policy().root_key)

    for entry in audited.ledger.store.entries(0, 300):
        rules.take(entry)

    assert rules.by_type.total() == 300


def test_files_found_in_an_entry_without_a_manifest_are_damage(audited: Audited) -> None:
    audited.spoil("INSERT INTO file_digests VALUES (x'" + "00" * 32 + "', 9)")

    with pytest.raises(AuditError, match="entry 9") as caught:
        audited.audit()

    assert caught.value.place == "manifests"
