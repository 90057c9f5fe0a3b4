"""The outermost layer: headers that every answer carries, HEAD, and limits on request bodies.

Pure ASGI because Starlette's BaseHTTPMiddleware costs a task per request on the hot path.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from provenance.errors import (
    OverloadedError,
    SlowRequestError,
    StorageFullError,
    TooLargeError,
)

from .problems import on_unexpected_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "BODY_SECONDS",
    "CONTENT_SECURITY_POLICY",
    "Edge",
    "Gate",
    "GatedResponse",
    "read_body",
    "spool_body",
]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' https: http://127.0.0.1:*; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Of every answer: the page runs and shows its own files only, and may ask services and nodes."""

_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_READ_HEADERS = (*_HEADERS, (b"access-control-allow-origin", b"*"))

_SPOOLED_AT_ONCE = 1 << 20
_LEAST_BYTES_PER_SECOND = 1 << 20

BODY_SECONDS = 30
"""How long a body may take to arrive; a client slower than this holds a connection for nothing."""


class Edge:
    """Adds the security headers to every answer, and CORS ``*`` to reads (no credentials).

    It also answers HEAD by what GET would say (RFC 9110 §9.3.2), and is the boundary behind which
    no exception goes: an answer made outside of it would lack the headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding to the answer's head."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        is_head = method == "HEAD"
        added = _READ_HEADERS if is_head or method == "GET" else _HEADERS
        has_begun = False
        if is_head:
            scope = {**scope, "method": "GET"}

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            answer = on_unexpected_error(error, scope)
            if has_begun:
                raise  # the server cuts the connection: a half answer must not look whole
            await answer(scope, receive, send_with_headers)


class Gate:
    """A budget that heavy requests share; who finds no room is turned away."""

    def __init__(self, room: int, busy: str) -> None:
        """Begin with ``room`` free, in any unit; any thread may use it.

        Args:
            busy: what to tell who finds no room.
        """
        self._free = room
        self._busy = busy
        self._lock = threading.Lock()

    @contextmanager
    def held(self, length: int) -> Iterator[None]:
        """Take ``length`` of it for as long as the block runs; raises as ``enter`` does."""
        self.enter(length)
        try:
            yield
        finally:
            self.leave(length)

    def enter(self, length: int) -> None:
        """Take ``length`` of it; ``leave`` must follow.

        Raises:
            OverloadedError: there is no such room now.
        """
        with self._lock:
            if length > self._free:
                raise OverloadedError(self._busy)
            self._free -= length

    def leave(self, length: int) -> None:
        """Give the room back."""
        with self._lock:
            self._free += length


class GatedResponse(StreamingResponse):
    """Streams chunks and then leaves the gate, also when the client goes away."""

    def __init__(self, chunks: Iterator[bytes], leave: Callable[[], None], **kwargs: Any) -> None:  # noqa: ANN401 -- Starlette's own
        """Send ``chunks``, then call ``leave``; ``kwargs`` are those of StreamingResponse."""
        super().__init__(chunks, **kwargs)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, then leave."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return the whole body, at most ``limit`` bytes.

    Raises:
        TooLargeError: the length announced or received is above ``limit``.
        SlowRequestError: the body did not arrive within the application's ``body_seconds``.
    """
    seconds: float = request.app.state.body_seconds
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise TooLargeError(limit=limit, length=int(announced), unit="bytes", field="body")
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                length += len(chunk)
                if length > limit:
                    raise TooLargeError(limit=limit, length=length, unit="bytes", field="body")
                chunks.append(chunk)
    except TimeoutError as error:
        raise SlowRequestError(f"the body did not arrive within {seconds:g} s") from error
    return b"".join(chunks)


async def spool_body(request: Request, *, limit: int) -> BinaryIO:
    """Return the whole body as a file on the disk, at most ``limit`` bytes; the caller closes it.

    A long body may take longer: a second for each MiB beside the ``body_seconds``.

    Raises:
        TooLargeError: the length announced or received is above ``limit``.
        SlowRequestError: the body did not arrive in time.
        StorageFullError: there is no room for it.
    """
    seconds: float = request.app.state.body_seconds
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise TooLargeError(limit=limit, length=int(announced), unit="bytes", field="body")
    spool = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 -- the caller closes it
    try:
        await _spool(request, spool, limit, seconds)
    except TimeoutError as error:
        spool.close()
        raise SlowRequestError(f"the body did not arrive within {seconds:g} s") from error
    except OSError as error:
        spool.close()
        raise StorageFullError(f"the body cannot be kept: {error.strerror}") from error
    except BaseException:
        spool.close()
        raise
    return spool


async def _spool(request: Request, spool: BinaryIO, limit: int, seconds: float) -> None:
    waiting: list[bytes] = []
    length = written = 0
    async with asyncio.timeout(seconds) as timeout:
        begun = asyncio.get_running_loop().time()
        async for chunk in request.stream():
            length += len(chunk)
            if length > limit:
                raise TooLargeError(limit=limit, length=length, unit="bytes", field="body")
            waiting.append(chunk)
            if length - written >= _SPOOLED_AT_ONCE:
                await run_in_threadpool(spool.write, b"".join(waiting))
                waiting.clear()
                written = length
                timeout.reschedule(begun + seconds + length / _LEAST_BYTES_PER_SECOND)
        await run_in_threadpool(spool.write, b"".join(waiting))
