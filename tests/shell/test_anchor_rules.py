"""Fees leave room, obey both ceilings, and a replacement is one that geth takes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import AnchorRefusedError, FeeCeilingError
from provenance.ledger.anchor_rules import GAS_LIMIT, AnchorRules, gas_limit
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
        assert cap * GAS <= ceiling


def test_day_ceiling_counts_what_is_bound_already() -> None:
    fees = Fees(10**9, 10**9)
    rules = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=10**17)
    least = 2 * 10**9 * GAS

    assert rules.first_fees(fees, GAS, 10**17 - 2 * least) == (3 * 10**9, 10**9)
    assert rules.first_fees(fees, GAS, 10**17 - least) == (2 * 10**9, 10**9)
    with pytest.raises(FeeCeilingError):
        rules.first_fees(fees, GAS, 10**17 - least + 1)


def test_the_ceiling_that_is_passed_is_named() -> None:
    fees, needed = Fees(10**9, 10**9), 2 * 10**9 * GAS
    dear = f"{needed} wei needed now; `anchor_wei` is {needed - 1}"
    spent = f"of `day_wei` the day's other anchors take 1 of {needed}"

    for one, day, others, said in (
        (needed - 1, None, 0, dear),
        (needed - 1, needed, 0, dear),
        (needed, needed, 1, f"{needed} wei needed now; {spent}"),
        (needed - 1, needed, 1, f"{dear} and {spent}"),
    ):
        rules = AnchorRules(anchor_ceiling_wei=one, day_ceiling_wei=day)
        with pytest.raises(FeeCeilingError) as caught:
            rules.first_fees(fees, GAS, others)
        assert str(caught.value) == said


def test_replacement_stays_within_the_ceilings_or_is_not_made() -> None:
    fees = Fees(10 * 10**9, 10**9)
    attempt = Attempt(b"", b"", 3 * 10**9, 10**9, GAS, None)
    needed = 11 * 10**9 * GAS

    dear = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=None)
    tight = AnchorRules(anchor_ceiling_wei=needed, day_ceiling_wei=None)
    assert dear.dearer(attempt, fees, 0, is_refused=False) == (21 * 10**9, 1_125_000_000, GAS)
    assert tight.dearer(attempt, fees, 0, is_refused=False) == (11 * 10**9, 1_125_000_000, GAS)
    with pytest.raises(FeeCeilingError):
        AnchorRules(anchor_ceiling_wei=needed - 1).dearer(attempt, fees, 0, is_refused=False)
    with pytest.raises(FeeCeilingError):
        AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=10**18).dearer(
            attempt, fees, 10**18 - needed + 1, is_refused=False
        )


def test_replacement_is_made_for_gas_and_for_a_pool_that_refuses() -> None:
    fees = Fees(10**9, 10**9)
    attempt = Attempt(b"", b"", 3 * 10**9, 10**9, GAS, None)

    rules = AnchorRules()
    assert rules.dearer(attempt, fees, 0, gas=GAS, is_refused=False) is None
    more_gas = rules.dearer(attempt, fees, 0, gas=GAS + 1, is_refused=False)
    refused = rules.dearer(attempt, fees, 0, gas=GAS - 1, is_refused=True)
    assert more_gas == (3_375_000_000, 1_125_000_000, GAS + 1)
    assert refused == (3_375_000_000, 1_125_000_000, GAS)


@given(WEI, st.integers(1, 10**12))
def test_legacy_chain_has_one_price(price: int, later: int) -> None:
    rules = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=None)

    cap, tip = rules.first_fees(Fees(0, price, legacy=True), GAS, 0)
    attempt = Attempt(b"", b"", cap, tip, GAS, None)
    replaced = rules.dearer(attempt, Fees(0, later, legacy=True), 0, is_refused=False)

    assert cap == tip == price
    assert (replaced is None) == (later <= price)
    assert replaced is None or replaced[0] == replaced[1] >= later


@given(WEI, WEI, WEI, WEI)
def test_replacement_is_dearer_by_geths_rule_or_not_made(
    cap: int, tip: int, base: int, asked: int
) -> None:
    attempt = Attempt(b"", b"", cap, min(tip, cap), GAS, None)

    rules = AnchorRules(anchor_ceiling_wei=None, day_ceiling_wei=None)

    replaced = rules.dearer(attempt, Fees(base, asked), 0, is_refused=False)

    if replaced is None:
        assert cap >= base + asked
        return
    new_cap, new_tip, _ = replaced
    # go-ethereum core/txpool/legacypool/list.go: strictly more, and at least a tenth, of both
    assert new_cap > cap
    assert new_tip > attempt.priority_fee_wei
    assert new_cap * 10 >= cap * 11
    assert new_tip * 10 >= attempt.priority_fee_wei * 11
    assert new_cap >= max(new_tip, base + asked)


def test_gas_is_never_less_than_the_contract_was_measured_to_need() -> None:
    table = Path(__file__).parents[1] / "contracts" / "gas_table.json"
    measured = json.loads(table.read_text())["anchor"]

    assert measured
    for case in measured.values():
        # selector; log id, tree size, root, the array's place and length; its hashes
        data_length = 4 + 32 * (5 + case["proof_hashes"])
        assert gas_limit(0, data_length) >= case["gas"] * 11 // 10


def test_gas_has_a_margin_and_a_limit() -> None:
    assert gas_limit(200_000, 164) == 250_000
    assert gas_limit(10**7, 5_000) == 10**7 * 5 // 4
    assert gas_limit(2**24, 40_000) == GAS_LIMIT


def test_absurd_estimate_is_refused() -> None:
    """Found by history 1113: bound at no price, it stayed above the ceiling for ever."""
    with pytest.raises(AnchorRefusedError):
        gas_limit(2**24, 164)
