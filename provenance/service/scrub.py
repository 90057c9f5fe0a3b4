"""The scrub as a loop in a thread: re-reads what is stored at a bounded rate, for ever.

It stops signing at the first thing that is damaged (``LedgerMode.note_damage``) and stays stopped
with it, over restarts and in every process, until a person has cleared it; then it looks at the
same place first. It is also what notices, while nobody deposits, that the mode has changed.

Of several processes on one database one scrubs at a time: the one that moved the mark last, which
says how far it came. Each tries once when it starts, after one bundle; who sees that somebody else
moved the mark leaves it alone, until it has stood still for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from provenance.errors import AuditError, FatalError, ProvenanceError, UnavailableError
from provenance.ledger.ports import ScrubState
from provenance.ledger.scrub_log import LogScrubber
from provenance.service.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.ports import KeyStore, LogReader, ModeStore
    from provenance.ledger.scrub_anchors import AnchorScrubber
    from provenance.policy import Policy
    from provenance.service.high_water import LedgerMode

__all__ = ["ENTRIES_PER_SECOND", "MARK_SECONDS", "ScrubLoop"]

_logger = logging.getLogger(__name__)

ENTRIES_PER_SECOND: Final = 200.0
"""A million entries in an hour and a half, for some 3 % of one core."""

ROUND_SECONDS: Final = 60.0
"""From one round's beginning to the next one's, at least: a small log is soon read."""

MARK_SECONDS: Final = 15.0
"""Between two writings of how far it came; a crash repeats what it read since."""

PATIENCE: Final = 180.0
"""Seconds that another process's mark may stand still before this one takes over."""

_TICK: Final = 1.0


