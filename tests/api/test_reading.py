"""Reading records and receipts, publishing manifests, and what only a holder gets."""

from __future__ import annotations

import base64
import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
from erasing import erase_stored
from provenance_api.routes import records
from running_service import SD_JWT, Service, the_problem
from small_ledger import ORIGIN, START, deposit, key_of, salts

from provenance.digests import sha256
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.holder_statement import DISCLOSURE, PUBLICATION, issue_statement
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import issue_record, parse_record
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    import httpx

    from provenance.keys import PrivateKey
    from provenance.record import Record

RECEIPT_JSON, TLOG_PROOF = "application/json", "application/x-tlog-proof"
JSON_LINES = {"content-type": "application/jsonl"}
JWT = {"content-type": "application/jwt"}
NOBODY = "00" * 32

_numbers = itertools.count()


def _statement(typ: str, record: Record, key: PrivateKey, **others: Any) -> str:  # noqa: ANN401
    jti = f"statement {next(_numbers):06d}"
    members: dict[str, Any] = {"aud": ORIGIN, "iat": int(time.time()), "jti": jti}
    return issue_statement(typ, record_id=record.id_hex, private_key=key, **(members | others))


# --- records --------------------------------------------------------------------------------


def test_a_record_is_shown_with_its_claims(service: Service) -> None:
    record = service.deposited("read me", contributors=2)

    answer = service.client.get(f"/v1/records/{record.id_hex}")

    view = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "accept"
    assert (view["id"], view["type"], view["claimed_at"]) == (record.id_hex, "deposit", START)
    assert view["key"] == service.alice.public.thumbprint
    assert view["sd_jwt"] == record.compact.decode()
    assert view["claims"]["title"] == "The data of read me"
    assert [one["name"] for one in view["claims"]["contributors"]] == [
        "Contributor 0 of read me",
        "Contributor 1 of read me",
    ]
    assert view["manifest"] is False


def test_a_record_is_served_as_sd_jwt(service: Service) -> None:
    record = service.deposited("as it was sent")

    answer = service.client.get(
        f"/v1/records/{record.id_hex}", headers={"accept": "application/sd-jwt"}
    )

    assert answer.headers["content-type"] == "application/sd-jwt"
    assert answer.content == record.compact


@pytest.mark.parametrize("rest", ["", "/receipt", "/manifest"])
def test_an_id_that_is_none_is_a_problem(service: Service, rest: str) -> None:
    for wrong in ("ABCD", "0x" + NOBODY, NOBODY.replace("0", "A"), NOBODY + "00", "%20"):
        answer = service.client.get(f"/v1/records/{wrong}{rest}")
        assert the_problem(answer, 400, "malformed")["field"] == "record_id"
    the_problem(service.client.get(f"/v1/records/{NOBODY}{rest}"), 404, "not-found")


# --- receipts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, RECEIPT_JSON),
        ("*/*", RECEIPT_JSON),
        ("application/*", RECEIPT_JSON),
        (TLOG_PROOF, TLOG_PROOF),
        ("application/X-tlog-proof; q=0.9, image/png", TLOG_PROOF),
        (f"{RECEIPT_JSON};q=0.1, {TLOG_PROOF}", TLOG_PROOF),
        (f"{TLOG_PROOF};q=0, */*", RECEIPT_JSON),
        (f"{RECEIPT_JSON};q=0, */*;q=0.001", TLOG_PROOF),
        ("", RECEIPT_JSON),
    ],
)
def test_the_receipts_format_is_negotiated(
    service: Service, accept: str | None, expected: str
) -> None:
    record = service.deposited(f"negotiated {accept}.")
    headers = {} if accept is None else {"accept": accept}

    answer = service.client.get(f"/v1/records/{record.id_hex}/receipt", headers=headers)

    assert answer.headers["content-type"] == expected
    assert answer.headers["vary"] == "accept"
    if expected == RECEIPT_JSON:
        assert Receipt.parse(answer.content).record.sd_jwt == record.compact.decode()
    else:
        assert answer.text.startswith("c2sp.org/tlog-proof@v1\n")
        assert f"\n{ORIGIN}\n" in answer.text


@pytest.mark.parametrize("accept", ["image/png", f"{RECEIPT_JSON};q=0", "text/plain", "???"])
def test_a_format_that_is_not_had_is_a_problem(service: Service, accept: str) -> None:
    record = service.deposited(f"not acceptable {accept}")

    answer = service.client.get(f"/v1/records/{record.id_hex}/receipt", headers={"accept": accept})

    assert the_problem(answer, 406, "not-acceptable")["field"] == "accept"


def test_a_receipt_is_completed_by_the_chain(service: Service) -> None:
    record = service.deposited("anchored")
    url = f"/v1/records/{record.id_hex}/receipt"
    deadline = time.monotonic() + 20

    while not Receipt.parse(octets := service.client.get(url).content).anchored:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    policy = Policy.parse(service.client.get("/v1/policy").content)
    verdict = verify_receipt(octets, policy, now_unix=int(time.time()))
    assert verdict.exit_code == 3  # no block was vouched for


