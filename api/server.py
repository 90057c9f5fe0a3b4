"""Serves an application on one address until a signal: granian, embedded in this process.

Granian, because it closes a connection whose headers never end (a slow loris); uvicorn held one
for as long as it was watched. Embedded, because API, writer and worker live in one process.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from provenance.errors import AddressUnusableError, MalformedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

__all__ = ["HEADER_SECONDS", "STOP_SECONDS", "free_port", "is_loopback", "serve"]

HEADER_SECONDS = 5
"""How long a request's head may take to arrive."""

STOP_SECONDS = 15
"""How long requests in hand may take to end once the service stops; a client that does not read
its answer would hold it for ever, and one that trickles its body for half a minute."""

_COLLECT_AFTER = 200_000
"""Objects made and still there between two collections: at the default 700 they were the p99 of an
answer. A batch of 1,000 records is some 60,000, and has gone before anybody needs to look at it."""

_logger = logging.getLogger("provenance.api")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``, an IP address or ``localhost``.

    Raises:
        MalformedError: neither of the two.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise MalformedError(f"expected an IP address, got {host!r}", field="--host") from error


def free_port(host: str, wanted: int = 0) -> int:
    """Return a port that nobody listens on now: ``wanted``, or any one for 0.

    Raises:
        AddressUnusableError: somebody listens on it, or the address is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, wanted), family=family) as server:
            port: int = server.getsockname()[1]
            return port
    except OSError as error:
        said = os.strerror(error.errno) if error.errno else error.strerror
        raise AddressUnusableError(f"{host}, port {wanted or 'any'}: {said}") from error


def serve(
    app: ASGIApp, *, host: str, port: int, on_ready: Callable[[], None], stop: asyncio.Event
) -> asyncio.Task[None]:
    """Start to serve in the running event loop; the task ends after ``stop`` is set.

    Args:
        on_ready: called once the port answers.
    """
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_enabled=False,
        backlog=1024,
    )
    return asyncio.create_task(_serve(server, host, port, on_ready, stop))


async def _serve(
    server: Server, host: str, port: int, on_ready: Callable[[], None], stop: asyncio.Event
) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    running = asyncio.create_task(server.serve())
    await _until_it_answers(host, port, running)
    # what start-up made lives as long as the process: no need to look at it in each collection
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    on_ready()
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not stopped.done():
        stopped.cancel()
        await running
        raise UnavailableError("the server ended by itself")
    _logger.info("stopping")
    server.stop()  # type: ignore[no-untyped-call]  # granian annotates it not
    await asyncio.wait({running}, timeout=STOP_SECONDS)
    if running.done():
        await running
        return
    _logger.warning("clients are cut off that did not end within %d s", STOP_SECONDS)
    running.cancel()
    await asyncio.wait({running})


async def _until_it_answers(host: str, port: int, running: asyncio.Task[None]) -> None:
    for _ in range(500):
        if running.done():
            await running
            raise AddressUnusableError(f"{host}, port {port}: is another program on it?")
        try:
            _reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise UnavailableError(f"{host}:{port} did not begin to answer")
