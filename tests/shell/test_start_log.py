"""A log begins once, and goes on after a crash at any step of the write path."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from small_ledger import (
    BEACON,
    KEYS,
    ORIGIN,
    PIN,
    SIGNER,
    SmallLedger,
    accepted,
    block,
    deposit,
    genesis,
    key_of,
    key_record,
    policy,
)
from traps import Crash, Trap, TrappedKeys, TrappedMemory, TrappedStore

from provenance import note
from provenance.checkpoint import Checkpoint
from provenance.digests import sha256
from provenance.errors import (
    BadSignatureError,
    ConflictError,
    FatalError,
    MalformedError,
    ProvenanceError,
    VerificationError,
)
from provenance.ledger.accept_records import check_records
from provenance.ledger.audit_store import audit_store
from provenance.ledger.integrate_entries import integrate_entries
from provenance.ledger.issue_beacon import issue_beacon
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.ports import Sweep
from provenance.ledger.read_log import SignedLog
from provenance.ledger.recover_log import recover_log
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.ledger.start_log import start_log
from provenance.record import parse_record
from provenance.store.key_store import SWEPT_AT_ONCE
from provenance.store.log_store import SqlLogStore, SqlLogTransaction, open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.ledger.ports import SignedHead
    from provenance.service.writer import Writer

ALICE, BOB = key_of("alice"), key_of("bob")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SmallLedger]:
    ledger = SmallLedger(tmp_path)
    yield ledger
    ledger.close()


# --- beginning --------------------------------------------------------------------------------


def test_a_log_begins_with_genesis_and_beacon_under_one_checkpoint(empty: SmallLedger) -> None:
    signed = empty.begin()

    said = Checkpoint.from_text(note.Note.parse(signed.note).text)
    types = [parse_record(entry + b"~", complete=False).type for entry in empty.store.entries(0, 9)]
    assert (said.origin, said.tree_size) == (ORIGIN, 2)
    assert types == ["genesis", "beacon"]
    assert empty.memory.read().tree_size == 2
    report = audit_store(empty.store, empty.key_store, policy(), memory=empty.memory)
    assert report.tree_size == 2


def test_beginning_again_keeps_what_is_there(empty: SmallLedger) -> None:
    signed = empty.begin()
    empty.now += 100

    assert empty.begin() == signed


def test_another_genesis_is_refused(empty: SmallLedger) -> None:
    empty.begin()
    other = empty.store.entries(0, 1)[0]
    with empty.store.writer.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE entries SET entry = ? WHERE leaf_index = 0",
            (key_record(ALICE).entry,),
        )

    with pytest.raises(ConflictError):
        empty.begin()

    assert other == genesis(iat=empty.now).entry


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (lambda: (key_record(ALICE).compact, beacon()), MalformedError),
        (lambda: (genesis(origin="other.example").compact, beacon()), MalformedError),
        (lambda: (genesis().compact, beacon(signer=ALICE)), BadSignatureError),
        (lambda: (genesis().compact, beacon(chain_id=1)), VerificationError),
    ],
    ids=["no genesis", "another log", "another beacon key", "another chain"],
)
def test_what_does_not_fit_together_begins_nothing(
    empty: SmallLedger,
    records: Callable[[], tuple[bytes, object]],
    expected: type[ProvenanceError],
) -> None:
    first, second = records()

    with pytest.raises(expected):
        start_log(
            store=empty.store,
            memory=empty.memory,
            signer=SIGNER,
            origin=ORIGIN,
            genesis=first,
            beacon=second,  # type: ignore[arg-type]  # the table mixes types
        )

    assert empty.store.origin() is None


def beacon(*, signer: object = BEACON, chain_id: int = PIN.chain_id) -> object:
    return issue_beacon(chain_id, block(1), signer, ORIGIN, 1)  # type: ignore[arg-type]  # varied


# --- going on after a crash -------------------------------------------------------------------


def set_trap(ledger: SmallLedger, trap: Trap) -> None:
    for part in (ledger.store, ledger.key_store, ledger.memory):
        assert isinstance(part, TrappedStore | TrappedKeys | TrappedMemory)
        part.trap = trap


def trapped(ledger: SmallLedger, trap: Trap) -> Writer:
    """Return a writer over the ledger's own parts, whose outside effects go through the trap."""
    ledger.store.__class__, ledger.key_store.__class__ = TrappedStore, TrappedKeys
    ledger.memory.__class__ = TrappedMemory
    set_trap(ledger, trap)
    return ledger.writer()


