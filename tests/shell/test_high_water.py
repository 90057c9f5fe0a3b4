"""What stops a ledger from taking records does so before anything is promised."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record, policy

from provenance.errors import (
    DamagedLogError,
    ReadOnlyError,
    StorageFullError,
    UnavailableError,
)
from provenance.ledger.audit_store import audit_store
from provenance.service.high_water import DiskMark, LedgerMode
from provenance.service.measures import taking_measures
from provenance.store.mode_store import SqlModeStore

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.ledger.ports import Mode

ALICE = key_of("alice")


class Disk:
    """A disk that is as full as a test wants it."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, folder: Path) -> int:
        assert folder.is_dir()
        return self.free


def store_of(ledger: SmallLedger) -> SqlModeStore:
    return SqlModeStore(ledger.store.writer, ledger.store.reader)


def mode_of(ledger: SmallLedger, disk: Disk | None = None, *, forced: bool = False) -> LedgerMode:
    mark = DiskMark(ledger.folder, 1_000, free=disk or Disk(1_000_000))
    return LedgerMode(mark, store_of(ledger), forced=forced)


# --- the disk ---------------------------------------------------------------------------------


def test_the_disk_is_short_below_the_mark_and_free_again_with_a_quarter_to_spare(
    tmp_path: Path,
) -> None:
    disk = Disk(1_000)
    mark = DiskMark(tmp_path, 1_000, free=disk)
    found = []
    for disk.free in (1_000, 999, 1_000, 1_249, 1_250, 1_100, 999):
        found.append(mark.is_short())

    assert found == [False, True, True, True, False, False, True]


def test_the_real_disk_is_asked(tmp_path: Path) -> None:
    assert DiskMark(tmp_path, 0).free_bytes() > 0
    assert not DiskMark(tmp_path, 0).is_short()
    assert DiskMark(tmp_path, 1 << 62).is_short()


def test_with_a_short_disk_nothing_is_promised_and_it_comes_back_by_itself(
    either: SmallLedger,
) -> None:
    disk = Disk(10_000)
    mode = mode_of(either, disk)
    writer = either.writer(gate=mode)
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(20)[0])

    disk.free = 999
    with pytest.raises(StorageFullError, match=r"999 bytes are free .* mark of 1000 .* from 1250"):
        writer.accept([deposit(ALICE, "no room").compact])
    waiting, standing = writer.waiting, mode.standing()
    disk.free = 10_000
    taken = accepted(writer.accept([deposit(ALICE, "room").compact]).result(20)[0])
    writer.close()

    assert (waiting, standing, taken.leaf_index) == (0, (False, "storage-full"), 3)
    assert mode.standing() == (True, "taking records")


def test_the_log_names_the_folder_of_a_short_disk_and_its_sizes(
    either: SmallLedger, caplog: pytest.LogCaptureFixture
) -> None:
    mode_of(either, Disk(999)).refresh()

    assert f"no records are taken in {either.folder}: 999 bytes are free" in caplog.text


def test_every_reason_has_a_gauge_before_it_is_met() -> None:
    def shown(reason: str | None) -> tuple[float, dict[str, float]]:
        taken, *refused = taking_measures(reason)
        return taken.value, {one.labels["reason"]: one.value for one in refused}

    taken, refused = shown(None)
    known = {"log-damaged", "read-only", "storage-full", "signer-away", "signer-refused"}
    assert (taken, set(refused)) == (1, known | {"unavailable", "overloaded", "fatal"})
    assert not any(refused.values())
    assert shown("signer-away") == (0, refused | {"signer-away": 1})
    assert shown("outcome-unknown") == (0, refused | {"outcome-unknown": 1})


# --- read-only --------------------------------------------------------------------------------


def test_an_operators_word_holds_for_every_process_and_over_restarts(either: SmallLedger) -> None:
    other = SmallLedger(either.folder, place=either.place)
    mine, theirs = mode_of(either), mode_of(other)
    mine.check_now()

    store_of(other).set_read_only("moving house", 1_780_000_000)
    with pytest.raises(ReadOnlyError, match="moving house"):
        mine.check_now()
    with pytest.raises(ReadOnlyError):
        mine.check()
    with pytest.raises(ReadOnlyError):
        mode_of(either).check_now()
    said = store_of(either).mode()
    store_of(either).set_read_only(None, 1_780_000_060)

    theirs.check_now()
    assert (said.read_only, said.reason, said.since_unix) == (True, "moving house", 1_780_000_000)
    assert store_of(other).mode().read_only is False
    other.close()


