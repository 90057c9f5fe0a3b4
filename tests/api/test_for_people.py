"""Receipts and badges as people see them: certificates by negotiation, and pictures to embed."""

from __future__ import annotations

import re
import sys
import threading
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from erasing import erase_stored
from provenance_api.app import DOCUMENTS_AT_ONCE
from running_service import the_problem
from small_ledger import ORIGIN, START, salts

from provenance.exports.badge import Told, write_told
from provenance.record import issue_record
from provenance.verdict import Bound

if TYPE_CHECKING:
    import httpx
    from running_service import Service

    from provenance.record import Record

SVG = "{http://www.w3.org/2000/svg}"


def receipt(service: Service, record: Record, accept: str, **headers: str) -> httpx.Response:
    answer: httpx.Response = service.client.get(
        f"/v1/records/{record.id_hex}/receipt",
        headers={"accept": accept} | {name.replace("_", "-"): v for name, v in headers.items()},
    )
    return answer


# --- certificates ---------------------------------------------------------------------------


def test_a_receipt_comes_as_pdf_with_the_receipt_inside(service: Service) -> None:
    record = service.deposited("certificate as pdf")

    answer = receipt(service, record, "application/pdf")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "accept, accept-language"
    assert answer.headers["provenance-standing"] == "sound"
    name = f'attachment; filename="{record.id_hex[:16]}.receipt.pdf"'
    assert answer.headers["content-disposition"] == name
    with pypdfium2.PdfDocument(answer.content) as pdf:
        assert pdf.count_attachments() == 1
        inside = bytes(pdf.get_attachment(0).get_data())
    assert record.entry in inside


@pytest.mark.parametrize(
    ("spoken", "english", "chinese"),
    [("en-GB,en", True, False), ("zh-CN,zh;q=0.9", False, True), (None, True, True)],
)
def test_a_certificate_speaks_the_reader_s_language(
    service: Service, spoken: str | None, *, english: bool, chinese: bool
) -> None:
    record = service.deposited(f"certificate as html, {spoken}")
    headers = {} if spoken is None else {"accept_language": spoken}
    if spoken is None:
        service.client.headers.pop("accept-language", None)

    answer = receipt(service, record, "text/html", **headers)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "<script" not in answer.text
    assert ("record id" in answer.text.lower()) is english
    assert bool(re.search("[\u4e00-\u9fff]{4}", answer.text)) is chinese


def test_who_asks_for_nothing_special_gets_json(service: Service) -> None:
    record = service.deposited("certificate for nobody")

    for accept in ("*/*", "application/json, application/pdf;q=0.5", "application/*"):
        assert receipt(service, record, accept).headers["content-type"] == "application/json"
    the_problem(receipt(service, record, "image/png"), 406, "not-acceptable")


def test_a_certificate_shows_what_is_public_alone(service: Service) -> None:
    held = service.deposited("kept from view", hold=("contributors",))
    erased = service.deposited("erased later")
    parts = service.ledger.parts
    assert erase_stored(erased.id, log=parts.log, store=parts.store, key_store=parts.key_store)

    assert "Contributor 0" not in receipt(service, held, "text/html").text
    assert "Contributor 0" not in receipt(service, erased, "text/html").text


def test_one_too_many_at_once_is_asked_to_come_again(service: Service) -> None:
    record = service.deposited("many certificates")
    gate = service.client.app.state.document_gate  # type: ignore[attr-defined]  # FastAPI's
    gate.enter(DOCUMENTS_AT_ONCE)
    try:
        busy = receipt(service, record, "application/pdf")
        as_ever = receipt(service, record, "application/json")
    finally:
        gate.leave(DOCUMENTS_AT_ONCE)

    the_problem(busy, 503, "overloaded")
    assert int(busy.headers["retry-after"]) > 0
    assert as_ever.status_code == 200
    assert receipt(service, record, "text/html").status_code == 200