EFFECTS = 4  # of one batch: integrate, seal, remember, store the signature


@pytest.mark.parametrize("done", [False, True], ids=["undone", "done anyway"])
@pytest.mark.parametrize("at", range(EFFECTS))
def test_a_crash_at_any_step_loses_and_moves_nothing(
    ledger: SmallLedger,
    at: int,
    done: bool,  # noqa: FBT001 -- the second column of the table
) -> None:
    first = deposit(ALICE, "before").compact
    writer = ledger.writer()
    writer.start()
    before = [accepted(one) for one in writer.accept([key_record(ALICE).compact, first]).result(9)]
    writer.close()
    records = [deposit(ALICE, f"dataset {number}").compact for number in range(3)]

    die_in_a_batch(ledger, records, Trap(at, done=done))
    ledger.reopen()
    writer = ledger.writer()
    writer.start()
    answers = [accepted(one) for one in writer.accept([first, *records]).result(9)]
    writer.close()

    assert [one.leaf_index for one in answers] == [3, 4, 5, 6]
    assert answers[0].receipt == before[1].receipt
    report = audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)
    assert (report.tree_size, report.lost_keys) == (7, [])
    assert ledger.key_store.sweep(ledger.store.record_indexes) == Sweep(0, is_done=True)


def die_in_a_batch(ledger: SmallLedger, records: list[bytes], trap: Trap) -> None:
    writer = trapped(ledger, Trap(10**9, done=False))
    writer.start()
    set_trap(ledger, trap)
    items = check_records(
        records,
        origin=ORIGIN,
        find_keys=lambda kids: {kid: one.key for kid, one in ledger.known_keys.find(kids).items()},
    )
    with pytest.raises(Crash):  # noqa: PT012 -- either of the two steps is where it dies
        integrate_entries(
            [items],
            store=ledger.store,
            key_store=ledger.key_store,
            beacons=ledger.beacons,
            now_unix=ledger.now,
        )
        signer = LocalSigner(ledger.memory, KEYS, ORIGIN)
        sign_newest_head(store=ledger.store, signer=signer, origin=ORIGIN)
    writer.close()


@pytest.mark.parametrize("done", [False, True], ids=["undone", "done anyway"])
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_crash_while_beginning_is_mended_by_beginning_again(
    empty: SmallLedger,
    at: int,
    done: bool,  # noqa: FBT001 -- the second column of the table
) -> None:
    trapped(empty, Trap(at, done=done))

    with pytest.raises(Crash):
        empty.begin()
    empty.reopen()
    empty.now += 7
    signed = empty.begin()

    assert signed.tree_size == 2
    assert audit_store(empty.store, empty.key_store, policy(), memory=empty.memory).heads == 1


def test_readers_see_nothing_of_a_head_that_is_not_signed(ledger: SmallLedger) -> None:
    writer = ledger.writer()
    writer.start()
    writer.accept([key_record(ALICE).compact]).result(9)
    writer.close()
    record = deposit(ALICE, "unsigned")
    die_in_a_batch(ledger, [record.compact], Trap(2, done=False))
    log = SignedLog(ledger.store, ledger.tiles)

    assert ledger.store.head().tree_size == 4
    assert log.size() == 3
    for question in (
        lambda: log.index_of(record.id),
        lambda: log.entry(3),
        lambda: log.root_at(4),
        lambda: log.inclusion_path(3, 4),
        lambda: log.consistency_path(3, 4),
        lambda: ledger.receipts.issue(3),
    ):
        with pytest.raises(ProvenanceError) as caught:
            question()
        assert caught.value.code == "not-found"
    assert log.records_of_key(ALICE.public.thumbprint) == [2]


