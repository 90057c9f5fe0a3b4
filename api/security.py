"""Headers that every answer carries, and limits on every request body, as pure ASGI.

Pure ASGI because Starlette's BaseHTTPMiddleware costs a task per request on the hot path.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from provenance.errors import TooLargeError, UnavailableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BODY_SECONDS", "SecurityHeaders", "read_body"]

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' https: http://127.0.0.1:*; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    (b"content-security-policy", _CSP.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_PUBLIC_READ = (b"access-control-allow-origin", b"*")

BODY_SECONDS = 30
"""How long a body may take to arrive; a client slower than this holds a connection for nothing."""


class SecurityHeaders:
    """Adds the security headers to every answer, and CORS ``*`` to reads (no credentials)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding to the answer's head."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_read = scope["method"] in {"GET", "HEAD"}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                headers.extend(_HEADERS)
                if is_read:
                    headers.append(_PUBLIC_READ)
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return the whole body, at most ``limit`` bytes.

    Raises:
        TooLargeError: the length announced or received is above ``limit``.
        UnavailableError: the body did not arrive within ``BODY_SECONDS``.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise TooLargeError(limit=limit, length=int(announced), unit="bytes", field="body")
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                length += len(chunk)
                if length > limit:
                    raise TooLargeError(limit=limit, length=length, unit="bytes", field="body")
                chunks.append(chunk)
    except TimeoutError as error:
        raise UnavailableError(f"the body did not arrive within {BODY_SECONDS} s") from error
    return b"".join(chunks)
