"""Sealed deposits: what an opening must show, and why a copied commitment is worth nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openings import issue_opening
from strategies import ORIGIN, private_key, salts

from provenance.digests import sha256
from provenance.errors import MalformedError, NotAuthorisedError, ProvenanceError
from provenance.record import Record, deposit_of, issue_record, parse_record
from provenance.sealed import (
    SealedSecret,
    check_opening,
    open_claims,
    read_opening,
    seal_claims,
)

KEY, MALLORY = private_key("Ed25519", 1), private_key("Ed25519", 2)
HIDDEN: dict[str, object] = {
    "dataset_digest": sha256(b"data").hex(),
    "salted_digest": sha256(b"salted").hex(),
    "title": "A title",
    "files": 3,
    "bytes": 100,
}


def sealed(**hidden: object) -> tuple[Record, SealedSecret]:
    made = seal_claims(HIDDEN | hidden, key=KEY.public.thumbprint, salts=salts())
    record = issue_record(
        "deposit",
        {"license": "CC0-1.0"},
        private_key=KEY,
        aud=ORIGIN,
        iat=1,
        salts=salts(),
        made=made,
    )
    return record, SealedSecret(record.id, made)


def opened(secret: SealedSecret, *names: str, key: object = KEY) -> Record:
    return issue_opening(
        secret,
        names or tuple(HIDDEN),
        private_key=KEY if key is KEY else MALLORY,
        aud=ORIGIN,
        iat=2,
    )


def test_a_sealed_deposit_shows_nothing_of_what_it_seals() -> None:
    record, secret = sealed()

    deposit = deposit_of(record)

    assert (deposit.dataset_digest, deposit.files, deposit.length, deposit.title) == (
        *(None, 0),
        *(None, None),
    )
    assert deposit.summary is None
    assert set(deposit.sealed) == set(HIDDEN)
    assert not record.withheld
    assert not record.disclosures
    for part in secret.disclosures:
        assert part.text.encode() not in record.compact


def test_an_opening_shows_the_very_disclosures() -> None:
    record, secret = sealed()

    opening = opened(secret)
    check_opening(opening, record)

    shown = read_opening(opening)
    assert shown.record == record.id
    assert shown.dataset_digest == sha256(b"data")
    assert shown.salted_digest == sha256(b"salted")
    assert (shown.title, shown.files, shown.length) == ("A title", 3, 100)
    assert sorted(opening.disclosures) == sorted(part.text for part in secret.disclosures)


def test_an_opening_may_show_less_and_be_erased() -> None:
    record, secret = sealed()
    opening = opened(secret, "salted_digest")
    erased = parse_record(opening.entry + b"~", complete=False)

    check_opening(opening, record)
    check_opening(erased, record)

    assert read_opening(opening).dataset_digest is None
    assert read_opening(erased).salted_digest is None


def test_nobody_else_opens_what_a_key_has_sealed() -> None:
    record, secret = sealed()

    with pytest.raises(NotAuthorisedError):
        check_opening(opened(secret, key=MALLORY), record)


def test_a_copied_commitment_can_never_be_opened() -> None:
    record, secret = sealed()
    # Mallory copies the digests into a deposit of her own, and later the disclosures too
    theft = issue_record(
        "deposit",
        {},
        private_key=MALLORY,
        aud=ORIGIN,
        iat=1,
        salts=salts(),
        made=secret.disclosures,
    )
    stolen = replace(secret, record=theft.id)

    with pytest.raises(MalformedError) as error:
        check_opening(opened(stolen, key=MALLORY), theft)

    assert error.value.field == "dataset_digest.key"
    check_opening(opened(secret), record)


def test_an_opening_of_another_record_or_of_other_digests_is_refused() -> None:
    record, secret = sealed()
    other, _ = sealed(title="Another title")

    with pytest.raises(MalformedError) as of_another:
        check_opening(opened(secret), other)
    with pytest.raises(MalformedError) as not_sealed:
        check_opening(opened(replace(secret, record=other.id)), other)

    assert of_another.value.field == "record"
    assert not_sealed.value.field is not None
    assert not_sealed.value.field.startswith("_sd[")
    assert record.id != other.id


def test_what_was_not_sealed_cannot_be_opened() -> None:
    _, secret = sealed()

    with pytest.raises(MalformedError):
        issue_opening(secret, ["license"], private_key=KEY, aud=ORIGIN, iat=2)


def test_disclosures_by_another_name_are_refused() -> None:
    record, secret = sealed()
    parts = {part.name: part for part in secret.disclosures}
    renamed = parts["title"]._replace(name="files")

    with pytest.raises(MalformedError):
        open_claims([renamed], record)
    assert open_claims([parts["title"]], record) == {"title": "A title"}


def test_the_owners_file_is_read_as_it_was_written() -> None:
    _, secret = sealed()

    assert SealedSecret.parse(secret.to_bytes()) == secret


@settings(max_examples=200)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_owners_file_opens_nothing_or_is_refused(at: int, bit: int) -> None:
    record, secret = sealed()
    octets = bytearray(secret.to_bytes())
    octets[at % len(octets)] ^= 1 << bit

    try:
        found = SealedSecret.parse(bytes(octets))
        same = found.record == secret.record and open_claims(found.disclosures, record)
    except ProvenanceError:
        return
    assert not same or found == secret
