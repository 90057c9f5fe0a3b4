"""Notices that a batch, or a start, waits for a database that neither answers nor fails.

A COMMIT whose standby is away waits for as long as it takes, and rightly so: it may not be called
durable. But whoever deposits waits with it, and the writer, which waits too, can tell nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from provenance.errors import SignerAwayError, UnavailableError
from provenance.store.waits import name_of, waits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.service.writer import Writer
    from provenance.store.engine import Database

__all__ = ["WriterWatch", "saying_when_slow"]

_logger = logging.getLogger(__name__)

_TICK: Final = 0.5

_START_SECONDS: Final = 5.0
"""Of waiting for a database while starting, before the log says so."""


class WriterWatch:
    """A thread that looks at the writer; make it, ``start`` it, ``stop`` it."""

    def __init__(self, writer: Writer, database: Database) -> None:
        """Prepare to look at ``writer``, whose log lies in ``database``; nothing runs yet."""
        self._writer = writer
        self._database = database
        self._why: str | None = None
        self._since = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer watch", daemon=True)

    def standing(self) -> tuple[bool, str]:
        """Say for the readiness whether the batch in hand goes on, and what it waits for if not."""
        why = self._why
        return (True, "answers") if why is None else (False, f"{UnavailableError.code}: {why}")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end_soon(self) -> None:
        """Say that the present look is the last one; never blocks."""
        self._stopping.set()

    def stop(self, timeout: float = 30.0) -> None:
        """End after the look in hand. Safe to call again."""
        self.end_soon()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.wait(_TICK):
            is_overdue, away = self._writer.is_overdue, self._writer.away
            if is_overdue and self._why is None and not isinstance(away, SignerAwayError):
                self._note_wait()
            elif not is_overdue and self._why is not None and away is None:
                # not as soon as a lock was waited for in vain: the next try waits for it again
                seconds = time.monotonic() - self._since
                _logger.info("%s answers again, after %.0f s", name_of(self._database), seconds)
                self._why = None

    def _note_wait(self) -> None:
        self._since = time.monotonic()
        # said before the server is asked for the reason, which may take a while too
        self._why = f"a batch waits for {name_of(self._database)}"
        self._why = f"{self._why}: {waits_of(self._database)}"
        _logger.warning(
            "no records are answered: %s", self._why, extra={"code": UnavailableError.code}
        )


@contextmanager
def saying_when_slow(database: Database, seconds: float = _START_SECONDS) -> Iterator[None]:
    """Say in the log that a start waits for ``database``, and when it goes on."""
    began = time.monotonic()
    has_said = threading.Event()

    def say() -> None:
        has_said.set()
        _logger.warning(
            "the start waits for %s: %s",
            name_of(database),
            waits_of(database),
            extra={"code": UnavailableError.code},
        )

    timer = threading.Timer(seconds, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if has_said.is_set():
        _logger.info("the start goes on, after %.0f s", time.monotonic() - began)
