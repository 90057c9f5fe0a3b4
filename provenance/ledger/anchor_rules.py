"""When to anchor and what an anchor may cost (W7); arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import AnchorRefusedError, FeeCeilingError

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Attempt, Fees

__all__ = ["GAS_LIMIT", "LONGEST_LEASE_SECONDS", "AnchorRules", "gas_limit"]

LONGEST_LEASE_SECONDS = 60.0
"""No lease is longer: so long at most does a worker that is frozen keep others waiting."""

GAS_LIMIT = 2**24
"""No transaction may ask for more (EIP-7825)."""

_LEAST_GAS = 65_000
_WORD_GAS = 3_000
"""For each 32 bytes of the call, mostly hashes of the proof: measured, some 1,560."""

_MOST_TIMES = 20
"""A rollup's gas holds its share of the main chain's fee, and comes to a few times ours."""


@dataclass(frozen=True, slots=True)
class AnchorRules:
    """When to anchor and what it may cost; all times in seconds of the local clock."""

    interval: int = 600
    """Between two anchors; "anchor now" does not wait for it."""
    resend_after: int = 30
    """The same bytes are handed to the node again when unmined for so long."""
    bump_after: int = 90
    """A dearer attempt is signed when unmined for so long and the cap is below need (W7)."""
    late_after: int = 1_800
    """Unmined for so long, or nothing newly final for so long, is worth a word to a person."""
    repin_after: int = 300
    """The pin is compared again at least so often while there is work (W2)."""
    recheck_after: int = 600
    """What was final is looked at again so often, work or not (W11)."""
    stale_after: int | None = None
    """Nothing is bound while the newest block is older than so much (W14); None for chains that
    make blocks only on demand."""
    lease_seconds: float = LONGEST_LEASE_SECONDS
    """A worker that is silent for so long may be replaced (W3). As long as may be: the slowest
    honest question, two votes in a row with nodes that time out, takes some 40 s."""
    open_anchors: int = 4
    """Anchors on their way at a time; of them at most one is not yet included (W15)."""
    anchor_ceiling_wei: int | None = 2 * 10**16
    """Gas times fee cap of one anchor, at most; None = no ceiling (development chains)."""
    day_ceiling_wei: int | None = 5 * 10**17
    """The same over all anchors that are on their way or were so within 24 hours."""

    def room_wei(self, others_wei: int) -> int | None:
        """Return what one anchor may cost within both ceilings; None = without limit.

        Args:
            others_wei: what the day's other anchors can cost already.
        """
        limits = []
        if self.anchor_ceiling_wei is not None:
            limits.append(self.anchor_ceiling_wei)
        if self.day_ceiling_wei is not None:
            limits.append(max(0, self.day_ceiling_wei - others_wei))
        return min(limits, default=None)

    def first_fees(self, fees: Fees, gas: int, others_wei: int) -> tuple[int, int]:
        """Return (fee cap, tip) in wei per gas: room for the base fee to double, if allowed.

        Raises:
            FeeCeilingError: not even what is needed now lies within both ceilings.
        """
        needed = fees.base_fee_wei + fees.priority_fee_wei
        cap = self._within(needed, needed + fees.base_fee_wei, gas, others_wei)
        return cap, fees.priority_fee_wei

    def dearer(
        self, attempt: Attempt, fees: Fees, others_wei: int, *, gas: int = 0, is_refused: bool
    ) -> tuple[int, int, int] | None:
        """Return (fee cap, tip, gas) of a replacement, None while the old ones suffice.

        Both fees rise by an eighth at least: geth refuses less than a tenth more on either.

        Args:
            others_wei: what the day's other anchors can cost already.
            gas: what the call is now said to need, margin included; it never falls (W6).
            is_refused: a node called the old fees too low, whatever the chain says it asks.

        Raises:
            FeeCeilingError: a replacement is due and would pass a ceiling.
        """
        needed = fees.base_fee_wei + fees.priority_fee_wei
        is_enough = attempt.max_fee_wei >= needed and (
            attempt.priority_fee_wei >= fees.priority_fee_wei
        )
        if is_enough and gas <= attempt.gas and not is_refused:
            return None
        gas = max(gas, attempt.gas)
        tip = max(_eighth_more(attempt.priority_fee_wei), fees.priority_fee_wei)
        least = max(_eighth_more(attempt.max_fee_wei), needed, tip)
        cap = self._within(least, max(least, needed + fees.base_fee_wei), gas, others_wei)
        # before EIP-1559 there is one price
        return cap, cap if fees.legacy else tip, gas

    def _within(self, least: int, best: int, gas: int, others_wei: int) -> int:
        """Return the greatest cap from ``least`` to ``best`` that both ceilings allow."""
        room = self.room_wei(others_wei)
        if room is not None and least * gas > room:
            raise FeeCeilingError(self._passed(least * gas, others_wei))
        return best if room is None else min(best, room // gas)

    def _passed(self, needed_wei: int, others_wei: int) -> str:
        """Say which ceilings an anchor passes, as an operator finds them in the settings."""
        passed = []
        if self.anchor_ceiling_wei is not None and needed_wei > self.anchor_ceiling_wei:
            passed.append(f"`anchor_wei` is {self.anchor_ceiling_wei}")
        if self.day_ceiling_wei is not None and needed_wei > self.day_ceiling_wei - others_wei:
            passed.append(
                f"of `day_wei` the day's other anchors take {others_wei} of {self.day_ceiling_wei}"
            )
        return f"{needed_wei} wei needed now; {' and '.join(passed)}"


def gas_limit(estimated: int, data_length: int) -> int:
    """Return the gas to ask for: what a node estimates and a quarter, for the state may move.

    Never less than the call can need by our own measure (``tests/contracts/gas_table.json``): a
    node that estimates too little would have the transaction run out of gas and the nonce used
    in vain. What is not used costs nothing.

    Args:
        data_length: of the call, in bytes.

    Raises:
        AnchorRefusedError: the estimate is absurd. Gas never falls again (W6), so a transaction
            bound to it could stay above the ceilings for ever.
    """
    least = _LEAST_GAS + _WORD_GAS * (data_length // 32)
    if estimated > _MOST_TIMES * least:
        raise AnchorRefusedError(f"a node estimates {estimated} gas, {least} is plenty")
    return min(max(estimated + estimated // 4, least), GAS_LIMIT)


def _eighth_more(wei: int) -> int:
    return max(wei + 1, -(-wei * 9 // 8))
