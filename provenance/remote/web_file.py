"""One file behind HTTP: read in ranges where the server can, held to one version by its headers.

HTTP has no listing, so a URL is a dataset of one file. Ranges are put together only under one
strong ETag, or one Last-Modified that was old when it was told (RFC 9110 §8.8.2.2, §13.1.5);
without either the file is read in one go. A redirect may not lead to another scheme.
"""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
import fsspec
from fsspec.asyn import sync

from provenance.errors import FileAccessError, UnavailableError
from provenance.remote.location import ChangedError, DroppedError, RefusedError, RemoteFile
from provenance.remote.patience import AT_FIRST, patiently

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aiohttp import ClientResponse, ClientSession
    from multidict import CIMultiDictProxy

    from provenance.files.tree import Problems
    from provenance.remote.location import Sink
    from provenance.remote.url import Url

__all__ = ["WebFile", "open_at"]

THREADS = 8
MOST_REDIRECTS = 5
SETTLED_SECONDS = 60
"""A Last-Modified younger than this may hold for two contents (RFC 7232 §2.2.2's figure)."""

_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


class _Version(NamedTuple):
    """What a server says of the version it sends; empty where it says nothing."""

    etag: str
    modified: str

    @property
    def is_strong(self) -> bool:
        return bool(self.etag) and not self.etag.startswith("W/")

    def text(self) -> str:
        return json.dumps(self)

    def condition(self) -> dict[str, str]:
        if self.is_strong:
            return {"If-Match": self.etag}
        return {"If-Unmodified-Since": self.modified} if self.modified else {}


class WebFile:
    """A ``Location`` of one file."""

    threads = THREADS

    def __init__(self, url: Url) -> None:
        """Connect to nothing yet."""
        self.url = url
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=60)
        self._system = fsspec.filesystem(
            url.scheme, client_kwargs={"timeout": timeout}, skip_instance_cache=True
        )

    def files(self, problems: Problems) -> Iterator[RemoteFile]:  # noqa: ARG002 -- a Location
        """Yield the file.

        Raises:
            FileAccessError: the URL names no file, or the server refuses it.
            UnavailableError: the server does not answer.
        """
        name = unquote(urlsplit(self.url.text).path.rpartition("/")[2])
        if not name:
            raise FileAccessError(
                f"{self.url}: HTTP has no listing; name one file, or import a list of checksums",
                field="URL",
            )
        try:
            found = patiently(self._look, AT_FIRST)
        except RefusedError as error:
            raise FileAccessError(f"{self.url}: {error}", field="URL") from error
        except DroppedError as error:
            raise UnavailableError(f"{self.url}: {error}") from error
        yield RemoteFile(name, self.url.text, *found)

    def _look(self) -> tuple[int | None, str, bool]:
        """Return length, version and whether ranges are out of the question."""
        with _meant():
            found: tuple[int | None, str, bool] = sync(self._system.loop, self._probe)
        return found

    async def _probe(self) -> tuple[int | None, str, bool]:
        async with self._get({"Range": "bytes=0-0"}) as answer:
            version = _version_of(answer.headers)
            told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if answer.status in {206, 416} and told is not None:
                length = int(told[3])
                return length, version.text(), not length or not _may_join(version, answer)
            if answer.status != 200:
                raise RefusedError(f"{answer.status} {answer.reason}")
            if answer.content_length is None and not _is_chunked(answer):
                raise RefusedError("the server does not say where the file ends")
            return answer.content_length, version.text(), True

    def read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        """Give the bytes of a range to ``sink``; see ``Location``."""
        with _meant():
            sync(self._system.loop, self._read, file, start, stop, sink)

    async def _read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        version = _Version(*json.loads(file.version))
        asked = version.condition()
        if not file.is_stream:
            asked["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        async with self._get(asked) as answer:
            if answer.status == 412 or _version_of(answer.headers) != version:
                raise ChangedError
            if answer.status != (200 if file.is_stream else 206):
                raise RefusedError(f"{answer.status} {answer.reason}")
            if file.is_stream:
                if answer.content_length != file.length:
                    raise ChangedError
            else:
                told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
                if told is None or told[1] != str(start) or told[3] != str(file.length):
                    raise ChangedError
            while octets := await answer.content.readany():
                sink(octets)

    def check(self, file: RemoteFile) -> None:
        """Ask once more: the headers of an answer come before its content."""
        length, version, _ = self._look()
        if (length, version) != (file.length, file.version):
            raise ChangedError

    def close(self) -> None:
        """Close the connections."""
        session = self._system._session  # noqa: SLF001 -- fsspec closes by this member only
        if session is not None:
            self._system.close_session(self._system.loop, session)

    @asynccontextmanager
    async def _get(self, headers: dict[str, str]) -> AsyncIterator[ClientResponse]:
        """Ask for the file and follow redirects within the scheme; the answer is not encoded."""
        session: ClientSession = await self._system.set_session()
        headers = {**headers, "Accept-Encoding": "identity"}
        url = self.url.text
        for _ in range(MOST_REDIRECTS + 1):
            async with session.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in _BUSY:
                    raise DroppedError(f"{answer.status} {answer.reason}")
                if answer.status not in _REDIRECTS:
                    encoding = answer.headers.get("Content-Encoding", "identity")
                    if encoding != "identity":
                        raise RefusedError(f"the server sends it encoded ({encoding[:40]!a})")
                    yield answer
                    return
                url = urljoin(url, answer.headers.get("Location", ""))
                scheme = urlsplit(url).scheme
                if scheme != self.url.scheme:
                    raise RefusedError(f"it redirects to another scheme ({scheme[:20]!a})")
        raise RefusedError(f"more than {MOST_REDIRECTS} redirects")


def open_at(url: Url) -> WebFile:
    """Return the location of an ``http://`` or ``https://`` URL."""
    return WebFile(url)


def _version_of(headers: CIMultiDictProxy[str]) -> _Version:
    return _Version(headers.get("ETag", ""), headers.get("Last-Modified", ""))


def _may_join(version: _Version, answer: ClientResponse) -> bool:
    """Tell whether ranges that name this version are all of one content."""
    if version.is_strong:
        return True
    try:
        modified = parsedate_to_datetime(version.modified)
        now = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return False
    return (_aware(now) - _aware(modified)).total_seconds() >= SETTLED_SECONDS


def _is_chunked(answer: ClientResponse) -> bool:
    return answer.headers.get("Transfer-Encoding", "").lower() == "chunked"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _meant() -> Iterator[None]:
    """Tell what an error of aiohttp means for who reads."""
    try:
        yield
    except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
        raise RefusedError(f"no HTTP that can be read: {type(error).__name__}") from error
    except (aiohttp.ClientError, OSError) as error:
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise DroppedError(said[:200]) from error
