from __future__ import annotations

import ast
import itertools
import json
import string
from pathlib import Path
from typing import Any

import pytest
import receipt_cases
from published import own_cases

from provenance import wordings
from provenance.identity import DEPARTMENT_CODE, KEY_CODES, REVOCATION_CODE
from provenance.key_life import Life
from provenance.verdict import NUMBERS, Check, Outcome, exit_code_of, not_in_log, utc_text

SOURCES = sorted((Path(__file__).parents[2] / "provenance").glob("verify*.py"))


def test_every_set_of_outcomes_has_the_stated_precedence() -> None:
    kinds = [(outcome, needed) for outcome in Outcome for needed in (False, True)]
    for size in range(4):
        for chosen in itertools.combinations(kinds, size):
            checks = [Check("block", outcome, "x", needed=needed) for outcome, needed in chosen]
            outcomes = [outcome for outcome, _ in chosen]
            needed_ones = [outcome for outcome, needed in chosen if needed]

            if Outcome.UNUSABLE in outcomes:
                expected = 2
            elif Outcome.FALSE in outcomes:
                expected = 1
            elif Outcome.UNAVAILABLE in needed_ones:
                expected = 4
            elif Outcome.NOT_YET in needed_ones or Outcome.NOT_CHECKED in needed_ones:
                expected = 3
            else:
                expected = 0

            assert exit_code_of(checks) == expected, chosen


def test_the_wordings_that_are_fixed_are_word_for_word_so() -> None:
    check = Check("identity", Outcome.PROVED, "key-institution", facts={"binder": "X", "index": 7})

    assert check.text() == "bound by X at entry 7: proved"
    assert wordings.WORDINGS["key-self-asserted"] == "self-asserted by the key holder"
    assert wordings.WORDINGS["key-unbound"] == "no binding shown"
    assert (
        wordings.WORDINGS["revocation-not-shown"]
        == "no revocation shown in this receipt; absence is not proved"
    )
    assert wordings.WORDINGS["not-revoked"] == "not revoked up to tree size {tree_size}: proved"
    assert wordings.TRUSTS["you"] == "vouched for by you"


def literals() -> set[str]:
    """Every string literal of the verifier's sources, f-strings put together from their parts."""
    found: set[str] = {*KEY_CODES.values(), REVOCATION_CODE, DEPARTMENT_CODE, *Life}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    for name in ("not-after", "not-before", "signed-not-before"):
        found |= {f"{name}{suffix}" for suffix in ("-dev-chain", "-not-vouched", "-no-header")}
    found |= {f"opening-{state}" for state in ("unusable", "not-logged")}
    return found


def test_no_wording_is_left_over() -> None:
    assert set(wordings.WORDINGS) <= literals()


def test_every_check_has_a_number_and_a_title() -> None:
    assert list(NUMBERS) == list(wordings.TITLES)
    assert list(NUMBERS.values()) == list(range(1, 17))


def test_the_trust_model_has_the_same_numbers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "trust-model.md").read_text()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| ")]

    numbered = {
        name.strip().replace(" ", "-"): int(number)
        for number, name in rows
        if number.strip().isdigit() and not name.strip()[0].isupper()
    }

    assert numbered == NUMBERS


def test_no_wording_needs_more_than_names_in_braces() -> None:
    for sentence in wordings.WORDINGS.values():
        for _, name, spec, conversion in string.Formatter().parse(sentence):
            assert name is None or name.isidentifier()
            assert not spec
            assert conversion is None


@pytest.mark.parametrize("vector", own_cases("receipts"))
def test_every_verdict_can_be_said_and_written(vector: dict[str, Any]) -> None:
    verdict = receipt_cases.verify_case(vector)

    for check in verdict.checks:
        assert check.text()
        assert "{" not in check.text()
        assert check.trust in wordings.TRUSTS
        assert check.number == NUMBERS[check.name]
    written = verdict.to_json()
    assert json.loads(json.dumps(written)) == written
    assert written["exit_code"] == verdict.exit_code
    assert written["policy_digest"] == verdict.policy_digest.hex()
    assert set(NUMBERS) == {check.name for check in verdict.checks}


def test_a_sentence_is_translated_before_its_facts_come_in() -> None:
    check = Check("inclusion", Outcome.PROVED, "included", facts={"index": 6, "tree_size": 13})

    chinese = check.text({"entry {index} of {tree_size}": "第 {index} 条，共 {tree_size} 条"}.get)  # type: ignore[arg-type]  # a translation that is there

    assert chinese == "第 6 条，共 13 条"
    assert check.to_json()["text"] == "entry 6 of 13"


def test_a_time_no_calendar_has_stays_a_number() -> None:
    assert utc_text(1_780_000_000) == "2026-05-28 20:26:40 UTC"
    assert utc_text(2**63) == "9223372036854775808 s after 1970"


def logged(**outcomes: Outcome) -> list[Check]:
    """The five checks that put a record into the log, proved but for ``outcomes``."""
    names = ("receipt", "log", "signature", "checkpoint", "inclusion")
    return [Check(name, outcomes.get(name, Outcome.PROVED), "not-reached") for name in names]


def test_a_record_is_in_the_log_without_anchor_or_witness() -> None:
    waiting = Check("not-after", Outcome.NOT_YET, "not-anchored", needed=True)

    assert not_in_log([*logged(), waiting]) is None
    assert exit_code_of([*logged(), waiting]) == 3


@pytest.mark.parametrize("name", ["receipt", "log", "signature", "checkpoint", "inclusion"])
def test_what_is_not_checked_in_the_log_is_found_though_nothing_is_false(name: str) -> None:
    checks = logged(**{name: Outcome.NOT_CHECKED})

    found = not_in_log(checks)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("outcome", [Outcome.FALSE, Outcome.UNUSABLE])
def test_anything_false_keeps_a_receipt_from_being_taken(outcome: Outcome) -> None:
    wrong = Check("anchor", outcome, "anchor-false")

    assert not_in_log([*logged(), wrong]) == wrong
