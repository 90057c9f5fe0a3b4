"""What a revocation means for a record: every order, every revoker, every hostile use."""

from __future__ import annotations

import runpy
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_records import ACADEMY, INSTITUTE, bound, named, revoked
from small_ledger import START, key_of

from provenance.identity import BoundKey, Institution
from provenance.key_life import NEVER, Bracket, Life, Right, Word, judge, words_on
from provenance.key_values import Revocation, revocation_of

if TYPE_CHECKING:
    from provenance.record import Record

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "make_key_orders"))
ALICE, THIEF, SAFE = key_of("alice"), key_of("thief"), key_of("safe")
KID = ALICE.public.thumbprint
INSTITUTIONS = {ACADEMY.public.thumbprint: Institution(INSTITUTE.name, INSTITUTE.key)}


def said(index: int, since: int | None = None, right: Right = Right.RECOVERY) -> Word:
    return Word(index, Revocation("K", "R", "keyCompromise", None, since), right)


# --- the table ----------------------------------------------------------------------------


def test_the_document_holds_the_table_as_it_is_made() -> None:
    text = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")

    assert SCRIPT["rendered"](text) == text


def table() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.count("|") > 6]
    return {row[0]: row[1:] for row in rows if "," in row[0]}


COLUMNS = (
    *("itself", "recovery", "recovery early", "recovery late"),
    *("institution", "institution early", "institution late", "other"),
)


def expected(order: tuple[str, ...], column: str) -> str:
    """The rules again, in other words than ``key_life`` has them."""
    sign, anchor, revoke = (order.index(step) for step in ("sign", "anchor", "revoke"))
    if revoke < sign:
        return "refused; void"
    if column.endswith("early"):
        return "void"
    if column.endswith("late"):
        return "stands: older" if sign < anchor < revoke else "cannot be told"
    return "stands"


ORDERS = list(permutations(("sign", "anchor", "rotate", "revoke")))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_every_order_has_the_verdict_that_the_document_says(order: tuple[str, ...]) -> None:
    row = table()[", ".join(order)]

    assert row == [expected(order, column) for column in COLUMNS]


# --- single rules -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bracket", "life"),
    [
        (NEVER, Life.UNDECIDED),
        (Bracket(None, 99), Life.OLDER),
        (Bracket(None, 100), Life.UNDECIDED),
        (Bracket(100, 200), Life.UNDECIDED),
        (Bracket(101, 200), Life.YOUNGER),
        (Bracket(101, None), Life.YOUNGER),
        (Bracket(50, 150), Life.UNDECIDED),
    ],
)
def test_a_compromise_is_compared_with_the_proved_interval(bracket: Bracket, life: Life) -> None:
    judged = judge([said(9, since=100)], 5, bracket)

    assert judged is not None
    assert judged.life is life


@pytest.mark.parametrize("right", [Right.ITSELF, Right.OTHER_BINDER])
def test_who_may_not_date_a_compromise_dates_none(right: Right) -> None:
    judged = judge([said(9, since=100, right=right)], 5, Bracket(101, 200))

    assert judged is not None
    assert judged.life is Life.STANDS


def test_the_worst_word_counts_and_its_speaker_is_named() -> None:
    harmless, late, fatal = said(6), said(7, since=300), said(8, since=100)

    judged = judge([harmless, late, fatal], 5, Bracket(200, 250))

    assert judged == (Life.YOUNGER, fatal)


def test_a_revocation_does_not_count_against_itself() -> None:
    assert judge([said(5, right=Right.ITSELF)], 5, NEVER) is None


times = st.none() | st.integers(0, 40)


@given(
    words=st.lists(st.builds(said, st.integers(0, 40), times, st.sampled_from(Right)), max_size=4),
    index=st.integers(0, 40),
    bracket=st.builds(Bracket, times, times),
)
def test_above_a_revocation_nothing_stands(words: list[Word], index: int, bracket: Bracket) -> None:
    judged = judge(words, index, bracket)

    is_above = any(word.leaf_index < index for word in words)
    assert (judged is not None and judged.life is Life.AFTER) is is_above


# --- by what right ------------------------------------------------------------------------


def rights(*records: Record) -> list[Right]:
    keys, words = [], []
    for index, record in enumerate(records):
        if record.type == "key":
            keys.append(BoundKey(record, index))
        else:
            words.append((index, revocation_of(record)))
    return [word.right for word in words_on(KID, keys, words, INSTITUTIONS)]


def test_a_key_its_recovery_key_and_its_institution_may_speak() -> None:
    mine = named(ALICE, "Alice", recovery=SAFE.public.thumbprint)

    found = rights(
        named(ACADEMY, "Academy"),
        mine,
        bound(ALICE, ACADEMY),
        revoked(ACADEMY, ALICE),
        revoked(SAFE, ALICE),
        revoked(ALICE, ALICE),
        revoked(THIEF, ALICE),
    )

    assert found == [Right.BINDER, Right.RECOVERY, Right.ITSELF]


def test_a_binder_of_the_thiefs_own_speaks_for_no_institution() -> None:
    found = rights(
        named(THIEF, "Academy of Sciences"),
        named(ALICE, "Alice"),
        bound(ALICE, THIEF),
        revoked(THIEF, ALICE, compromised_since=0),
    )

    assert found == [Right.OTHER_BINDER]


def test_only_the_first_key_record_names_the_recovery_key() -> None:
    first = named(ALICE, "Alice")
    later = bound(ALICE, THIEF, recovery=SAFE.public.thumbprint)

    assert rights(named(THIEF, "Thief"), first, later, revoked(SAFE, ALICE)) == []


def test_who_binds_a_key_after_he_has_revoked_it_had_no_right() -> None:
    found = rights(
        named(ACADEMY, "Academy"),
        named(ALICE, "Alice"),
        revoked(ACADEMY, ALICE, compromised_since=START - 1),
        bound(ALICE, ACADEMY),
    )

    assert found == []
