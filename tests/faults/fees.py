"""I5, what anchors cost: the stored attempts against the ceilings, and against what was mined.

Which attempts were signed stands nowhere but in the ledger's tables; what was spent is read from
the chain. A day is any 24 hours of the chain's own time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.chain_events import ChainView, Transaction
    from faults.tables import Tables

__all__ = ["Attempt", "Ceilings", "check_fees", "read_attempts"]

DAY_SECONDS = 86_400
_BUMP = (9, 8)
"""A dearer attempt raises both caps by at least an eighth (W7)."""


@dataclass(frozen=True)
class Ceilings:
    """What anchors may cost in wei; None = no ceiling."""

    anchor_wei: int | None = 2 * 10**16
    day_wei: int | None = 5 * 10**17

    @classmethod
    def read(cls, folder: Path, chain_id: int) -> Ceilings:
        """Read them as an operator does: the settings', else those that operating.md names."""
        chains = json.loads((folder / "ledger.json").read_bytes())["chains"]
        said = next(chain for chain in chains if chain["chain_id"] == chain_id)
        if said["nodes"] == ["managed"]:
            return cls(None, None)
        if said["ceilings"] is None:
            return cls()
        return cls(int(said["ceilings"]["anchor_wei"]), int(said["ceilings"]["day_wei"]))


@dataclass(frozen=True)
class Attempt:
    """One signed transaction of an anchor; caps in wei per gas."""

    anchor_id: int
    hash: str
    gas: int
    cap: int
    tip: int


def read_attempts(tables: Tables, chain_id: int) -> list[Attempt]:
    """Return all that was ever signed for a chain's anchors, each anchor's in its order."""
    (rows,) = tables.look(
        "SELECT s.anchor_id, s.tx_hash, s.gas, s.max_fee_wei, s.priority_fee_wei"
        " FROM anchor_attempts AS s JOIN anchors AS a ON a.anchor_id = s.anchor_id"
        f" WHERE a.chain_id = {chain_id:d} ORDER BY s.anchor_id, s.position"
    )
    return [Attempt(row[0], "0x" + bytes(row[1]).hex(), *row[2:]) for row in rows]


def check_fees(attempts: Sequence[Attempt], chain: ChainView, ceilings: Ceilings) -> int:
    """Check what was signed and what was spent; return how many attempts replaced another.

    Args:
        attempts: of all anchors, each anchor's in the order in which they were signed.
    """
    replaced = _check_replaced(attempts)
    for one in attempts:
        _demand_below(one.gas * one.cap, ceilings.anchor_wei, f"attempt {one.hash} may cost")
    signed = {one.hash: one for one in attempts}
    mined = chain.transactions[chain.set_up :]
    for sent in mined:
        of = signed.get(sent.hash)
        demand(of is not None, "I5", f"{sent.hash} was mined and is no stored attempt")
        if of is not None:
            caps = (of.gas, of.cap, of.tip)
            demand(caps == (sent.gas, sent.cap, sent.tip), "I5", f"{sent.hash}: stored as {caps}")
        demand(sent.spent <= sent.gas * sent.cap, "I5", f"{sent.hash} cost {sent.spent}")
        _demand_below(sent.spent, ceilings.anchor_wei, f"{sent.hash} cost")
    _check_days(mined, ceilings)
    return replaced


def _check_replaced(attempts: Sequence[Attempt]) -> int:
    by_anchor = defaultdict[int, list[Attempt]](list)
    for one in attempts:
        by_anchor[one.anchor_id].append(one)
    times, over = _BUMP
    for anchor_id, signed in by_anchor.items():
        for old, new in pairwise(signed):
            is_dearer = new.cap * over >= old.cap * times and new.tip * over >= old.tip * times
            demand(is_dearer, "I5", f"anchor {anchor_id}: {new} took the place of {old}")
    return len(attempts) - len(by_anchor)


def _check_days(mined: Sequence[Transaction], ceilings: Ceilings) -> None:
    """No 24 hours that begin with a transaction cost more than a day may."""
    for first in mined:
        day = [sent for sent in mined if first.at <= sent.at < first.at + DAY_SECONDS]
        spent = sum(sent.spent for sent in day)
        _demand_below(
            spent, ceilings.day_wei, f"{len(day)} anchors of the day from {first.at} cost"
        )


def _demand_below(wei: int, ceiling: int | None, text: str) -> None:
    demand(ceiling is None or wei <= ceiling, "I5", f"{text} {wei} wei, the ceiling is {ceiling}")
