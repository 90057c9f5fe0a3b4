"""The page's files, read once: what is not in this table is not there, whatever a path says.

A file has two representations, plain and gzip, both made at the start and each with its own
strong ETag: the digest of the file, which is asked for again and again (``no-cache``) and sent
again only when it has changed.

The shell names every file below a path that is of this release alone, so that a browser keeps
them without asking and never mixes two releases: ``/web/RELEASE/page.js``. Whatever is at such a
path of another release is not there.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from provenance.digests import sha256
from provenance.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["Asked", "Asset", "Shell", "Site", "load_site"]

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_OTHER: Final = "application/octet-stream"  # nosniff: no browser makes more of it
_HTML: Final = _MEDIA_TYPES[".html"]

_INDEX: Final = "index.html"
_TITLE: Final = re.compile(r"<title>[^<]*</title>")
_DESCRIPTION: Final = re.compile(r'<meta\s+name="description"[^>]*>')
_COMMENT: Final = re.compile(
    rb"^[ \t]*(?:/\*(?!!)(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*$", re.MULTILINE
)
"""A comment on lines of its own; one that begins ``/*!`` is a licence's and stays."""
_CODING: Final = re.compile(r"\s*(gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about the representation it can use (RFC 9110 §12.5.3, §13.1.2)."""

    takes_gzip: bool = False
    known: frozenset[str] = frozenset()
    """ETags of what the client has; ``*`` for anything."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Asked:
        """Read the two headers that matter."""
        known = (one.strip() for one in headers.get("if-none-match", "").split(","))
        return cls(
            takes_gzip=_takes_gzip(headers.get("accept-encoding", "")),
            known=frozenset(one.removeprefix("W/") for one in known if one),
        )


def _takes_gzip(header: str) -> bool:
    weights = {
        match[1].removeprefix("x-"): float(match[2] or 1)
        for part in header.lower().split(",")
        if (match := _CODING.fullmatch(part)) is not None
    }
    return weights.get("gzip", weights.get("*", 0.0)) > 0


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    media_type: str
    octets: bytes

    @cached_property
    def packed(self) -> bytes:
        """The same in gzip, byte for byte the same wherever it is made."""
        return gzip.compress(self.octets, 9, mtime=0)

    @cached_property
    def etags(self) -> tuple[str, str]:
        """Of the plain and of the compressed representation, which are not the same bytes."""
        digest = sha256(self.octets).hex()
        return f'"{digest}"', f'"{digest}-gzip"'

    def answer(self, asked: Asked, *, is_of_release: bool = False) -> Response:
        """Return the file, or 304 to who has it.

        Args:
            is_of_release: whether it was asked for below a release's own path.
        """
        is_packed = asked.takes_gzip and len(self.packed) < len(self.octets)
        etag = self.etags[is_packed]
        kept = "public, max-age=31536000, immutable" if is_of_release else "no-cache"
        headers = {"etag": etag, "cache-control": kept, "vary": "accept-encoding"}
        if not asked.known.isdisjoint({"*", etag}):
            return Response(status_code=304, headers=headers)
        if is_packed:
            headers["content-encoding"] = "gzip"
        octets = self.packed if is_packed else self.octets
        return Response(octets, headers=headers, media_type=self.media_type)


class Shell:
    """The one page that every address of it is answered with; a script draws what belongs there.

    Its title, and its description if it has one, give way to those of what is shown.
    """

    def __init__(self, octets: bytes) -> None:
        """Cut the page where a head is put in; RuntimeError if it has no ``<title>``."""
        self.asset = Asset(_HTML, octets)
        text = _DESCRIPTION.sub("", octets.decode())
        parts = _TITLE.split(text)
        if len(parts) != 2:
            raise RuntimeError(f"expected one <title> in {_INDEX}, got {len(parts) - 1}")
        self._before, self._after = parts

    def with_head(self, title: str, *elements: str) -> bytes:
        """Return the page about something.

        Args:
            title: plain text.
            elements: of a head, as HTML.
        """
        head = "\n".join((f"<title>{escape(title)}</title>", *elements))
        return f"{self._before}{head}{self._after}".encode("utf-8", "backslashreplace")

    def failed(self, status: int, headers: Mapping[str, str] | None = None) -> Response:
        """Return the page for something that is not there now; it may be a second later."""
        headers = {"cache-control": "no-store", **(headers or {})}
        return Response(self.asset.octets, status, headers, media_type=self.asset.media_type)


@dataclass(frozen=True)
class Site:
    """All files of the page."""

    shell: Shell
    assets: Mapping[str, Asset]
    """By path below ``web/``, ``/``-separated."""
    release: str
    """Digest of all files together."""

    def asset(self, path: str) -> Asset:
        """Return a file of the page.

        Raises:
            NotFoundError: there is no file of exactly this path.
        """
        found = self.assets.get(path)
        if found is None:
            raise NotFoundError("no such file of the page")
        return found

    def answer(self, path: str, asked: Asked) -> Response:
        """Return what is asked for below ``/web/``.

        Raises:
            NotFoundError: no such file, or of another release.
        """
        own = path.removeprefix(f"{self.release}/")
        return self.asset(own).answer(asked, is_of_release=own != path)


def load_site(folder: Traversable | None = None) -> Site:
    """Read the page's files, once for as long as an application lives.

    Args:
        folder: where ``index.html`` is; the ``web`` of this package if absent.
    """
    if folder is None:
        # by this package's own name: it has another one in a checkout
        folder = resources.files(__package__ or "") / "web"
    assets = {
        path: Asset(_MEDIA_TYPES.get(PurePosixPath(path).suffix, _OTHER), octets)
        for path, octets in _files(folder, "")
    }
    for asset in assets.values():
        asset.packed, asset.etags  # noqa: B018 -- made now, and not by the first who asks
    release = _release(assets)
    shell = assets[_INDEX].octets.replace(b'"/web/', f'"/web/{release}/'.encode())
    return Site(Shell(shell), assets, release)


def _release(assets: Mapping[str, Asset]) -> str:
    told = "".join(f"{path} {asset.etags[0]}\n" for path, asset in sorted(assets.items()))
    return sha256(told.encode()).hex()[:16]


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.is_dir():
            yield from _files(item, f"{prefix}{item.name}/")
        else:
            yield f"{prefix}{item.name}", _as_sent(item.name, item.read_bytes())


def _as_sent(name: str, octets: bytes) -> bytes:
    if not name.endswith((".js", ".css")):
        return octets
    return _COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), octets)
