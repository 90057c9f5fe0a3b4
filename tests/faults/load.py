"""Clients that deposit, repeat and read, and never give up on what they have signed.

Each client is a thread with a key of its own. What failed without an answer is sent again, the
very same bytes, until it is acknowledged; some of what was acknowledged is sent again on purpose,
by its owner or by somebody else at the same time.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from random import Random
from typing import TYPE_CHECKING

from faults.http import Connection, GoneError
from faults.wire import JSON, Person, Violation, demand, record_id

if TYPE_CHECKING:
    from faults.journal import Journal

_TRY_AGAIN = {429, 503, 507}
_RECENT = 64


def is_for_now(status: int, body: bytes) -> bool:
    """Tell whether a refusal says "ask again", or comes from a process that is ending."""
    return status in _TRY_AGAIN or (status == 500 and b'"code":"fatal"' in body.replace(b" ", b""))


class Address:
    """Where the server listens now; clients wait while there is none."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._url: str | None = None
        self._closed = False
        self._in_use = 0

    def set(self, url: str | None) -> None:
        with self._changed:
            self._url = url
            self._changed.notify_all()

    def is_down(self) -> bool:
        with self._changed:
            return self._url is None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def enter(self) -> str | None:
        """Return the address, to be left again; None when there will be no other."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._url is not None)
            if self._closed:
                return None
            self._in_use += 1
            return self._url

    def leave(self) -> None:
        """The exchange is over."""
        with self._changed:
            self._in_use -= 1
            self._changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Let the clients begin nothing new, and wait until what they began is over."""
        self.set(None)
        with self._changed:
            is_over = self._changed.wait_for(lambda: not self._in_use, seconds)
        demand(is_over, "I9", f"a request takes longer than {seconds:.0f} s")


class Load:
    """All clients of one campaign."""

    def __init__(
        self,
        journal: Journal,
        *,
        origin: str,
        seed: int,
        clients: int,
        pause: float,
        servers: int = 1,
    ) -> None:
        """Prepare.

        Args:
            pause: the longest time a client rests between two requests, in seconds.
            servers: how many serve the same ledger; the clients share them out among them.
        """
        self.addresses = [Address() for _ in range(servers)]
        self.failure: Violation | None = None
        self.recent: deque[bytes] = deque(maxlen=_RECENT)
        self.stopping = threading.Event()
        self.pause = pause
        # a resumed campaign has other people and other records
        names = [f"{seed}/{journal.acknowledged()}/{number}" for number in range(clients)]
        self._clients = [
            _Client(self, journal, Person(name.encode(), origin), name, number % servers)
            for number, name in enumerate(names)
        ]

    @property
    def address(self) -> Address:
        """The one server's, where there is one."""
        return self.addresses[0]

    def start(self) -> None:
        for client in self._clients:
            client.start()

    def finish(self, seconds: float) -> None:
        """Stop new records; wait until all that was ever sent is acknowledged."""
        self.stopping.set()
        deadline = time.monotonic() + seconds
        for client in self._clients:
            client.join(max(0.0, deadline - time.monotonic()))
        self.check()
        left = sum(client.is_alive() for client in self._clients)
        demand(not left, "I9", f"{left} clients are not answered {seconds} s after the last fault")

    def abandon(self) -> None:
        """End the clients, whatever they wait for."""
        self.stopping.set()
        for address in self.addresses:
            address.close()

    def check(self) -> None:
        if self.failure is not None:
            raise self.failure


