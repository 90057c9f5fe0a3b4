"""Servers on the loopback interface that hold data: HTTP with every bad habit, and SFTP."""

from __future__ import annotations

import http.server
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
import paramiko.common
import pytest

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

OLD = "Sun, 01 Mar 2026 10:00:00 GMT"


@dataclass
class Web:
    """What a server sends for any path, and how it behaves; changed while it runs."""

    content: bytes
    etag: str = '"one"'
    modified: str = ""
    has_ranges: bool = True
    drop_after: int = 0
    """Bytes of an answer after which the connection goes; 0 for never."""
    drops: int = 1_000
    """How many answers are dropped so."""
    change_at: int = 0
    """The request before which content and ETag become others; 0 for never."""
    ignores_conditions: bool = False
    statuses: list[int] = field(default_factory=list)
    """Answered first, one each, without content."""
    headers: dict[str, str] = field(default_factory=dict)
    has_length: bool = True
    url: str = ""
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_request(self) -> int:
        """Count one, change what is to be changed; return a status to answer, or 0."""
        with self.lock:
            self.requests += 1
            if self.requests == self.change_at:
                self.content, self.etag = self.content[::-1], self.etag and '"two"'
            return self.statuses.pop(0) if self.statuses else 0

    def may_send(self, length: int) -> int:
        """How much of an answer is sent."""
        with self.lock:
            if not self.drop_after or not self.drops or length <= self.drop_after:
                return length
            self.drops -= 1
            return self.drop_after


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        status = self.web.note_request()
        content, etag = self.web.content, self.web.etag
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not status:
            told = self.headers.get("If-Match")
            is_other = told is not None and told != etag and not self.web.ignores_conditions
            status = 412 if is_other else 206 if match and self.web.has_ranges else 200
        body, headers = content, dict(self.web.headers)
        if status == 206 and match:
            start, stop = int(match[1]), min(int(match[2] or len(content)) + 1, len(content))
            if start >= len(content):
                status, body = 416, b""
                headers["Content-Range"] = f"bytes */{len(content)}"
            else:
                body = content[start:stop]
                headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        elif status != 200:
            body = b""
        self._send(status, body, headers, etag)

    def _send(self, status: int, body: bytes, headers: dict[str, str], etag: str) -> None:
        self.send_response(status)
        headers |= {"ETag": etag} if etag else {}
        headers |= {"Last-Modified": self.web.modified} if self.web.modified else {}
        if self.web.has_length:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        length = self.web.may_send(len(body))
        self.close_connection = length < len(body) or not self.web.has_length
        try:
            self.wfile.write(body[:length])
        except OSError:
            self.close_connection = True  # who only wanted the headers has gone

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server(web: Web) -> Iterator[Web]:
    """Serve one content for any path."""
    handler = type("Handler", (_Handler,), {"web": web})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()


# --- SFTP ---------------------------------------------------------------------------------


@dataclass
class Sftp:
    """A server of one folder; its host key is in ``home``/.ssh/known_hosts."""

    root: Path
    home: Path
    port: int = 0
    drop_after: int = 0
    """Reads after which every connection goes, once; 0 for never."""
    reads: int = 0
    transports: list[paramiko.Transport] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"sftp://somebody:secret@127.0.0.1:{self.port}/"

    def note_read(self) -> None:
        self.reads += 1
        if self.reads == self.drop_after:
            for transport in self.transports:
                transport.close()


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == ("somebody", "secret")
        return paramiko.common.AUTH_SUCCESSFUL if is_right else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 -- paramiko's
        return paramiko.common.OPEN_SUCCEEDED


class _OpenFile(paramiko.SFTPHandle):
    def __init__(self, path: str, sftp: Sftp) -> None:
        super().__init__()
        self._file = Path(path).open("rb")  # noqa: SIM115 -- closed by paramiko
        self._sftp = sftp

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self._file.fileno()))

    def read(self, offset: int, length: int) -> bytes:
        self._sftp.note_read()
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        self._file.close()


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: paramiko.ServerInterface, sftp: Sftp) -> None:
        super().__init__(server)
        self._sftp = sftp

    def _real(self, path: str) -> str:
        return str(self._sftp.root) + self.canonicalize(path)

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            with os.scandir(self._real(path)) as entries:
                return [
                    paramiko.SFTPAttributes.from_stat(one.stat(follow_symlinks=False), one.name)
                    for one in entries
                ]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.lstat(self._real(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def open(
        self,
        path: str,
        flags: int,  # noqa: ARG002 -- paramiko's
        attr: paramiko.SFTPAttributes,  # noqa: ARG002 -- paramiko's
    ) -> paramiko.SFTPHandle | int:
        try:
            return _OpenFile(self._real(path), self._sftp)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)


@contextmanager
def sftp_server(root: Path, home: Path) -> Iterator[Sftp]:
    """Serve a folder to ``somebody`` with the password ``secret``."""
    import socket  # noqa: PLC0415 -- its name is a type above

    sftp, key = Sftp(root, home), paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0))
    sftp.port = int(listener.getsockname()[1])
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    line = f"[127.0.0.1]:{sftp.port} {key.get_name()} {key.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(line)
    thread = threading.Thread(target=_accept, args=(listener, key, sftp), daemon=True)
    thread.start()
    try:
        yield sftp
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in sftp.transports:
            transport.close()
        thread.join(5)


def _accept(listener: socket.socket, key: paramiko.PKey, sftp: Sftp) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, sftp)
        sftp.transports.append(transport)
        try:
            transport.start_server(server=_Login())
        except (paramiko.SSHException, EOFError):
            transport.close()


@contextmanager
def bare_home(home: Path) -> Iterator[Path]:
    """Live in a home with no keys of anybody, and no agent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        yield home
