"""Fees leave room, obey both ceilings, and a replacement is one that geth takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import FeeCeilingError
from provenance.ledger.anchor_rules import AnchorRules
from provenance.ledger.chain_port import Attempt, Fees

GAS = 80_000
WEI = st.integers(0, 10**12)


@given(WEI, WEI)
def test_first_fees_leave_room_for_the_base_fee_to_double(base: int, tip: int) -> None:
    rules = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=None)

    assert rules.first_fees(Fees(base, tip), GAS, 0) == (2 * base + tip, tip)


@given(WEI, WEI, st.integers(0, 10**17))
def test_first_fees_never_pass_the_ceiling(base: int, tip: int, ceiling: int) -> None:
    rules = AnchorRules(anchor_ceiling_wei=ceiling, day_ceiling_wei=None)

    try:
        cap, _ = rules.first_fees(Fees(base, tip), GAS, 0)
    except FeeCeilingError:
        assert (base + tip) * GAS > ceiling - GAS
    else:
        assert base + tip <= cap
        assert rules.allows(cap * GAS)


def test_day_ceiling_counts_what_is_bound_already() -> None:
    fees = Fees(10**9, 10**9)
    rules = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=10 * 3 * 10**9 * GAS)

    rules.first_fees(fees, GAS, 9 * 3 * 10**9 * GAS)
    with pytest.raises(FeeCeilingError):
        rules.first_fees(fees, GAS, 9 * 3 * 10**9 * GAS + 1)


@given(WEI, WEI, WEI, WEI)
def test_replacement_is_dearer_by_geths_rule_or_not_made(
    cap: int, tip: int, base: int, asked: int
) -> None:
    attempt = Attempt(b"", b"", cap, min(tip, cap), GAS, None)

    replaced = AnchorRules().dearer(attempt, Fees(base, asked))

    if replaced is None:
        assert cap >= base + asked
        return
    new_cap, new_tip = replaced
    # go-ethereum core/txpool/legacypool/list.go: strictly more, and at least a tenth, of both
    assert new_cap > cap
    assert new_tip > attempt.priority_fee_wei
    assert new_cap * 10 >= cap * 11
    assert new_tip * 10 >= attempt.priority_fee_wei * 11
    assert new_cap >= max(new_tip, base + asked)