def test_places_are_given_back_however_many_ask(service: Service) -> None:
    record = service.deposited("a crowd of certificates")
    seen: list[int] = []

    def ask() -> None:
        seen.append(receipt(service, record, "text/html").status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(seen) <= {200, 503}
    assert 200 in seen
    assert receipt(service, record, "text/html").status_code == 200


def test_without_the_extra_a_pdf_is_not_acceptable_and_says_why(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = service.deposited("no typesetter")
    monkeypatch.setitem(sys.modules, "typst", None)  # as Python knows what is not installed

    problem = the_problem(receipt(service, record, "application/pdf"), 406, "not-acceptable")

    assert "typst" in problem["detail"]
    assert problem["field"] == "accept"


def test_an_unknown_record_has_no_certificate(service: Service) -> None:
    answer = service.client.get(
        f"/v1/records/{'00' * 32}/receipt", headers={"accept": "application/pdf"}
    )

    the_problem(answer, 404, "not-found")


# --- badges ---------------------------------------------------------------------------------


def badge(service: Service, record: Record, **query: str) -> tuple[httpx.Response, str]:
    """The answer, and the words of the picture."""
    answer: httpx.Response = service.client.get(f"/records/{record.id_hex}/badge.svg", params=query)
    assert answer.status_code == 200, answer.text
    root = ET.fromstring(answer.content)
    return answer, " | ".join(str(one.text) for one in root.iter(f"{SVG}text"))


def test_a_badge_may_be_embedded_anywhere_for_a_short_time(service: Service) -> None:
    record = service.deposited("with a badge")

    answer, words = badge(service, record)
    again = service.client.get(
        f"/records/{record.id_hex}/badge.svg", headers={"if-none-match": answer.headers["etag"]}
    )

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert again.status_code in {200, 304}  # 200 if it was anchored in between
    assert words.startswith("provenance | entry ")


def test_a_badge_has_nothing_active_and_says_whose_word_it_is(service: Service) -> None:
    answer, _ = badge(service, service.deposited("a still picture"))
    root = ET.fromstring(answer.content)

    assert {one.tag.removeprefix(SVG) for one in root.iter()} == {"svg", "title", "rect", "text"}
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    assert f"as {ORIGIN} says" in str(root.findtext(f"{SVG}title"))
    assert "#2e6b34" not in answer.text  # the green of what was proved


def test_a_badge_on_a_test_chain_proves_nothing(service: Service) -> None:
    _, words = badge(service, service.deposited("test chain"))

    assert re.fullmatch(r"provenance \| entry \d+, (not anchored yet|on a test chain)", words)


def test_a_badge_says_first_what_is_wrong(service: Service) -> None:
    record = service.deposited("badge withdrawn")
    withdrawal = issue_record(
        "withdrawal",
        {"record": record.id_hex},
        private_key=service.alice,
        aud=ORIGIN,
        iat=START,
        salts=salts(record.id),
    )
    assert service.post(withdrawal).status_code == 201

    assert badge(service, record)[1] == "provenance | withdrawn"


def bound(*, independent: bool) -> Bound:
    return Bound(1_760_000_000, "Example", 1, 5, bytes(32), "vouched", independent)


@pytest.mark.parametrize(
    ("standing", "not_after", "words"),
    [
        ("sound", bound(independent=True), "not after 2025-10-09"),
        ("sound", bound(independent=False), "on a test chain"),
        ("sound", None, "not anchored yet"),
        ("disputed", bound(independent=True), "disputed"),
        ("corrected, superseded", None, "found wrong"),
        ("withdrawn, disputed", None, "withdrawn"),
    ],
)
def test_the_worst_is_said_and_nothing_more_than_is_so(
    standing: str, not_after: Bound | None, words: str
) -> None:
    told = Told(log="ledger.example/log", leaf_index=7, standing=standing, not_after=not_after)

    picture = ET.fromstring(write_told(told, str))

    assert [str(one.text) for one in picture.iter(f"{SVG}text")][1].endswith(words)


def test_a_badge_has_two_languages_and_no_third(service: Service) -> None:
    record = service.deposited("a badge in Chinese")

    assert badge(service, record, language="zh")[0].status_code == 200
    bad = service.client.get(f"/records/{record.id_hex}/badge.svg", params={"language": "xx"})
    the_problem(bad, 400, "malformed")
    the_problem(service.client.get(f"/records/{'00' * 32}/badge.svg"), 404, "not-found")
