"""One of several nodes of a chain: asked on threads of its own, pinned at every (re)connect (W2).

An endpoint that stalls keeps its few threads busy until they time out, and is passed over
meanwhile; so it can slow nobody, and nothing piles up behind it. One of another chain is not
asked at all, and looked at again after a minute: an operator may have mended it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from provenance.errors import (
    AnchorRefusedError,
    NodeRefusedError,
    ProvenanceError,
    WrongChainError,
)
from provenance.ledger.chain_log import ChainLog, cause_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.chain.client import ChainClient

__all__ = ["Endpoint", "EndpointStatus"]

_logger = logging.getLogger(__name__)

MAX_THREADS: Final = 4
"""Exchanges at a time with one endpoint: worker, beacon, and two that may be stuck."""

RECHECK_SECONDS: Final = 60.0
"""A node of a wrong chain is looked at again after so long."""

IDLE_SECONDS: Final = 60.0
"""A thread with nothing to do for so long ends."""


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """How one endpoint does, for readiness and metrics; it holds no access key."""

    place: str
    """Scheme and host of its address, as ``https://node.example``."""
    is_usable: bool
    """It answered last, and is of the pinned chain."""
    last_error: str | None
    """What went wrong last, None while nothing does."""
    behind_by: int | None
    """Blocks that its finalized block is below the agreed one; None before it said one."""
    outvoted: int
    """How often the others agreed on another answer than its own, since the start."""


_Task: TypeAlias = "Callable[[], None]"
_T = TypeVar("_T")


class Endpoint:
    """A client with its threads, its pin state and its last error; any thread may use it."""

    def __init__(self, client: ChainClient) -> None:
        """Take over ``client``; nothing is sent yet."""
        self.client = client
        self.place = client.rpc.provider.place
        self._log = ChainLog(_logger, client.pin.chain_id)
        self.finalized_number: int | None = None
        """Of the block it called final last."""
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._pinned = False
        self._wrong: WrongChainError | None = None
        self._wrong_at = 0.0
        self._error: str | None = None
        self._said: set[str] = set()
        """The causes that the log knows of, of the failure that lasts."""
        self._outvoted = 0
        self._told_at = -RECHECK_SECONDS

    @property
    def is_failing(self) -> bool:
        """Tell whether it could not answer last."""
        return self._error is not None

    def status(self, agreed_number: int | None) -> EndpointStatus:
        """Return how it does, given the number of the agreed finalized block."""
        mine = self.finalized_number
        behind = None if mine is None or agreed_number is None else max(0, agreed_number - mine)
        return EndpointStatus(self.place, self._error is None, self._error, behind, self._outvoted)

    # --- asking ----------------------------------------------------------------------------

    def start(self, task: _Task) -> bool:
        """Run ``task`` on a thread of this endpoint; False when all of them are busy."""
        with self._lock:
            is_stuck = self._busy >= MAX_THREADS
            is_new = not is_stuck and self._busy == self._threads
            self._busy += not is_stuck
            self._threads += is_new
        if is_stuck:
            self._fail("stuck: it takes requests and does not answer")
            return False
        self._tasks.put(task)
        if is_new:
            threading.Thread(target=self._run, name="endpoint", daemon=True).start()
        return True

    def _run(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._busy < self._threads:
                        self._threads -= 1
                        return
                continue  # a task was promised to this thread meanwhile
            try:
                task()
            except BaseException:
                with self._lock:
                    self._threads -= 1  # our own mistake, which the interpreter prints
                raise
            finally:
                with self._lock:
                    self._busy -= 1

    def ask(self, question: Callable[[ChainClient], _T]) -> _T:
        """Answer a question, after the pin was compared since the last failure.

        Raises:
            WrongChainError: it is of another chain, or was a moment ago.
            ProvenanceError: as ``question`` does.
        """
        try:
            self._check_pin()
            answer = question(self.client)
        except (AnchorRefusedError, WrongChainError):
            raise  # an answer, or noted already
        except ProvenanceError as error:
            self._note(error)
            raise
        self._note(None)
        return answer

    def pin_again(self) -> None:
        """Compare the pin before the next question, wrong a moment ago or not."""
        self._pinned = False
        self._wrong_at = -RECHECK_SECONDS

    def note_outvoted(self, subject: str) -> None:
        """Remember that the others agreed on something else; a person is told once a minute."""
        self._outvoted += 1
        now = time.monotonic()
        if now - self._told_at >= RECHECK_SECONDS:
            self._told_at = now
            self._log.warning("%s was outvoted on %s", self.place, subject)

    def _check_pin(self) -> None:
        if self._pinned:
            return
        wrong = self._wrong
        if wrong is not None and time.monotonic() - self._wrong_at < RECHECK_SECONDS:
            raise WrongChainError(str(wrong))
        try:
            self.client.check_pin()
        except WrongChainError as error:
            if wrong is None:
                self._log.error("%s is not asked any more: %s", self.place, error)
            self._wrong, self._wrong_at, self._error = error, time.monotonic(), str(error)
            raise
        if wrong is not None:
            self._log.warning("%s is of the right chain again", self.place)
        self._wrong, self._pinned = None, True

    def _note(self, error: ProvenanceError | None) -> None:
        if error is None:
            if self._error is not None:
                self._log.info("%s answers again", self.place)
            self._error = None
            self._said.clear()
            return
        if not isinstance(error, NodeRefusedError):
            self._pinned = False  # who knows which node answers there next time (W2)
        self._fail(str(error))

    def _fail(self, said: str) -> None:
        """Keep what is wrong, and tell a person of each cause, once until the node answers."""
        cause = cause_of(said)
        if cause not in self._said:
            self._said.add(cause)
            self._log.warning("%s: %s", self.place, said)
        self._error = said
