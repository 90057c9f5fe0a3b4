"""The published JSON Schemas of the record types accept what record.py accepts, and say no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from record_cases import Case, all_cases, header_of
from strategies import ORIGIN, deposits, private_key, salts

from provenance import record_checks
from provenance.assurance import LEVELS, SOURCES
from provenance.attribution_types import ATTRIBUTION_RECORDS
from provenance.credit import ROLES
from provenance.deposit_types import ACCESS_LEVELS
from provenance.digests import from_b64url
from provenance.errors import MalformedError
from provenance.fingerprint import ADDITIONAL_ALGORITHMS, DECLARED_ALGORITHMS
from provenance.identifiers import IDENTIFIER_SHAPES, IDENTIFIER_TYPES, RELATIONS
from provenance.record import issue_record, parse_record
from provenance.record_checks import MAX_CONTRIBUTORS
from provenance.record_types import TYPES

FOLDER = Path(__file__).parents[2] / "provenance" / "schemas"
SCHEMAS: dict[str, dict[str, Any]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in TYPES
}
CASES = all_cases()
GOOD = [case for case in CASES if case.expect == "ok"]

BEYOND_A_SCHEMA = {
    "check-digit": "arithmetic",
    "hash-of-nothing": "a list of digests",
    "unknown-license": "the SPDX list",
    "not-normalized": "Unicode tables",
}
"""Codes of errors that no JSON Schema can find."""


def validator(name: str, part: str | None = None) -> Draft202012Validator:
    schema = SCHEMAS[name]
    if part is None:
        return Draft202012Validator(schema)
    return Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]})


def parts_of(compact: bytes) -> tuple[object, object]:
    header, payload, _ = compact.partition(b"~")[0].decode().split(".")
    return json.loads(from_b64url(header)), json.loads(from_b64url(payload))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_schema_is_a_schema_with_a_name_and_closed(name: str) -> None:
    schema = SCHEMAS[name]

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:provenance-ledger:schema:{name}:1"
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["signed"]["additionalProperties"] is False
    assert schema["$defs"]["header"]["additionalProperties"] is False


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_good_record_is_accepted_in_all_three_views(case: Case) -> None:
    record = parse_record(case.compact, complete=case.complete)
    header, payload = parts_of(case.compact)

    validator(record.type).validate(record.payload)
    validator(record.type, "signed").validate(payload)
    validator(record.type, "header").validate(header)


@settings(max_examples=50)
@given(claims=deposits())
def test_whatever_can_be_issued_is_accepted(claims: dict[str, Any]) -> None:
    record = issue_record(
        "deposit",
        claims,
        private_key=private_key(),
        aud=ORIGIN,
        iat=1,
        salts=salts(),
        hold=["title"] if "title" in claims else [],
    )

    validator("deposit").validate(record.payload)
    validator("deposit", "signed").validate(record.claims)


DISCLOSED_BY_KEYS = {"key-ror-text", "key-orcid-number", "key-title"}

MEMBERS_THAT_MUST_AGREE = {
    "key-kid-of-another",
    "key-alg-of-another",
    "genesis-other-root",
    "assurance-sum",
    "fixity-more-checked",
    "fixity-more-failed",
    "fixity-ended",
    "fixity-no-seed",
    "fixity-seed",
    "sealed-shown",
    "sealed-title-twice",
    "sealed-not-in-sd",
    "sealed-same-digest",
    "sealed-held",
    "opening-withheld",
    "opening-contributors",
    "opening-bare-digest",
    "erasure-twice",
    "correction-itself",
    "key-binder-key",
    "key-binder-aud",
    "key-binder-digest",
    "key-binder-itself",
    "key-previous-itself",
    "revocation-successor-itself",
    "revocation-since-itself",
    "revocation-since-future",
}
"""Another thing that no JSON Schema can say."""

KINDS_OF_FAULT = (
    *("header-", "key-", "payload-", "access-", "relation", "block-", "assurance-", "additional-"),
    *("fixity-", "sealed-", "opening-", "erasure-", "revocation-"),
    *(f"{one.name}-" for one in ATTRIBUTION_RECORDS),
)

BAD = [
    case
    for case in CASES
    if case.name.startswith(KINDS_OF_FAULT)
    and case.expect not in {*BEYOND_A_SCHEMA, "malformed-json", "ok"}
    and case.name not in MEMBERS_THAT_MUST_AGREE | DISCLOSED_BY_KEYS
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_bad_header_or_payload_is_refused(case: Case) -> None:
    header, payload = parts_of(case.compact)
    kind = case.name.partition("-")[0]
    kind = kind if kind in TYPES else "deposit"

    verdicts = [
        validator(kind, "header").is_valid(header),
        validator(kind, "signed").is_valid(payload),
    ]

    assert not all(verdicts)


OPERATOR = [
    case
    for case in CASES
    if case.name.startswith(("genesis-", "configuration-", "beacon-"))
    and case.name not in MEMBERS_THAT_MUST_AGREE
]


@pytest.mark.parametrize("case", OPERATOR, ids=lambda case: case.name)
def test_bad_operator_record_is_refused(case: Case) -> None:
    _, payload = parts_of(case.compact)

    assert not validator(case.name.partition("-")[0], "signed").is_valid(payload)


DISCLOSED = [
    case
    for case in CASES
    if case.name.startswith(
        ("contributor-", "disclosure-title", "disclosure-version", "disclosure-identifier")
    )
    and case.expect not in BEYOND_A_SCHEMA
    and case.name not in {"contributor-beside-digest", "contributor-as-member", "contributor-plain"}
]


@pytest.mark.parametrize("case", DISCLOSED, ids=lambda case: case.name)
def test_bad_disclosed_value_is_refused(case: Case) -> None:
    *_, text, _ = case.compact.decode().split("~")
    parts = json.loads(from_b64url(text))
    claims: dict[str, object] = {
        "aud": ORIGIN,
        "iat": 1,
        "v": 1,
        "dataset_digest": "5f" * 32,
        "files": 1,
    }
    name, value = (parts[1], parts[2]) if len(parts) == 3 else ("contributors", [parts[1]])

    validator("deposit").validate(claims)
    assert not validator("deposit").is_valid({**claims, name: value})


HIDDEN = [
    case for case in CASES if case.name.startswith("hidden-") and case.expect not in BEYOND_A_SCHEMA
]


@pytest.mark.parametrize("case", HIDDEN, ids=lambda case: case.name)
def test_bad_disclosed_value_of_another_type_is_refused(case: Case) -> None:
    jws, *_, text, _ = case.compact.decode().split("~")
    header, payload = parts_of(f"{jws}~".encode())
    assert isinstance(header, dict)
    assert isinstance(payload, dict)
    kind, parts = header["typ"].removesuffix("+sd-jwt"), json.loads(from_b64url(text))
    name, value = (parts[1], parts[2]) if len(parts) == 3 else ("parties", [parts[1]])
    whole = {one: payload[one] for one in payload if one not in {"_sd", "_sd_alg"}}
    whole |= {"parties": []} if kind == "dispute" else {}

    validator(kind).validate(whole)
    assert not validator(kind).is_valid({**whole, name: value})


@pytest.mark.parametrize(
    "claims", [{"ror": "05dxps055"}, {"ror": []}, {"orcid": 1}, {"title": "x"}, {"name": ""}]
)
def test_bad_claim_of_a_key_is_refused(claims: dict[str, object]) -> None:
    common = {"aud": ORIGIN, "iat": 1, "v": 1}

    validator("key").validate(common)
    assert not validator("key").is_valid({**common, **claims})


def test_schema_and_code_know_the_same_words_and_limits() -> None:
    deposit = SCHEMAS["deposit"]
    shared, claims = deposit["$defs"], deposit["properties"]

    assert shared["contributor"]["properties"]["roles"]["items"]["enum"] == list(ROLES)
    assert set(shared["relation"]["properties"]["relation"]["enum"]) == RELATIONS
    assert set(shared["identifier"]["properties"]["type"]["enum"]) == IDENTIFIER_TYPES
    assert {
        one["properties"]["type"]["const"]: one["properties"]["value"]["pattern"]
        for one in shared["identifier"]["oneOf"]
    } == {kind: f"^(?:{shape})$" for kind, shape in IDENTIFIER_SHAPES.items()}
    assert set(claims["access"]["enum"]) == ACCESS_LEVELS
    assurance = claims["assurance"]["properties"]
    assert set(assurance["source"]["enum"]) == SOURCES
    assert tuple(assurance)[1:] == LEVELS
    additional = claims["additional_digests"]["items"]["properties"]["algorithm"]["enum"]
    assert set(additional) == set(ADDITIONAL_ALGORITHMS)
    algorithms = claims["declared_digest"]["properties"]["algorithm"]["enum"]
    assert set(algorithms) == DECLARED_ALGORITHMS.keys()
    assert claims["contributors"]["maxItems"] == MAX_CONTRIBUTORS
    assert claims["title"]["maxLength"] == record_checks.MAX_TITLE
    assert claims["version"]["maxLength"] == record_checks.MAX_VERSION
    assert claims["relations"]["maxItems"] == record_checks.MAX_ITEMS
    assert claims["license"]["maxLength"] == record_checks.MAX_LICENSE
    assert shared["contributor"]["properties"]["name"]["maxLength"] == record_checks.MAX_NAME


@pytest.mark.parametrize("name", sorted(TYPES))
def test_schema_knows_the_members_of_the_table(name: str) -> None:
    form, schema = TYPES[name], SCHEMAS[name]
    common = {"aud", "iat", "v"}
    held = {"held"} if form.may_hold else set()
    digests = {"_sd"} if form.disclosable else set()

    assert schema["properties"].keys() == (
        form.plain.keys() | form.disclosable.keys() | form.elements.keys() | common | held
    )
    assert schema["$defs"]["signed"]["properties"].keys() == (
        form.plain.keys() | form.elements.keys() | common | held | digests | {"_sd_alg"}
    )
    assert set(schema["required"]) == form.required | common
    assert schema["$defs"]["header"]["properties"].keys() == header_of(name).keys()


def test_what_only_code_can_find_is_found_by_code() -> None:
    found = {case.expect for case in CASES} & BEYOND_A_SCHEMA.keys()

    assert found == BEYOND_A_SCHEMA.keys()
    for case in CASES:
        if case.expect in BEYOND_A_SCHEMA:
            with pytest.raises(MalformedError):
                parse_record(case.compact, complete=case.complete)
