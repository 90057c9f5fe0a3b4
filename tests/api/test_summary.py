"""The ledger in numbers: true, cheap and without inner details."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provenance_api.schemas import LedgerSummary
from waiting import wait_until

from provenance.record import parse_entry

if TYPE_CHECKING:
    from running_service import Service


def test_the_numbers_are_those_of_the_log(service: Service) -> None:
    service.deposited("counted in the summary")
    answer = service.client.get("/v1/ledger")
    summary = LedgerSummary.model_validate(answer.json())
    parts = service.ledger.parts

    assert answer.headers["cache-control"] == "public, max-age=2"
    assert summary.origin == service.ledger.origin
    assert summary.size == service.size()
    assert abs(summary.began_at - time.time()) < 3_600
    records = [parse_entry(one) for one in parts.store.entries(0, summary.size)]
    assert summary.newest_at == records[-1].iat
    taken = [one for one in records if one.type != "beacon"]
    assert summary.last_hour == summary.last_day == len(taken)  # this ledger is minutes old


def test_records_are_counted_from_the_beacon_before(service: Service) -> None:
    service.deposited("counted from a beacon")
    store, size = service.ledger.parts.store, service.size()
    beacons = store.beacons(0, size)
    newest = beacons[-1]

    assert store.beacon_before(newest.issued_unix) == newest
    assert store.beacon_before(beacons[0].issued_unix - 1) is None
    assert store.count_beacons(0, size) == len(beacons)
    assert store.count_beacons(newest.leaf_index + 1, size) == 0


def test_the_last_anchors_have_their_cost_and_what_stands_behind_them(service: Service) -> None:
    service.deposited("to be anchored")
    service.ledger.anchor_now()

    def chain() -> dict[str, object]:
        (found,) = service.client.get("/v1/ledger").json()["chains"]
        return dict(found)

    wait_until(lambda: chain()["final"] is not None, seconds=60)

    found = chain()
    final = found["final"]
    assert isinstance(final, dict)
    assert (found["independent"], found["retired"]) == (False, False)
    assert (final["state"], final["level"]) == ("final", "proof")
    anchors = service.client.get("/v1/anchors").json()["items"]
    whole = next(one for one in anchors if one["anchor_id"] == final["anchor_id"])
    for name in final.keys() - {"cost_at_most_wei"}:
        assert final[name] == whole[name]
    assert int(final["cost_at_most_wei"]) > 21_000


def test_health_is_told_without_details(service: Service) -> None:
    told = service.client.get("/v1/ledger").json()["parts"]
    ready = service.client.get("/v1/ready").json()["parts"]

    assert told == {name: part["ready"] for name, part in ready.items()}
    assert set(map(type, told.values())) == {bool}
