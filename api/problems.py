"""Errors as RFC 9457 problems, by one table.

``type`` is ``urn:provenance:problem:<code>``, with the code of the error class unchanged;
``title`` is in the reader's language; ``detail`` holds the facts and never changes with it.
"""

from __future__ import annotations

import http
import json
import logging
import time
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from provenance import errors
from provenance.messages import choose_language, translator

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

__all__ = ["MEDIA_TYPE", "STATUS", "install", "problem_body", "status_of"]

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[errors.ProvenanceError], int] = {
    errors.MalformedError: 400,
    errors.TooLargeError: 413,
    errors.VerificationError: 422,
    errors.ConflictError: 409,
    errors.NotFoundError: 404,
    errors.NotAllowedError: 403,
    errors.MediaTypeError: 415,
    errors.NotAcceptableError: 406,
    errors.NotYetError: 409,
    errors.RateLimitedError: 429,
    errors.UnavailableError: 503,
    errors.FatalError: 500,
    errors.ProvenanceError: 500,
}
"""The status of a class is that of its nearest ancestor in this table."""

_log = logging.getLogger("provenance.api")


def status_of(error: errors.ProvenanceError) -> int:
    """Return the HTTP status that belongs to ``error``."""
    return next(STATUS[family] for family in type(error).__mro__ if family in STATUS)


def problem_body(error: errors.ProvenanceError, language: str) -> dict[str, object]:
    """Return the members of the problem document (RFC 9457 §3.1) for ``error``."""
    body: dict[str, object] = {
        "type": f"urn:provenance:problem:{error.code}",
        "title": translator(language)(error.title),
        "status": status_of(error),
        "detail": str(error),
        "code": error.code,
    }
    if error.field is not None:
        body["field"] = error.field
    return body


def install(app: FastAPI) -> None:
    """Make every way a request can fail end as a problem document."""
    app.add_exception_handler(errors.ProvenanceError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_bad_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)


def respond(error: errors.ProvenanceError, request: Request) -> Response:
    """Return the answer that tells ``error`` to the client."""
    language = choose_language(request.headers.get("accept-language"))
    headers = {"content-language": "zh-Hans" if language == "zh_Hans" else "en"}
    retry_at = getattr(error, "retry_at", None)
    status = status_of(error)
    if retry_at is not None:
        headers["retry-after"] = str(max(1, retry_at - int(time.time())))
    elif status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = "5"
    return Response(
        json.dumps(problem_body(error, language), ensure_ascii=False),
        status,
        headers,
        media_type=MEDIA_TYPE,
    )


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ProvenanceError)  # noqa: S101 -- registered for this class only
    if status_of(error) >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        # path and code only: neither body nor detail, which may hold personal data
        _log.error("request failed", extra={"path": request.url.path, "code": error.code})
    return respond(error, request)


async def _on_bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return respond(errors.MalformedError(str(first["msg"]).lower(), field=field), request)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    phrase = http.HTTPStatus(error.status_code).phrase
    language = choose_language(request.headers.get("accept-language"))
    code = phrase.lower().replace(" ", "-")
    known = {404: errors.NotFoundError.title, 405: errors.MethodNotAllowedError.title}
    body = {
        "type": f"urn:provenance:problem:{code}",
        "title": translator(language)(known.get(error.status_code, errors.ProvenanceError.title)),
        "status": error.status_code,
        "detail": phrase.lower(),
        "code": code,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        error.status_code,
        error.headers,
        media_type=MEDIA_TYPE,
    )
