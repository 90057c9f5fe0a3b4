"""A service that is told to stop stops, whatever its clients do."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest
from provenance_api import server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    Message = MutableMapping[str, Any]

GRACE = 1


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer with the body, or with more than any buffer holds."""
    message = await receive()
    if scope["type"] != "http":
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while message.get("more_body"):
        message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x" * (64 << 20)})


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc",
    ],
    ids=["does not read its answer", "does not end its request"],
)
def test_a_client_that_does_nothing_does_not_hold_the_service(
    monkeypatch: pytest.MonkeyPatch, request_: bytes
) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", GRACE)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)

    async def run() -> float:
        stop, ready = asyncio.Event(), asyncio.Event()
        port = server.free_port("127.0.0.1")
        serving = server.serve(app, host="127.0.0.1", port=port, on_ready=ready.set, stop=stop)
        await ready.wait()
        await asyncio.to_thread(client.connect, ("127.0.0.1", port))
        await asyncio.to_thread(client.sendall, request_)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        stop.set()
        await asyncio.wait_for(serving, 10)
        return time.monotonic() - began

    with client:
        assert GRACE * 0.9 < asyncio.run(run()) < GRACE + 5