# --- manifests ------------------------------------------------------------------------------


def _files(name: str) -> list[FileEntry]:
    return [
        FileEntry("a.csv", sha256(f"{name} a".encode()), 1),
        FileEntry("b/c.csv", sha256(f"{name} c".encode()), 2),
    ]


def _deposit_of(service: Service, files: list[FileEntry], *, with_length: bool = True) -> Record:
    summary = summarize(files)
    claims: dict[str, object] = {"dataset_digest": summary.digest.hex(), "files": summary.files}
    if with_length:
        claims["bytes"] = summary.length
    record = issue_record(
        "deposit",
        claims,
        private_key=service.alice,
        aud=ORIGIN,
        iat=START,
        salts=salts(summary.digest),
    )
    assert service.post(record).status_code == 201
    return record


def _publish(
    service: Service, record: Record, manifest: bytes, statement: str, scheme: str = "JWS"
) -> httpx.Response:
    answer: httpx.Response = service.client.put(
        f"/v1/records/{record.id_hex}/manifest",
        content=manifest,
        headers={**JSON_LINES, "authorization": f"{scheme} {statement}"},
    )
    return answer


def test_a_published_manifest_is_served_as_it_was_sent(service: Service) -> None:
    files = _files("published")
    record, manifest = _deposit_of(service, files), write_manifest(files)
    url = f"/v1/records/{record.id_hex}"
    the_problem(service.client.get(f"{url}/manifest"), 404, "not-found")

    answer = _publish(service, record, manifest, _statement(PUBLICATION, record, service.alice))

    assert (answer.status_code, answer.content) == (204, b"")
    got = service.client.get(f"{url}/manifest")
    assert got.headers["content-type"] == "application/jsonl"
    assert got.headers["cache-control"] == "no-store"
    assert got.content == manifest
    assert service.client.get(url).json()["manifest"] is True


@pytest.mark.parametrize("length", [5, None])
def test_a_length_that_was_not_signed_is_not_compared(service: Service, length: int | None) -> None:
    files = [FileEntry("only.csv", sha256(f"unknown length {length}".encode()), length)]
    record = _deposit_of(service, files, with_length=False)
    statement = _statement(PUBLICATION, record, service.alice)

    assert _publish(service, record, write_manifest(files), statement).status_code == 204


def test_a_large_manifest_comes_back_whole(service: Service) -> None:
    files = [
        FileEntry(f"{number:06d}.csv", sha256(b"%d" % number), 1 + number)
        for number in range(20_000)
    ]
    record, manifest = _deposit_of(service, files), write_manifest(files)
    assert len(manifest) > 2 << 20

    answer = _publish(service, record, manifest, _statement(PUBLICATION, record, service.alice))

    assert answer.status_code == 204
    assert service.client.get(f"/v1/records/{record.id_hex}/manifest").content == manifest


def test_another_manifest_is_refused_and_the_statement_is_not_used_up(service: Service) -> None:
    files = _files("mismatch")
    record = _deposit_of(service, files)
    statement = _statement(PUBLICATION, record, service.alice)

    answer = _publish(service, record, write_manifest(_files("other")), statement)

    assert the_problem(answer, 422, "manifest-mismatch")["field"] == "digest"
    the_problem(service.client.get(f"/v1/records/{record.id_hex}/manifest"), 404, "not-found")
    assert _publish(service, record, write_manifest(files), statement).status_code == 204


def test_a_manifest_is_published_by_the_records_key_alone(service: Service) -> None:
    files = _files("by another key")
    record, other = _deposit_of(service, files), service.know(key_of("another"))

    answer = _publish(
        service, record, write_manifest(files), _statement(PUBLICATION, record, other)
    )

    assert the_problem(answer, 422, "bad-signature")["field"] == "header.kid"


def test_a_statement_is_looked_at_before_the_manifest_is_read(service: Service) -> None:
    record = _deposit_of(service, _files("never read"))
    read: list[int] = []

    def chunks() -> Any:  # noqa: ANN401 -- an iterator of bytes, as httpx takes it
        for number in range(1_000):
            read.append(number)
            yield b"x" * 65_536

    answer = service.client.put(
        f"/v1/records/{record.id_hex}/manifest",
        content=chunks(),
        headers={**JSON_LINES, "authorization": "JWS nonsense"},
    )

    the_problem(answer, 400, "malformed")


def test_a_manifest_that_is_too_long_is_refused_before_and_while_it_comes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_MANIFEST_BYTES", 3 << 20)
    record = _deposit_of(service, _files("too long"))
    url = f"/v1/records/{record.id_hex}/manifest"
    statement = _statement(PUBLICATION, record, service.alice)
    headers = {**JSON_LINES, "authorization": f"JWS {statement}"}

    announced = service.client.put(url, content=b"x" * (4 << 20), headers=headers)
    streamed = service.client.put(url, content=iter([b"x" * 65_536] * 64), headers=headers)

    for answer in (announced, streamed):
        assert the_problem(answer, 413, "too-large")["field"] == "body"
    answer = service.client.put(url, content=iter([b"x" * 65_536] * 8), headers=headers)
    assert the_problem(answer, 400, "malformed")["field"] == "line 1"


