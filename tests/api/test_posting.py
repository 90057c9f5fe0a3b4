"""Posting records, one by one and in batches: what is taken, what is refused, and how."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from running_service import SD_JWT, Service, the_problem
from small_ledger import BEACON, ORIGIN, block, deposit, genesis, key_of, key_record, salts

from provenance import sdjwt, strict_json
from provenance.digests import sha256, to_b64url
from provenance.ledger.issue_beacon import issue_beacon
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import issue_record
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from provenance.keys import PrivateKey

_names = (f"dataset {number}" for number in itertools.count())


# --- one record -----------------------------------------------------------------------------


def test_a_new_record_is_answered_with_its_receipt(service: Service) -> None:
    record = deposit(service.alice, next(_names))

    answer = service.post(record)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"/v1/records/{record.id_hex}"
    receipt = Receipt.parse(answer.content)
    assert receipt.record.sd_jwt == record.compact.decode()
    assert receipt.record.leaf_index == service.size() - 1
    policy = Policy.parse(service.client.get("/v1/policy").content)
    assert verify_receipt(answer.content, policy, now_unix=int(time.time())).exit_code == 3


def test_a_repeat_is_answered_with_the_same_index(service: Service) -> None:
    record = deposit(service.alice, next(_names))
    first, size = service.post(record), service.size()

    second = service.post(record)

    assert second.status_code == 200
    assert second.headers["location"] == first.headers["location"]
    assert Receipt.parse(second.content).record == Receipt.parse(first.content).record
    assert service.size() == size


def test_held_disclosures_are_not_in_the_answer(service: Service) -> None:
    record = deposit(service.alice, "a secret name", hold=["title"])

    answer = service.post(record)

    assert answer.status_code == 201
    (held,) = record.held
    shown = Receipt.parse(answer.content).record.sd_jwt.split("~")[1:-1]
    assert held not in {sdjwt.digest_of(one) for one in shown}
    assert len(shown) == len(record.disclosures) - 1


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json"])
def test_another_media_type_is_refused(service: Service, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    record = deposit(service.alice, next(_names))

    answer = service.client.post("/v1/records", content=record.compact, headers=headers)

    assert the_problem(answer, 415, "media-type")["field"] == "content-type"


def test_parameters_of_the_media_type_do_not_matter(service: Service) -> None:
    headers = {"content-type": "Application/SD-JWT; charset=us-ascii"}
    record = deposit(service.alice, next(_names))

    answer = service.client.post("/v1/records", content=record.compact, headers=headers)

    assert answer.status_code == 201


# --- what is refused ------------------------------------------------------------------------


def _signed(key: PrivateKey, claims: dict[str, Any], **members: Any) -> bytes:  # noqa: ANN401
    """Sign a deposit of any claims, as no client of ours would; no disclosures."""
    payload = {
        "aud": ORIGIN,
        "iat": 1_760_000_000,
        "v": 1,
        "_sd_alg": "sha-256",
        "dataset_digest": sha256(next(_names).encode()).hex(),
        "files": 1,
        **claims,
        **members,
    }
    return _signed_text(key, json.dumps(payload, ensure_ascii=False).encode())


def _signed_text(key: PrivateKey, payload: bytes, typ: str = "deposit+sd-jwt") -> bytes:
    header = {"alg": key.public.alg, "kid": key.public.thumbprint, "typ": typ}
    signing_input = f"{to_b64url(strict_json.dump(header))}.{to_b64url(payload)}".encode()
    return signing_input + b"." + to_b64url(key.sign(signing_input)).encode() + b"~"


def _disclosed(key: PrivateKey, name: str, value: object) -> bytes:
    """Sign a deposit with one disclosure of any value."""
    octets = json.dumps(["c2FsdHNhbHRzYWx0c2FsdA", name, value], ensure_ascii=False).encode()
    disclosure = to_b64url(octets)
    signed = _signed(key, {"_sd": [sdjwt.digest_of(disclosure)]})
    return signed + disclosure.encode() + b"~"


def _contributor(key: PrivateKey, value: object) -> bytes:
    octets = json.dumps(["c2FsdHNhbHRzYWx0c2FsdA", value], ensure_ascii=False).encode()
    disclosure = to_b64url(octets)
    digest = sdjwt.digest_of(disclosure)
    return _signed(key, {"contributors": [{"...": digest}]}) + disclosure.encode() + b"~"


ALICE = key_of("alice")
BAD: dict[str, tuple[bytes, int, str, str]] = {
    "unknown member": (_signed(ALICE, {"colour": "red"}), 400, "malformed", "colour"),
    "future schema": (_signed(ALICE, {"v": 2}), 400, "unsupported-version", "v"),
    "duplicate key": (
        _signed_text(ALICE, b'{"aud":"a","aud":"b"}'),
        400,
        "malformed-json",
        "aud",
    ),
    "float": (_signed(ALICE, {"files": 1.5}), 400, "malformed-json", "files"),
    "hash of nothing": (
        _signed(ALICE, {"dataset_digest": sha256(b"").hex()}),
        400,
        "hash-of-nothing",
        "dataset_digest",
    ),
    "hash of undefined": (
        _signed(ALICE, {"dataset_digest": sha256(b"undefined").hex()}),
        400,
        "hash-of-nothing",
        "dataset_digest",
    ),
    "unknown licence": (_signed(ALICE, {"license": "GPL-9"}), 400, "unknown-license", "license"),
    "unknown access": (_signed(ALICE, {"access": "secret"}), 400, "malformed", "access"),
    "no files": (_signed(ALICE, {"files": 0}), 400, "malformed", "files"),
    "not hex": (_signed(ALICE, {"dataset_digest": "0x00"}), 400, "malformed", "dataset_digest"),
    "plain title": (_signed(ALICE, {"title": "A title"}), 400, "malformed", "title"),
    "non-NFC title": (
        _disclosed(ALICE, "title", "A\u030a"),
        400,
        "not-normalized",
        "disclosures[0][2]",
    ),
    "control in title": (_disclosed(ALICE, "title", "a\x07b"), 400, "malformed", "title"),
    "bad check digit": (
        _contributor(ALICE, {"name": "J", "orcid": "0000-0002-1825-0098"}),
        400,
        "check-digit",
        "contributors[0].orcid",
    ),
    "unknown role": (
        _contributor(ALICE, {"name": "J", "roles": ["boss"]}),
        400,
        "malformed",
        "contributors[0].roles[0]",
    ),
    "disclosure without a digest": (
        _signed(ALICE, {}) + b"WyJzYWx0c2FsdHNhbHRzYWx0IiwidGl0bGUiLCJBIl0~",
        400,
        "malformed",
        "disclosures[0]",
    ),
    "wrong aud": (
        deposit(ALICE, "elsewhere", aud="other.example/log").compact,
        400,
        "wrong-audience",
        "aud",
    ),
    "beacon": (
        issue_beacon(31337, block(1), BEACON, ORIGIN, 1_760_000_000).compact,
        400,
        "operator-type",
        "header.typ",
    ),
    "genesis": (genesis().compact, 400, "operator-type", "header.typ"),
    "future type": (
        _signed_text(ALICE, b"{}", "spell+sd-jwt"),
        400,
        "unsupported-version",
        "header.typ",
    ),
    "unknown key": (
        deposit(key_of("nobody"), "nobody's").compact,
        409,
        "unknown-key",
        "header.kid",
    ),
    "not ASCII": ("naïve~".encode(), 400, "malformed", "record"),
    "no JWS": (b"hello~", 400, "malformed", "record"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_gets_a_problem_that_names_the_field(service: Service, name: str) -> None:
    octets, status, code, field = BAD[name]
    size = service.size()

    answer = service.post(octets)

    assert the_problem(answer, status, code).get("field") == field
    assert service.size() == size


def test_a_record_from_the_future_is_refused_only_when_new(service: Service) -> None:
    now = int(time.time())
    near = deposit(service.alice, next(_names), iat=now + 590)
    far = deposit(service.alice, next(_names), iat=now + 660)

    assert service.post(near).status_code == 201
    assert the_problem(service.post(far), 400, "clock-ahead")["field"] == "iat"
    assert service.post(near).status_code == 200


def test_a_changed_signature_is_refused(service: Service) -> None:
    record = deposit(service.alice, next(_names))
    jws, _, rest = record.compact.partition(b"~")
    other = deposit(service.alice, next(_names)).entry.rpartition(b".")[2]
    forged = jws.rpartition(b".")[0] + b"." + other + b"~" + rest
    size = service.size()

    problem = the_problem(service.post(forged), 422, "bad-signature")

    assert problem["title"] == "The signature does not match"
    assert service.size() == size


def test_a_disclosure_must_not_be_missing(service: Service) -> None:
    record = deposit(service.alice, next(_names))
    parts = record.compact.split(b"~")

    answer = service.post(b"~".join([parts[0], *parts[2:]]))

    the_problem(answer, 400, "malformed")


def test_a_key_record_of_another_kid_is_refused(service: Service) -> None:
    key, other = key_of("first"), key_of("second")
    record = issue_record(
        "key", {}, private_key=key, aud=ORIGIN, iat=1_760_000_000, salts=salts(b"")
    )
    header = {
        "alg": "Ed25519",
        "kid": other.public.thumbprint,
        "typ": "key+sd-jwt",
        "jwk": key.public.jwk(),
    }
    payload = record.entry.split(b".")[1].decode()
    signing_input = f"{to_b64url(strict_json.dump(header))}.{payload}".encode()
    forged = signing_input + b"." + to_b64url(key.sign(signing_input)).encode() + b"~"

    problem = the_problem(service.post(forged), 400, "malformed")

    assert problem["field"] == "header.kid"


def test_a_second_binding_of_a_key_is_a_repeat_of_the_first(service: Service) -> None:
    key = key_of("bound twice")
    first, second = key_record(key, name="One Name"), key_record(key, name="Another Name")

    one, two = service.post(first), service.post(second)

    assert (one.status_code, two.status_code) == (201, 200)
    assert two.headers["location"] == one.headers["location"] == f"/v1/records/{first.id_hex}"
    assert b"Another" not in two.content


# --- sizes ----------------------------------------------------------------------------------


def test_a_record_over_the_limit_names_limit_and_size(service: Service) -> None:
    answer = service.client.post("/v1/records", content=b"a" * 262_145, headers=SD_JWT)

    problem = the_problem(answer, 413, "too-large")
    assert (problem["field"], problem["detail"]) == (
        "body",
        "body: limit 262144 bytes, got 262145",
    )


def test_a_body_without_length_is_counted_as_it_comes(service: Service) -> None:
    chunks = (b"a" * 65_536 for _ in range(5))

    answer = service.client.post("/v1/records", content=chunks, headers=SD_JWT)

    assert the_problem(answer, 413, "too-large")["detail"].startswith("body: limit 262144 bytes")


def test_a_batch_of_too_many_records_is_refused_whole(service: Service) -> None:
    answer = service.client.post("/v1/records/batch", json=["a~"] * 1_001)

    assert the_problem(answer, 413, "too-large")["detail"] == "body: limit 1000 records, got 1001"


def test_a_batch_over_16_mib_is_refused_whole(service: Service) -> None:
    json_type = {"content-type": "application/json"}
    body = b'["' + b"a" * (16 << 20) + b'"]'

    answer = service.client.post("/v1/records/batch", content=body, headers=json_type)

    assert the_problem(answer, 413, "too-large")["detail"].startswith("body: limit 16777216 bytes")


def test_one_record_of_a_batch_may_not_be_over_the_limit_either(service: Service) -> None:
    (result,) = service.post_batch("a" * 262_145)

    assert result["problem"]["code"] == "too-large"
    assert result["problem"]["status"] == 413


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "malformed-json", None),
        (b"{}", "malformed", "body"),
        (b"[1]", "malformed", "body[0]"),
        (b'["a~",null]', "malformed", "body[1]"),
        (b"[" * 100_000, "malformed", "body"),
        (b"[" + b"{}," * 5_000 + b"1]", "malformed", "body"),
        (b"[[]]", "malformed", "body[0]"),
        (b"[[[]]]", "too-large", None),
        (b'["\xff"]', "malformed-json", None),
        (b'["a~"] ["b~"]', "malformed-json", None),
        (b"\xef\xbb\xbf[]", "malformed-json", None),
    ],
)
def test_a_batch_is_an_array_of_strings(
    service: Service, body: bytes, code: str, field: str | None
) -> None:
    json_type = {"content-type": "application/json"}

    answer = service.client.post("/v1/records/batch", content=body, headers=json_type)

    status = 413 if code == "too-large" else 400
    assert the_problem(answer, status, code).get("field") == field


# --- batches --------------------------------------------------------------------------------


def test_an_empty_batch_has_no_results(service: Service) -> None:
    assert service.post_batch() == []


def test_each_record_of_a_batch_is_judged_alone_and_keeps_its_place(service: Service) -> None:
    new, old = deposit(service.alice, next(_names)), service.deposited(next(_names))
    late = deposit(service.alice, next(_names))
    size = service.size()

    results = service.post_batch(
        new, "garbage", old, deposit(key_of("nobody"), next(_names)), late, new
    )

    assert [one["status"] for one in results] == [
        "integrated",
        "refused",
        "repeat",
        "refused",
        "integrated",
        "repeat",
    ]
    assert [one.get("id") for one in results] == [
        new.id_hex,
        None,
        old.id_hex,
        None,
        late.id_hex,
        new.id_hex,
    ]
    assert results[1]["problem"]["code"] == "malformed"
    assert results[3]["problem"]["code"] == "unknown-key"
    assert results[5]["leaf_index"] == results[0]["leaf_index"] < results[4]["leaf_index"]
    assert service.size() == size + 2


def test_a_key_and_its_first_deposit_go_in_one_batch(service: Service) -> None:
    key = key_of("newcomer")
    binding, first = key_record(key, name="Newcomer"), deposit(key, next(_names))

    results = service.post_batch(binding, first)

    assert [one["status"] for one in results] == ["integrated"] * 2
    receipt = Receipt.parse(strict_json.dump(results[1]["receipt"]) + b"\n")
    assert receipt.keys[0].leaf_index == results[0]["leaf_index"]
    assert receipt.record.leaf_index == results[1]["leaf_index"]


def test_a_key_after_its_deposit_comes_too_late(service: Service) -> None:
    key = key_of("out of order")

    results = service.post_batch(deposit(key, next(_names)), key_record(key))

    assert [one["status"] for one in results] == ["refused", "integrated"]


def test_results_are_written_in_the_readers_language(service: Service) -> None:
    headers = {"accept-language": "zh-CN"}

    answer = service.client.post("/v1/records/batch", json=["garbage"], headers=headers)

    (result,) = answer.json()["results"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in result["problem"]["title"])
    assert result["problem"]["code"] == "malformed"