def test_a_long_sweep_gives_the_log_back_again_and_again(ledger: SmallLedger) -> None:
    text = (bytes(32), "WyJzIl0")
    orphans = [sha256(b"%d" % number) for number in range(2 * SWEPT_AT_ONCE + 1)]
    ledger.key_store.seal([(record_id, [text]) for record_id in orphans])
    ledger.store.__class__ = CountedStore
    assert isinstance(ledger.store, CountedStore)
    ledger.store.turns = 0

    recover(ledger)

    assert ledger.store.turns == 3
    assert ledger.key_store.open(orphans[0], []) is None
    assert ledger.key_store.open(orphans[-1], []) is None
    assert ledger.key_store.sweep(ledger.store.record_indexes) == Sweep(0, is_done=True)


class CountedStore(SqlLogStore):
    """Counts how often the lock of the log's head was taken."""

    turns: int

    @contextmanager
    def integrate(self) -> Iterator[SqlLogTransaction]:
        self.turns += 1
        with super().integrate() as transaction:
            yield transaction


# --- the signer's own memory ------------------------------------------------------------------


def recover(ledger: SmallLedger) -> SignedHead:
    return recover_log(
        store=ledger.store,
        key_store=ledger.key_store,
        signer=LocalSigner(ledger.memory, KEYS, ORIGIN),
        origin=ORIGIN,
    )


def grow(ledger: SmallLedger, key: str) -> None:
    writer = ledger.writer()
    writer.start()
    writer.accept([key_record(key_of(key)).compact]).result(9)
    writer.close()


def test_a_database_from_an_old_backup_is_refused(ledger: SmallLedger, tmp_path: Path) -> None:
    ledger.close()
    shutil.copy(ledger.folder / "ledger.sqlite", tmp_path / "backup")
    ledger.open()
    grow(ledger, "alice")
    ledger.close()
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (ledger.folder / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", ledger.folder / "ledger.sqlite")
    ledger.open()

    with pytest.raises(FatalError) as caught:
        recover(ledger)

    assert "older copy" in str(caught.value)


def test_another_history_of_the_same_size_is_refused(ledger: SmallLedger, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = SmallLedger(tmp_path / "other")
    other.begin()
    grow(other, "bob")
    grow(ledger, "alice")
    shutil.copy(other.folder / "signer.memory", ledger.folder / "signer.memory")

    with pytest.raises(FatalError):
        recover(ledger)

    other.close()


@pytest.mark.parametrize(
    "change", ["entry || 'A'", "CAST(entry || 'A' AS BLOB)"], ids=["to text", "by a byte"]
)
def test_entries_changed_behind_the_signer_are_never_signed(
    ledger: SmallLedger, change: str
) -> None:
    writer = ledger.writer()
    writer.start()
    writer.accept([key_record(ALICE).compact]).result(9)
    writer.close()
    die_in_a_batch(ledger, [deposit(ALICE, "unsigned").compact], Trap(2, done=False))
    ledger.reopen()
    with ledger.store.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE entries SET entry = {change} WHERE leaf_index = 3")

    with pytest.raises(FatalError):
        recover(ledger)

    assert ledger.store.signed_head(4) is None
    assert ledger.memory.read().tree_size == 3


@pytest.mark.parametrize("where", ["1", "length(hashes) - 31"], ids=["a hash", "an inner node"])
def test_a_tile_changed_behind_the_signer_is_never_signed(ledger: SmallLedger, where: str) -> None:
    writer = ledger.writer()
    writer.start()
    writer.accept([key_record(ALICE).compact]).result(9)
    writer.close()
    die_in_a_batch(ledger, [deposit(ALICE, "unsigned").compact], Trap(2, done=False))
    ledger.reopen()
    with ledger.store.writer.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE tiles SET hashes = substr(hashes, 1, {where} - 1) || zeroblob(32)"
            f" || substr(hashes, {where} + 32)"
        )

    with pytest.raises(FatalError):
        recover(ledger)

    assert ledger.store.signed_head(4) is None


def test_another_log_in_the_database_is_refused(tmp_path: Path) -> None:
    ledger = SmallLedger(tmp_path)
    ledger.store.create("other.example/log")
    ledger.memory.create()

    with pytest.raises(ConflictError):
        recover(ledger)

    ledger.close()
    store = open_log_store(tmp_path / "ledger.sqlite")
    assert store.origin() == "other.example/log"
    store.close()
