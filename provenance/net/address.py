"""Addresses of others: what of one may be shown, and when two are one."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote, urlsplit

from provenance.errors import MalformedError

__all__ = ["PORTS", "SAFE", "normal_url", "place_of"]

PORTS: Final = {"http": 80, "https": 443}
"""The ports that need not be named."""

SAFE: Final = "%/:;,=@&+$!*'()~?"
"""What a path and a query may hold as it is."""


def place_of(url: str) -> str:
    """Return scheme, host and port of an address; the rest often holds an access key.

    Host and scheme come in lower case, and a scheme's usual port is left out.

    Raises:
        MalformedError: it is not an http or https address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # brackets that do not match, a port that is no number
        parts, host, port = None, None, None
    if parts is None or parts.scheme not in PORTS or not host:
        # not shown whole: whatever it is, it may hold an access key
        raise MalformedError(f"expected an http or https address, got {url[:20]!r}...")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, PORTS[parts.scheme]} else f":{port}")


def normal_url(url: str) -> str:
    """Return an address as all spellings of it that mean one server's one place are written.

    Raises:
        MalformedError: it is not an http or https address.
    """
    place, parts = place_of(url), urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    path = quote(unquote(parts.path).rstrip("/"), safe=SAFE)
    return f"{place} {user} {path} {parts.query}"
