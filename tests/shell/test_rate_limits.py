"""How much one key may use a service that others can reach."""

from __future__ import annotations

import time

import pytest
from small_ledger import deposit, key_of, key_record

from provenance.errors import MalformedError, NotAllowedError, ProvenanceError, RateLimitedError
from provenance.record import Record
from provenance.service.rate_limits import Admission
from provenance.service.settings import WritePolicy

ALICE, BOB = key_of("alice"), key_of("bob")


def _admission(requests: int, records: int) -> Admission:
    keys = frozenset({ALICE.public.thumbprint, BOB.public.thumbprint})
    return Admission(WritePolicy(keys, requests, records))


def _codes(items: list[Record | ProvenanceError]) -> list[str]:
    return ["ok" if isinstance(one, Record) else one.code for one in items]


def test_allowed_keys_pass_and_others_do_not() -> None:
    items = _admission(10, 10).admit([key_record(ALICE), key_record(key_of("eve"))])

    assert _codes(items) == ["ok", "not-allowed"]
    assert isinstance(items[1], NotAllowedError)


def test_what_was_refused_before_stays_refused_and_costs_nothing() -> None:
    admission, error = _admission(1, 1), MalformedError("no")

    assert admission.admit([error, key_record(ALICE), error])[::2] == [error, error]
    assert _codes(admission.admit([key_record(BOB)])) == ["ok"]


def test_a_request_counts_once_for_each_key_in_it() -> None:
    admission = _admission(2, 100)
    batch = [deposit(ALICE, "one"), deposit(BOB, "two"), deposit(ALICE, "three")]

    assert _codes(admission.admit(batch)) == ["ok"] * 3
    assert _codes(admission.admit(batch)) == ["ok"] * 3
    assert _codes(admission.admit(batch)) == ["rate-limited"] * 3


@pytest.mark.parametrize(("requests", "records"), [(1, 100), (100, 1)])
def test_the_error_says_when_to_come_back(requests: int, records: int) -> None:
    admission = _admission(requests, records)
    admission.admit([deposit(ALICE, "first")])

    (refused,) = admission.admit([deposit(ALICE, "second")])

    assert isinstance(refused, RateLimitedError)
    assert refused.retry_at is not None
    assert 0 < refused.retry_at - time.time() <= 62


def test_keys_do_not_use_up_each_others_allowance() -> None:
    admission = _admission(100, 2)

    assert _codes(admission.admit([deposit(ALICE, f"hers {n}") for n in range(3)])) == [
        "ok",
        "ok",
        "rate-limited",
    ]
    assert _codes(admission.admit([deposit(BOB, "his")])) == ["ok"]
