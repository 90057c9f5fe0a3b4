"""When to anchor and what an anchor may cost (W7); arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import FeeCeilingError

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Attempt, Fees

__all__ = ["GAS_LIMIT", "AnchorRules"]

GAS_LIMIT = 2**24
"""No transaction may ask for more (EIP-7825)."""


@dataclass(frozen=True, slots=True)
class AnchorRules:
    """When to anchor and what it may cost; all times in seconds of the local clock."""

    interval: int = 600
    """Between two anchors; "anchor now" does not wait for it."""
    resend_after: int = 30
    """The same bytes are handed to the node again when unmined for so long."""
    bump_after: int = 90
    """A dearer attempt is signed when unmined for so long and the cap is below need (W7)."""
    repin_after: int = 300
    """The pin is compared again at least so often while there is work (W2)."""
    anchor_ceiling_wei: int | None = 2 * 10**16
    """Gas times fee cap of one anchor, at most; None = no ceiling (development chains)."""
    day_ceiling_wei: int | None = 5 * 10**17
    """The same over all anchors bound within 24 hours."""

    def allows(self, wei: int) -> bool:
        """Say whether one anchor may cost so much."""
        return self.anchor_ceiling_wei is None or wei <= self.anchor_ceiling_wei

    def first_fees(self, fees: Fees, gas: int, spent_wei: int) -> tuple[int, int]:
        """Return (fee cap, tip) in wei per gas: room for the base fee to double, if allowed.

        Args:
            spent_wei: what the anchors of the last 24 hours can cost already.

        Raises:
            FeeCeilingError: not even what is needed now lies within both ceilings.
        """
        needed = fees.base_fee_wei + fees.priority_fee_wei
        cap = needed + fees.base_fee_wei
        if self.anchor_ceiling_wei is not None:
            cap = min(cap, self.anchor_ceiling_wei // gas)
        if cap < needed:
            raise FeeCeilingError(
                f"{needed * gas} wei needed now, the ceiling is {self.anchor_ceiling_wei}"
            )
        if self.day_ceiling_wei is not None and spent_wei + cap * gas > self.day_ceiling_wei:
            raise FeeCeilingError(
                f"{spent_wei} wei bound within a day, {cap * gas} more pass {self.day_ceiling_wei}"
            )
        return cap, fees.priority_fee_wei

    def dearer(self, attempt: Attempt, fees: Fees) -> tuple[int, int] | None:
        """Return (fee cap, tip) of a replacement, None while the old ones suffice.

        Both rise by an eighth at least: geth refuses less than a tenth more on either.
        """
        needed = fees.base_fee_wei + fees.priority_fee_wei
        if attempt.max_fee_wei >= needed and attempt.priority_fee_wei >= fees.priority_fee_wei:
            return None
        tip = max(_eighth_more(attempt.priority_fee_wei), fees.priority_fee_wei)
        cap = max(_eighth_more(attempt.max_fee_wei), needed + fees.base_fee_wei, tip)
        return cap, tip


def _eighth_more(wei: int) -> int:
    return max(wei + 1, -(-wei * 9 // 8))
