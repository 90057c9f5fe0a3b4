"""Whatever else fsspec can list and read, where it can tell one version of a file from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fsspec

from provenance.errors import FileAccessError, UnavailableError, UnsupportedVersionError
from provenance.files.tree import SPECIAL
from provenance.remote.location import ChangedError, DroppedError, RefusedError, RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.files.tree import Problems
    from provenance.remote.location import Sink
    from provenance.remote.url import Url

__all__ = ["AnyTree", "open_at"]

_VERSIONS = (
    *("ETag", "etag", "generation", "md5Hash", "checksum"),
    *("mtime", "LastModified", "last_modified", "modified", "updated", "created"),
)
"""What file systems of fsspec call that which another content changes; the best comes first."""

_REFUSED = {"zip", "tar", "libarchive", "filecache", "simplecache", "blockcache", "dir", "dask"}
"""They stand between us and the file system that could tell versions apart."""


class AnyTree:
    """A ``Location`` over a file system of fsspec, in one thread as not all take more."""

    threads = 1

    def __init__(self, url: Url) -> None:
        """Open the file system.

        Raises:
            UnsupportedVersionError: there is none for the protocol.
            FileAccessError: it cannot be opened.
        """
        self.url = url
        if url.scheme in _REFUSED or url.scheme not in fsspec.available_protocols():
            raise UnsupportedVersionError(
                f"expected s3, https, sftp or another protocol of fsspec, got {url.scheme!a:.40}",
                field="URL",
            )
        try:
            self._system, self._root = fsspec.url_to_fs(url.text)
        except ImportError:
            raise
        except (OSError, ValueError, TypeError) as error:
            raise FileAccessError(f"{url}: {error}", field="URL") from error

    def files(self, problems: Problems) -> Iterator[RemoteFile]:
        """Yield the files below the folder, or the one file."""
        try:
            root = self._info(self._root)
            if root["type"] == "file":
                yield self._file(self._root.rstrip("/").rpartition("/")[2], root)
            else:
                yield from self._walk(self._root.rstrip("/"), problems)
        except (TimeoutError, ConnectionError) as error:
            raise UnavailableError(f"{self.url}: {error}") from error
        except OSError as error:
            raise FileAccessError(f"{self.url}: {error}", field="URL") from error

    def _walk(self, root: str, problems: Problems) -> Iterator[RemoteFile]:
        folders = [root]
        while folders:
            folder = folders.pop()
            for one in self._system.ls(folder, detail=True):
                name = one["name"].rstrip("/")
                path = name[len(root) :].lstrip("/")
                if one["type"] == "file" and not one.get("islink"):
                    # some list a time in another form than they tell it of one file
                    yield self._file(path, self._info(name))
                elif one["type"] == "directory":
                    folders += [name] if name != folder else []
                else:
                    problems.add(path, SPECIAL)

    def _file(self, path: str, info: dict[str, Any]) -> RemoteFile:
        version = _version(info)
        if not version:
            raise FileAccessError(
                f"{self.url}: {self.url.scheme} does not tell whether a file changes", field="URL"
            )
        return RemoteFile(path, info["name"], info["size"], version)

    def read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        """Give the bytes of a range to ``sink``; see ``Location``."""
        try:
            if stop is None or stop > start:
                octets: bytes = self._system.cat_file(file.key, start=start, end=stop)
                if stop is not None and len(octets) > stop - start:
                    raise ChangedError
                if _version(self._info(file.key)) != file.version:
                    raise ChangedError
                sink(octets)
            elif _version(self._info(file.key)) != file.version:
                raise ChangedError
        except FileNotFoundError as error:
            raise ChangedError from error
        except PermissionError as error:
            raise RefusedError(str(error)) from error
        except OSError as error:
            raise DroppedError(str(error)) from error

    def check(self, file: RemoteFile) -> None:
        """Do nothing: every read has looked afterwards."""

    def close(self) -> None:
        """Leave the file system to fsspec, which shares it."""

    def _info(self, key: str) -> dict[str, Any]:
        self._system.invalidate_cache()
        info: dict[str, Any] = self._system.info(key)
        return info


def open_at(url: Url) -> AnyTree:
    """Return the location of a URL."""
    return AnyTree(url)


def _version(info: dict[str, Any]) -> str:
    told = next((str(info[name]) for name in _VERSIONS if info.get(name)), "")
    return f"{info.get('size')} {told}" if told else ""
