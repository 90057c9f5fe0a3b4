"""How a record stands, as every view of it says; and what nobody can do to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from small_ledger import ORIGIN, START, key_of, salts

from provenance.record import issue_record
from provenance.service.record_about import MOST_ABOUT_A_HIT, about_record

if TYPE_CHECKING:
    from running_service import Service

    from provenance.keys import PrivateKey
    from provenance.record import Record


def made(key: PrivateKey, kind: str, seed: str, **claims: Any) -> Record:  # noqa: ANN401 -- claims
    return issue_record(
        kind, claims, private_key=key, aud=ORIGIN, iat=START, salts=salts(seed.encode())
    )


def view(service: Service, record: Record) -> dict[str, Any]:
    answer = service.client.get(f"/v1/records/{record.id_hex}")
    assert answer.status_code == 200, answer.text
    receipt = service.client.get(f"/v1/records/{record.id_hex}/receipt")
    assert receipt.headers["provenance-standing"] == answer.headers["provenance-standing"]
    found: dict[str, Any] = answer.json()
    return found | {"header": answer.headers["provenance-standing"]}


def test_a_withdrawal_by_the_owner_shows_in_every_view(service: Service) -> None:
    record = service.deposited("standing 1")
    assert view(service, record)["header"] == "sound"

    withdrawal = made(service.alice, "withdrawal", "1", record=record.id_hex, reason="Wrong.")
    assert service.post(withdrawal).status_code == 201

    found = view(service, record)
    assert found["header"] == "withdrawn"
    assert found["standing"]["withdrawn"] == withdrawal.id_hex
    digest = record.claims["dataset_digest"]
    hits = service.client.get("/v1/lookup", params={"digest": str(digest)}).json()["items"]
    assert hits[0]["standing"] == found["standing"]


def test_a_record_and_its_correction_are_sent_at_once(service: Service) -> None:
    wrong = service.deposited("standing 2")
    right = made(service.alice, "deposit", "right", dataset_digest="7b" * 32, files=1)
    correction = made(
        service.alice, "correction", "2", record=wrong.id_hex, superseded_by=right.id_hex
    )

    results = service.post_batch(right, correction)

    assert [one["status"] for one in results] == ["integrated", "integrated"]
    found = view(service, wrong)
    assert found["header"] == "corrected, superseded"
    assert found["standing"]["superseded_by"] == right.id_hex


def test_a_dataset_digest_that_is_a_record_id_disturbs_nobody(service: Service) -> None:
    record = service.deposited("standing 3")
    hostile = made(
        service.know(key_of("hostile 3")), "deposit", "3", dataset_digest=record.id_hex, files=1
    )
    assert service.post(hostile).status_code == 201

    found = view(service, record)
    hits = service.client.get("/v1/lookup", params={"digest": record.id_hex}).json()["items"]

    assert found["header"] == "sound"
    assert [one["id"] for one in hits] == [hostile.id_hex]


def test_a_relation_is_found_as_about_the_record(service: Service) -> None:
    record = service.deposited("standing 4")
    relation = {"relation": "wasRevisionOf", "record": record.id_hex}
    later = made(
        service.alice, "deposit", "4", dataset_digest="7c" * 32, files=1, relations=[relation]
    )
    assert service.post(later).status_code == 201

    by_prefix = service.client.get(
        "/v1/lookup", params={"digest_prefix": record.id_hex[:10]}
    ).json()["items"]

    assert [(one["id"], one["of"]) for one in by_prefix] == [(later.id_hex, "record")]


def test_what_is_not_read_to_its_end_says_so(service: Service) -> None:
    record = service.deposited("standing 5")
    for number in range(3):
        said = made(service.alice, "correction", f"5 {number}", record=record.id_hex, reason="No.")
        assert service.post(said).status_code == 201
    found, log = view(service, record), service.ledger.parts.store

    some = about_record(record, found["leaf_index"], log=log, most=2)

    assert found["standing"]["complete"] is True
    assert some.to_json()["complete"] is False


def test_no_flood_of_statements_hides_a_withdrawal(service: Service) -> None:
    record = service.deposited("standing 6")
    flooder = service.know(key_of("flooder"))
    flood = [
        made(flooder, "statement", f"flood {number}", record=record.id_hex, text=f"{number}")
        for number in range(MOST_ABOUT_A_HIT + 1)
    ]
    assert {one["status"] for one in service.post_batch(*flood)} == {"integrated"}
    withdrawal = made(service.alice, "withdrawal", "6", record=record.id_hex, reason="Wrong.")
    assert service.post(withdrawal).status_code == 201

    found = view(service, record)
    digest = str(record.claims["dataset_digest"])
    (hit,) = service.client.get("/v1/lookup", params={"digest": digest}).json()["items"]

    for one in (found, hit):
        assert one["standing"]["withdrawn"] == withdrawal.id_hex
        assert one["standing"]["complete"] is True
    assert found["header"] == "withdrawn"


def test_no_flood_of_fixity_records_hides_a_withdrawal(service: Service) -> None:
    record = service.deposited("standing 7")
    flooder = service.know(key_of("flooder of readings"))
    digest = str(record.claims["dataset_digest"])
    readings = [
        made(
            flooder,
            "fixity",
            f"reading {number}",
            record=record.id_hex,
            dataset_digest=digest,
            files=3,
            checked=3,
            failed=0,
            missing=0,
            started=START,
            ended=START + number,
            report_digest=f"{number + 1:064x}",
        )
        for number in range(MOST_ABOUT_A_HIT + 1)
    ]
    assert {one["status"] for one in service.post_batch(*readings)} == {"integrated"}
    withdrawal = made(service.alice, "withdrawal", "7", record=record.id_hex, reason="Wrong.")
    assert service.post(withdrawal).status_code == 201

    hits = service.client.get("/v1/lookup", params={"digest": digest}).json()["items"]

    assert hits[0]["standing"]["withdrawn"] == withdrawal.id_hex
    assert hits[0]["standing"]["complete"] is True
    assert len(hits[0]["fixity"]) == 5
    assert hits[0]["more_fixity"] is True
