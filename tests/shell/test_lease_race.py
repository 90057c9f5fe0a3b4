"""Leases under real races: threads with connections of their own, on both databases."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from anchored_log import AnchoredLog

from provenance.errors import ConflictError, LeaseLostError
from provenance.ledger.chain_port import Attempt
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_reader, open_writer
from provenance.store.lease_store import fence
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place

    from provenance.ledger.anchor_port import Lease
    from provenance.store.engine import Database

CHAIN = 7
WORKERS = 4
TURNS = 40


class Contender:
    """A worker's process, as far as the database sees it."""

    def __init__(self, database: Database, name: str) -> None:
        self.engine = open_writer(database)
        self.reader = open_reader(database)
        self.store = SqlAnchorStore(self.engine, self.reader)
        self.name = name
        self.epochs: list[int] = []
        self.lost = 0

    def close(self) -> None:
        self.engine.dispose()
        self.reader.dispose()

    def compete(self, sizes: list[int]) -> None:
        """Bind whatever is next, under leases that end at once: everybody is soon a zombie."""
        for _ in range(TURNS):
            lease = self.store.acquire(CHAIN, self.name, 0)
            if lease is None:
                continue
            self.epochs.append(lease.epoch)
            newest = self.store.newest(CHAIN)
            place = 0 if newest is None else newest.nonce + 1
            if place == len(sizes):
                return
            try:
                self._bind(lease, place, sizes[place])
            except LeaseLostError:
                self.lost += 1
            except ConflictError as error:
                raise AssertionError("a fenced worker acted on an old view") from error

    def _bind(self, lease: Lease, place: int, tree_size: int) -> None:
        # as long as a real turn's signing takes: time for others to take over
        time.sleep(0.001)
        self.store.bind(
            lease,
            sender=bytes(20),
            nonce=place,
            base_size=0,
            tree_size=tree_size,
            root_hash=AnchoredLog.leaf(place),  # type: ignore[arg-type]  # any 32 bytes
            call_data=b"",
            attempt=Attempt(f"{self.name}-{place}".encode(), b"", 1, 1, 1, None),
            now_unix=1,
        )


@pytest.fixture
def contenders(place: Place) -> Iterator[list[Contender]]:
    engine = open_writer(place.ledger)
    migrate(engine)
    engine.dispose()
    with ExitStack() as stack:
        made = [Contender(place.ledger, f"worker {i}") for i in range(WORKERS)]
        for contender in made:
            stack.callback(contender.close)
        yield made


def test_no_two_that_compete_ever_write_beside_each_other(contenders: list[Contender]) -> None:
    log = AnchoredLog(contenders[0].engine)
    sizes = [log.grow(1) for _ in range(30)]

    with ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(contender.compete, sizes) for contender in contenders]:
            future.result()

    anchors = contenders[0].store.page()
    assert [a.nonce for a in anchors] == list(range(len(anchors)))
    assert [a.tree_size for a in anchors] == sizes[: len(anchors)]
    assert anchors
    owners = [set(contender.epochs) for contender in contenders]
    assert sum(map(len, owners)) == len(set().union(*owners)), "two holders had one epoch"
    assert len(set().union(*owners)) > 1


def test_write_under_way_keeps_the_lease_until_it_is_committed(
    contenders: list[Contender],
) -> None:
    """A takeover comes before a write or after it, never into the middle."""
    first, second = contenders[:2]
    lease = first.store.acquire(CHAIN, "first", 0)
    assert lease is not None
    order: list[str] = []

    def take_over() -> None:
        assert second.store.acquire(CHAIN, "second", 60) is not None
        order.append("taken over")

    with first.engine.begin() as connection:
        fence(connection, lease)
        thread = threading.Thread(target=take_over)
        thread.start()
        time.sleep(0.2)
        order.append("committed")
    thread.join(10)

    assert order == ["committed", "taken over"]
    with pytest.raises(LeaseLostError):
        first.store.halt(lease, "code", "message", 1)
