"""The scrub finds whatever has changed on the disk, stops all signing, and never cries wolf."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record, policy
from waiting import wait_until

from provenance import tlog
from provenance.errors import AuditError, DamagedLogError, FatalError, UnavailableError
from provenance.ledger.ports import ScrubState
from provenance.ledger.scrub_log import LogScrubber
from provenance.service.high_water import DiskMark, LedgerMode
from provenance.service.scrub import ScrubLoop
from provenance.store.mode_store import SqlModeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from provenance.record import Record
    from provenance.service.writer import Writer

ALICE = key_of("alice")


def fill(ledger: SmallLedger, count: int, *, batch: int = 100) -> list[Record]:
    """Add a key record and deposits, some batches of them."""
    records = [deposit(ALICE, f"dataset {number}", contributors=1) for number in range(count - 1)]
    everything = [key_record(ALICE), *records]
    writer = ledger.writer()
    writer.start()
    for start in range(0, count, batch):
        some = everything[start : start + batch]
        for answer in writer.accept([one.compact for one in some]).result(60):
            accepted(answer)
    writer.close()
    return records


def scrubber(ledger: SmallLedger) -> LogScrubber:
    return LogScrubber(ledger.store, ledger.key_store, policy())


def whole_round(ledger: SmallLedger, state: ScrubState | None = None) -> ScrubState:
    reader, state = scrubber(ledger), state or ScrubState()
    rounds = state.rounds
    while state.rounds == rounds:
        state = reader.step(state, 77)
    return state


def store_of(ledger: SmallLedger) -> SqlModeStore:
    return SqlModeStore(ledger.store.writer, ledger.store.reader)


# --- what is sound ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 253, 254, 255, 300])
def test_a_sound_log_is_read_whole_without_a_word(either: SmallLedger, size: int) -> None:
    fill(either, size, batch=size)

    assert whole_round(either) == ScrubState(0, 1, 77)
    assert whole_round(either, ScrubState(0, 8, 5)) == ScrubState(0, 9, 77)


def test_a_log_of_two_entries_is_read(either: SmallLedger) -> None:
    assert whole_round(either) == ScrubState(0, 1, 77)


def test_every_entry_is_read_and_the_rate_is_asked_for(ledger: SmallLedger) -> None:
    fill(ledger, 300, batch=40)
    read: list[int] = []
    reader = LogScrubber(ledger.store, ledger.key_store, policy(), rest=read.append)

    first = reader.step(ScrubState(), 1)
    second = reader.step(first, 2)

    assert (first, second) == (ScrubState(256), ScrubState(0, 1, 2))
    assert sum(read) == 302
    assert max(read) <= 16


def test_erased_records_are_sound(ledger: SmallLedger) -> None:
    records = fill(ledger, 5)
    ledger.key_store.erase(records[2].id)

    assert whole_round(ledger).rounds == 1


def test_a_log_that_grows_meanwhile_is_sound(either: SmallLedger) -> None:
    fill(either, 250, batch=50)
    other = SmallLedger(either.folder, place=either.place)
    writer = other.writer()
    writer.start()
    done = threading.Event()

    def grow() -> None:
        for number in range(120):
            accepted(writer.accept([deposit(ALICE, f"more {number}").compact]).result(30)[0])
        done.set()

    thread = threading.Thread(target=grow)
    thread.start()
    rounds = 0
    while not done.is_set() or rounds < 2:
        rounds = whole_round(either, ScrubState(0, rounds)).rounds
    thread.join()
    writer.close()
    other.close()

    assert rounds >= 2


def test_what_is_not_signed_yet_is_left_alone(ledger: SmallLedger) -> None:
    fill(ledger, 3)
    with ledger.store.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM anchor_markers WHERE tree_size = 5")
        connection.exec_driver_sql("DELETE FROM checkpoints WHERE tree_size = 5")
        connection.exec_driver_sql("UPDATE entries SET entry = zeroblob(9) WHERE leaf_index = 4")

    assert whole_round(ledger).rounds == 1


# --- what is damaged --------------------------------------------------------------------------

FLIP = "substr({0}, 1, {1} - 1) || X'00' || substr({0}, {1} + 1)"
DAMAGES = {
    "an entry": (
        f"UPDATE entries SET entry = CAST({FLIP.format('entry', 40)} AS BLOB) WHERE leaf_index=270",
        "tile/0/001",
    ),
    "a missing entry": ("DELETE FROM entries WHERE leaf_index = 17", "entries 0 to 255"),
    "a leaf hash": (
        (
            f"UPDATE tiles SET hashes = CAST({FLIP.format('hashes', 35)} AS BLOB)"
            " WHERE level = 0 AND tile_index = 1"
        ),
        "tile/0/001",
    ),
    "an inner node": (
        (
            f"UPDATE tiles SET hashes = CAST({FLIP.format('hashes', 8200)} AS BLOB)"
            " WHERE level = 0 AND tile_index = 0"
        ),
        "tile/0/000",
    ),
    "a tile above": (
        f"UPDATE tiles SET hashes = CAST({FLIP.format('hashes', 9)} AS BLOB) WHERE level = 1",
        "tile/1/000",
    ),
    "a tile cut short": (
        "UPDATE tiles SET hashes = substr(hashes, 1, 100) WHERE level = 0 AND tile_index = 0",
        "tile/0/000",
    ),
    "a missing tile": ("DELETE FROM tiles WHERE level = 1", "tile/1/000"),
    "a head": ("UPDATE heads SET root_hash = zeroblob(32) WHERE tree_size = 102", "head 102"),
    "the newest head": (
        "UPDATE heads SET root_hash = zeroblob(32) WHERE tree_size=302",
        "head 302",
    ),
    "a checkpoint": (
        "UPDATE checkpoints SET note = replace(note, '102', '103') WHERE tree_size = 102",
        "checkpoint 102",
    ),
    "a signature": (
        (
            "UPDATE checkpoints SET note = substr(note, 1, length(note) - 9) || 'AAAA' ||"
            " substr(note, length(note) - 4) WHERE tree_size = 202"
        ),
        "checkpoint 202",
    ),
    "another checkpoint": (
        (
            "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE tree_size = 102)"
            " WHERE tree_size = 202"
        ),
        "checkpoint 202",
    ),
    "a record's look-up": ("DELETE FROM records WHERE leaf_index = 33", "projection records"),
    "a moved look-up": (
        "UPDATE dataset_digests SET leaf_index = 500 WHERE leaf_index = 33",
        "projection dataset_digests of entry 33",
    ),
    "a key": ("DELETE FROM keys", "projection keys of entry 2"),
    "a key's bytes": ("UPDATE keys SET public_key = zeroblob(32)", "look-ups of entries 0 to 15"),
    "records of a key": ("DELETE FROM records_by_key WHERE leaf_index = 99", "records_by_key"),
    "the beacon": ("DELETE FROM beacons", "projection beacons of entry 1"),
    "a disclosure": (
        (
            f"UPDATE disclosures SET ciphertext = CAST({FLIP.format('ciphertext', 20)} AS BLOB)"
            " WHERE leaf_index = 44 AND position = 0"
        ),
        "disclosures of entry 44",
    ),
    "a disclosure that became text": (
        (
            f"UPDATE disclosures SET ciphertext = {FLIP.format('ciphertext', 20)}"
            " WHERE leaf_index = 44 AND position = 0"
        ),
        "look-ups of entries 32 to 47",
    ),
    "a missing disclosure": (
        "DELETE FROM disclosures WHERE leaf_index = 44 AND position = 1",
        "disclosures of entry 44",
    ),
    "a disclosure's digest": (
        "UPDATE disclosures SET digest = zeroblob(32) WHERE leaf_index = 44 AND position = 0",
        "disclosures of entry 44",
    ),
    "a held mark": (
        "UPDATE disclosures SET held = 1 WHERE leaf_index = 44 AND position = 0",
        "disclosures of entry 44",
    ),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLedger]:
    ledger = SmallLedger(tmp_path_factory.mktemp("filled"))
    ledger.begin()
    fill(ledger, 300)
    yield ledger
    ledger.close()


@contextmanager
def damaged(ledger: SmallLedger, statement: str) -> Iterator[None]:
    """Change stored bytes behind everybody's back, and put them back afterwards."""
    names = ("entries", "tiles", "heads", "checkpoints", "records", "dataset_digests", "keys")
    tables = (*names, "records_by_key", "beacons", "disclosures")

    def run(change: Callable[[Connection], None]) -> None:
        with ledger.store.writer.begin() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            change(connection)

    def keep(connection: Connection) -> None:
        for table in tables:
            connection.exec_driver_sql(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
        changed = connection.exec_driver_sql(statement).rowcount
        assert changed >= 1

    def restore(connection: Connection) -> None:
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            connection.exec_driver_sql(f"DROP TABLE kept_{table}")

    run(keep)
    try:
        yield
    finally:
        run(restore)


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_is_found_and_its_place_is_named(filled: SmallLedger, what: str) -> None:
    statement, place = DAMAGES[what]

    with damaged(filled, statement), pytest.raises(AuditError) as caught:
        whole_round(filled)

    assert place in str(caught.value)
    assert whole_round(filled).rounds == 1


def test_a_flipped_bit_anywhere_in_entries_and_tiles_is_found(filled: SmallLedger) -> None:
    with filled.store.reader.connect() as connection:
        widths = connection.exec_driver_sql("SELECT level, tile_index, length(hashes) FROM tiles")
        tiles = [tuple(row) for row in widths]
    places = [("entries", "entry", f"leaf_index = {at}", 50) for at in (0, 1, 2, 150, 255, 301)]
    places += [
        ("tiles", "hashes", f"level = {level} AND tile_index = {index}", at)
        for level, index, length in tiles
        for at in (1, length // 2, length)
    ]
    for table, column, where, at in places:
        flip = (
            f"UPDATE {table} SET {column} = CAST({FLIP.format(column, at)} AS BLOB) WHERE {where}"
        )
        with damaged(filled, flip), pytest.raises(AuditError):
            whole_round(filled)


# --- the loop ---------------------------------------------------------------------------------


def mode_of(ledger: SmallLedger) -> LedgerMode:
    return LedgerMode(DiskMark(ledger.folder, 0), store_of(ledger))


@contextmanager
def scrubbing(
    ledger: SmallLedger,
    mode: LedgerMode,
    *,
    rate: float = 1e6,
    round_seconds: float = 0.0,
    store: SqlModeStore | None = None,
) -> Iterator[ScrubLoop]:
    loop = ScrubLoop(
        log=ledger.store,
        key_store=ledger.key_store,
        policy=policy(),
        store=store or store_of(ledger),
        mode=mode,
        entries_per_second=rate,
        round_seconds=round_seconds,
    )
    loop.start()
    yield loop
    loop.stop()
    loop.stop()


def test_the_loop_goes_round_and_round_and_writes_down_how_far_it_came(
    either: SmallLedger,
) -> None:
    fill(either, 300)
    with scrubbing(either, mode_of(either)) as loop:
        wait_until(lambda: loop.state.rounds >= 2)
        assert loop.standing() == (True, "sound so far")
        shown = {one.name: one.value for one in loop.measures()}

    stored = store_of(either).scrub_state()
    assert stored == loop.state
    assert stored.rounds >= 2
    assert stored.completed_unix is not None
    assert shown["scrub_rounds"] >= 2
    assert (shown["scrub_damaged"], shown["scrub_leading"]) == (0, 1)


def test_a_restart_goes_on_where_it_was(ledger: SmallLedger) -> None:
    fill(ledger, 600, batch=300)
    with scrubbing(ledger, mode_of(ledger), rate=2_000) as loop:
        wait_until(lambda: loop.state.next_index > 0)
    stopped = store_of(ledger).scrub_state()
    assert (stopped.rounds, stopped.next_index % 256) == (0, 0)
    assert stopped.next_index > 0

    with scrubbing(ledger, mode_of(ledger), round_seconds=60) as loop:
        wait_until(lambda: loop.state.rounds == 1)

    assert store_of(ledger).scrub_state().rounds == 1


def test_the_rate_is_kept(ledger: SmallLedger) -> None:
    fill(ledger, 98)
    began = time.monotonic()
    with scrubbing(ledger, mode_of(ledger), rate=200) as loop:
        wait_until(lambda: loop.state.rounds == 1)

    assert time.monotonic() - began >= 0.45


class Outage(SqlModeStore):
    """A database that is away for as long as a test says."""

    is_away = False

    def scrub_state(self) -> ScrubState:
        """Answer, or be away."""
        if self.is_away:
            raise UnavailableError("PostgreSQL is away")
        return super().scrub_state()


def test_the_end_of_an_outage_is_said(
    ledger: SmallLedger, caplog: pytest.LogCaptureFixture
) -> None:
    fill(ledger, 3)
    store = Outage(ledger.store.writer, ledger.store.reader)
    mode = mode_of(ledger)
    with caplog.at_level("INFO"), scrubbing(ledger, mode, round_seconds=60, store=store) as loop:
        wait_until(lambda: loop.state.rounds == 1)
        store.is_away = True
        wait_until(lambda: not loop.standing()[0])
        store.is_away = False
        wait_until(lambda: loop.standing()[0])

    said = [one.message for one in caplog.records if one.name.endswith(".scrub")]
    assert said[-2:] == [
        "the scrub waits: PostgreSQL is away",
        "the scrub goes on: unavailable is over",
    ]


def test_keys_that_are_gone_from_the_middle_are_noticed(
    ledger: SmallLedger, caplog: pytest.LogCaptureFixture
) -> None:
    records = fill(ledger, 6)
    ledger.key_store.erase(records[3].id)
    with closing(sqlite3.connect(ledger.folder / "keys.sqlite")) as connection, connection:
        gone = "DELETE FROM disclosure_keys WHERE record_id IN (?, ?)"
        connection.execute(gone, (records[1].id, records[2].id))

    with scrubbing(ledger, mode_of(ledger)) as loop:
        wait_until(lambda: loop.state.rounds >= 3)

    assert loop.lost_keys == 2
    said = [one.message for one in caplog.records if "have no key" in one.message]
    assert len(said) == 1
    assert "disclosures of 2 records have no key" in said[0]


def test_damage_stops_signing_over_restarts_until_a_person_has_cleared_it(
    either: SmallLedger,
) -> None:
    fill(either, 3)
    mode = mode_of(either)
    writer = either.writer(gate=mode)
    writer.start()
    accepted(writer.accept([deposit(ALICE, "before").compact]).result(20)[0])
    spoil(
        either,
        "UPDATE heads SET root_hash = (SELECT root_hash FROM heads WHERE tree_size = 2)"
        " WHERE tree_size = 5",
    )
    with scrubbing(either, mode) as loop:
        wait_until(lambda: mode.damage is not None)
        refused(writer)
        standing = loop.standing()
    writer.close()

    # another process, and a restart
    again = mode_of(either)
    writer = either.writer(gate=again)
    assert writer.start() is None
    refused(writer)
    read = either.receipts.issue(3)
    with scrubbing(either, again) as loop:
        time.sleep(0.1)
        assert loop.standing() == standing
    refused(writer)

    spoil(either, f"UPDATE heads SET root_hash = {literal(either, 5)} WHERE tree_size = 5")
    assert store_of(either).clear_damage()
    assert not store_of(either).clear_damage()
    wait_until(lambda: writer.standing()[0])
    again.refresh()
    taken = accepted(writer.accept([deposit(ALICE, "after").compact]).result(20)[0])
    writer.close()

    assert standing[0] is False
    assert "head 5" in standing[1]
    assert read.record.leaf_index == 3
    assert taken.leaf_index == 6
    assert whole_round(either).rounds == 1


def test_a_cleared_place_is_looked_at_again_at_once(ledger: SmallLedger) -> None:
    fill(ledger, 3)
    mode = mode_of(ledger)
    with scrubbing(ledger, mode, round_seconds=3_600) as loop:
        wait_until(lambda: loop.state.rounds == 1)
        spoil(ledger, "UPDATE heads SET root_hash = zeroblob(32) WHERE tree_size = 5")
        loop._round_from = 1.0  # noqa: SLF001 -- the hour between two rounds is over
        wait_until(lambda: mode.damage is not None)

        # somebody cleared it in the database without having mended it
        assert store_of(ledger).clear_damage()
        wait_until(lambda: store_of(ledger).mode().damage is not None)

    assert "head 5" in str(store_of(ledger).mode().damage)


def test_what_is_read_again_goes_as_far_as_an_old_mark_may_be_behind(ledger: SmallLedger) -> None:
    fill(ledger, 600, batch=300)
    spoil(ledger, "UPDATE entries SET entry = zeroblob(9) WHERE leaf_index = 400")

    scrubber(ledger).read_again(ScrubState(0), 255)
    with pytest.raises(AuditError):
        scrubber(ledger).read_again(ScrubState(0), 256)
    scrubber(ledger).read_again(ScrubState(512), 10_000)  # not beyond the round's end


def literal(ledger: SmallLedger, size: int) -> str:
    octets = tlog.root_hash(size, ledger.store.read_tile).hex()
    return f"decode('{octets}', 'hex')" if is_postgresql(ledger) else f"X'{octets}'"


def is_postgresql(ledger: SmallLedger) -> bool:
    return ledger.place is not None and ledger.place.is_postgresql


def spoil(ledger: SmallLedger, statement: str) -> None:
    with ledger.store.writer.begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount == 1


def refused(writer: Writer) -> None:
    with pytest.raises(DamagedLogError):
        writer.accept([deposit(ALICE, "refused").compact]).result(20)


def test_damage_that_cannot_be_written_down_stops_this_process_all_the_same(
    ledger: SmallLedger,
) -> None:
    class Broken(SqlModeStore):
        is_broken = True

        def mark_damage(self, damage: str) -> None:
            if self.is_broken:
                raise FatalError("the disk does not write")
            super().mark_damage(damage)

    store = Broken(ledger.store.writer, ledger.store.reader)
    mode = LedgerMode(DiskMark(ledger.folder, 0), store)

    mode.note_damage("entry 1: it rots")

    with pytest.raises(DamagedLogError):
        mode.check()
    assert store.mode().damage is None
    store.is_broken = False
    with pytest.raises(DamagedLogError):
        mode.check_now()
    assert store.mode().damage == "entry 1: it rots"
    store.mark_damage("something later")
    assert store.mode().damage == "entry 1: it rots"


def test_of_two_processes_one_scrubs(either: SmallLedger) -> None:
    fill(either, 300)
    other = SmallLedger(either.folder, place=either.place)
    with scrubbing(either, mode_of(either)) as first, scrubbing(other, mode_of(other)) as second:

        def leading() -> list[float]:
            return [
                one.value
                for loop in (first, second)
                for one in loop.measures()
                if one.name == "scrub_leading"
            ]

        wait_until(lambda: sorted(leading()) == [0, 1])
        wait_until(lambda: store_of(either).scrub_state().rounds >= 4)
        assert sorted(leading()) == [0, 1]
    other.close()


def test_of_three_processes_never_two_say_for_long_that_they_scrub(either: SmallLedger) -> None:
    fill(either, 3)
    others = [SmallLedger(either.folder, place=either.place) for _ in range(2)]
    with ExitStack() as running:
        loops: list[ScrubLoop] = []

        def leading() -> float:
            shown = (one for loop in loops for one in loop.measures())
            return sum(one.value for one in shown if one.name == "scrub_leading")

        for ledger in (either, *others):
            # an hour between two rounds: the mark of who leads stands still meanwhile
            loops.append(
                running.enter_context(scrubbing(ledger, mode_of(ledger), round_seconds=3_600))
            )
            wait_until(lambda: leading() == 1)
        time.sleep(1.5)
        assert leading() == 1
    for other in others:
        other.close()


def test_the_mark_moves_only_from_where_it_was(either: SmallLedger) -> None:
    store = store_of(either)

    assert store.scrub_state() == ScrubState()
    assert store.advance_scrub(ScrubState(), ScrubState(256))
    assert not store.advance_scrub(ScrubState(), ScrubState(512))
    assert store.advance_scrub(ScrubState(256), ScrubState(0, 1, 1_780_000_000))
    store.mark_damage("tile 0/0")

    assert store.scrub_state() == ScrubState(0, 1, 1_780_000_000, "tile 0/0")


def test_what_a_damaged_database_says_of_itself_can_be_written_down(either: SmallLedger) -> None:
    mode = mode_of(either)

    mode.note_damage("entry 9: \0 \x1b[2J \N{SNOWMAN} \udcff" + "x" * 9_999)

    stored = store_of(either).mode().damage
    assert stored is not None
    assert stored == mode.damage
    assert stored.startswith("entry 9: \\x00 \\x1b[2J \\u2603 \\udcff")
    assert stored.isascii()
    assert len(stored) == 500
