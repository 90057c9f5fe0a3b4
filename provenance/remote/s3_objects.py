"""Objects under a prefix of an S3 bucket, through s3fs; read with If-Match on their ETag.

Credentials, region and endpoint are found as every AWS tool finds them; s3fs's own settings (for
a public bucket ``FSSPEC_S3_ANON=true``) hold as well.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import s3fs
from aiohttp import ClientError as WebError
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from fsspec.asyn import sync

from provenance.errors import FileAccessError, MalformedError, UnavailableError
from provenance.files.tree import SPECIAL
from provenance.remote.location import ChangedError, DroppedError, RefusedError, RemoteFile
from provenance.remote.patience import AT_FIRST, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.files.tree import Problems
    from provenance.remote.location import Sink
    from provenance.remote.url import Url

__all__ = ["Head", "S3Objects", "open_at"]

THREADS = 16
READ_BYTES = 1 << 20
_BUSY = {408, 429, 500, 502, 503, 504}
_GONE = {404, 412}
"""The key is gone; or If-Match fails: both mean that another version, or none, is there now."""


class Head(NamedTuple):
    """What is stored with an object.

    ``sha256`` is base64, empty where none is stored; ``checksum_type`` is ``FULL_OBJECT`` or
    ``COMPOSITE``, empty where the service does not say.
    """

    length: int
    etag: str
    sha256: str
    checksum_type: str


class S3Objects:
    """A ``Location``: a bucket, a prefix of it, or one object."""

    threads = THREADS

    def __init__(self, url: Url) -> None:
        """Connect to nothing yet.

        Raises:
            MalformedError: no bucket.
        """
        self.url = url
        self._bucket, _, self._key = url.text.partition("://")[2].partition("/")
        if not self._bucket:
            raise MalformedError("expected s3://BUCKET/PREFIX", field="URL")
        settings = {"connect_timeout": 20, "read_timeout": 60, "max_pool_connections": THREADS}
        self._system = s3fs.S3FileSystem(skip_instance_cache=True, config_kwargs=settings)

    def files(self, problems: Problems) -> Iterator[RemoteFile]:
        """Yield the objects below the prefix, or the one object of that key."""
        is_prefix = not self._key or self._key.endswith("/")
        alone = None if is_prefix else self._only_object()
        prefix = self._key if is_prefix else f"{self._key}/"
        below = self._list(prefix)
        try:
            first = next(below, None)
        except FileAccessError:
            if alone is None:
                raise
            first = None  # who may read an object need not be allowed to list
        if alone is None and first is None:
            raise FileAccessError(f"{self.url}: nothing is there", field="URL")
        if alone is not None and first is not None:
            raise FileAccessError(
                f"{self.url}: this is an object and a prefix; end it with / for the prefix",
                field="URL",
            )
        if alone is not None:
            yield alone
        elif first is not None:
            for one in itertools.chain([first], below):
                if not one.key.endswith("/"):
                    yield one._replace(path=one.key[len(prefix) :])
                elif one.length:  # without content it is what consoles make of an empty folder
                    problems.add(one.key[len(prefix) :], SPECIAL)

    def _only_object(self) -> RemoteFile | None:
        try:
            head = self.head(self._key)
        except RefusedError:
            return None  # the listing tells why, or finds what is below
        except DroppedError as error:
            raise UnavailableError(f"{self.url}: {error}") from error
        return RemoteFile(self._key.rpartition("/")[2], self._key, head.length, head.etag)

    def _list(self, prefix: str) -> Iterator[RemoteFile]:
        """Yield what is below a prefix, page by page; ``path`` is still the key."""
        more: dict[str, str] = {}
        while True:
            try:
                page = self._ask("list_objects_v2", Prefix=prefix, **more)
            except DroppedError as error:
                raise UnavailableError(f"{self.url}: {error}") from error
            except (RefusedError, ChangedError) as error:
                raise FileAccessError(f"{self.url}: {error}", field="URL") from error
            for one in page.get("Contents", ()):
                yield RemoteFile(one["Key"], one["Key"], one["Size"], one["ETag"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def head(self, key: str) -> Head:
        """Return what is stored with an object.

        Raises:
            RefusedError: there is none, or it must not be read.
            DroppedError: nobody answers.
        """
        try:
            found = self._ask("head_object", Key=key, ChecksumMode="ENABLED")
        except ChangedError as error:
            raise RefusedError("nothing is there") from error
        return Head(
            found["ContentLength"],
            found["ETag"],
            found.get("ChecksumSHA256", ""),
            found.get("ChecksumType", ""),
        )

    def read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        """Give the bytes of a range to ``sink``; see ``Location``."""
        wanted: dict[str, Any] = {"Key": file.key, "IfMatch": file.version}
        if file.length:  # a range of nothing is an error of its own
            wanted["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        try:
            sync(self._system.loop, self._read, file, wanted, sink)
        except (BotoCoreError, WebError, OSError) as error:
            raise _meaning(error) from error

    async def _read(self, file: RemoteFile, wanted: dict[str, Any], sink: Sink) -> None:
        answer = await self._system._call_s3("get_object", Bucket=self._bucket, **wanted)  # noqa: SLF001 -- s3fs names it so, and documents it
        async with answer["Body"] as body:
            total = answer.get("ContentRange", "").rpartition("/")[2] or answer["ContentLength"]
            # a service that knows no If-Match would send another version
            if answer["ETag"] != file.version or int(total) != file.length:
                raise ChangedError
            while octets := await body.read(READ_BYTES):
                sink(octets)

    def check(self, file: RemoteFile) -> None:
        """Do nothing: one answer is of one version, and says of which."""

    def close(self) -> None:
        """Close the connections."""
        s3 = self._system._s3  # noqa: SLF001 -- s3fs closes by this member only
        if s3 is not None:
            self._system.close_session(self._system.loop, s3)

    def _ask(self, method: str, **wanted: str) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            try:
                answer: dict[str, Any] = self._system.call_s3(method, Bucket=self._bucket, **wanted)
            except (BotoCoreError, WebError, OSError) as error:
                raise _meaning(error) from error
            return answer

        return patiently(ask, AT_FIRST)  # s3fs itself has tried several times


def open_at(url: Url) -> S3Objects:
    """Return the location of an ``s3://`` URL."""
    return S3Objects(url)


def _meaning(error: Exception) -> ChangedError | DroppedError | RefusedError:
    """Return what an error of s3fs, botocore or aiohttp means for who reads."""
    cause = error.__cause__ if isinstance(error.__cause__, ClientError) else error
    if isinstance(cause, ClientError):
        status = int(cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        said = cause.response.get("Error", {})
        text = f"{status} {said.get('Code', '')} {said.get('Message', '')}"[:200].strip()
        if status in _GONE and said.get("Code") != "NoSuchBucket":
            return ChangedError(text)
        return DroppedError(text) if status in _BUSY else RefusedError(text)
    if isinstance(error, NoCredentialsError):
        return RefusedError(
            "no credentials were found; for a public bucket set FSSPEC_S3_ANON=true"
        )
    if isinstance(error, (HTTPClientError, WebError, TimeoutError, ConnectionError)):
        return DroppedError(f"{type(error).__name__}: {error}"[:200])
    return RefusedError(f"{type(error).__name__}: {error}"[:200])
