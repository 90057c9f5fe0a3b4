"""Asks a signer process every few seconds whether it answers, so that nobody has to deposit first.

The writer notices that the signer is away when there is something to sign. A readiness that waits
for that would send records to a service that can answer none of them.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from provenance.client.signer import SignerClient

__all__ = ["SignerWatch"]

_logger = logging.getLogger(__name__)

_SECONDS: Final = 2.0
"""Between two questions: the signer reads a small file for each."""


class SignerWatch:
    """A thread that asks; make it, ``start`` it, ``stop`` it."""

    def __init__(self, signer: SignerClient, *, seconds: float = _SECONDS) -> None:
        """Prepare to ask ``signer``; nothing runs yet."""
        self._signer = signer
        self._seconds = seconds
        self._error: ProvenanceError | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signer watch", daemon=True)

    def standing(self) -> tuple[bool, str]:
        """Say for the readiness whether the signer answered last, and what it was if not."""
        error = self._error
        return (True, "answers") if error is None else (False, error.code)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def end_soon(self) -> None:
        """Say that the present question is the last one; never blocks."""
        self._stopping.set()

    def stop(self, timeout: float = 30.0) -> None:
        """End after the question in hand. Safe to call again."""
        self.end_soon()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                self._signer.read()
            except ProvenanceError as error:
                self._note(error)
            else:
                self._note(None)
            wait = self._seconds

    def _note(self, error: ProvenanceError | None) -> None:
        before, self._error = self._error, error
        if error is not None and (before is None or before.code != error.code):
            _logger.warning("nothing can be signed: %s", error, extra={"code": error.code})
        elif error is None and before is not None:
            _logger.info("the signer process answers again")
