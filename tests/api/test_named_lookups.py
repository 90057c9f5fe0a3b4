"""Look-ups by DOI, by institution and by what was sealed before: found, levelled and erasable."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from erasing import erase_stored
from key_records import ACADEMY, INSTITUTE, bound, named
from running_service import Service, the_problem
from small_ledger import ORIGIN, START, deposit, key_of, salts
from test_openings import opening, sealed

from provenance.digests import sha256
from provenance.ledger.find_people import named_by
from provenance.ledger.load_record import load_record
from provenance.ledger.rebuild_lookups import rebuild_lookups
from provenance.record import issue_record
from provenance.service.find_institution import AskedInstitution, find_institution
from provenance.service.views import Levels

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.record import Record

_NUMBERS = itertools.count(1)
ROR = "05dxps055"


def put(service: Service, key: PrivateKey, **claims: object) -> Record:
    number = next(_NUMBERS)
    whole = {"dataset_digest": f"{number:x}".rjust(64, "e"), "files": 2} | claims
    record = issue_record(
        "deposit",
        whole,
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"named %d" % number),
    )
    answer = service.post(record)
    assert answer.status_code == 201, answer.text
    return record


def ask(service: Service, **question: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- a query
    answer = service.client.get("/v1/lookup", params=question)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def ids(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["id"] for hit in hits]


def erase(service: Service, record: Record) -> None:
    parts = service.ledger.parts
    assert erase_stored(record.id, log=parts.log, store=parts.store, key_store=parts.key_store)


# --- by DOI ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    ["10.5555/Data.7", "doi:10.5555/data.7", "https://doi.org/10.5555/DATA.7", " 10.5555/data.7"],
)
def test_a_doi_is_found_however_it_is_written(service: Service, asked: str) -> None:
    record = put(service, service.alice, identifiers=[{"type": "doi", "value": "10.5555/Data.7"}])

    hits = ask(service, doi=asked)

    assert record.id_hex in ids(hits)
    assert {hit["identity"] for hit in hits} == {"unbound"}


def test_an_identifier_of_another_kind_is_no_doi(service: Service) -> None:
    put(service, service.alice, identifiers=[{"type": "handle", "value": "10.5555/handle"}])

    assert ask(service, doi="10.5555/handle") == []


def test_an_erased_doi_is_found_no_more_and_a_rebuild_keeps_it_so(service: Service) -> None:
    stays, gone = (
        put(service, service.alice, identifiers=[{"type": "doi", "value": "10.5555/erased"}])
        for _ in range(2)
    )
    erase(service, gone)

    assert ids(ask(service, doi="10.5555/erased")) == [stays.id_hex]
    rebuild_lookups(service.ledger.parts.store, service.ledger.parts.key_store)
    assert ids(ask(service, doi="10.5555/erased")) == [stays.id_hex]


@pytest.mark.parametrize("bad", ["", "10.5555", "not a doi", "11.5555/x"])
def test_what_is_no_doi_is_refused(service: Service, bad: str) -> None:
    the_problem(service.client.get("/v1/lookup", params={"doi": bad}), 400, "malformed")


def test_two_questions_at_once_are_refused(service: Service) -> None:
    query = {"doi": "10.5555/x", "institution": ROR}

    the_problem(service.client.get("/v1/lookup", params=query), 400, "malformed")


# --- by institution -------------------------------------------------------------------------


def test_what_names_an_institution_is_a_claim_and_says_so(service: Service) -> None:
    person = {"name": "Somebody", "ror": [ROR]}
    record = put(service, service.alice, contributors=[person])

    for asked in (ROR, f"https://ror.org/{ROR}"):
        (hit,) = [one for one in ask(service, institution=asked) if one["id"] == record.id_hex]

        assert hit["signer_bound"] is False
        assert hit["identity"] == "unbound"
    erase(service, record)
    assert record.id_hex not in ids(ask(service, institution=ROR))


def test_what_bound_keys_sign_is_found_by_the_key_that_bound_them(service: Service) -> None:
    binder, dora, eve = key_of("binder 1"), key_of("dora"), key_of("eve")
    service.post(named(binder, "Binding Office"))
    early = None
    service.post(named(dora, "Dora"))
    early = put(service, dora)
    assert service.post(bound(dora, binder, "Dora again", may_bind=True)).status_code == 201
    assert service.post(bound(eve, dora, "Eve")).status_code == 201
    later, deeper = put(service, dora), put(service, eve)
    other = put(service, service.alice)

    hits = ask(service, institution=binder.public.thumbprint)

    assert {later.id_hex, deeper.id_hex} <= set(ids(hits))
    assert not {early.id_hex, other.id_hex} & set(ids(hits))  # a binding counts from its entry on
    assert {hit["signer_bound"] for hit in hits} == {True}
    assert "institution-bound" not in {hit["identity"] for hit in hits}  # not of this policy
    assert [hit["leaf_index"] for hit in hits] == sorted(hit["leaf_index"] for hit in hits)


def test_pages_of_an_institution_lose_nothing(service: Service) -> None:
    binder, many = key_of("binder 2"), key_of("many records")
    service.post(named(binder, "Office 2"))
    assert service.post(bound(many, binder, "Many")).status_code == 201
    made = [deposit(many, f"bound {number}") for number in range(7)]
    service.post_batch(*made)

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        answer = service.client.get(
            "/v1/lookup", params={"institution": binder.public.thumbprint, "limit": 3, **more}
        ).json()
        found += ids(answer["items"])
        cursor = answer["next"]

    assert [one for one in found if one in {record.id_hex for record in made}] == [
        record.id_hex for record in made
    ]
    assert len(found) == len(set(found))


def test_an_unknown_institution_is_found_nowhere(service: Service) -> None:
    for asked in ("Nowhere University", key_of("nobody's").public.thumbprint, "013q1eq08"):
        assert ask(service, institution=asked) == []


def test_the_policy_tells_whose_key_it_is() -> None:
    from small_ledger import policy  # noqa: PLC0415 -- beside the one question to it

    trust = policy([INSTITUTE])
    kid = ACADEMY.public.thumbprint

    by_name = AskedInstitution.of("academy  of SCIENCES", trust)
    by_key = AskedInstitution.of(kid, trust)

    assert by_name.kids == by_key.kids == {kid}
    assert by_name.in_policy
    assert by_key.in_policy
    assert by_name.words == {"name:academy of sciences"}
    assert AskedInstitution.of("x" * 300, trust).kids == frozenset()


def test_who_has_no_keys_and_no_words_finds_nothing(service: Service) -> None:
    parts, trust = service.ledger.parts, service.ledger.trust
    levels = Levels(parts.store, parts.key_store, trust)
    asked = AskedInstitution(frozenset(), in_policy=True, words=frozenset())

    assert find_institution(asked, -1, 10, parts=parts, levels=levels) == ({}, None)


# --- what was sealed ------------------------------------------------------------------------


def test_a_sealed_digest_is_found_once_it_is_opened(service: Service) -> None:
    name = "sealed and looked up"
    digest = sha256(name.encode()).hex()
    record, secret = sealed(service.alice, name)
    assert service.post(record).status_code == 201
    assert ask(service, digest=digest) == []

    shown = opening(secret, service.alice)
    assert service.post(shown).status_code == 201

    (hit,) = ask(service, digest=digest)
    (by_prefix,) = [
        one for one in ask(service, digest_prefix=digest[:4]) if one["digest"] == digest
    ]
    for one in (hit, by_prefix):
        assert (one["id"], one["type"], one["sealed"]) == (shown.id_hex, "opening", record.id_hex)
    assert (hit["of"], by_prefix["of"]) == (None, "opened")


def test_an_erased_opening_is_found_no_more(service: Service) -> None:
    name = "opened and erased"
    digest = sha256(name.encode())
    record, secret = sealed(service.alice, name)
    service.post_batch(record)
    shown = opening(secret, service.alice)
    assert service.post(shown).status_code == 201
    assert len(ask(service, digest=digest.hex())) == 1

    erase(service, shown)

    parts = service.ledger.parts
    index = parts.log.index_of(shown.id)
    assert ask(service, digest=digest.hex()) == []  # looked at, before the row is gone
    left = load_record(index, log=parts.store, key_store=parts.key_store)
    parts.store.replace_people([named_by(left, index, parts.key_store.tag)])
    assert parts.store.openings_of(digest, -1, 10) == []
    rebuild_lookups(parts.store, parts.key_store)
    assert parts.store.openings_of(digest, -1, 10) == []
