"""Sealed deposits over the API: who may open them, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openings import issue_opening
from running_service import Service, the_problem
from small_ledger import ORIGIN, START, key_of, salts

from provenance.digests import sha256
from provenance.receipt import Receipt
from provenance.record import Record, issue_record, parse_record
from provenance.sealed import SealedSecret, seal_claims

if TYPE_CHECKING:
    from provenance.keys import PrivateKey


def sealed(key: PrivateKey, name: str) -> tuple[Record, SealedSecret]:
    hidden = {
        "dataset_digest": sha256(name.encode()).hex(),
        "salted_digest": sha256(b"salted " + name.encode()).hex(),
        "title": f"Title of {name}",
    }
    made = seal_claims(hidden, key=key.public.thumbprint, salts=salts(b"hidden" + name.encode()))
    record = issue_record(
        "deposit",
        {"files": 3},
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(name.encode()),
        made=made,
    )
    return record, SealedSecret(record.id, made)


def opening(secret: SealedSecret, key: PrivateKey) -> Record:
    names = [str(part.name) for part in secret.disclosures]
    return issue_opening(secret, names, private_key=key, aud=ORIGIN, iat=START + 1)


def test_the_owner_opens_what_he_has_sealed(service: Service) -> None:
    record, secret = sealed(service.alice, "sealed and opened")
    answer = service.post(record)
    assert answer.status_code == 201, answer.text
    before = service.client.get(f"/v1/records/{record.id_hex}").text

    answer = service.post(opening(secret, service.alice))

    assert answer.status_code == 201, answer.text
    shown = parse_record(Receipt.parse(answer.content).record.sd_jwt.encode(), complete=False)
    assert shown.payload["title"] == "Title of sealed and opened"
    for part in secret.disclosures:
        assert part.text not in before
    found = service.client.get("/v1/lookup", params={"digest": record.id_hex}).json()["items"]
    assert [hit["type"] for hit in found] == ["opening"]


def test_nobody_else_may_open_it(service: Service) -> None:
    record, secret = sealed(service.alice, "sealed by alice")
    mallory = service.know(key_of("mallory who opens"))
    service.post(record)
    size = service.size()

    problem = the_problem(service.post(opening(secret, mallory)), 403, "not-authorised")

    assert problem["field"] == "header.kid"
    assert service.size() == size


def test_a_copied_commitment_is_taken_and_never_opened(service: Service) -> None:
    record, secret = sealed(service.alice, "copied commitment")
    mallory = service.know(key_of("mallory who copies"))
    service.post(record)
    theft = issue_record(
        "deposit",
        {"files": 3},
        private_key=mallory,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"theft"),
        made=secret.disclosures,
    )
    assert service.post(theft).status_code == 201  # nobody can know yet

    stolen = opening(replace(secret, record=theft.id), mallory)
    problem = the_problem(service.post(stolen), 400, "malformed")

    assert problem["field"].endswith("_digest.key")


def test_an_opening_of_no_record_is_refused(service: Service) -> None:
    record, secret = sealed(service.alice, "never sent")

    problem = the_problem(service.post(opening(secret, service.alice)), 409, "unknown-record")

    assert problem["field"] == "record"
    assert record.id_hex in problem["detail"]


def test_what_is_sealed_must_not_come_with_the_deposit(service: Service) -> None:
    record, secret = sealed(service.alice, "shown by mistake")
    size = service.size()

    shown = record.compact + secret.disclosures[0].text.encode() + b"~"
    the_problem(service.post(shown), 400, "malformed")

    assert service.size() == size
