"""Tell URLs from paths, and write a URL so that it may be shown: without password or token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from provenance.errors import MalformedError, UnsupportedVersionError

__all__ = ["Url", "place_of"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True, slots=True)
class Url:
    """Where a dataset lies that is not on this machine."""

    text: str

    @property
    def scheme(self) -> str:
        """The scheme in lower case, as ``s3``."""
        return self.text.partition("://")[0].lower()

    @property
    def name(self) -> str:
        """The last part of the path, or the host: what local files about it are named after."""
        parts = [part for part in self._rest.split("/") if part]
        last = parts[-1] if parts else ""
        last = unquote(last) if self.is_web else last
        return last.replace("/", "_").replace("\0", "_") or self.scheme

    @property
    def is_web(self) -> bool:
        """Tell whether it is of HTTP, where ``?`` and ``%`` have a meaning."""
        return self.scheme in {"http", "https"}

    def __str__(self) -> str:
        """Return what may be shown to anybody."""
        return f"{self.scheme}://{self._rest}"

    @property
    def _rest(self) -> str:
        """Host and path, without user, password and query."""
        rest = self.text.partition("://")[2]
        host, slash, path = rest.partition("/")
        if self.is_web:
            path = urlsplit(self.text).path.removeprefix("/")
            host = host.partition("?")[0].partition("#")[0]
        return host.rpartition("@")[2] + slash + path


def place_of(text: str) -> Path | Url:
    """Return a path of this machine, which ``file://`` names too, or a URL.

    Raises:
        UnsupportedVersionError: a chain of URLs (``zip://a::s3://b``).
        MalformedError: a ``file://`` URL with the name of a machine.
    """
    match = _SCHEME.match(text)
    if match is None:
        return Path(text)
    if "::" in text and _SCHEME.search(text, text.index("::") + 2):
        raise UnsupportedVersionError(
            "expected one URL, got a chain; an archive is a dataset of one file, and its list of "
            "checksums can be imported",
            field="URL",
        )
    if match[1].lower() != "file":
        return Url(text)
    host, slash, path = text[match.end() :].partition("/")
    if host not in {"", "localhost"} or not slash:
        raise MalformedError("expected file:///path", field="URL")
    return Path("/" + unquote(path))
