"""The group commit as a loop in a thread: many callers, one writer, one fsync for all that wait.

    accept() --> [large: pool checks it] --> writer: check, integrate, sign, make receipts
    future   <------------------------------ [large: pool] <-----------------'

There is no timer: while one batch is on its way to the disk, the next one gathers. Callers get a
future of their answers, in the order of their records; the acknowledgement is the receipt.

Several processes may write one log, each with a writer: the lock of the log's head orders their
batches, and whichever has the signer's turn signs for all that is durable. Nothing is integrated
while what was integrated before could not be signed, so a signer that is away stops this loop,
which tries again until it is back.

Small requests stay in the writer's thread from end to end: threads that share one interpreter's
lock, and one processor's cache each, cost more by taking turns than they save by overlapping. What
is large enough to be worth a thread of its own is checked and answered in the pool.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from provenance.errors import (
    FatalError,
    OverloadedError,
    ProvenanceError,
    TooLargeError,
    UnavailableError,
)
from provenance.ledger.accept_records import check_batch_limits, check_records
from provenance.ledger.integrate_entries import Integrated, Integration, integrate_entries
from provenance.ledger.load_record import record_id_of
from provenance.ledger.recover_log import recover_log
from provenance.ledger.sign_checkpoint import sign_newest_head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.identity import Institution
    from provenance.keys import PublicKey
    from provenance.ledger.accept_records import Item
    from provenance.ledger.integrate_entries import Outcome
    from provenance.ledger.issue_receipt import ReceiptIssuer
    from provenance.ledger.known_keys import KnownKeys
    from provenance.ledger.ports import BeaconSource, KeyStore, LogStore, SignedHead, Signer
    from provenance.ledger.tile_cache import TileCache
    from provenance.receipt import Receipt

__all__ = ["STOP_SECONDS", "Accepted", "Answer", "Gate", "Writer"]

_logger = logging.getLogger(__name__)

MAX_WAITING: Final = 20_000
"""Records taken on but not yet answered; more are refused before anything is promised."""

THREADS: Final = 2
"""Signatures are checked without the interpreter's lock: two cores' worth of threads help."""

_SMALL: Final = 32
"""Records of a request that the writer's own thread checks and answers."""

_AT_ONCE: Final = 512
"""Small requests of one batch, so that those at its head need not wait for a flood behind them."""

STOP_SECONDS: Final = 20.0
"""For what was taken on before a stop; a database may be away for half of it."""

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries to sign what is durable and could not be signed; a try costs little,
and whoever deposits waits for it once signer and database are back."""

_PATIENCE: Final = 5.0
_SLOWEST: Final = 500.0
"""Seconds until a batch should have come back, and records a second that any machine integrates."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record that is in the log, and the proof of it."""

    record_id: bytes
    leaf_index: int
    is_new: bool
    """False for a repeat: it had this index before."""
    receipt: Receipt


Answer: TypeAlias = Accepted | ProvenanceError