def test_a_service_started_read_only_serves_and_takes_nothing(either: SmallLedger) -> None:
    mode = mode_of(either, forced=True)
    writer = either.writer(gate=mode)

    assert writer.start() is None
    with pytest.raises(ReadOnlyError):
        writer.accept([key_record(ALICE).compact])
    writer.close()

    assert mode.standing() == (False, "read-only")
    assert either.store.newest_signed() is not None


def test_a_deposit_that_races_with_read_only_is_refused_whole(either: SmallLedger) -> None:
    mode = mode_of(either)
    writer = either.writer(gate=mode)
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(20)[0])

    # this process has not heard of it when the request comes in; the batch asks the database
    store_of(either).set_read_only("now", 1)
    future = writer.accept([deposit(ALICE, "in between").compact])
    with pytest.raises(ReadOnlyError):
        future.result(20)
    size, standing = either.store.head().tree_size, writer.standing()
    store_of(either).set_read_only(None, 2)
    mode.refresh()
    taken = accepted(writer.accept([deposit(ALICE, "in between").compact]).result(20)[0])
    writer.close()

    assert (size, standing) == (3, (False, "read-only"))
    assert (taken.leaf_index, taken.is_new) == (3, True)


def test_under_load_each_record_is_either_acknowledged_or_not_there(either: SmallLedger) -> None:
    mode = mode_of(either)
    writer = either.writer(gate=mode)
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(20)[0])
    store = store_of(either)
    stop = threading.Event()

    def switch() -> None:
        while not stop.wait(0.02):
            store.set_read_only("on and off", 1)
            stop.wait(0.02)
            store.set_read_only(None, 2)
            mode.refresh()

    def work(worker: int) -> tuple[dict[bytes, int], set[bytes]]:
        taken, refused = {}, set()
        for number in range(25):
            record = deposit(ALICE, f"dataset {worker} {number}", contributors=1)
            try:
                (answer,) = writer.accept([record.compact]).result(30)
                taken[record.id] = accepted(answer).leaf_index
            except ReadOnlyError:
                refused.add(record.id)
        return taken, refused

    switcher = threading.Thread(target=switch)
    switcher.start()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(work, range(4)))
    stop.set()
    switcher.join()
    store.set_read_only(None, 3)
    writer.close()

    taken = {key: index for part, _ in found for key, index in part.items()}
    refused = {key for _, part in found for key in part}
    assert either.store.record_indexes(list(taken)) == taken
    assert either.store.record_indexes(list(refused)) == {}
    assert either.store.head().tree_size == 3 + len(taken)
    audit_store(either.store, either.key_store, policy(), memory=either.memory)


def test_what_was_durable_and_unsigned_is_signed_when_the_ledger_is_writable_again(
    either: SmallLedger,
) -> None:
    either.integrate(key_record(ALICE))
    store_of(either).set_read_only("after a crash", 1)
    writer = either.writer(gate=mode_of(either))

    assert writer.start() is None
    unsigned = either.store.signed_head(3)
    store_of(either).set_read_only(None, 2)
    for _ in range(300):
        if either.store.signed_head(3) is not None:
            break
        threading.Event().wait(0.05)
    writer.close()

    assert unsigned is None
    assert either.store.signed_head(3) is not None


# --- several reasons, and a database that is away ---------------------------------------------


def test_the_reason_that_needs_a_person_is_named_first(either: SmallLedger) -> None:
    mode = mode_of(either, Disk(0), forced=True)
    store = store_of(either)

    with pytest.raises(ReadOnlyError, match="started read-only"):
        mode.check_now()
    store.mark_damage("entry 7: it rots")
    with pytest.raises(DamagedLogError, match="entry 7"):
        mode.check_now()


def test_without_its_database_a_batch_does_not_begin(ledger: SmallLedger) -> None:
    class Away(SqlModeStore):
        is_away = False

        def mode(self) -> Mode:
            if self.is_away:
                raise UnavailableError("the database is away")
            return super().mode()

    store = Away(ledger.store.writer, ledger.store.reader)
    mode = LedgerMode(DiskMark(ledger.folder, 0), store)
    writer = ledger.writer(gate=mode)
    writer.start()
    store.is_away = True
    with pytest.raises(UnavailableError):
        writer.accept([key_record(ALICE).compact]).result(20)
    size, standing = ledger.store.head().tree_size, mode.database()
    store.is_away = False
    accepted(writer.accept([key_record(ALICE).compact]).result(20)[0])
    writer.close()

    assert (size, standing) == (2, (False, "unavailable"))
    assert mode.database() == (True, "answers")
