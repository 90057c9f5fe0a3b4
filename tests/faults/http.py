"""HTTP as a client speaks it who expects the other side to die: one try, and an outcome."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 30.0


class GoneError(Exception):
    """No whole answer came: what was asked for may or may not have happened."""


class Connection:
    """Keeps one connection to one address; both may change between two requests."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._open: http.client.HTTPConnection | None = None

    def ask(
        self,
        url: str,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and whole body.

        Raises:
            GoneError: the connection failed, before or after the other side acted.
        """
        if self._open is None or self._url != url:
            self.close()
            parts = urlsplit(url)
            self._open = http.client.HTTPConnection(
                parts.hostname or "", parts.port, timeout=SECONDS
            )
            self._url = url
        try:
            self._open.request(method, path, body, dict(headers or {}))
            response = self._open.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise GoneError(f"{method} {path}: {error!r}") from error

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def get(url: str, path: str, accept: str = "*/*") -> tuple[int, bytes]:
    """Ask once on a connection of its own."""
    connection = Connection()
    try:
        return connection.ask(url, "GET", path, headers={"accept": accept})
    finally:
        connection.close()


class Rpc:
    """JSON-RPC to a node at a local port."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._connection = Connection()

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 -- whatever JSON it answers
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        headers = {"content-type": "application/json"}
        octets = json.dumps(asked).encode()
        try:
            _, body = self._connection.ask(self._url, "POST", "/", octets, headers)
        except GoneError:
            # perhaps a kept connection that the node has closed meanwhile
            _, body = self._connection.ask(self._url, "POST", "/", octets, headers)
        answer = json.loads(body)
        if "result" not in answer:
            raise GoneError(f"{method}: {answer}")
        return answer["result"]

    def close(self) -> None:
        self._connection.close()
