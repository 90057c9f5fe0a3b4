"""Hold the newest finalized block for the writer, which never waits for a node.

The writer asks ``newest()`` when it begins a batch and gets what is held, at once. A loop of its
own calls ``poll()``: often while somebody asks, seldom while nobody does. What is held only ever
moves forward, so the blocks that a log's beacons name never decrease in number or time (W14).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from provenance.errors import WrongChainError
from provenance.ledger.chain_port import DatedBlock
from provenance.ledger.watch_chain import check_clock

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Chain, Clock

__all__ = ["BeaconObserver"]

FRESH_SECONDS = 60
"""A held block older than this is worth replacing while there is traffic."""

ASKED_SECONDS = 120
"""Traffic counts as traffic for so long after the writer last asked."""

IDLE_SECONDS = 300
"""Between two looks at the chain while nobody asks."""


class BeaconObserver:
    """The newest finalized block this process knows; safe to ask from any thread."""

    def __init__(
        self, chain: Chain, clock: Clock, *, floor_number: int = 0, floor_unix: int = 0
    ) -> None:
        """Hold nothing yet.

        Args:
            floor_number: the block the log's newest beacon names; lower ones are never offered.
            floor_unix: that block's timestamp.
        """
        self._chain = chain
        self._clock = clock
        self._floor_number = floor_number
        self._floor_unix = floor_unix
        self._lock = threading.Lock()
        self._held: DatedBlock | None = None
        self._asked_at: float | None = None
        self._polled_at: float | None = None
        self._is_pinned = False

    @property
    def chain_id(self) -> int:
        """The chain whose blocks it looks at."""
        return self._chain.pin.chain_id

    def newest(self) -> DatedBlock | None:
        """Return the newest finalized block known, None before the first; never blocks."""
        with self._lock:
            self._asked_at = self._clock.monotonic()
            return self._held

    def is_due(self) -> bool:
        """Say whether a poll now would be of use to anybody."""
        with self._lock:
            now = self._clock.monotonic()
            if self._polled_at is None or now - self._polled_at >= IDLE_SECONDS:
                return True
            return self._is_asked(now) and not self._is_fresh()

    def poll(self) -> None:
        """Ask the node once; keep the old block unless the new one is a step forward.

        Raises:
            WrongChainError: the node serves another chain, or another block at a held height.
            ClockSkewError: the block is absurdly far in our future.
            UnavailableError: the node is away.
        """
        with self._lock:
            self._polled_at = self._clock.monotonic()
            is_asked = self._is_asked(self._polled_at)
        if not self._is_pinned:
            self._chain.check_pin()
            self._is_pinned = True
        try:
            block = self._chain.finalized()
            check_clock(self._clock, block)
        except Exception:
            self._is_pinned = False  # another node may answer next time (W2)
            raise
        with self._lock:
            floor = self._held.block.number if self._held else self._floor_number
            time_floor = self._held.block.timestamp if self._held else self._floor_unix
            if (
                self._held is not None
                and block.number == floor
                and block.block_hash != self._held.block.block_hash
            ):
                raise WrongChainError(f"finalized block {floor} has become another one")
            if block.number >= floor and block.timestamp >= time_floor:
                self._held = DatedBlock(self._chain.pin.chain_id, block, self._clock.now_unix())
            is_fresh = self._is_fresh()
        if is_asked and not is_fresh:
            self._chain.ask_for_block()

    def _is_asked(self, now: float) -> bool:
        return self._asked_at is not None and now - self._asked_at < ASKED_SECONDS

    def _is_fresh(self) -> bool:
        held = self._held
        return held is not None and self._clock.now_unix() - held.block.timestamp < FRESH_SECONDS
