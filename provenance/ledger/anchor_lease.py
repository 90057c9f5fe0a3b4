"""The lease of one worker (W3): taken before a turn, prolonged during it.

    hold()   before a turn: take the lease, or prolong it; None while another has it
    keep()   before every question to the chain, so that a turn may take as long as it likes

A turn asks a chain some twenty times, and a vote of slow nodes takes most of a minute. A lease
that were prolonged between turns only would end in the middle of such a turn; another worker
would take over, begin anew, be just as slow, and lose it in turn: for ever, without an anchor.
So what has to fit into a lease is one question, not a turn. ``keep`` takes nothing: a lease that
somebody else has taken meanwhile is gone, since all that the turn has read may be outdated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.anchor_port import AnchorStore, Lease
    from provenance.ledger.chain_port import Chain, Clock

__all__ = ["HeldLease", "asked_under"]

_KEPT_PART = 6
"""Prolonged when a sixth of it is over: five sixths are left for one question, and a signature."""


class HeldLease:
    """What one worker knows of its chain's lease; in memory only."""

    def __init__(
        self, *, store: AnchorStore, clock: Clock, chain_id: int, holder: str, seconds: float
    ) -> None:
        """Join the parts; nothing is taken yet.

        Args:
            holder: the worker's name.
            seconds: how long the lease lasts when nobody prolongs it.
        """
        self._store = store
        self._clock = clock
        self._chain_id = chain_id
        self._holder = holder
        self._seconds = seconds
        self._at = 0.0
        self.lease: Lease | None = None
        """None while another worker has it, or none was asked for."""

    def hold(self) -> Lease | None:
        """Return the lease, taken or prolonged if it is time to; None while another has it."""
        if self.lease is None or self._is_due():
            now = self._clock.monotonic()
            self.lease = self._store.acquire(self._chain_id, self._holder, self._seconds)
            self._at = now
        return self.lease

    def keep(self) -> None:
        """Prolong the lease in the middle of a turn, if it is time to.

        Raises:
            LeaseLostError: another worker has taken it over.
        """
        if self.lease is None:
            raise RuntimeError("a turn needs a lease")
        if self._is_due():
            now = self._clock.monotonic()
            self._store.prolong(self.lease, self._seconds)
            self._at = now

    def _is_due(self) -> bool:
        return self._clock.monotonic() - self._at >= self._seconds / _KEPT_PART

    def lose(self) -> None:
        """Forget it: somebody else has it."""
        self.lease = None

    def release(self) -> None:
        """Give it back, so that another worker need not wait for its end."""
        if self.lease is not None:
            self._store.release(self.lease)
            self.lease = None


def asked_under(held: HeldLease, chain: Chain) -> Chain:
    """Return ``chain``, before each of whose methods the lease is kept; for use in a turn."""
    return cast("Chain", _Asked(chain, held.keep))


class _Asked:
    """Stands before every method of a chain alike, whichever it has."""

    def __init__(self, chain: Chain, keep: Callable[[], None]) -> None:
        self._chain = chain
        self._keep = keep

    def __getattr__(self, name: str) -> object:
        found = getattr(self._chain, name)
        if not callable(found):
            return found

        def ask(*arguments: object, **named: object) -> object:
            self._keep()
            return found(*arguments, **named)

        return ask
