"""JSON-RPC nodes that answer what the test wants: made up, or a real node's with changes."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Change: TypeAlias = "Callable[[dict[str, Any], Any], object]"
"""Makes what is answered of a request and the real node's result; bytes are sent as they are."""

SECRET = "a-key-that-is-paid-for"


class LyingServer(ThreadingHTTPServer):
    """An HTTP server whose one answer the test writes."""

    daemon_threads = True
    answer: Callable[[dict[str, Any]], tuple[int, bytes]]
    seconds_between_bytes = 0.0
    location: str | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: LyingServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        status, octets_ = self.server.answer(body)
        self.send_response(status)
        if self.server.location is not None:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(octets_)))
        self.end_headers()
        try:
            if not self.server.seconds_between_bytes:
                self.wfile.write(octets_)
                return
            for at in range(0, len(octets_), 65_536):
                self.wfile.write(octets_[at : at + 65_536])
                self.wfile.flush()
                time.sleep(self.server.seconds_between_bytes)
        except ConnectionError:
            pass  # the client had enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its signature
        pass


@contextmanager
def lying(
    answer: Callable[[dict[str, Any]], object], *, status: int = 200
) -> Iterator[LyingServer]:
    """Serve what ``answer`` makes of a request: bytes as they are, anything else as a result."""

    def respond(request: dict[str, Any]) -> tuple[int, bytes]:
        made = answer(request)
        if isinstance(made, bytes):
            return status, made
        return status, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": made}).encode()

    with LyingServer() as server:
        server.answer = respond
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def relaying(url: Callable[[], str]) -> Iterator[Relay]:
    """Serve what the node at ``url`` answers, changed by the relay's ``change``."""
    relay = Relay()

    def respond(request: dict[str, Any]) -> object:
        while relay.is_stalled:
            time.sleep(0.01)
        if relay.is_away:
            return b""
        body = {**relay.translate(request), "id": 1}
        real = requests.post(url(), json=body, timeout=10).json()
        changed = relay.change(request, real.get("result"))
        relay.asked.append(request["method"])
        if "error" in real and changed is None:
            answer = {"jsonrpc": "2.0", "id": request["id"], "error": real["error"]}
            return json.dumps(answer).encode()
        return changed

    with lying(respond) as server:
        relay.url = server.url
        try:
            yield relay
        finally:
            relay.is_stalled = False


def refused(request: dict[str, Any], message: str, *, number: int = -32000) -> bytes:
    """Return a node's refusal of a request."""
    error = {"code": number, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()


def lacking(*methods: str) -> Change:
    """Change a node into one that does not have these methods."""

    def change(request: dict[str, Any], result: object) -> object:
        if request["method"] not in methods:
            return result
        return refused(request, "the method does not exist", number=-32601)

    return change


class Relay:
    """The knobs of one such node."""

    def __init__(self) -> None:
        self.url = ""
        self.is_stalled = False
        self.is_away = False
        self.asked: list[str] = []
        self.translate: Callable[[dict[str, Any]], dict[str, Any]] = lambda request: request
        """Makes what the real node is asked."""
        self.change: Change = lambda _, result: result
