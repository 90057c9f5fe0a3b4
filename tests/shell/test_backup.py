"""Backups: whole while others write, without secrets, proved when restored, never a fork."""

from __future__ import annotations

import shutil
import tarfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from databases import Place, fresh_place, sqlite_place
from mining_anvil import MiningAnvil, mining_anvil
from running_service import Service, running
from small_ledger import ORIGIN, SmallLedger, accepted, deposit, key_of, key_record, policy
from sqlalchemy import text

from provenance.cli.main import main
from provenance.errors import (
    AlreadyExistsError,
    AuditError,
    FatalError,
    MalformedError,
    RestoredCopyError,
    UnavailableError,
)
from provenance.files.signer_memory import FileSignerMemory
from provenance.receipt import Receipt
from provenance.service.backup import DISCLOSURE_KEYS, make_backup, restore_backup
from provenance.service.chain_settings import ChainSettings
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.ledger import Ledger
from provenance.service.operator_keys import OperatorKeys
from provenance.service.restored import is_restored
from provenance.service.settings import Databases, LedgerFolder, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from databases import PostgresServer

ALICE = key_of("alice")
SECRET = "token-of-the-node"


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``pg_dump`` be the one that belongs to the server."""
    if "postgresql" in request.node.name:
        server: PostgresServer = request.getfixturevalue("postgresql")
        monkeypatch.setenv("PATH", str(server.programs), prepend=":")


@dataclass
class Origin:
    """A ledger folder that can be backed up, and databases for what is restored of it."""

    folder: LedgerFolder
    ledger: SmallLedger
    place: Place
    fresh: Callable[[], Databases | None]

    def write(self, count: int, first: int = 0) -> None:
        writer = self.ledger.writer()
        writer.start()
        names = [f"dataset {number}" for number in range(first, first + count)]
        records = [key_record(ALICE), *(deposit(ALICE, name) for name in names)]
        for answer in writer.accept([one.compact for one in records]).result(timeout=60):
            accepted(answer)
        writer.close()

    def reopened(self, root: Path, databases: Databases | None) -> SmallLedger:
        place = sqlite_place(root)
        if databases is not None:
            place = Place(databases.ledger, databases.keys)
        return SmallLedger(root, place=place)


@pytest.fixture
def origin(place: Place, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Origin]:
    root = tmp_path / "ledger"
    root.mkdir()
    if not place.is_postgresql:
        place = sqlite_place(root)

    def fresh() -> Databases | None:
        if not place.is_postgresql:
            return None
        empty = fresh_place(request.getfixturevalue("postgresql"))
        return Databases(str(empty.ledger), str(empty.keys))

    folder = LedgerFolder(root)
    node = ChainSettings(None, 31337, ("http://127.0.0.1:1",))
    databases = Databases(str(place.ledger), str(place.keys)) if place.is_postgresql else None
    folder.write_settings(Settings((node,), database=databases))
    folder.policy.write_bytes(policy().octets)
    ledger = SmallLedger(root, place=place)
    ledger.begin()
    yield Origin(folder, ledger, place, fresh)
    ledger.close()


# --- what it holds -----------------------------------------------------------------------------


def test_a_copy_made_while_others_write_is_whole(origin: Origin, tmp_path: Path) -> None:
    origin.write(20)
    stop = threading.Event()
    writer = origin.ledger.writer()
    writer.start()

    def go_on() -> None:
        number = 100
        while not stop.is_set():
            number += 1
            accepted(writer.accept([deposit(ALICE, f"d {number}").compact]).result(timeout=60)[0])

    thread = threading.Thread(target=go_on)
    thread.start()
    time.sleep(0.3)
    signed = origin.ledger.store.newest_signed()
    made = make_backup(origin.folder, tmp_path / "backup")
    stop.set()
    thread.join()
    writer.close()
    databases = origin.fresh()

    report = restore_backup(
        tmp_path / "backup", LedgerFolder(tmp_path / "restored"), databases=databases
    )

    assert signed is not None
    assert made.tree_size >= signed.tree_size >= 23
    assert made.tree_size <= report.tree_size <= origin.ledger.store.head().tree_size
    restored = origin.reopened(tmp_path / "restored", databases)
    entries = restored.store.entries(0, report.tree_size)
    assert entries == origin.ledger.store.entries(0, report.tree_size)
    restored.close()


def test_disclosures_are_erased_unless_their_keys_are_restored_too(
    origin: Origin, tmp_path: Path
) -> None:
    origin.write(3)
    make_backup(origin.folder, tmp_path / "log")
    make_backup(origin.folder, tmp_path / "keys", of=DISCLOSURE_KEYS)

    without = restore_backup(
        tmp_path / "log", LedgerFolder(tmp_path / "without"), databases=origin.fresh()
    )
    whole = restore_backup(
        tmp_path / "log",
        LedgerFolder(tmp_path / "whole"),
        keys=tmp_path / "keys",
        databases=origin.fresh(),
    )

    assert (without.disclosures, without.tree_size) == (0, 6)
    # a title, a list of identifiers or of contributors: as many as the log's own audit reads
    assert (whole.disclosures > 0, whole.tree_size) == (True, 6)


def test_an_archive_holds_no_key_no_memory_and_no_address(origin: Origin, tmp_path: Path) -> None:
    origin.write(1)
    (tmp_path / "ledger" / "keys").mkdir()
    (tmp_path / "ledger" / "keys" / "checkpoint.jwk").write_text(SECRET)
    make_backup(origin.folder, tmp_path / "backup")

    with tarfile.open(tmp_path / "backup") as archive:
        names = archive.getnames()
    octets = (tmp_path / "backup").read_bytes()

    assert names == ["backup.json", "policy.json", "ledger.json", "database"]
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in octets
    assert origin.folder.signer_memory.read_bytes() not in octets
    if origin.place.is_postgresql:
        assert str(origin.place.ledger).encode() not in octets


# --- nothing is overwritten, nothing half made ---------------------------------------------------


def test_nothing_is_overwritten(origin: Origin, tmp_path: Path) -> None:
    make_backup(origin.folder, tmp_path / "backup")
    archive = (tmp_path / "backup").read_bytes()
    used = origin.fresh()
    restore_backup(tmp_path / "backup", LedgerFolder(tmp_path / "restored"), databases=used)

    with pytest.raises(AlreadyExistsError):
        make_backup(origin.folder, tmp_path / "backup")
    with pytest.raises(AlreadyExistsError):
        restore_backup(tmp_path / "backup", origin.folder, databases=origin.fresh())
    if used is not None:
        with pytest.raises(AlreadyExistsError):
            restore_backup(tmp_path / "backup", LedgerFolder(tmp_path / "other"), databases=used)

    assert (tmp_path / "backup").read_bytes() == archive
    assert not (tmp_path / "other").exists()
    assert left_behind(tmp_path) == []


def left_behind(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_flipped_bit_is_found_before_anything_is_made(tmp_path: Path) -> None:
    ledger = small(tmp_path)
    make_backup(ledger, tmp_path / "backup")
    octets = bytearray((tmp_path / "backup").read_bytes())
    with tarfile.open(tmp_path / "backup") as archive:
        places = [
            member.offset_data + at
            for member in archive
            for at in range(0, member.size, max(1, member.size // 12))
        ]

    for place in places:
        octets[place] ^= 4
        (tmp_path / "damaged").write_bytes(octets)
        octets[place] ^= 4
        with pytest.raises(MalformedError):
            restore_backup(tmp_path / "damaged", LedgerFolder(tmp_path / "restored"))

    assert not (tmp_path / "restored").exists()
    assert left_behind(tmp_path) == []


def small(tmp_path: Path) -> LedgerFolder:
    root = tmp_path / "ledger"
    root.mkdir()
    folder = LedgerFolder(root)
    folder.write_settings(Settings((ChainSettings(None, 31337, ("http://127.0.0.1:1",)),)))
    folder.policy.write_bytes(policy().octets)
    ledger = SmallLedger(root)
    ledger.begin()
    ledger.close()
    return folder


@pytest.mark.parametrize("keep", [0, 100, 511, 3_000, 20_000])
def test_an_archive_that_was_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    make_backup(small(tmp_path), tmp_path / "backup")
    (tmp_path / "cut").write_bytes((tmp_path / "backup").read_bytes()[:keep])

    with pytest.raises(MalformedError):
        restore_backup(tmp_path / "cut", LedgerFolder(tmp_path / "restored"))


def test_a_copy_of_a_log_that_is_not_whole_never_becomes_a_folder(
    origin: Origin, tmp_path: Path
) -> None:
    origin.write(3)
    with origin.ledger.store.writer.begin() as connection:
        connection.execute(text("UPDATE entries SET entry = 'x' WHERE leaf_index = 4"))
    make_backup(origin.folder, tmp_path / "backup")

    with pytest.raises((AuditError, FatalError)):
        restore_backup(
            tmp_path / "backup", LedgerFolder(tmp_path / "restored"), databases=origin.fresh()
        )

    assert not (tmp_path / "restored").exists()
    assert left_behind(tmp_path) == []


def test_a_copy_goes_back_into_a_database_of_its_kind(tmp_path: Path) -> None:
    make_backup(small(tmp_path), tmp_path / "backup")

    with pytest.raises(MalformedError, match="sqlite"):
        restore_backup(
            tmp_path / "backup",
            LedgerFolder(tmp_path / "restored"),
            databases=Databases("postgresql:///a", "postgresql:///b"),
        )


def test_an_archive_of_keys_is_not_one_of_a_ledger(tmp_path: Path) -> None:
    folder = small(tmp_path)
    make_backup(folder, tmp_path / "backup", of=DISCLOSURE_KEYS)

    with pytest.raises(MalformedError):
        restore_backup(tmp_path / "backup", LedgerFolder(tmp_path / "restored"))


def test_the_command_line_says_what_is_still_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small(tmp_path)

    assert main(["backup", str(folder.root), str(tmp_path / "backup")]) == 0
    assert main(["restore", str(tmp_path / "backup"), str(tmp_path / "restored")]) == 0
    said = capsys.readouterr().out
    assert main(["restore", str(tmp_path / "backup"), str(tmp_path / "restored")]) == 2

    assert "signer.memory" in said
    assert ORIGIN in said


# --- an older copy ---------------------------------------------------------------------------


def test_an_older_copy_is_refused_by_the_memory_of_what_was_signed_since(
    origin: Origin, tmp_path: Path
) -> None:
    origin.write(2)
    make_backup(origin.folder, tmp_path / "backup")
    origin.write(2, first=50)
    databases = origin.fresh()
    restore_backup(tmp_path / "backup", LedgerFolder(tmp_path / "restored"), databases=databases)
    restored = origin.reopened(tmp_path / "restored", databases)

    with pytest.raises(FatalError):  # no memory at all
        restored.writer().start()
    shutil.copy(origin.folder.signer_memory, tmp_path / "restored" / "signer.memory")
    with pytest.raises(FatalError, match="older copy"):
        restored.writer().start()

    assert restored.store.head().tree_size == 5
    restored.close()


def fresh_databases(place: Place, request: pytest.FixtureRequest) -> Databases | None:
    """Return two new databases where ``place`` is on PostgreSQL."""
    if not place.is_postgresql:
        return None
    empty = fresh_place(request.getfixturevalue("postgresql"))
    return Databases(str(empty.ledger), str(empty.keys))


@contextmanager
def on_a_chain(
    root: Path, databases: Databases | None, node: MiningAnvil
) -> Iterator[tuple[LedgerFolder, Service]]:
    """Found a ledger on a chain that somebody else runs, and run it."""
    folder = LedgerFolder(root)
    chosen = choose_chain(Wish(profile="local", nodes=(node.url,), interval=1, name="test"))

    def found() -> None:
        found_ledger(
            folder,
            chosen,
            origin=ORIGIN,
            passphrase="passphrase",
            now_unix=int(time.time()),
            database=databases,
        )

    with pytest.raises(UnavailableError):
        found()  # the sending key has no coins yet
    node.fund(OperatorKeys(folder.keys).sender().address)
    found()
    with running(folder) as service:
        yield folder, service


def wait_until_anchored(service: Service, record_id: str) -> int:
    deadline = time.monotonic() + 60
    while True:
        octets = service.client.get(f"/v1/records/{record_id}/receipt").content
        receipt = Receipt.parse(octets)
        if receipt.anchored:
            return receipt.record.leaf_index
        assert time.monotonic() < deadline, service.ledger.readiness()
        time.sleep(0.2)


def restored_from(
    archive: Path, target: Path, origin: LedgerFolder, memory: Path, databases: Databases | None
) -> LedgerFolder:
    """Restore a backup, and put the private keys and a signer's memory back."""
    folder = LedgerFolder(target)
    restore_backup(archive, folder, databases=databases)
    shutil.copytree(origin.keys, folder.keys)
    shutil.copy(memory, folder.signer_memory)
    return folder


