"""A lost signer's memory is made anew only when nobody who can be asked knows better."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from databases import Place, sqlite_place
from loopback import answering, free_port
from mining_anvil import mining_anvil
from running_service import found, running
from small_ledger import (
    ORIGIN,
    SIGNER,
    SmallLedger,
    accepted,
    deposit,
    key_of,
    key_record,
    policy,
)
from sqlalchemy import text
from test_backup import fresh_databases, on_a_chain, programs, wait_until_anchored
from witness_program import WitnessProgram, need_witness, witness

from provenance import note
from provenance.cli.main import main
from provenance.client.witness import HttpWitness
from provenance.errors import (
    AlreadyExistsError,
    AuditError,
    ConflictError,
    FatalError,
    LockedError,
    MalformedError,
    ProvenanceError,
    RestoredCopyError,
    UnavailableError,
    WitnessRefusedError,
)
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.collect_cosignatures import Cosigner
from provenance.ledger.read_log import SignedLog
from provenance.note import NoteVerifier
from provenance.service.backup import make_backup, restore_backup
from provenance.service.chain_settings import ChainSettings
from provenance.service.renew_memory import renew_memory
from provenance.service.settings import Databases, LedgerFolder, Settings, WitnessSettings
from provenance.store.cosignature_store import SqlCosignatureStore
from provenance.witness import witness_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["programs"]  # an autouse fixture: the server's own pg_dump

ALICE = key_of("alice")
AWAY = "31337"
"""The chain of the small ledger, at whose address nobody answers."""


@dataclass
class Lost:
    """A small ledger, stopped, whose signer's memory is gone."""

    folder: LedgerFolder
    ledger: SmallLedger
    remembered: bytes
    """What the memory held."""

    def witnessed_by(self, *witnesses: WitnessSettings) -> None:
        settings = self.folder.read_settings()
        self.folder.write_settings(replace(settings, witnesses=witnesses))


def made(root: Path, place: Place) -> Lost:
    root.mkdir()
    if not place.is_postgresql:
        place = sqlite_place(root)
    folder = LedgerFolder(root)
    databases = Databases(str(place.ledger), str(place.keys)) if place.is_postgresql else None
    node = ChainSettings(None, 31337, ("http://127.0.0.1:1",))
    folder.write_settings(Settings((node,), database=databases))
    folder.policy.write_bytes(policy().octets)
    ledger = SmallLedger(root, place=place)
    ledger.begin()
    grow(ledger, 4)
    octets = folder.signer_memory.read_bytes()
    folder.signer_memory.unlink()
    return Lost(folder, ledger, octets)


def grow(ledger: SmallLedger, count: int, first: int = 0) -> None:
    """Deposit, each under a checkpoint of its own."""
    writer = ledger.writer()
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(timeout=60)[0])
    for number in range(first, first + count):
        accepted(writer.accept([deposit(ALICE, f"d {number}").compact]).result(timeout=60)[0])
    writer.close()


@pytest.fixture
def lost(place: Place, tmp_path: Path) -> Iterator[Lost]:
    one = made(tmp_path / "ledger", place)
    yield one
    one.ledger.close()


@pytest.fixture
def lost_file(tmp_path: Path) -> Iterator[Lost]:
    """Return one on SQLite, for what does not depend on the database."""
    one = made(tmp_path / "ledger", sqlite_place(tmp_path))
    yield one
    one.ledger.close()


# --- what it makes ------------------------------------------------------------------------------


def test_the_memory_made_anew_is_the_one_that_was_lost(lost: Lost) -> None:
    with pytest.raises(FatalError):
        lost.ledger.writer().start()

    renewed = renew_memory(lost.folder, tree_size=7, without=[AWAY])

    assert lost.folder.signer_memory.read_bytes() == lost.remembered
    assert lost.folder.signer_memory.stat().st_mode & 0o777 == 0o600
    assert (renewed.checkpoint.tree_size, renewed.asked, renewed.unasked) == (7, (), (AWAY,))
    grow(lost.ledger, 2, first=100)
    assert lost.ledger.store.head().tree_size == 9


def test_what_was_durable_and_unsigned_is_signed_afterwards(lost_file: Lost) -> None:
    with lost_file.ledger.store.writer.begin() as connection:
        connection.execute(text("DELETE FROM anchor_markers WHERE tree_size = 7"))
        connection.execute(text("DELETE FROM checkpoints WHERE tree_size = 7"))

    renewed = renew_memory(lost_file.folder, tree_size=6, without=[AWAY])

    assert renewed.checkpoint.tree_size == 6
    grow(lost_file.ledger, 0)
    assert lost_file.folder.signer_memory.read_bytes() == lost_file.remembered


# --- what it refuses ----------------------------------------------------------------------------


