"""TCP and TLS connections whose every wait ends at one deadline, however the bytes drip in.

The time-outs of sockets are between two bytes: a stranger who sends one byte in half a second
keeps a reader for ever. Here every read and write is given only what is left of the whole.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import select
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Buffer

__all__ = ["Connection", "Deadline"]


class Deadline:
    """The end of one exchange after the other; never two at a time."""

    def __init__(self) -> None:
        """Be over: ``begin`` says until when."""
        self._ends = 0.0

    def begin(self, seconds: float) -> None:
        """Let the next exchange take so long."""
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


class _Reader(io.RawIOBase):
    """What an answer is read from; keeps its socket's descriptor open, as ``makefile`` does."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        """Say so: a buffered reader asks."""
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        """Read what has come, waiting for it until the deadline."""
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the descriptor."""
        self._raw.close()
        super().close()


class _Socket:
    """As much of a socket as ``http.client`` uses."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, *_mode: object) -> io.BufferedReader:
        """Return a reader."""
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def sendall(self, octets: bytes) -> None:
        """Send all, until the deadline."""
        left = memoryview(octets)
        while left:
            self._sock.settimeout(self._deadline.left())
            left = left[self._sock.send(left) :]

    def is_quiet(self) -> bool:
        """Tell whether nothing came unasked: neither an end nor bytes of nobody's question."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close it; a reader that is left goes on."""
        self._sock.close()


class Connection(http.client.HTTPConnection):
    """A connection to one host, through a proxy or not, all of whose waits end in time."""

    def __init__(self, host: str, port: int, *, is_tls: bool, deadline: Deadline) -> None:
        """Remember where to connect; ``set_tunnel`` names the host behind a proxy."""
        super().__init__(host, port)
        self._tls_host: str | None = host if is_tls else None
        self._deadline = deadline

    def set_tls_host(self, host: str) -> None:
        """Say whose certificate is expected behind a proxy."""
        self._tls_host = host

    def connect(self) -> None:
        """Connect, through the proxy's tunnel if there is one, and agree on TLS."""
        sock = _connected(self.host, self.port, self._deadline)
        self.sock = _Socket(sock, self._deadline)
        if getattr(self, "_tunnel_host", None):
            self._tunnel()  # type: ignore[attr-defined]  # as HTTPSConnection does
        if self._tls_host is not None:
            try:
                sock.settimeout(self._deadline.left())
                # the handshake as a whole ends at the socket's time-out
                sock = _tls().wrap_socket(sock, server_hostname=self._tls_host)
            except BaseException:
                sock.close()
                raise
            self.sock = _Socket(sock, self._deadline)

    @property
    def is_reusable(self) -> bool:
        """Tell whether the next exchange may go over the same connection."""
        return isinstance(self.sock, _Socket) and self.sock.is_quiet()

    def __del__(self) -> None:
        """Close it with its thread: an open socket would be warned of."""
        with contextlib.suppress(Exception):
            self.close()


def _connected(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address of ``host`` that takes it; each gets its part of the time.

    Looking the name up is the system's, and bounded by its resolver only.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    error: OSError = ConnectionError("the name has no address")
    for position, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left() / (len(found) - position))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as failed:
            sock.close()
            error = failed
        else:
            return sock
    raise error


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the usual context: certifi's authorities, or those of ``SSL_CERT_FILE``."""
    import httpx  # noqa: PLC0415 -- takes long to import, and only strangers need it

    return httpx.create_ssl_context()