def test_an_older_copy_is_refused_by_the_chain_when_its_memory_is_as_old(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def fresh() -> Databases | None:
        return fresh_databases(place, request)

    with mining_anvil(tmp_path / "node", chain_id=31_337) as node:
        with on_a_chain(tmp_path / "ledger", fresh(), node) as (origin, service):
            first = service.deposited("first")
            make_backup(origin, tmp_path / "old")
            old_memory = tmp_path / "old.memory"
            shutil.copy(origin.signer_memory, old_memory)
            second = service.deposited("second")
            index = wait_until_anchored(service, second.id_hex)
        make_backup(origin, tmp_path / "new")

        # the copy and its memory agree with one another, and only the chain knows better
        old = restored_from(tmp_path / "old", tmp_path / "a", origin, old_memory, fresh())
        ledger = Ledger(old)
        with pytest.raises(RestoredCopyError):
            ledger.start()
        ledger.stop()
        remembered = FileSignerMemory(old.signer_memory, origin=ORIGIN).read()
        assert old.signer_memory.read_bytes() == old_memory.read_bytes()
        assert remembered.tree_size <= index

        # the newest copy with the newest memory goes on
        new = restored_from(tmp_path / "new", tmp_path / "b", origin, origin.signer_memory, fresh())
        with running(new) as service:
            assert service.post(first).status_code == 200
            assert service.deposited("third").id_hex
            assert wait_until_anchored(service, second.id_hex) == index
            assert not is_restored(new)

    # nobody is there to ask any more: who was asked before goes on, a restored copy waits
    with running(origin) as service:
        service.deposited("fourth")
    waiting = restored_from(tmp_path / "old", tmp_path / "c", origin, old_memory, fresh())
    for _ in range(2):
        ledger = Ledger(waiting)
        with pytest.raises(UnavailableError, match="restored copy"):
            ledger.start()
        ledger.stop()
    assert waiting.signer_memory.read_bytes() == old_memory.read_bytes()
