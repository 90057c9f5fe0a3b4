"""The two loops that talk to the chain: one anchors, one holds the newest finalized block.

Each runs in a thread of its own and owns no rule: it calls ``step`` or ``poll`` again and again,
keeps what went wrong for the health page, and waits longer while it goes on going wrong. Only a
FatalError ends a loop, and tells whoever composed it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance.errors import FatalError, ProvenanceError
from provenance.files.lock import FolderLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.ledger.anchor_checkpoint import AnchorWorker
    from provenance.ledger.observe_beacon import BeaconObserver

__all__ = ["AnchorLoop", "BeaconLoop", "LoopStatus", "SystemClock"]

_logger = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
"""Seconds between two tries while a node stays away."""


class SystemClock:
    """The machine's clock: it schedules, and is never evidence."""

    def now_unix(self) -> int:
        """Return POSIX seconds."""
        return int(time.time())

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class LoopStatus:
    """What the health page and the metrics say of a loop."""

    running: bool = False
    unfinished: int = 0
    """Anchors on their way."""
    alert: str | None = None
    """What an operator should look at, in the worker's words."""
    error: ProvenanceError | None = None
    """What the last turn failed with; None when it went well."""
    fatal: bool = False
    """The loop has ended and does not come back without a person."""


class _Loop:
    """A thread that takes turns until it is stopped."""

    def __init__(self, name: str, on_fatal: Callable[[FatalError], None] | None) -> None:
        self._on_fatal = on_fatal
        self._stopping = threading.Event()
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.status = LoopStatus()

    def start(self) -> None:
        """Begin to take turns."""
        self.status = LoopStatus(running=True)
        self._thread.start()

    def wake(self) -> None:
        """Take the next turn now; never blocks."""
        self._awake.set()

    def stop(self, timeout: float = 30.0) -> None:
        """Let the present turn end, then end the loop. Safe to call again."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self.status = replace(self.status, running=False)

    def _turn(self) -> float:
        """Take one turn and return the seconds until the next one."""
        raise NotImplementedError

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                wait, pause = self._turn(), 0.0
            except FatalError as error:
                self._end(error)
                return
            except ProvenanceError as error:
                _logger.warning("%s: %s", self._thread.name, error)
                self.status = replace(self.status, error=error)
                wait = pause = min(max(0.25, 2 * pause), LONGEST_PAUSE)
            self._awake.wait(wait)
        self.status = replace(self.status, running=False)

    def _end(self, error: FatalError) -> None:
        _logger.critical("%s stopped: %s", self._thread.name, error)
        self.status = replace(self.status, running=False, error=error, fatal=True)
        if self._on_fatal is not None:
            self._on_fatal(error)


class AnchorLoop(_Loop):
    """Runs the anchoring worker under its lock; there is one for each ledger (in place of W3)."""

    def __init__(
        self,
        worker: AnchorWorker,
        lock_path: Path,
        *,
        busy_seconds: float,
        idle_seconds: float = 1.0,
        on_fatal: Callable[[FatalError], None] | None = None,
    ) -> None:
        """Prepare the loop.

        Args:
            lock_path: the file whose lock makes this the only worker.
            busy_seconds: between two looks while an anchor is on its way (local 0.2, public 6).
            idle_seconds: between two looks at the outbox, which is in our own database.
        """
        super().__init__("anchoring", on_fatal)
        self._worker = worker
        self._lock_path = lock_path
        self._lock: FolderLock | None = None
        self._busy_seconds = busy_seconds
        self._idle_seconds = idle_seconds

    def start(self) -> None:
        """Take the lock and begin.

        Raises:
            LockedError: another worker anchors this ledger.
        """
        self._lock = FolderLock(self._lock_path, purpose="anchor this ledger")
        super().start()

    def stop(self, timeout: float = 30.0) -> None:
        """End the loop and free the lock; a turn that still hangs keeps it until the end."""
        super().stop(timeout)
        if self._lock is not None and not self._thread.is_alive():
            self._lock.release()
            self._lock = None

    def _turn(self) -> float:
        progress = self._worker.step()
        self.status = LoopStatus(running=True, unfinished=progress.unfinished, alert=progress.alert)
        return self._busy_seconds if progress.unfinished else self._idle_seconds


class BeaconLoop(_Loop):
    """Keeps the observer's block fresh while the writer asks for it."""

    def __init__(
        self,
        observer: BeaconObserver,
        *,
        poll_seconds: float,
        on_fatal: Callable[[FatalError], None] | None = None,
    ) -> None:
        """Prepare the loop; ``poll_seconds`` between two looks while asked (local 1, public 12)."""
        super().__init__("beacon", on_fatal)
        self._observer = observer
        self._poll_seconds = poll_seconds

    def _turn(self) -> float:
        if self._observer.is_due():
            self._observer.poll()
        self.status = LoopStatus(running=True)
        return self._poll_seconds
