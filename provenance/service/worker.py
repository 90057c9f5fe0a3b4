"""The loops that talk to others: anchoring, the newest finalized block, witnesses.

Each runs in a thread of its own and owns no rule: it calls ``step`` or ``poll`` again and again,
keeps what went wrong for the health page, and waits longer while it goes on going wrong. None of
them ever ends the process, whatever the chain says: records go on being taken, and what a person
has to decide stays visible until a person has decided it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance.errors import ProvenanceError
from provenance.ledger.anchor_alerts import AlertCode, codes_over, has_looked
from provenance.ledger.chain_log import ChainLog, cause_of

if TYPE_CHECKING:
    from provenance.ledger.anchor_alerts import Alert
    from provenance.ledger.anchor_checkpoint import AnchorWorker
    from provenance.ledger.collect_cosignatures import Cosigner, CosigningProgress
    from provenance.ledger.observe_beacon import BeaconObserver
    from provenance.ledger.sending_funds import Funds

__all__ = ["AnchorLoop", "BeaconLoop", "LoopStatus", "SystemClock", "WitnessLoop"]

_logger = logging.getLogger(__name__)

_WITNESS_SECONDS = 1.0
"""Between two looks for a newer checkpoint to show."""

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
    alerts: tuple[Alert, ...] = ()
    """States that the last turn found, in the worker's words."""
    error: ProvenanceError | None = None
    """What the last turn failed with; None when it went well."""
    funds: Funds | None = None
    """What the sending key had at the last broadcast; None before the first."""

    @property
    def trouble(self) -> str | None:
        """A word for what a person should look at, None while there is nothing."""
        if self.error is not None:
            return self.error.code
        found = (one.code.value for one in self.alerts if not one.code.is_information)
        return next(found, None if self.running else "stopped")

    @property
    def detail(self) -> str | None:
        """``trouble``, with the facts where a person needs them to mend it."""
        if self.error is None and self.trouble == AlertCode.NO_FUNDS.value and self.funds:
            return f"{self.trouble}: {self.funds}"
        return self.trouble

    def has(self, code: AlertCode) -> bool:
        """Tell whether the last turn found a state."""
        return any(alert.code is code for alert in self.alerts)


class _Loop:
    """A thread that takes turns until it is stopped."""

    def __init__(self, name: str, *, chain_id: int | None = None) -> None:
        """Prepare a thread; ``chain_id`` is that of the chain that it is about."""
        self._name = name
        self._logger = _logger if chain_id is None else ChainLog(_logger, chain_id)
        self._stopping = threading.Event()
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.status = LoopStatus()
        self._said: tuple[str, str] | None = None
        """Code and words of the failure that the log knows of."""

    def start(self) -> None:
        """Begin to take turns."""
        self.status = LoopStatus(running=True)
        self._thread.start()

    def wake(self) -> None:
        """Take the next turn now; never blocks."""
        self._awake.set()

    def end_soon(self) -> None:
        """Say that the present turn is the last one; never blocks."""
        self._stopping.set()
        self._awake.set()

    def stop(self, timeout: float = 30.0) -> None:
        """Let the present turn end, then end the loop. Safe to call again."""
        self.end_soon()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self.status = replace(self.status, running=False)

    def _turn(self) -> float:
        """Take one turn and return the seconds until the next one."""
        raise NotImplementedError

    def _has_looked(self) -> bool:
        """Say whether the turn that went well asked whoever the last failure was about."""
        return True

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                wait, pause = self._turn(), 0.0
                self._say_what_is_over()
            except ProvenanceError as error:
                self._note(error)
                wait = pause = min(max(0.25, 2 * pause), LONGEST_PAUSE)
            except Exception as error:
                # the boundary of this thread: a defect must be seen, and must not end the others
                self._logger.exception("%s failed", self._name)
                self._note(ProvenanceError(repr(error)))
                wait = pause = LONGEST_PAUSE
            self._awake.wait(wait)
        self.status = replace(self.status, running=False)

    def _note(self, error: ProvenanceError) -> None:
        """Keep a failure, and log it unless the log has it: a new cause is said, too."""
        said = error.code, cause_of(str(error))
        if said != self._said:
            self._said = said
            self._logger.warning("%s: %s", self._name, error)
        self.status = replace(self.status, error=error)

    def _say_what_is_over(self) -> None:
        if self._said is not None and self._has_looked():
            code, self._said = self._said[0], None
            self._logger.info("%s: %s is over", self._name, code, extra={"code": code})


class AnchorLoop(_Loop):
    """Runs one chain's anchoring worker; of several processes the one with the lease works."""

    def __init__(
        self,
        worker: AnchorWorker,
        *,
        busy_seconds: float,
        idle_seconds: float = 1.0,
    ) -> None:
        """Prepare the loop.

        Args:
            busy_seconds: between two looks while an anchor is on its way (local 0.2, public 6).
            idle_seconds: between two looks at the outbox, which is in our own database.
        """
        super().__init__("anchoring", chain_id=worker.chain_id)
        self._worker = worker
        self._busy_seconds = busy_seconds
        self._idle_seconds = idle_seconds

    def stop(self, timeout: float = 30.0) -> None:
        """End the loop and give its lease back; a turn that still hangs lets it run out."""
        super().stop(timeout)
        if self._thread.is_alive():
            return
        try:
            self._worker.release()
        except ProvenanceError as error:
            self._logger.warning("%s: the lease is left to run out: %s", self._name, error)

    def _turn(self) -> float:
        progress = self._worker.step()
        for code in codes_over(self.status.alerts, progress.alerts):
            self._logger.info("%s is over", code.value, extra={"code": code.value})
        self.status = LoopStatus(
            running=True,
            unfinished=progress.unfinished,
            alerts=progress.alerts,
            funds=progress.funds,
        )
        is_busy = progress.unfinished and self._has_looked()
        return self._busy_seconds if is_busy else self._idle_seconds

    def _has_looked(self) -> bool:
        return has_looked(self.status.alerts)


class BeaconLoop(_Loop):
    """Keeps the observer's block fresh while the writer asks for it."""

    def __init__(self, observer: BeaconObserver, *, poll_seconds: float) -> None:
        """Prepare the loop; ``poll_seconds`` between two looks while asked (local 1, public 12)."""
        super().__init__("beacon", chain_id=observer.chain_id)
        self._observer = observer
        self._poll_seconds = poll_seconds

    def _turn(self) -> float:
        if self._observer.is_due() or self.status.error is not None:
            self._observer.poll()  # a failure is over only when the node was asked
        self.status = LoopStatus(running=True)
        return self._poll_seconds


class WitnessLoop(_Loop):
    """Shows the log's checkpoints to one witness, one after the other."""

    def __init__(self, cosigner: Cosigner) -> None:
        """Prepare the loop."""
        super().__init__(f"witness {cosigner.name}")
        self._cosigner = cosigner
        self.progress: CosigningProgress | None = None
        """How far the witness has come; None before it has answered."""

    @property
    def name(self) -> str:
        """The witness's name and key id."""
        return self._cosigner.name

    def _turn(self) -> float:
        self.progress = self._cosigner.step()
        self.status = LoopStatus(running=True)
        return 0.0 if self.progress.behind else _WITNESS_SECONDS
