"""A service that others can reach: allowed keys, and how much each may ask for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from running_service import Service, running, the_problem
from small_ledger import deposit, key_of, key_record

from provenance.service.settings import WritePolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.service.settings import LedgerFolder

ALICE, BOB, EVE = key_of("alice"), key_of("bob"), key_of("eve")
ALLOWED = frozenset(one.public.thumbprint for one in (ALICE, BOB))


@pytest.fixture
def guarded(folder: LedgerFolder) -> Iterator[Service]:
    """Alice and Bob may send 4 requests and 6 records a minute each; one of Alice's is used."""
    policy = WritePolicy(ALLOWED, requests_per_minute=4, records_per_minute=6)
    folder.write_settings(replace(folder.read_settings(), write_policy=policy))
    with running(folder) as service:  # which makes Alice's key known
        yield service


def test_a_key_that_is_not_allowed_is_refused(guarded: Service) -> None:
    size = guarded.size()

    problem = the_problem(guarded.post(key_record(EVE)), 403, "not-allowed")

    assert problem["field"] == "kid"
    assert guarded.size() == size


def test_more_requests_than_allowed_are_told_when_to_come_back(guarded: Service) -> None:
    for number in range(3):
        assert guarded.post(deposit(ALICE, f"request {number}")).status_code == 201

    answer = guarded.post(deposit(ALICE, "one too many"))

    problem = the_problem(answer, 429, "rate-limited")
    assert "4 requests a minute" in problem["detail"]
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert guarded.post(key_record(BOB)).status_code == 201  # each key has its own allowance


def test_more_records_than_allowed_are_refused_one_by_one(guarded: Service) -> None:
    results = guarded.post_batch(*[deposit(ALICE, f"record {number}") for number in range(7)])

    assert [one["status"] for one in results] == ["integrated"] * 5 + ["refused"] * 2
    assert results[5]["problem"]["code"] == "rate-limited"
    assert results[5]["problem"]["status"] == 429


def test_what_was_not_signed_by_a_key_is_not_counted_against_it(guarded: Service) -> None:
    genuine = deposit(ALICE, "genuine")
    forged = genuine.compact.replace(
        genuine.entry.rpartition(b".")[2], deposit(BOB, "x").entry.rpartition(b".")[2]
    )
    for _ in range(20):
        the_problem(guarded.post(forged), 422, "bad-signature")

    assert guarded.post(genuine).status_code == 201


def test_reading_is_not_limited(guarded: Service) -> None:
    began = time.monotonic()
    answers = {guarded.client.get("/checkpoint").status_code for _ in range(100)}

    assert answers == {200}
    assert time.monotonic() - began < 60
