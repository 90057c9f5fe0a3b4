"""What a turn of the anchoring worker tells an operator, by stable codes.

A code is a state that lasts, not an event: it comes with every turn while the state lasts, and
is gone with the first turn without it. ``docs/operating.md`` says of each what it means and what
to do; metrics have a gauge for each. What fails a turn altogether is an exception, whose ``code``
stands in the same table.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from provenance.ledger.chain_log import ChainLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.sending_funds import Funds

__all__ = ["Alert", "AlertCode", "Alerts", "Progress", "codes_over", "has_looked"]

_logger = logging.getLogger(__name__)


class AlertCode(Enum):
    """Every state that a turn may report."""

    STANDBY = "standby"
    """Another process anchors on this chain; this one takes over when its lease ends."""
    LEASE_LOST = "lease-lost"
    """Another process took over in the middle of a turn, and this one has ended none since."""
    HALTED = "halted"
    """Stopped for good, until a person looked and said ``provenance anchor resume``."""
    DOUBTFUL = "doubtful"
    """The chain shows what would stop us for good, in a block that is not final yet."""
    NODE_BEHIND = "node-behind"
    """The nodes answer from older blocks than this ledger has seen."""
    NONCE_GAP = "nonce-gap"
    """The chain lacks a transaction below the next one: the stored ones are sent again."""
    NOT_ANCHORED = "not-anchored"
    """A node says that a transaction of ours was mined in vain; proofs have not said so."""
    NO_FUNDS = "no-funds"
    """The sending key cannot pay."""
    FEE_CEILING = "fee-ceiling"
    """The chain asks more than the ceilings allow; the old bytes go on being sent."""
    UNDERPRICED = "underpriced"
    """A node keeps another transaction for the nonce, or wants more than it says it does."""
    NONCE_TOO_LOW = "nonce-too-low"
    """A node says that the nonce is used, while no transaction of ours is known to be mined."""
    MAYBE_SENT = "maybe-sent"
    """A broadcast was not answered in a way that says anything."""
    NOT_MINED = "not-mined"
    """Sent long ago and still in no block."""
    DISPLACED = "displaced"
    """A reorganisation took an anchor's block back; its transaction is sent again."""
    LATE_PROOF = "late-proof"
    """The mined block could not be proved any more: a later one was (widened)."""
    STALE_CHAIN = "stale-chain"
    """The newest block is absurdly old: our clock is ahead, or the chain stands still."""
    FINALITY_STALLED = "finality-stalled"
    """The chain has called no new block final for long."""

    @property
    def is_information(self) -> bool:
        """Say whether this is part of ordinary life: nothing for a person to do."""
        return self in _INFORMATION


_INFORMATION = {
    AlertCode.STANDBY,
    AlertCode.NONCE_GAP,
    AlertCode.UNDERPRICED,
    AlertCode.MAYBE_SENT,
    AlertCode.DISPLACED,
    AlertCode.LATE_PROOF,
    AlertCode.FINALITY_STALLED,
}


_NOT_LOOKED = {AlertCode.STANDBY, AlertCode.LEASE_LOST, AlertCode.HALTED}
"""A turn with one of these has not asked the chain how it is."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One state, and the facts of this case."""

    code: AlertCode
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a turn left to do, and the states it found."""

    unfinished: int
    """Anchors on their way: ask again soon."""
    waiting: bool
    """A signed head waits to be anchored."""
    alerts: tuple[Alert, ...] = ()
    funds: Funds | None = None
    """As of the last broadcast; None before this process has sent anything."""

    @property
    def alert(self) -> str | None:
        """The first state that wants a person, in words; None when none does."""
        return next((a.message for a in self.alerts if not a.code.is_information), None)

    def has(self, code: AlertCode) -> bool:
        """Say whether the turn found this state."""
        return any(alert.code is code for alert in self.alerts)


class Alerts:
    """Collects a turn's alerts, and logs those that the turn before did not have."""

    def __init__(self, chain_id: int) -> None:
        """Begin with none."""
        self._log = ChainLog(_logger, chain_id)
        self._found: list[Alert] = []
        self._before: set[AlertCode] = set()

    def begin(self) -> None:
        """Begin a turn."""
        self._before = {alert.code for alert in self._found}
        self._found = []

    def add(self, code: AlertCode, message: str) -> None:
        """Note a state of this turn."""
        self._found.append(Alert(code, message))
        if code not in self._before:
            level = logging.INFO if code is AlertCode.STANDBY else logging.WARNING
            self._log.log(level, "%s: %s", code.value, message, extra={"code": code.value})

    def repeat(self, alerts: Sequence[Alert]) -> None:
        """Note states again that an earlier turn found, and that this one did not look at."""
        for alert in alerts:
            self.add(alert.code, alert.message)

    def all(self) -> tuple[Alert, ...]:
        """Return what this turn found, in order."""
        return tuple(self._found)


def has_looked(alerts: Sequence[Alert]) -> bool:
    """Say whether a turn that ended with these asked the chain how it is."""
    return not any(alert.code in _NOT_LOOKED for alert in alerts)


def codes_over(before: Sequence[Alert], now: Sequence[Alert]) -> list[AlertCode]:
    """Return the states that one turn had and the next one that came to its end has not.

    Of the chain's own states nobody knows while another process has the lease, or nobody looks.
    """
    found = {alert.code for alert in now}
    gone = [code for code in dict.fromkeys(alert.code for alert in before) if code not in found]
    return [code for code in gone if code in _NOT_LOOKED or not found & _NOT_LOOKED]