def refused(one: Lost, error: type[ProvenanceError], size: int = 7, *without: str) -> str:
    """Return what a refusal says, that left no memory behind."""
    with pytest.raises(error) as caught:
        renew_memory(one.folder, tree_size=size, without=without)
    assert not one.folder.signer_memory.exists()
    return str(caught.value)


def test_a_memory_that_is_there_is_kept(lost_file: Lost) -> None:
    lost_file.folder.signer_memory.write_bytes(b"damaged")

    with pytest.raises(AlreadyExistsError):
        renew_memory(lost_file.folder, tree_size=7, without=[AWAY])

    assert lost_file.folder.signer_memory.read_bytes() == b"damaged"


def test_a_memory_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    memory = FileSignerMemory(tmp_path / "signer.memory", origin=ORIGIN)
    memory.create()

    with pytest.raises(AlreadyExistsError):
        memory.renew(1, bytes(32), [bytes(32)])

    assert memory.read().tree_size == 0


def test_the_memory_of_a_signer_process_is_not_made_here(lost_file: Lost) -> None:
    settings = replace(lost_file.folder.read_settings(), signer="http://127.0.0.1:9100")
    lost_file.folder.write_settings(settings)

    refused(lost_file, AlreadyExistsError, 7, AWAY)


def test_a_service_that_runs_knows_better(lost_file: Lost) -> None:
    with FolderLock(lost_file.folder.writer_lock, purpose="write", shared=True):
        refused(lost_file, LockedError, 7, AWAY)


@pytest.mark.parametrize("size", [6, 8, 1_000])
def test_who_does_not_know_the_size_is_not_told_it(lost_file: Lost, size: int) -> None:
    said = refused(lost_file, ConflictError, size, AWAY)

    assert "7" not in said


def test_a_log_that_is_not_whole_gets_no_memory(lost: Lost) -> None:
    with lost.ledger.store.writer.begin() as connection:
        connection.execute(text("UPDATE entries SET entry = 'x' WHERE leaf_index = 4"))

    refused(lost, AuditError, 7, AWAY)


def test_a_chain_that_is_away_has_to_be_named(lost_file: Lost) -> None:
    said = refused(lost_file, UnavailableError)

    assert AWAY in said
    refused(lost_file, MalformedError, 7, AWAY, "1")


# --- the chain ----------------------------------------------------------------------------------


