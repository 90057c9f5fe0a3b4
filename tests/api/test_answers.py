"""What every answer has in common: headers, problems, methods, languages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from provenance_api import problems
from running_service import SD_JWT, Service, the_problem
from starlette.responses import StreamingResponse

from provenance import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

SECURITY = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}
READS = [
    "/checkpoint",
    "/tile/0/000.p/1",
    "/tile/entries/000.p/1",
    "/v1/log/inclusion?index=0&size=2",
    "/v1/log/consistency?from=1&to=2",
    f"/v1/lookup?digest={'00' * 32}",
    "/v1/anchors",
    "/v1/policy",
    "/v1/health",
    "/v1/ready",
    "/v1/openapi.json",
    "/metrics",
    "/",
    "/web/index.html",
]
BAD_READS = [
    "/nowhere",
    "/web/nothing.js",
    f"/v1/records/{'00' * 32}",
    "/tile/9",
    "/v1/lookup",
    "/docs",
]


@pytest.mark.parametrize("path", READS + BAD_READS)
def test_every_read_has_the_security_headers_and_may_be_read_by_any_page(
    service: Service, path: str
) -> None:
    answer = service.client.get(path)

    assert answer.status_code == 200 if path in READS else answer.status_code >= 400
    assert set(answer.headers) >= SECURITY
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/records"),
        ("POST", "/v1/records/batch"),
        ("PUT", f"/v1/records/{'00' * 32}/manifest"),
        ("POST", f"/v1/records/{'00' * 32}/disclosures"),
        ("DELETE", "/v1/records"),
        ("OPTIONS", "/v1/records"),
    ],
)
def test_nothing_that_writes_is_open_to_other_origins(
    service: Service, method: str, path: str
) -> None:
    answer = service.client.request(method, path, headers={"origin": "https://evil.example"})

    assert answer.status_code >= 400
    assert set(answer.headers) >= SECURITY
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", READS)
def test_head_says_what_get_would_say_without_the_body(service: Service, path: str) -> None:
    got, headed = service.client.get(path), service.client.head(path)
    while path != "/metrics" and (again := service.client.get(path)).content != got.content:
        # the worker anchors meanwhile: only answers of one state can be compared
        got, headed = again, service.client.head(path)

    assert (headed.status_code, headed.content) == (got.status_code, b"")
    if path != "/metrics":  # counts the requests themselves
        assert headed.headers["content-length"] == got.headers["content-length"]
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert set(headed.headers) >= SECURITY


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/policy", "GET"),
        ("OPTIONS", "/checkpoint", "GET"),
        ("PATCH", "/tile/0/000.p/1", "GET"),
        ("GET", "/v1/records", "POST"),
        ("HEAD", "/v1/records/batch", None),
        ("BREW", "/v1/health", "GET"),
    ],
)
def test_another_method_is_a_problem(
    service: Service, method: str, path: str, allowed: str | None
) -> None:
    answer = service.client.request(method, path)

    assert set(answer.headers) >= SECURITY
    if allowed is not None:
        the_problem(answer, 405, "method-not-allowed")
        assert allowed in answer.headers["allow"]
    else:
        assert (answer.status_code, answer.content) == (400, b"")  # GET reads it as an id


def test_the_title_alone_changes_with_the_language(service: Service) -> None:
    path = f"/v1/records/{'00' * 32}"

    english = service.client.get(path, headers={"accept-language": "fr, en;q=0.5"})
    chinese = service.client.get(path, headers={"accept-language": "zh-CN, en;q=0.5"})

    assert english.headers["content-language"] == "en"
    assert chinese.headers["content-language"] == "zh-Hans"
    one, two = the_problem(english, 404, "not-found"), the_problem(chinese, 404, "not-found")
    assert one["title"] == errors.NotFoundError.title
    assert any("\u4e00" <= letter <= "\u9fff" for letter in two["title"])
    assert {**one, "title": ""} == {**two, "title": ""}


@pytest.mark.parametrize("wish", ["", "*", "xx", ";q=;", "zh;q=0", "\u00e9", "a" * 5_000])
def test_a_language_that_nobody_knows_is_english(service: Service, wish: str) -> None:
    answer = service.client.get("/nowhere", headers={"accept-language": wish.encode()})

    assert the_problem(answer, 404, "not-found")["title"] == errors.NotFoundError.title


def test_every_error_has_a_status_and_only_waiting_helps_against_a_few() -> None:
    def families(error: type[errors.ProvenanceError]) -> Iterator[type[errors.ProvenanceError]]:
        yield error
        for below in error.__subclasses__():
            yield from families(below)

    for error in set(families(errors.ProvenanceError)):
        instance = error.__new__(error)
        status = problems.status_of(instance)
        assert 400 <= status < 600
        waits = problems.retry_after(instance) is not None
        assert waits == (status in {408, 503, 507}), error


def test_retry_after_is_at_least_a_second_away() -> None:
    assert problems.retry_after(errors.RateLimitedError("", retry_at=0)) == 1


# --- defects of our own -----------------------------------------------------------------------


def test_a_defect_is_a_problem_and_its_message_stays_with_us(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    app = service.client.app

    async def broken(_: Request) -> None:
        raise ZeroDivisionError("while dividing Josiah Carberry")

    app.add_route("/broken", broken)  # type: ignore[attr-defined]  # a FastAPI
    with caplog.at_level(logging.DEBUG):
        answer = service.client.get("/broken", headers={"accept-language": "en"})

    assert "Carberry" not in answer.text
    the_problem(answer, 500, "error")
    assert set(answer.headers) >= SECURITY
    (line,) = [one for one in caplog.records if one.name == "provenance.api"]
    assert vars(line)["defect"] == "ZeroDivisionError"
    assert "test_answers.py:" in vars(line)["where"]
    assert "Carberry" not in str(vars(line))


def test_an_answer_that_breaks_off_is_not_completed(service: Service) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    async def broken(_: Request) -> StreamingResponse:
        return StreamingResponse(chunks())

    service.client.app.add_route("/half", broken)  # type: ignore[attr-defined]  # a FastAPI
    with pytest.raises(ZeroDivisionError):  # what makes a server cut the connection
        service.client.get("/half")


def test_metrics_count_under_templates_and_known_methods(service: Service) -> None:
    service.client.get(f"/v1/records/{'ab' * 32}")
    service.client.request("JOSIAH", "/josiah")
    service.client.post("/v1/records", content=b"josiah", headers=SD_JWT)

    text = service.client.get("/metrics").text

    assert 'route="/v1/records/{record_id}"' in text
    assert 'method="other",route="other"' in text
    assert "josiah" not in text.lower()
    assert "ab" * 32 not in text