class Gate(Protocol):
    """Says whether the ledger may take records at all; each raises an UnavailableError if not."""

    def check(self) -> None:
        """Ask what is known in this process: for every request, never waits."""

    def check_now(self) -> None:
        """Ask the database too: for every batch, so that nothing begins after it was forbidden."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    compacts: list[bytes]
    future: Future[list[Answer]]


@dataclass(frozen=True, slots=True)
class _Request:
    items: list[Item]
    future: Future[list[Answer]]


class Writer:
    """The one writer of a log. Make it, ``start`` it, ``accept`` from any thread, ``close`` it.

    A ``FatalError`` ends it for good: every caller that waits gets the error, nobody is answered
    any more, and ``on_fatal`` is told, which should end the process.
    """

    def __init__(  # noqa: PLR0913 -- service.compose passes each by name
        self,
        *,
        store: LogStore,
        key_store: KeyStore,
        signer: Signer,
        origin: str,
        known_keys: KnownKeys,
        tiles: TileCache,
        receipts: ReceiptIssuer,
        now_unix: Callable[[], int],
        beacons: BeaconSource | None = None,
        admit: Callable[[Sequence[Item]], list[Item]] | None = None,
        gate: Gate | None = None,
        on_fatal: Callable[[FatalError], None] | None = None,
        max_waiting: int = MAX_WAITING,
        institutions: Mapping[str, Institution] = MappingProxyType({}),
        threads: int = THREADS,
    ) -> None:
        """Join the parts; nothing runs yet.

        Args:
            now_unix: our clock, POSIX seconds: it only refuses records from the future.
            beacons: None for a ledger without a chain.
            admit: refuses what a write policy does not let in, after the signatures were checked.
            gate: asked before anything is promised, and again before a batch begins.
            institutions: by thumbprint, the institution keys of the policy that is served.
        """
        self._store = store
        self._key_store = key_store
        self._signer = signer
        self._origin = origin
        self._known_keys = known_keys
        self._tiles = tiles
        self._receipts = receipts
        self._now_unix = now_unix
        self._beacons = beacons
        self._admit = admit
        self._gate = gate
        self._institutions = institutions
        self._on_fatal = on_fatal
        self._max_waiting = max_waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="records")
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._condition = threading.Condition()
        self._arrivals: deque[_Arrival] = deque()
        self._queue: deque[_Request] = deque()
        self._waiting = 0
        self._closing = False
        self._failure: FatalError | None = None
        self._signed: SignedHead | None = None
        self._away: UnavailableError | None = None
        self._pause = _FIRST_PAUSE
        self._due: float | None = None

    @property
    def failure(self) -> FatalError | None:
        """What ended the writer, None while it is well."""
        return self._failure

    @property
    def waiting(self) -> int:
        """Records taken on but not yet answered."""
        return self._waiting

    def standing(self) -> tuple[bool, str]:
        """Say for the readiness whether the log can be continued, and what is away if not."""
        if self._failure is not None:
            return False, self._failure.code
        if self._away is not None:
            return False, self._away.code
        return True, "running"

    @property
    def is_overdue(self) -> bool:
        """Whether the batch in hand should have come back by now; False while there is none."""
        due = self._due
        return due is not None and time.monotonic() > due

    @property
    def away(self) -> UnavailableError | None:
        """What keeps the durable head from being signed; None while all that is durable is."""
        return self._away

    def start(self) -> SignedHead | None:
        """Recover the log, then begin to write; returns the newest signed head.

        None while the signer or a database is away, or the ledger may not be written: readers are
        served, and the recovery is tried again before anything is integrated.

        Raises:
            ConflictError: the database holds another log.
            FatalError: the log may not be continued (see ``recover_log``).
        """
        try:
            self._recover()
        except UnavailableError as error:
            self._note_away(error)
        self._thread.start()
        return self._signed

    def accept(self, compacts: Sequence[bytes]) -> Future[list[Answer]]:
        """Take on one request; the future has one answer per record, in order.

        The future fails with ``UnavailableError`` when the store could not: then some of the
        records may be in the log all the same, and sending them again tells.

        Raises:
            TooLargeError: more records or bytes than one request may have, or more records than
                may ever wait here.
            OverloadedError: too many records wait; nothing was taken on.
            UnavailableError: the ledger takes no records now (``Gate``); nothing was taken on.
            FatalError: the writer has ended.
        """
        check_batch_limits(compacts)
        count = len(compacts)
        if count > self._max_waiting:  # asking again would be in vain
            raise TooLargeError(
                limit=self._max_waiting, length=count, unit="records", field="batch"
            )
        if self._gate is not None:
            self._gate.check()
        future: Future[list[Answer]] = Future()
        future.set_running_or_notify_cancel()  # what is on its way to the disk cannot be taken back
        with self._condition:
            self._check_open()
            if self._waiting + count > self._max_waiting:
                raise OverloadedError(
                    f"{self._waiting} records wait, {count} more came, limit {self._max_waiting}"
                )
            self._waiting += count
            arrival = _Arrival(list(compacts), future)
            if count <= _SMALL:
                self._arrivals.append(arrival)
                self._condition.notify_all()
        future.add_done_callback(lambda _: self._leave(count))
        if count > _SMALL:
            self._pool.submit(self._check_large, arrival)
        return future

    def close(self, timeout: float = STOP_SECONDS) -> bool:
        """Answer all that was taken on, then stop; safe to call again.

        A database whose COMMIT waits for a standby that is away may let it wait for ever. What is
        under way then is given up: it may be in the log all the same, and asking again tells.

        Returns:
            False if the thread still hangs: what it uses must be left to the process's end.
        """
        deadline = time.monotonic() + timeout
        with self._condition:
            self._closing = True
            self._condition.wait_for(
                lambda: not self._waiting or self._failure is not None, timeout
            )
            self._condition.notify_all()
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        has_ended = not self._thread.is_alive()
        if not has_ended:
            _logger.warning("%d records are given up after %g s", self._waiting, timeout)
        self._pool.shutdown(wait=has_ended, cancel_futures=not has_ended)
        return has_ended

    def _check_open(self) -> None:
        if self._failure is not None:
            raise FatalError(f"the writer has ended: {self._failure}") from self._failure
        if self._closing:
            raise UnavailableError("the service is stopping")

    def _leave(self, count: int) -> None:
        with self._condition:
            self._waiting -= count
            if self._closing:
                self._condition.notify_all()

    # --- in the pool -------------------------------------------------------------------------

    def _find_keys(self, kids: Sequence[str]) -> Mapping[str, PublicKey]:
        return {kid: stored.key for kid, stored in self._known_keys.find(kids).items()}

    def _check_large(self, arrival: _Arrival) -> None:
        """Check one request and hand it to the writer."""
        request = self._check(arrival)
        if request is None:
            return
        with self._condition:
            if self._failure is None:
                self._queue.append(request)
                self._condition.notify_all()
                return
        _fail([request], self._failure)

    def _check(self, arrival: _Arrival) -> _Request | None:
        """Parse and verify one request; None when it was answered with an error."""
        try:
            items = check_records(arrival.compacts, origin=self._origin, find_keys=self._find_keys)
            if self._admit is not None:
                items = self._admit(items)
        except FatalError as error:
            self._end([arrival], error)
            return None
        except Exception as error:  # noqa: BLE001 -- the caller gets it, whatever it is
            arrival.future.set_exception(error)
            return None
        return _Request(items, arrival.future)

    def _answer(self, batch: Sequence[tuple[_Request, list[Outcome]]], signed: SignedHead) -> None:
        """Make the receipts of some requests, then answer all their callers at once."""
        answered: list[tuple[_Request, list[Answer]]] = []
        for request, outcomes in batch:
            try:
                answers = [self._receipt(outcome, signed) for outcome in outcomes]
            except FatalError as error:
                # what is stored cannot be trusted any more: of these, nobody was answered yet
                self._end([one for one, _ in batch if not one.future.done()], error)
                return
            except Exception as error:  # noqa: BLE001 -- the caller gets it, whatever it is
                request.future.set_exception(error)
            else:
                answered.append((request, answers))
        for request, answers in answered:
            request.future.set_result(answers)

    def _receipt(self, outcome: Outcome, signed: SignedHead) -> Answer:
        if not isinstance(outcome, Integrated):
            return outcome
        try:
            if outcome.is_new:
                receipt = self._receipts.acknowledge(
                    outcome.record, outcome.leaf_index, signed, has_events=outcome.has_events
                )
            else:
                receipt = self._receipts.issue(outcome.leaf_index)
        except FatalError:
            raise
        except ProvenanceError as error:
            return error
        # on a repeat the stored record speaks: a ``key`` record may repeat one with other bytes
        entry = receipt.record.sd_jwt.partition("~")[0].encode("ascii")
        record_id = outcome.record.id if outcome.is_new else record_id_of(entry)
        return Accepted(record_id, outcome.leaf_index, outcome.is_new, receipt)

    # --- in the writer's thread --------------------------------------------------------------

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            requests, arrivals = taken
            requests += [one for one in map(self._check, arrivals) if one is not None]
            if self._failure is not None:
                _fail(requests, self._failure)
                return
            if not requests and self._signed is not None:
                continue
            records = sum(len(request.items) for request in requests)
            self._due = time.monotonic() + _PATIENCE + records / _SLOWEST
            try:
                self._write(requests)
            except UnavailableError as error:
                # nobody was answered; what is durable is signed before anything else comes in
                self._signed = None
                self._note_away(error)
                _fail(requests, error)
            except Exception as error:  # noqa: BLE001 -- the boundary of this thread
                self._end(requests, error)
                return
            finally:
                self._due = None

    def _take(self) -> tuple[list[_Request], list[_Arrival]] | None:
        """Wait for requests and take them, checked ones and small ones; None at the end.

        Both lists are empty when it is time to try again to sign what is durable.
        """
        with self._condition:
            self._condition.wait_for(
                lambda: self._queue or self._arrivals or self._is_done(),
                None if self._signed is not None else self._pause,
            )
            requests = list(self._queue)
            self._queue.clear()
            count = min(len(self._arrivals), _AT_ONCE)
            arrivals = [self._arrivals.popleft() for _ in range(count)]
            if requests or arrivals or not self._is_done():
                return requests, arrivals
        return None

    def _is_done(self) -> bool:
        return self._failure is not None or (self._closing and not self._waiting)

    def _write(self, requests: list[_Request]) -> None:
        """Integrate one batch, sign it, and let the pool answer its callers."""
        if self._signed is None:
            self._recover()
        elif self._gate is not None:
            self._gate.check_now()
        if not requests:
            return
        integration = integrate_entries(
            [request.items for request in requests],
            store=self._store,
            key_store=self._key_store,
            beacons=self._beacons,
            now_unix=self._now_unix(),
            institutions=self._institutions,
        )
        signed = self._sign(integration)
        small: list[tuple[_Request, list[Outcome]]] = []
        for request, outcomes in zip(requests, integration.outcomes, strict=True):
            if len(outcomes) > _SMALL:
                self._pool.submit(self._answer, [(request, outcomes)], signed)
            else:
                small.append((request, outcomes))
        if small:
            self._answer(small, signed)

    def _recover(self) -> None:
        """Sign what is durable, under the memory's eye; before anything else is integrated."""
        if self._gate is not None:
            self._gate.check_now()
        self._signed = recover_log(
            store=self._store, key_store=self._key_store, signer=self._signer, origin=self._origin
        )
        if self._away is not None:
            _logger.info("the log is taken up again at tree size %d", self._signed.tree_size)
        self._away, self._pause = None, _FIRST_PAUSE

    def _note_away(self, error: UnavailableError) -> None:
        if self._away is None or self._away.code != error.code:
            _logger.warning("nothing is signed: %s", error)
        self._away = error
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _sign(self, integration: Integration) -> SignedHead:
        """Return the first signed head that covers the batch, made here or by another process."""
        self._tiles.offer(integration.tiles)
        size = integration.covering_size
        if self._signed is None or self._signed.tree_size < size:
            self._signed = None
            self._signed = sign_newest_head(
                store=self._store, signer=self._signer, origin=self._origin
            )
        if integration.head is None or self._signed.tree_size == size:
            return self._signed
        # others' entries are under it too: one in between may have been signed by another process
        return self._store.first_signed_above(size - 1) or self._signed

    def _end(self, requests: Sequence[_Request | _Arrival], error: Exception) -> None:
        """Stop for good, from any thread: nobody is answered any more, and the process must end."""
        failure = error if isinstance(error, FatalError) else FatalError(repr(error))
        failure.__cause__ = None if failure is error else error
        with self._condition:
            is_first = self._failure is None
            self._failure = self._failure or failure
            waiting: list[_Request | _Arrival] = [*requests, *self._queue, *self._arrivals]
            self._queue.clear()
            self._arrivals.clear()
            self._condition.notify_all()
        _fail(waiting, failure)
        if is_first and self._on_fatal is not None:
            self._on_fatal(failure)


def _fail(requests: Sequence[_Request | _Arrival], error: ProvenanceError) -> None:
    for request in requests:
        request.future.set_exception(error)