def test_a_chain_that_is_ahead_is_believed_even_if_it_may_be_away(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def fresh() -> Databases | None:
        return fresh_databases(place, request)

    with mining_anvil(tmp_path / "node", chain_id=31_337) as node:
        with on_a_chain(tmp_path / "ledger", fresh(), node) as (origin, service):
            old_size = service.size()
            make_backup(origin, tmp_path / "old")
            second = service.deposited("second")
            index = wait_until_anchored(service, second.id_hex)
            size = service.size()
        make_backup(origin, tmp_path / "new")
        lost_memory = origin.signer_memory.read_bytes()
        old, new = LedgerFolder(tmp_path / "a"), LedgerFolder(tmp_path / "b")
        restore_backup(tmp_path / "old", old, databases=fresh())
        restore_backup(tmp_path / "new", new, databases=fresh())

        for without in ([], ["31337"]):
            with pytest.raises(RestoredCopyError):
                renew_memory(old, tree_size=old_size, without=without)
        renewed = renew_memory(new, tree_size=size)

        assert not old.signer_memory.exists()
        assert (renewed.asked, renewed.unasked) == (("31337",), ())
        assert new.signer_memory.read_bytes() == lost_memory
        shutil.copytree(origin.keys, new.keys)
        with running(new) as service:
            assert service.post(second).status_code == 200
            assert wait_until_anchored(service, second.id_hex) == index
            service.deposited("third")


def test_the_managed_chain_is_started_to_be_asked(tmp_path: Path) -> None:
    folder = found(tmp_path / "ledger")
    with running(folder) as service:
        wait_until_anchored(service, service.deposited("one").id_hex)
        size = service.size()
    lost_memory = folder.signer_memory.read_bytes()
    folder.signer_memory.unlink()

    assert renew_memory(folder, tree_size=size).asked == ("31337",)
    assert folder.signer_memory.read_bytes() == lost_memory

    # without the chain's own state, a new one would say that it holds nothing
    folder.signer_memory.unlink()
    shutil.rmtree(folder.node)
    with pytest.raises(UnavailableError):
        renew_memory(folder, tree_size=size)
    assert not folder.node.exists()


# --- witnesses ----------------------------------------------------------------------------------

NAME = "witness.example/one"


@pytest.fixture
def aics(tmp_path: Path) -> Iterator[WitnessProgram]:
    need_witness()
    with witness(tmp_path / "witness", NAME, origin=ORIGIN, vkey=SIGNER.verifier.to_vkey()) as one:
        yield one


def cosigned(ledger: SmallLedger, vkey: str, url: str) -> int:
    """Let a witness cosign all that is signed."""
    store = SqlCosignatureStore(ledger.store.writer, ledger.store.reader)
    log = SignedLog(ledger.store, ledger.tiles)
    with HttpWitness(url) as client:
        cosigner = Cosigner(NoteVerifier.from_vkey(vkey), client, log=log, store=store)
        while (progress := cosigner.step()).behind:
            pass
    return progress.cosigned_size


def test_a_witness_tells_what_it_cosigned_last_and_moves_by_nothing(
    lost_file: Lost, aics: WitnessProgram, tmp_path: Path
) -> None:
    folder, name = lost_file.folder, witness_name(NoteVerifier.from_vkey(aics.vkey))
    lost_file.witnessed_by(WitnessSettings(aics.vkey, aics.url))

    # it has cosigned nothing yet, then the newest, then it is behind
    for _ in range(2):
        assert renew_memory(folder, tree_size=7, without=[AWAY]).asked == (name,)
        folder.signer_memory.unlink()
        cosigned(lost_file.ledger, aics.vkey, aics.url)
    folder.signer_memory.write_bytes(lost_file.remembered)
    shutil.copytree(folder.root, tmp_path / "older")
    grow(lost_file.ledger, 2, first=50)
    folder.signer_memory.unlink()
    assert renew_memory(folder, tree_size=9, without=[AWAY]).asked == (name,)

    # an older copy meets a witness that has seen more
    assert cosigned(lost_file.ledger, aics.vkey, aics.url) == 9
    older = LedgerFolder(tmp_path / "older")
    older.signer_memory.unlink()
    with pytest.raises(RestoredCopyError, match="tree size 9"):
        renew_memory(older, tree_size=7, without=[AWAY, name])
    assert not older.signer_memory.exists()


def test_a_witness_that_is_away_has_to_be_named(lost_file: Lost) -> None:
    lost_file.witnessed_by(WitnessSettings(VKEY, f"http://127.0.0.1:{free_port()}"))
    name = witness_name(NoteVerifier.from_vkey(VKEY))

    said = refused(lost_file, UnavailableError, 7, AWAY)
    renewed = renew_memory(lost_file.folder, tree_size=7, without=[AWAY, name])

    assert name in said
    assert renewed.unasked == (AWAY, name)


VKEY = NoteVerifier(NAME, key_of("witness").public, note.COSIGNATURE_V1).to_vkey()


@pytest.mark.parametrize(
    ("status", "octets", "expected"),
    [
        (409, b"8\n", RestoredCopyError),
        (409, b"7\n", RestoredCopyError),  # the same size, and not the same checkpoint
        (409, b"1\n", RestoredCopyError),  # smaller, and never signed here
        (409, b"many\n", MalformedError),
        (422, b"no", WitnessRefusedError),
        (404, b"no", WitnessRefusedError),
        (200, b"", MalformedError),
        (200, SIGNER.sign("another text\n").to_line().encode(), ProvenanceError),
    ],
)
def test_a_witness_that_answers_is_believed_even_if_it_may_be_away(
    lost_file: Lost, status: int, octets: bytes, expected: type[ProvenanceError]
) -> None:
    name = witness_name(NoteVerifier.from_vkey(VKEY))
    with answering(lambda _: (status, octets)) as url:
        lost_file.witnessed_by(WitnessSettings(VKEY, url))
        refused(lost_file, expected, 7, AWAY, name)


def test_a_witness_is_shown_nothing_that_could_move_it(lost_file: Lost) -> None:
    bodies: list[bytes] = []

    def say_0(body: bytes) -> tuple[int, bytes]:
        bodies.append(body)
        return 409, b"0\n"

    with answering(say_0) as url:
        lost_file.witnessed_by(WitnessSettings(VKEY, url))
        renew_memory(lost_file.folder, tree_size=7, without=[AWAY])

    newest = lost_file.ledger.store.newest_signed()
    assert newest is not None
    assert bodies == [b"old 7\n\n" + newest.note.encode()]


# --- the command --------------------------------------------------------------------------------


def test_the_command_says_who_was_asked(
    lost_file: Lost, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["renew-memory", str(lost_file.folder.root), "--json"]
    assert main(command) == 2
    assert main([*command, "--tree-size", "7"]) == 4
    capsys.readouterr()

    assert main([*command, "--tree-size", "7", "--without", AWAY]) == 0
    said = json.loads(capsys.readouterr().out)
    assert main([*command, "--tree-size", "7", "--without", AWAY]) == 2

    assert (said["tree_size"], said["asked"], said["unasked"]) == (7, [], [AWAY])
