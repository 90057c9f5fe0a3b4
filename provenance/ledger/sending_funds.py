"""What the sending key has, and what one anchor may cost: said before and while it cannot pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.digests import to_evm_hex
from provenance.errors import UnavailableError

if TYPE_CHECKING:
    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import Chain

__all__ = ["Funds", "look_at_funds", "most_wei"]


@dataclass(frozen=True, slots=True)
class Funds:
    """The sending key's account, and what the newest anchor asks of it."""

    sender: bytes
    """The account, 20 bytes."""
    balance_wei: int | None
    """At head, as the nodes say; None while they do not."""
    cost_wei: int
    """What one anchor may cost at most: a node takes no transaction of an account with less."""

    @property
    def is_short(self) -> bool:
        """Say whether the account is known to hold too little for one anchor."""
        return self.balance_wei is not None and self.balance_wei < self.cost_wei

    def __str__(self) -> str:
        """Return both in words, with the account to send coins to."""
        held = "an unknown number of" if self.balance_wei is None else self.balance_wei
        return (
            f"{to_evm_hex(self.sender)} has {held} wei, one anchor may cost up to "
            f"{self.cost_wei} wei"
        )


def most_wei(anchor: Anchor) -> int:
    """Return the most wei that an anchor can cost: gas times fee cap of its dearest attempt."""
    return max(attempt.gas * attempt.max_fee_wei for attempt in anchor.attempts)


def look_at_funds(chain: Chain, sender: bytes, cost_wei: int) -> Funds:
    """Ask for the balance of ``sender``; a node that does not say it stops nothing."""
    try:
        balance = chain.balance(sender)
    except UnavailableError:
        return Funds(sender, None, cost_wei)
    return Funds(sender, balance, cost_wei)