def test_a_publication_is_not_replayed(service: Service) -> None:
    files = _files("replayed")
    record, manifest = _deposit_of(service, files), write_manifest(files)
    statement = _statement(PUBLICATION, record, service.alice)
    assert _publish(service, record, manifest, statement).status_code == 204

    the_problem(_publish(service, record, manifest, statement), 409, "statement-used")


@pytest.mark.parametrize(
    ("scheme", "statement", "field"),
    [("Bearer", "abc", "authorization"), ("JWS", "", "authorization")],
)
def test_the_authorization_must_be_a_jws(
    service: Service, scheme: str, statement: str, field: str
) -> None:
    record = service.deposited(f"authorized by {scheme} {statement}.")

    answer = _publish(service, record, b"", statement, scheme)

    assert the_problem(answer, 400, "malformed")["field"] == field


def test_a_manifest_without_authorization_is_refused(service: Service) -> None:
    record = service.deposited("without authorization")
    url = f"/v1/records/{record.id_hex}/manifest"

    answer = service.client.put(url, content=b"", headers=JSON_LINES)

    assert the_problem(answer, 400, "malformed")["field"] == "authorization"
    answer = service.client.put(url, content=b"", headers={"authorization": "JWS x"})
    the_problem(answer, 415, "media-type")


def test_an_erased_manifest_is_gone(service: Service) -> None:
    files = _files("erased")
    record = _deposit_of(service, files)
    statement = _statement(PUBLICATION, record, service.alice)
    assert _publish(service, record, write_manifest(files), statement).status_code == 204
    parts = service.ledger.parts

    assert erase_stored(record.id, log=parts.log, store=parts.store, key_store=parts.key_store)

    url = f"/v1/records/{record.id_hex}"
    the_problem(service.client.get(f"{url}/manifest"), 404, "not-found")
    found = service.client.get("/v1/lookup", params={"digest": files[0].sha256.hex()}).json()
    assert found["items"] == []
    receipt = Receipt.parse(service.client.get(f"{url}/receipt").content)
    assert receipt.record.sd_jwt == record.entry.decode() + "~"


# --- disclosures ----------------------------------------------------------------------------


def _ask(service: Service, record: Record, statement: str) -> httpx.Response:
    answer: httpx.Response = service.client.post(
        f"/v1/records/{record.id_hex}/disclosures", content=statement, headers=JWT
    )
    return answer


def test_the_holder_gets_held_disclosures_once_for_each_statement(service: Service) -> None:
    record = service.deposited("held", hold=["title", "contributors[1]"])
    statement = _statement(DISCLOSURE, record, service.alice)
    assert "title" not in service.client.get(f"/v1/records/{record.id_hex}").json()["claims"]

    answer = _ask(service, record, statement)

    assert answer.content == record.compact
    assert answer.headers["content-type"] == SD_JWT["content-type"]
    assert answer.headers["cache-control"] == "no-store"
    assert parse_record(answer.content, complete=True).payload["title"] == "The data of held"
    the_problem(_ask(service, record, statement), 409, "statement-used")


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        ({"aud": "other.example/log"}, 400, "wrong-audience"),
        ({"iat": 1_760_000_000}, 409, "statement-expired"),
        ({"jti": "short"}, 400, "malformed"),
    ],
)
def test_a_statement_that_does_not_entitle_is_refused(
    service: Service, others: dict[str, Any], status: int, code: str
) -> None:
    record = service.deposited(f"not entitled {code}", hold=["title"])

    answer = _ask(service, record, _statement(DISCLOSURE, record, service.alice, **others))

    the_problem(answer, status, code)


def test_nobody_else_gets_held_disclosures(service: Service) -> None:
    record = service.deposited("hidden from others", hold=["title"])
    other = service.know(key_of("curious"))

    the_problem(_ask(service, record, _statement(DISCLOSURE, record, other)), 422, "bad-signature")
    the_problem(
        _ask(service, record, _statement(PUBLICATION, record, service.alice)), 400, "malformed"
    )


def test_a_statement_is_short(service: Service) -> None:
    record = deposit(service.alice, "unsent")

    answer = _ask(service, record, "a" * 8_193)

    the_problem(answer, 413, "too-large")


def test_base64_of_the_tlog_proof_is_padded(service: Service) -> None:
    record = service.deposited("padded")

    text = service.client.get(
        f"/v1/records/{record.id_hex}/receipt", headers={"accept": TLOG_PROOF}
    ).text

    lines = text.partition("\n\n")[0].splitlines()[2:]
    hashes = [line for line in lines if not line.startswith("index")]
    assert hashes
    assert {len(base64.b64decode(line, validate=True)) for line in hashes} == {32}
