"""A folder or file over SFTP; the host's key must be known already, as ``ssh`` knows it.

A version is length and time of change in seconds, all that SFTP tells (draft-ietf-secsh-filexfer,
version 3); both are looked at before and after each read. Links are problems, as on a disk.
"""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import paramiko

from provenance.errors import FileAccessError, MalformedError, UnavailableError
from provenance.files.tree import NOT_READABLE, SPECIAL, SYMLINK
from provenance.remote.location import ChangedError, DroppedError, RefusedError, RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paramiko import SFTPAttributes, SFTPClient

    from provenance.files.tree import Problems
    from provenance.remote.location import Sink
    from provenance.remote.url import Url

__all__ = ["SftpTree", "open_at"]

THREADS = 8
"""Connections: below the ten that OpenSSH lets log in at the same time (MaxStartups)."""

BLOCK_BYTES = 255 << 10
"""The most that OpenSSH sends in one answer; a server may send less, and the rest is asked for."""

SECONDS = 30


class SftpTree:
    """A ``Location``; each thread has a connection of its own, as paramiko's cannot be shared."""

    threads = THREADS

    def __init__(self, url: Url) -> None:
        """Connect to nothing yet.

        Raises:
            MalformedError: no host, or no port.
        """
        self.url = url
        try:
            parts = urlsplit(url.text)
            self._host, self._port = parts.hostname or "", parts.port or 22
        except ValueError as error:
            raise MalformedError(f"{url}: {error}", field="URL") from error
        if not self._host:
            raise MalformedError("expected sftp://HOST/PATH", field="URL")
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        path = url.text.partition("://")[2].partition("/")[2]
        self._root = "/" + path.rstrip("/")
        self._here = threading.local()
        self._clients: list[paramiko.SSHClient] = []

    def files(self, problems: Problems) -> Iterator[RemoteFile]:
        """Yield the files below the folder, or the one file."""
        try:
            root = self._sftp().lstat(self._root)
            mode = root.st_mode or 0
            if stat.S_ISREG(mode):
                yield _file(self._root.rpartition("/")[2], self._root, root)
            elif stat.S_ISDIR(mode):
                yield from self._walk(problems)
            else:
                problems.add("", SYMLINK if stat.S_ISLNK(mode) else SPECIAL)
        except UnicodeDecodeError as error:
            raise FileAccessError(f"{self.url}: a name there is not UTF-8", field="URL") from error
        except RefusedError as error:
            raise FileAccessError(f"{self.url}: {error}", field="URL") from error
        except (DroppedError, EOFError, paramiko.SSHException, ConnectionError) as error:
            raise UnavailableError(f"{self.url}: {_said(error)}") from error
        except OSError as error:
            raise FileAccessError(f"{self.url}: {_said(error)}", field="URL") from error

    def _walk(self, problems: Problems) -> Iterator[RemoteFile]:
        folders = [""]
        while folders:
            prefix = folders.pop()
            try:
                found = self._sftp().listdir_attr(f"{self._root}/{prefix}")
            except (PermissionError, FileNotFoundError) as error:
                problems.add(prefix, NOT_READABLE, error.strerror or "")
                continue
            for one in found:
                path, mode = prefix + one.filename, one.st_mode or 0
                if stat.S_ISREG(mode):
                    yield _file(path, f"{self._root}/{path}", one)
                elif stat.S_ISDIR(mode):
                    folders.append(f"{path}/")
                else:
                    problems.add(path, SYMLINK if stat.S_ISLNK(mode) else SPECIAL)

    def read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        """Give the bytes of a range to ``sink``; see ``Location``."""
        end = file.length or 0 if stop is None else stop
        try:
            self._read(self._sftp(), file, start, end, sink)
        except FileNotFoundError as error:
            raise ChangedError from error
        except (EOFError, paramiko.SSHException, ConnectionError, TimeoutError) as error:
            self._forget()
            raise DroppedError(_said(error)) from error
        except OSError as error:
            raise RefusedError(_said(error)) from error

    def _read(self, sftp: SFTPClient, file: RemoteFile, start: int, end: int, sink: Sink) -> None:
        with sftp.open(file.key, "rb") as opened:
            _check_same(file, opened.stat())
            # no readv and no prefetch: asking in a thread of its own, it may wait for ever for
            # an answer that came before it had noted the question
            opened.MAX_REQUEST_SIZE = BLOCK_BYTES
            opened.seek(start)
            while start < end and (octets := opened.read(min(BLOCK_BYTES, end - start))):
                sink(octets)
                start += len(octets)
            _check_same(file, opened.stat())
        _check_same(file, sftp.lstat(file.key))  # opening follows a link, looking does not

    def check(self, file: RemoteFile) -> None:
        """Do nothing: every read has looked before and after."""

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def _sftp(self) -> SFTPClient:
        """Return the connection of this thread."""
        sftp: SFTPClient | None = getattr(self._here, "sftp", None)
        if sftp is None:
            client = self._connect()
            self._clients.append(client)
            sftp = client.open_sftp()
            channel = sftp.get_channel()
            if channel is not None:
                channel.settimeout(SECONDS)
            self._here.client, self._here.sftp = client, sftp
        return sftp

    def _forget(self) -> None:
        client: paramiko.SSHClient | None = getattr(self._here, "client", None)
        if client is not None:
            client.close()
            self._here.client = self._here.sftp = None

    def _connect(self) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.load_system_host_keys()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            client.connect(
                self._host,
                self._port,
                self._user,
                self._password,
                timeout=SECONDS,
                banner_timeout=SECONDS,
                auth_timeout=SECONDS,
            )
        except paramiko.BadHostKeyException as error:
            raise RefusedError("the host's key is not the known one") from error
        except paramiko.AuthenticationException as error:
            raise RefusedError(f"the host refuses this user: {error}") from error
        except paramiko.SSHException as error:
            if "not found in known_hosts" in str(error):
                raise RefusedError(
                    "the host's key is not in ~/.ssh/known_hosts: connect once by ssh"
                ) from error
            if "authentication" in str(error).lower():
                raise RefusedError(f"the host refuses this user: {error}") from error
            raise DroppedError(_said(error)) from error
        except OSError as error:
            raise DroppedError(_said(error)) from error
        return client


def open_at(url: Url) -> SftpTree:
    """Return the location of an ``sftp://`` URL."""
    return SftpTree(url)


def _file(path: str, key: str, found: SFTPAttributes) -> RemoteFile:
    return RemoteFile(path, key, found.st_size, _version(found))


def _version(found: SFTPAttributes) -> str:
    return f"{found.st_size} {found.st_mtime} {stat.S_IFMT(found.st_mode or 0)}"


def _check_same(file: RemoteFile, found: SFTPAttributes) -> None:
    if _version(found) != file.version:
        raise ChangedError


def _said(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__