class _Client(threading.Thread):
    def __init__(
        self, load: Load, journal: Journal, person: Person, seed: str, server: int
    ) -> None:
        super().__init__(daemon=True, name=f"client {seed}")
        self._load = load
        self._address = load.addresses[server]
        self._journal = journal
        self._person = person
        self._rng = Random(seed)
        self._connection = Connection()
        self._own: deque[bytes] = deque(maxlen=1000)

    def run(self) -> None:
        try:
            self._settle([self._person.key_record(self._rng, int(time.time()))], is_batch=True)
            while not self._load.stopping.is_set():
                self._one_turn()
                self._load.stopping.wait(self._rng.uniform(0, self._load.pause))
        except Violation as violation:
            self._load.failure = violation
        finally:
            self._connection.close()

    def _one_turn(self) -> None:
        kind = self._rng.choices(
            ["single", "batch", "repeat", "others", "receipt"], [50, 20, 12, 8, 10]
        )[0]
        if kind == "single":
            self._settle([self._new()], is_batch=False)
        elif kind == "batch":
            records = [self._new() for _ in range(self._rng.randrange(2, 30))]
            if self._own and self._rng.random() < 0.5:
                records.append(self._rng.choice(self._own))  # known before
                records.append(self._rng.choice(records))  # and twice within one request
            self._settle(records, is_batch=True)
        elif kind == "repeat" and self._own:
            self._settle([self._rng.choice(self._own)], is_batch=False)
        elif kind == "others" and self._load.recent:
            self._settle([self._rng.choice(list(self._load.recent))], is_batch=False)
        elif kind == "receipt" and self._own:
            self._read_receipt(self._rng.choice(self._own))

    def _new(self) -> bytes:
        record = self._person.deposit(self._rng, int(time.time()))
        self._load.recent.append(record)  # others may send it before it is acknowledged
        return record

    # --- sending until it is acknowledged ------------------------------------------------------

    def _settle(self, records: list[bytes], *, is_batch: bool) -> None:
        """Send until every record is acknowledged; the bytes are the same each time."""
        tries = 0
        while (url := self._address.enter()) is not None:
            tries += 1
            try:
                if is_batch:
                    records = self._post_batch(url, records, tries > 1)
                else:
                    records = self._post_single(url, records[0], tries > 1)
            except GoneError:
                self._journal.count("answers lost")
                time.sleep(self._rng.uniform(0.001, 0.03))
            finally:
                self._address.leave()
            if not records:
                return

    def _post_single(self, url: str, record: bytes, retried: bool) -> list[bytes]:  # noqa: FBT001
        headers = {"content-type": "application/sd-jwt"}
        status, body = self._connection.ask(url, "POST", "/v1/records", record, headers)
        if is_for_now(status, body):
            raise GoneError(f"status {status}")
        demand(status in {200, 201}, "I1", f"status {status} for a good record: {body[:300]!r}")
        self._note(record, body, is_new=status == 201, retried=retried)
        return []

    def _post_batch(
        self,
        url: str,
        records: list[bytes],
        retried: bool,  # noqa: FBT001
    ) -> list[bytes]:
        sent = json.dumps([record.decode() for record in records]).encode()
        headers = {"content-type": "application/json"}
        status, body = self._connection.ask(url, "POST", "/v1/records/batch", sent, headers)
        if is_for_now(status, body):
            raise GoneError(f"status {status}")
        demand(status == 200, "I1", f"status {status} for a good batch: {body[:300]!r}")
        results: list[JSON] = json.loads(body)["results"]
        demand(len(results) == len(records), "I1", f"{len(results)} results of {len(records)}")
        receipts = iter(receipts_in(body.decode()))
        left = []
        for record, result in zip(records, results, strict=True):
            if result["status"] == "refused":
                problem = result["problem"]
                demand(problem["status"] in _TRY_AGAIN, "I1", f"a good record: {problem}")
                left.append(record)
                continue
            demand(result["id"] == record_id(record).hex(), "I1", "results in another order")
            receipt = next(receipts)
            demand(json.loads(receipt)["record"]["leaf_index"] == result["leaf_index"], "I1", "")
            self._note(record, receipt, is_new=result["status"] == "integrated", retried=retried)
        return left

    def _note(self, record: bytes, receipt: bytes, *, is_new: bool, retried: bool) -> None:
        index = json.loads(receipt)["record"]["leaf_index"]
        self._journal.ack(
            record, index, receipt, is_new=is_new, retried=retried, at=time.monotonic()
        )
        self._own.append(record)

    # --- reading ---------------------------------------------------------------------------------

    def _read_receipt(self, record: bytes) -> None:
        url = self._address.enter()
        if url is None:
            return
        try:
            path = f"/v1/records/{record_id(record).hex()}/receipt"
            status, body = self._connection.ask(url, "GET", path)
            if is_for_now(status, body):
                return
            demand(status == 200, "I1", f"status {status} for an acknowledged record's receipt")
            self._journal.keep_receipt(body)
            self._journal.count("receipts read")
        except GoneError:
            return
        finally:
            self._address.leave()


def receipts_in(text: str) -> list[bytes]:
    """Cut the receipts out of a batch's answer, each as the bytes that were sent."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while (at := text.find(',"receipt":{', at)) >= 0:
        start = at + len(',"receipt":')
        _, at = decoder.raw_decode(text, start)
        found.append(text[start:at].encode() + b"\n")
    return found