class ScrubLoop:
    """Make it, ``start`` it, ``stop`` it."""

    def __init__(  # noqa: PLR0913 -- service.compose passes each by name
        self,
        *,
        log: LogReader,
        key_store: KeyStore,
        policy: Policy,
        store: ModeStore,
        mode: LedgerMode,
        anchors: AnchorScrubber | None = None,
        entries_per_second: float = ENTRIES_PER_SECOND,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """Join the parts; nothing runs yet.

        Args:
            anchors: proves the anchors again at each round's end.
            entries_per_second: at most; also what bounds the load it makes.
        """
        self._store = store
        self._mode = mode
        self._rate = entries_per_second
        self._round_seconds = round_seconds
        self._stopping = threading.Event()
        self._scrubber = LogScrubber(log, key_store, policy, rest=self._rest, anchors=anchors)
        self._thread = threading.Thread(target=self._run, name="scrub", daemon=True)
        self._is_leading = False
        self._is_claiming = True
        self._marked = ScrubState()
        self._marked_at = 0.0
        self._round_from = 0.0
        self._trouble: str | None = None
        self.lost_keys = 0
        """Records whose disclosures had lost their key when the last round ended."""
        self.state = ScrubState()
        """How far it is; what another process has written down while that one scrubs."""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """End after the bundle in hand, writing down how far it came. Safe to call again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def standing(self) -> tuple[bool, str]:
        """Say for the readiness whether all that was read is sound."""
        if (damage := self._mode.damage) is not None:
            return False, damage
        return self._trouble is None, self._trouble or "sound so far"

    def measures(self) -> Iterator[Measure]:
        """Return the gauges of the scrub."""
        state = self.state
        for name, value, documentation in (
            ("scrub_next_index", state.next_index, "Entry that the scrub's present round is at"),
            ("scrub_rounds", state.rounds, "Whole rounds that the scrub has done"),
            ("scrub_completed_unix", state.completed_unix or 0, "When its last round ended"),
            ("scrub_damaged", self._mode.damage is not None, "1 while damage stops all signing"),
            ("scrub_leading", self._is_leading, "1 where this process scrubs, 0 if another does"),
            ("scrub_waiting", self._trouble is not None, "1 while the scrub cannot read"),
        ):
            yield Measure(name, float(value), documentation)

    # --- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        began = False
        while not self._stopping.wait(_TICK if began else 0.0):
            try:
                self._mode.refresh()
                if not began:
                    self._follow(self._store.scrub_state())
                    began = True
                self._turn()
                self._end_trouble()
            except UnavailableError as error:
                self._note_trouble(error)
            except FatalError as error:
                # not what a stretch holds, but the database itself: nobody knows what is on disk
                self._note_trouble(error)
                self._mode.note_damage(str(error))
            except Exception as error:
                # the boundary of this thread: a defect here must not look like a sound log
                self._note_trouble(error)
                _logger.exception("the scrub has ended")
                return
        self._try_to_mark()

    def _turn(self) -> None:
        """Read bundles until the round's end, or look at what another process does."""
        self._watch()
        while self._may_go_on():
            if self.state.next_index == 0:
                self._round_from = time.monotonic()
            try:
                found = self._scrubber.step(self.state, int(time.time()))
            except AuditError as error:
                self._mode.note_damage(str(error))
                self._try_to_mark()  # a restart looks at this place first
                self._round_from = 0.0  # and so do we, at once, when the damage is cleared
                return
            has_ended = found.rounds != self.state.rounds
            self.state = found
            if has_ended:
                self._note_lost_keys(self._scrubber.lost_keys)
            is_due = has_ended or time.monotonic() - self._marked_at >= MARK_SECONDS
            if is_due or self._is_claiming:
                self._mark()
            self._mode.refresh()

    def _may_go_on(self) -> bool:
        is_ours = self._is_leading or self._is_claiming
        if self._stopping.is_set() or not is_ours or self._mode.damage is not None:
            return False
        rested = time.monotonic() - self._round_from >= self._round_seconds
        return self.state.next_index > 0 or self._round_from == 0.0 or rested

    def _rest(self, count: int) -> bool:
        return self._stopping.wait(count / self._rate)

    def _watch(self) -> None:
        """Give way to who moved the mark; take over when his has stood still for too long."""
        stored = self._store.scrub_state()
        if _place(stored) != _place(self._marked):
            self._is_leading = False
            self._follow(stored)
        elif not self._is_leading and time.monotonic() - self._marked_at > PATIENCE:
            self._is_claiming = True

    def _follow(self, stored: ScrubState) -> None:
        self.state = self._marked = stored
        self._marked_at = time.monotonic()

    def _mark(self) -> None:
        """Write down how far it came; find out so whether another process does the same."""
        was_leading = self._is_leading
        self._is_leading = self._store.advance_scrub(self._marked, self.state)
        self._is_claiming = False
        if not self._is_leading:
            self._follow(self._store.scrub_state())
            return
        self._marked, self._marked_at = self.state, time.monotonic()
        if not was_leading:
            _logger.info("this process scrubs the log from now on")

    def _try_to_mark(self) -> None:
        if self._is_leading and self.state != self._marked:
            try:
                self._mark()
            except ProvenanceError as error:
                _logger.warning("how far the scrub came is not written down: %s", error)

    def _note_trouble(self, error: Exception) -> None:
        if self._trouble is None:
            _logger.warning("the scrub waits: %s", error)
        self._trouble = error.code if isinstance(error, ProvenanceError) else type(error).__name__

    def _end_trouble(self) -> None:
        """Say that reading goes on; while there is damage nothing is read, and nothing is over."""
        if self._trouble is not None and self._mode.damage is None:
            _logger.info("the scrub goes on: %s is over", self._trouble)
        self._trouble = None

    def _note_lost_keys(self, count: int) -> None:
        """Say it when it is more than before: keys that are older than the log, or lost in part."""
        if count > self.lost_keys:
            _logger.error(
                "disclosures of %d records have no key; stop the service and put back the keys' "
                "archive: without one they are lost",
                count,
            )
        self.lost_keys = count


def _place(state: ScrubState) -> tuple[int, int]:
    """Return the mark that processes compare; damage may be found and cleared beside it."""
    return state.rounds, state.next_index
