"""A writer that is told to stop while its database waits for a standby that is away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from databases import fresh_place
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import PostgresServer

ALICE = key_of("alice")


@pytest.fixture
def ledger(tmp_path: Path, postgresql: PostgresServer) -> Iterator[SmallLedger]:
    place = fresh_place(postgresql)
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    yield ledger
    ledger.close()
    postgresql.drop(place)


def test_a_stop_gives_up_what_nobody_can_promise(
    ledger: SmallLedger, postgresql: PostgresServer
) -> None:
    writer = ledger.writer()
    writer.start()
    accepted(writer.accept([key_record(ALICE).compact]).result(timeout=20)[0])
    size = ledger.store.head().tree_size
    with postgresql.configured(synchronous_standby_names="nobody"):
        waiting = writer.accept([deposit(ALICE, "waits").compact])
        asked = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        while not postgresql.execute(asked):
            time.sleep(0.01)
        began = time.monotonic()

        assert not writer.close(timeout=1)

        assert time.monotonic() - began < 5
        assert not waiting.done()  # nobody was promised anything
    # the standby is not asked for any more: what was under way ends, and is answered in the end
    accepted(waiting.result(timeout=20)[0])
    assert writer.close()
    assert ledger.store.head().tree_size == size + 1


def test_a_stop_answers_what_was_taken_on(ledger: SmallLedger) -> None:
    writer = ledger.writer()
    writer.start()
    records = [key_record(ALICE), *(deposit(ALICE, f"set {at}") for at in range(40))]
    answers = writer.accept([one.compact for one in records])

    assert writer.close()

    assert [accepted(one).is_new for one in answers.result(timeout=0)] == [True] * len(records)
