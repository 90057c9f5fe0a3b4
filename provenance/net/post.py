"""Posts to one address, and reads the answer up to a size and within one time.

For nodes, external signers and witnesses alike: none of them is ours, so an answer's head and
body are read for ``timeout`` seconds in all, connecting included, and up to ``max_bytes``.
Redirects are not followed and nothing is posted twice.
"""

from __future__ import annotations

import base64
import http.client
import socket
import threading
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from provenance.errors import UnavailableError
from provenance.net.address import PORTS, SAFE, place_of
from provenance.net.sockets import Connection, Deadline

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["HttpPost"]

_CHUNK: Final = 65_536

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpPost:
    """One address; any thread may post, each over a connection of its own."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        max_bytes: int,
        content_type: str,
        use_proxy: bool = False,
    ) -> None:
        """Remember the address; nothing is sent yet.

        Args:
            timeout: seconds for one whole exchange, not only between two bytes.
            max_bytes: an answer longer than this is given up.
            use_proxy: take the proxy that the environment names, if any.

        Raises:
            MalformedError: not an http or https address.
        """
        self.place = place_of(url)
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._target = quote(parts.path or "/", safe=SAFE)
        self._target += f"?{quote(parts.query, safe=SAFE)}" if parts.query else ""
        self._headers = {"Content-Type": content_type, **_basic("Authorization", parts)}
        self._proxy = _proxy(parts.scheme, self._host) if use_proxy else None
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._per_thread = threading.local()

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Post ``body`` once; return the answer's status and body.

        Raises:
            UnavailableError: no whole answer in time, or too long a one. Its message holds
                neither the address nor what the other side said.
        """
        connection = self._connection()
        connection.deadline.begin(self._timeout)
        try:
            answer = self._exchange(connection, body)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            connection.close()
            raise UnavailableError(_why(error)) from None
        except BaseException:
            connection.close()
            raise
        return answer

    def close(self) -> None:
        """Close this thread's connection; safe to call again."""
        connection = getattr(self._per_thread, "connection", None)
        if connection is not None:
            connection.close()

    def _exchange(self, connection: _Kept, body: bytes) -> tuple[int, bytes]:
        connection.request("POST", self._whole_target(), body, self._headers)
        response = connection.getresponse()
        octets = bytearray()
        while chunk := response.read(_CHUNK):
            octets += chunk
            if len(octets) > self._max_bytes:
                raise UnavailableError(f"more than {self._max_bytes} bytes")
        if response.length:
            raise UnavailableError("the answer was cut short")
        return response.status, bytes(octets)

    def _connection(self) -> _Kept:
        connection: _Kept | None = getattr(self._per_thread, "connection", None)
        if connection is None:
            connection = self._per_thread.connection = self._new_connection()
        elif not connection.is_reusable:
            connection.close()  # and opened again by the next request
        return connection

    def _new_connection(self) -> _Kept:
        if self._proxy is None:
            return _Kept(self._host, self._port, is_tls=self._is_tls)
        proxy = urlsplit(self._proxy)
        connection = _Kept(proxy.hostname or "", proxy.port or 80, is_tls=False)
        if self._is_tls:
            connection.set_tunnel(self._host, self._port, _basic("Proxy-Authorization", proxy))
            connection.set_tls_host(self._host)
        else:
            self._headers |= _basic("Proxy-Authorization", proxy)
        return connection

    def _whole_target(self) -> str:
        """Return the target; a proxy is told the whole address unless it tunnels."""
        return self._target if self._proxy is None or self._is_tls else self.place + self._target


def _why(error: Exception) -> str:
    """Name what went wrong; where the name alone says nothing, in the system's own words."""
    name = type(error).__name__
    if not isinstance(error, OSError) or not error.strerror:
        return name
    is_bare = type(error) is OSError or isinstance(error, socket.gaierror)
    return f"{name}: {error.strerror}" if is_bare else name


class _Kept(Connection):
    """A connection with its deadline."""

    def __init__(self, host: str, port: int, *, is_tls: bool) -> None:
        self.deadline = Deadline()
        super().__init__(host, port, is_tls=is_tls, deadline=self.deadline)


def _basic(header: str, parts: SplitResult) -> dict[str, str]:
    """Return the header that tells user and password of an address; none without them."""
    if parts.username is None and parts.password is None:
        return {}
    said = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {header: "Basic " + base64.b64encode(said.encode()).decode()}


def _proxy(scheme: str, host: str) -> str | None:
    """Return the http proxy that the environment names for an address."""
    if host in _THIS_MACHINE:
        return None  # it must not see, or break, traffic that does not leave this machine
    found = urllib.request.getproxies().get(scheme)
    if not found or urllib.request.proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"
