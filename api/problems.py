"""Errors as RFC 9457 problems, by one table.

``type`` is ``urn:provenance:problem:<code>``, with the code of the error class unchanged;
``title`` is in the reader's language; ``detail`` holds the facts and never changes with it.
"""

from __future__ import annotations

import http
import json
import logging
import time
from typing import TYPE_CHECKING, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from provenance import errors
from provenance.messages import choose_language, translator

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Scope

__all__ = [
    "MEDIA_TYPE",
    "STATUS",
    "install",
    "on_our_error",
    "on_unexpected_error",
    "problem_body",
    "retry_after",
    "route_of",
    "status_of",
]

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[dict[type[errors.ProvenanceError], int]] = {
    errors.MalformedError: 400,
    errors.TooLargeError: 413,
    errors.MediaTypeError: 415,
    errors.NotAcceptableError: 406,
    errors.VerificationError: 422,
    # what a client sends is refused before these: something that we stored is damaged
    errors.BadTileError: 500,
    errors.DamagedDisclosureError: 500,
    errors.DamagedReceiptError: 500,
    errors.ConflictError: 409,
    errors.NotFoundError: 404,
    errors.NotAllowedError: 403,
    errors.NotAuthorisedError: 403,
    errors.InstitutionRequiredError: 403,
    errors.MethodNotAllowedError: 405,
    errors.NotYetError: 409,
    errors.RateLimitedError: 429,
    errors.UnavailableError: 503,
    errors.SlowRequestError: 408,
    errors.StorageFullError: 507,
    errors.FatalError: 500,
    errors.ProvenanceError: 500,
}
"""The status of a class is that of its nearest ancestor in this table."""

_RETRY_SECONDS: Final = {408: 1, 503: 5, 507: 60}
"""When to come back if the error does not say; a disk is not emptied in seconds."""

_RETRY_AFTER_PEOPLE: Final[dict[type[errors.ProvenanceError], int]] = {
    errors.ReadOnlyError: 60,
    errors.DamagedLogError: 600,
}
"""Likewise, where a person has to do something first."""

_log = logging.getLogger("provenance.api")


def status_of(error: errors.ProvenanceError) -> int:
    """Return the HTTP status that belongs to ``error``."""
    return next(STATUS[family] for family in type(error).__mro__ if family in STATUS)


def retry_after(error: errors.ProvenanceError) -> int | None:
    """Return the seconds after which asking again makes sense; None where it never does."""
    retry_at = getattr(error, "retry_at", None)
    if retry_at is not None:
        return max(1, int(retry_at) - int(time.time()))
    return _RETRY_AFTER_PEOPLE.get(type(error)) or _RETRY_SECONDS.get(status_of(error))


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


def route_of(scope: Scope) -> str:
    """Return the template of the route that a request came to: no ids, nothing a client made up."""
    return str(getattr(scope.get("route"), "path", "other"))


def install(app: FastAPI) -> None:
    """Make every way a request can fail end as a problem document."""
    app.add_exception_handler(errors.ProvenanceError, on_our_error)
    app.add_exception_handler(RequestValidationError, _on_bad_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)


def on_unexpected_error(error: Exception, scope: Scope) -> Response:
    """Log a defect of ours, and return what the client may know of it: nothing.

    Only names go into the log: the message and the traceback may quote what somebody sent.
    """
    where = _innermost(error)
    extra = {"route": route_of(scope), "defect": type(error).__name__, "where": where}
    _log.error("unexpected error", extra=extra)
    return _respond(errors.ProvenanceError("an unexpected error, noted in the log"), Request(scope))


def _innermost(error: Exception) -> str:
    """Return ``file:line`` of the frame that raised."""
    trace = error.__traceback__
    if trace is None:
        return "unknown"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _respond(
    error: errors.ProvenanceError, request: Request, headers: dict[str, str] | None = None
) -> Response:
    language = choose_language(request.headers.get("accept-language"))
    headers = {
        **(headers or {}),
        "cache-control": "no-store",  # a 404 of today may be an entry in a second
        "content-language": "zh-Hans" if language == "zh_Hans" else "en",
        "vary": "accept-language",
    }
    seconds = retry_after(error)
    if seconds is not None:
        headers["retry-after"] = str(seconds)
    body = problem_body(error, language)
    octets = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(octets, status_of(error), headers, media_type=MEDIA_TYPE)


async def on_our_error(request: Request, error: Exception) -> Response:
    """Return the problem document of one of our errors, noting in the log what is our fault."""
    assert isinstance(error, errors.ProvenanceError)  # noqa: S101 -- registered for this class only
    if status_of(error) >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        route = route_of(request.scope)
        if isinstance(error, errors.UnavailableError):
            request.app.state.refusals.note(error, route)
        else:  # neither body nor detail, which may hold personal data
            _log.error("request failed", extra={"route": route, "code": error.code})
    return _respond(error, request)


async def _on_bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return _respond(errors.MalformedError(str(first["msg"]).lower(), field=field), request)


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Answer what Starlette's router refuses: an unknown path, or a method it has not."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    if error.status_code == http.HTTPStatus.NOT_FOUND and _is_a_readers(request):
        page: Response = request.app.state.site.shell.failed(error.status_code)
        return page
    headers = dict(error.headers or {})
    ours: errors.ProvenanceError
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        ours = errors.MethodNotAllowedError(f"allowed: {headers.get('Allow', 'nothing')}")
    elif error.status_code == http.HTTPStatus.NOT_FOUND:
        ours = errors.NotFoundError("no such resource")
    else:
        ours = errors.MalformedError(http.HTTPStatus(error.status_code).phrase.lower())
    return _respond(ours, request, headers)


def _is_a_readers(request: Request) -> bool:
    """Tell whether a person typed an address of the page, and not a program one of the API."""
    is_asked = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return is_asked and not request.url.path.startswith(("/v1/", "/tile/", "/web/"))
