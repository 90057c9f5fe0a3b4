"""Look-ups by dataset, file and key, page by page, and the anchors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from running_service import Service, the_problem
from small_ledger import ORIGIN, START, deposit, key_of, key_record, salts

from provenance.anchor_evidence import block_of, parse_evidence
from provenance.digests import from_evm_hex, sha256
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.record import issue_record
from provenance.strict_json import Members

if TYPE_CHECKING:
    from provenance.record import Record


def _pages(service: Service, path: str, **query: str | int) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        more = {} if cursor is None else {"cursor": cursor}
        answer = service.client.get(path, params={**query, **more})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-cache"
        pages.append(answer.json()["items"])
        cursor = answer.json()["next"]
    return pages


def _again(service: Service, name: str, number: int) -> Record:
    """Deposit the same dataset once more, by another record."""
    return deposit(service.alice, name, iat=START + number)


def test_a_dataset_is_found_with_who_signed_and_how_well_known(service: Service) -> None:
    named = key_of("named depositor")
    service.post(key_record(named, name="Somebody", orcid="0000-0002-1825-0097"))
    first, second = service.deposited("claimed twice"), deposit(named, "claimed twice")
    service.post(second)

    digest = sha256(b"claimed twice").hex()
    ((one, two),) = _pages(service, "/v1/lookup", digest=digest)

    assert (one["id"], two["id"]) == (first.id_hex, second.id_hex)
    assert one["leaf_index"] < two["leaf_index"]
    assert (one["identity"], two["identity"]) == ("unbound", "self-asserted")
    assert one["key"] == service.alice.public.thumbprint
    assert set(one) == {
        *("id", "leaf_index", "type", "key", "identity", "claimed_at", "assurance", "title"),
        *("people", "contributors", "fixity", "more_fixity", "standing", "digest", "of"),
        *("sealed", "signer_bound"),
    }


def test_pages_are_cut_by_a_cursor_in_the_order_of_the_log(service: Service) -> None:
    records = [_again(service, "seven times", number) for number in range(7)]
    service.post_batch(*records)

    pages = _pages(service, "/v1/lookup", digest=sha256(b"seven times").hex(), limit=3)

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [hit["id"] for page in pages for hit in page] == [one.id_hex for one in records]


def test_a_full_last_page_is_followed_by_an_empty_one(service: Service) -> None:
    service.post_batch(*[_again(service, "four times", number) for number in range(4)])

    pages = _pages(service, "/v1/lookup", digest=sha256(b"four times").hex(), limit=2)

    assert [len(page) for page in pages] == [2, 2, 0]


def test_a_keys_records_begin_with_its_key_record(service: Service) -> None:
    key = key_of("looked up")
    binding, record = key_record(key), deposit(key, "by the key looked up")
    service.post_batch(binding, record)

    (hits,) = _pages(service, "/v1/lookup", key=key.public.thumbprint)

    assert [hit["id"] for hit in hits] == [binding.id_hex, record.id_hex]
    assert [hit["type"] for hit in hits] == ["key", "deposit"]


def test_a_file_is_found_once_its_manifest_is_published(service: Service) -> None:
    files = [FileEntry("one.csv", sha256(b"file one"), 8), FileEntry("two.csv", sha256(b"2"), 1)]
    summary = summarize(files)
    claims = {
        "dataset_digest": summary.digest.hex(),
        "files": summary.files,
        "bytes": summary.length,
    }
    record = issue_record(
        "deposit", claims, private_key=service.alice, aud=ORIGIN, iat=START, salts=salts(b"file")
    )
    service.post(record)
    digest = sha256(b"file one").hex()
    assert _pages(service, "/v1/lookup", digest=digest) == [[]]
    statement = issue_statement(
        PUBLICATION,
        record_id=record.id_hex,
        private_key=service.alice,
        aud=ORIGIN,
        iat=int(time.time()),
        jti="a statement for a look-up",
    )
    service.client.put(
        f"/v1/records/{record.id_hex}/manifest",
        content=write_manifest(files),
        headers={"content-type": "application/jsonl", "authorization": f"JWS {statement}"},
    )

    ((hit,),) = _pages(service, "/v1/lookup", digest=digest)

    assert hit["id"] == record.id_hex


# --- by a prefix ------------------------------------------------------------------------------


def _deposit_files(service: Service, files: list[FileEntry], **claims: object) -> Record:
    summary = summarize(files)
    signed = {"dataset_digest": summary.digest.hex(), "files": summary.files} | claims
    record = issue_record(
        "deposit",
        {**signed, "bytes": summary.length},
        private_key=service.alice,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"by a prefix"),
    )
    service.post(record)
    return record


def _publish(service: Service, record: Record, files: list[FileEntry]) -> None:
    statement = issue_statement(
        PUBLICATION,
        record_id=record.id_hex,
        private_key=service.alice,
        aud=ORIGIN,
        iat=int(time.time()),
        jti=f"publish {record.id_hex[:40]}",
    )
    answer = service.client.put(
        f"/v1/records/{record.id_hex}/manifest",
        content=write_manifest(files),
        headers={"content-type": "application/jsonl", "authorization": f"JWS {statement}"},
    )
    assert answer.status_code == 204, answer.text


def test_a_prefix_lists_every_digest_that_begins_so(service: Service) -> None:
    digests = [bytes.fromhex(f"abcd{number}" + "0" * 59) for number in (7, 1, 3)]
    other = bytes.fromhex("abce" + "0" * 60)
    paths = ["测量/温度.csv", "é.csv", "x.csv", "y.csv"]
    files = [
        FileEntry(path, one, 1)
        for path, one in zip(sorted(paths, key=str.encode), [*digests, other], strict=True)
    ]
    contributors = [{"name": "王小明", "roles": ["data-curation"]}, {"name": "B"}]
    record = _deposit_files(service, files, title="测量", contributors=contributors)
    assert _pages(service, "/v1/lookup", digest_prefix="abcd") == [[]]
    _publish(service, record, files)

    (hits,) = _pages(service, "/v1/lookup", digest_prefix="abcd")
    pages = _pages(service, "/v1/lookup", digest_prefix="abcd", limit=2)
    (exact,) = _pages(service, "/v1/lookup", digest_prefix=digests[0].hex()[:63])

    assert [hit["digest"] for hit in hits] == [one.hex() for one in sorted(digests)]
    assert {(hit["id"], hit["of"]) for hit in hits} == {(record.id_hex, "file")}
    assert [len(page) for page in pages] == [2, 1]
    assert [hit for page in pages for hit in page] == hits
    assert [hit["digest"] for hit in exact] == [digests[0].hex()]
    assert hits[0]["title"] == "测量"
    assert hits[0]["people"][0] == {"name": "王小明", "orcid": None, "roles": ["data-curation"]}
    assert hits[0]["contributors"] == 2


def test_a_prefix_finds_datasets_and_keeps_the_order_of_the_log(service: Service) -> None:
    records = [_again(service, "claimed thrice", number) for number in range(3)]
    service.post_batch(*records)
    digest = sha256(b"claimed thrice").hex()

    pages = _pages(service, "/v1/lookup", digest_prefix=digest[:10], limit=1)

    hits = [hit for page in pages for hit in page]
    assert [hit["id"] for hit in hits] == [one.id_hex for one in records]
    assert {(hit["digest"], hit["of"]) for hit in hits} == {(digest, "dataset")}


def test_who_read_the_files_again_is_shown_with_the_deposit(service: Service) -> None:
    files = [FileEntry("only.csv", sha256(b"read again"), 10)]
    record = _deposit_files(service, files)
    witness = key_of("a reader")
    service.post(key_record(witness))
    claims: dict[str, object] = {
        "record": record.id_hex,
        "dataset_digest": summarize(files).digest.hex(),
        "files": 1,
        "checked": 1,
        "failed": 0,
        "missing": 0,
        "started": START,
        "ended": START + 1,
        "report_digest": "ab" * 32,
    }
    for number, key in enumerate([service.alice, *[witness] * 5]):
        fixity = issue_record(
            "fixity",
            claims,
            private_key=key,
            aud=ORIGIN,
            iat=START + number,
            salts=salts(b"fixity"),
        )
        service.post(fixity)

    digest = summarize(files).digest.hex()
    ((hit,),) = _pages(service, "/v1/lookup", digest_prefix=digest[:4])
    (about,) = _pages(service, "/v1/lookup", digest_prefix=record.id_hex[:20])

    assert [one["witnessed"] for one in hit["fixity"]] == [False, True, True, True, True]
    assert hit["fixity"][1]["key"] == witness.public.thumbprint
    assert hit["fixity"][1]["sound"] is True
    assert hit["more_fixity"] is True
    assert {(one["type"], one["of"]) for one in about} == {("fixity", "record")}
    assert len(about) == 6


def test_what_is_not_there_is_an_empty_page(service: Service) -> None:
    assert _pages(service, "/v1/lookup", digest="00" * 32) == [[]]
    assert _pages(service, "/v1/lookup", key=key_of("never seen").public.thumbprint) == [[]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "digest"),
        (f"digest={'00' * 32}&key=abc", "digest"),
        ("digest=abc", "digest"),
        (f"digest=0x{'00' * 32}", "digest"),
        (f"digest={'AA' * 32}", "digest"),
        (f"digest={'00' * 32}&digest_prefix=0000", "digest"),
        ("digest_prefix=", "digest_prefix"),
        ("digest_prefix=abc", "digest_prefix"),
        (f"digest_prefix={'0' * 64}", "digest_prefix"),
        ("digest_prefix=ABCD", "digest_prefix"),
        ("digest_prefix=abcg", "digest_prefix"),
        ("digest_prefix=%D9%A1%D9%A1%D9%A1%D9%A1", "digest_prefix"),
        ("digest_prefix=abcd&cursor=5", "cursor"),
        (f"digest_prefix=abcd&cursor={'0' * 64}", "cursor"),
        (f"digest_prefix=abcd&cursor={'0' * 64}.x", "cursor"),
        ("key=abc", "key"),
        ("key=", "key"),
        (f"digest={'00' * 32}&limit=0", "limit"),
        (f"digest={'00' * 32}&limit=1001", "limit"),
        (f"digest={'00' * 32}&limit=x", "limit"),
        (f"digest={'00' * 32}&cursor=-1", "cursor"),
        (f"digest={'00' * 32}&cursor=", "cursor"),
        (f"digest={'00' * 32}&cursor={'9' * 17}", "cursor"),
        (f"digest={'00' * 32}&cursor=%D9%A1", "cursor"),
    ],
)
def test_a_look_up_that_makes_no_sense_names_the_parameter(
    service: Service, query: str, field: str
) -> None:
    answer = service.client.get(f"/v1/lookup?{query}")

    assert the_problem(answer, 400, "malformed")["field"] == field


def test_anchors_are_listed_with_their_evidence(service: Service) -> None:
    service.deposited("to be anchored and listed")
    wanted, deadline = service.size(), time.monotonic() + 20
    while True:
        anchors = [one for page in _pages(service, "/v1/anchors", limit=1) for one in page]
        if any(one["state"] == "final" and one["tree_size"] >= wanted for one in anchors):
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert [one["anchor_id"] for one in anchors] == sorted(one["anchor_id"] for one in anchors)
    final = next(one for one in anchors if one["state"] == "final")
    block = block_of(parse_evidence(Members(final["evidence"])))
    assert block.block_hash == from_evm_hex(final["block_hash"])
    assert (block.number, block.timestamp) == (final["block_number"], final["block_time"])
    assert (final["level"], final["widened_by"]) == ("proof", 0)
    assert all(one.startswith("0x") and len(one) == 66 for one in final["transactions"])


def test_anchors_are_paged_too(service: Service) -> None:
    the_problem(service.client.get("/v1/anchors?cursor=x"), 400, "malformed")
    assert service.client.get(f"/v1/anchors?cursor={'9' * 16}").json() == {
        "items": [],
        "next": None,
    }
