"""A load generator that leaves the cores to what it measures: one process, one loop, no library.

Requests are bytes made before the clock starts. Each connection sends one, reads its answer to
the end, and sends the next: HTTP/1.1 kept alive, about 30 us of one core per request.
"""

from __future__ import annotations

import gc
import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Load", "request_of", "run_load"]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNK = 1 << 20


@dataclass(slots=True)
class Load:
    """What came back, in the order of completion."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """What this generator itself used."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from the first byte sent to the last byte received, per request."""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """Status and body."""


def request_of(method: str, path: str, media_type: str, body: bytes) -> bytes:
    """Return the bytes of a request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {media_type}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_load(
    address: tuple[str, int] | Sequence[tuple[str, int]], requests: list[bytes], connections: int
) -> Load:
    """Send all ``requests`` over ``connections`` connections and wait for every answer.

    Args:
        address: where to, or several places that the connections take in turn.
    """
    places = [address] if isinstance(address, tuple) else address
    load = Load()
    waiting = iter(requests)
    gc.disable()
    try:
        with selectors.DefaultSelector() as selector:
            clients = [_Client(places[i % len(places)], selector) for i in range(connections)]
            began, used = time.perf_counter(), time.process_time()
            running = sum(client.send_next(waiting) for client in clients)
            while running:
                for key, events in selector.select():
                    running -= key.data.go_on(events, load, waiting)
            load.seconds = time.perf_counter() - began
            load.cpu_seconds = time.process_time() - used
            for client in clients:
                client.socket.close()
    finally:
        gc.enable()
    return load


class _Client:
    """One connection: what is still to be sent, and what has arrived of the answer."""

    def __init__(self, address: tuple[str, int], selector: selectors.BaseSelector) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self._selector = selector
        selector.register(self.socket, selectors.EVENT_READ, self)
        self._unsent = memoryview(b"")
        self._received: list[bytes] = []
        self._missing = -1  # bytes of the answer; -1 while its head is incomplete
        self._began = 0.0

    def send_next(self, waiting: Iterator[bytes]) -> bool:
        """Begin the next request; False when there is none."""
        request = next(waiting, None)
        if request is None:
            return False
        self._unsent = memoryview(request)
        self._received, self._missing = [], -1
        self._began = time.perf_counter()
        self._send()
        return True

    def _send(self) -> None:
        try:
            sent = self.socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        self._unsent = self._unsent[sent:]
        if self._unsent or sent == 0:
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            self._selector.modify(self.socket, both, self)

    def go_on(self, events: int, load: Load, waiting: Iterator[bytes]) -> bool:
        """Do what the socket is ready for; True when this connection has no more to do."""
        if events & selectors.EVENT_WRITE:
            if self._unsent:
                self._send()
            if not self._unsent:
                self._selector.modify(self.socket, selectors.EVENT_READ, self)
        if not events & selectors.EVENT_READ:
            return False
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("the service closed the connection")
        self._received.append(chunk)
        if self._missing < 0:
            whole = b"".join(self._received)
            end = whole.find(b"\r\n\r\n")
            found = _LENGTH.search(whole[: end + 2]) if end >= 0 else None
            if found is None:
                return False
            self._missing = end + 4 + int(found[1]) - len(whole)
        else:
            self._missing -= len(chunk)
        if self._missing > 0:
            return False
        load.latencies.append(time.perf_counter() - self._began)
        answer = b"".join(self._received)
        load.answers.append((int(answer[9:12]), answer[answer.find(b"\r\n\r\n") + 4 :]))
        return not self.send_next(waiting)
