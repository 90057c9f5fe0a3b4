"""The signer as a small process of its own: checkpoint key, memory, and nothing else.

It never sees the ledger's database, and signs only a head that provably extends what it remembers
(``ledger.local_signer``). Whoever takes over a service process so cannot make it sign a fork.

    FOLDER/policy.json           whose log it is, and which key signs which tree sizes
    FOLDER/keys/checkpoint.jwk   the key
    FOLDER/signer.memory         what it signed last
    FOLDER/signer.token          made at the first start, mode 0600: who has it may ask

FOLDER is the ledger's own, or another one with these files, under another user: then the token is
copied to the ledger's folder. It listens on the loopback interface only.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

from provenance import strict_json
from provenance.anchor_statement import AnchorStatement
from provenance.client.signer import POLICY_HEADER, SignerClient
from provenance.errors import (
    AddressUnusableError,
    FatalError,
    MalformedError,
    NotAllowedError,
    ProvenanceError,
    SignerMovedError,
    UnavailableError,
)
from provenance.files.atomic import PRIVATE, write_bytes
from provenance.files.lock import TurnLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.signing_keys import SigningKeys
from provenance.policy import Policy
from provenance.service.operator_keys import OperatorKeys
from provenance.signing_request import (
    MAX_MESSAGE_BYTES,
    Remembered,
    SignerReport,
    SigningRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.service.settings import LedgerFolder

__all__ = ["DEFAULT_PORT", "SignerServer", "local_signer", "open_memory", "open_signer"]

DEFAULT_PORT: Final = 9100

_SECONDS: Final = 30.0
"""How long a connection may say nothing; a client comes again on another one."""

_QUIET_SECONDS: Final = 60.0
"""Between two log lines about callers with the wrong token or policy: they ask every second."""

_TOKEN_LENGTH: Final = 43
_Request: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"
_logger = logging.getLogger(__name__)


# --- which signer a ledger has -------------------------------------------------------------


def local_signer(folder: LedgerFolder, policy: Policy) -> LocalSigner:
    """Return the signer of a folder that holds checkpoint key and memory."""
    return LocalSigner(
        FileSignerMemory(folder.signer_memory, origin=policy.origin),
        SigningKeys(
            policy.origin, policy.checkpoint_keys, [OperatorKeys(folder.keys).checkpoint()]
        ),
        policy.origin,
    )


def open_signer(
    folder: LedgerFolder, policy: Policy, url: str | None
) -> LocalSigner | SignerClient:
    """Return the signer that a ledger's settings name: this process, or the one at ``url``.

    Raises:
        MalformedError: no checkpoint key, no token, or an address that is not on this machine.
    """
    if url is None:
        return local_signer(folder, policy)
    lock = TurnLock(folder.root / "signing.lock")
    return SignerClient(url, lambda: _read_token(folder), policy, exclusive=lock.hold)


def open_memory(
    folder: LedgerFolder, policy: Policy, url: str | None
) -> FileSignerMemory | SignerClient:
    """Return who remembers a ledger's newest signed head; nothing is asked yet.

    Raises:
        MalformedError: as ``open_signer`` does.
    """
    if url is None:
        return FileSignerMemory(folder.signer_memory, origin=policy.origin)
    return SignerClient(url, lambda: _read_token(folder), policy)


def _token_file(folder: LedgerFolder) -> Path:
    return folder.root / "signer.token"


def _read_token(folder: LedgerFolder) -> str:
    path = _token_file(folder)
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise MalformedError(
            f"no signer's token: {path}: {said}; copy the one in the signer's own folder"
        ) from error
    if len(token) < _TOKEN_LENGTH:
        raise MalformedError(
            f"{path} holds no signer's token; copy the one in the signer's own folder"
        )
    return token


def _make_token(folder: LedgerFolder) -> str:
    """Return the token, making it at the first start."""
    path = _token_file(folder)
    if not path.exists():
        write_bytes(path, secrets.token_urlsafe(32).encode() + b"\n", mode=PRIVATE, replace=False)
    return _read_token(folder)


# --- the process ---------------------------------------------------------------------------


class SignerServer:
    """Answers on 127.0.0.1 until it is shut down; one thread for each connection."""

    def __init__(self, folder: LedgerFolder, *, port: int = DEFAULT_PORT) -> None:
        """Read policy, key, memory and token, and take the port; 0 takes a free one.

        Raises:
            MalformedError: a file is missing.
            FatalError: the memory is missing or damaged, or the key is not one of the policy's.
            AddressUnusableError: the port is taken.
        """
        policy = Policy.parse(_read(folder.policy))
        self.origin = policy.origin
        self._signer = local_signer(folder, policy)
        remembered = self._signer.memory.read()
        self._signer.check_key(remembered.tree_size + 1)
        bound = {
            "signer": self._signer,
            "token": _make_token(folder),
            "policy_digest": policy.digest.hex(),
            "strangers": _Strangers(),
        }
        handler = type("_BoundHandler", (_Handler,), bound)
        try:
            self._server = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise AddressUnusableError(f"127.0.0.1, port {port}: {error.strerror}") from error

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self) -> None:
        """Answer until ``stop`` is called from another thread.

        A request that is cut off so was signed or was not: whoever sent it asks again.
        """
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._server.server_close()

    def stop(self) -> None:
        """End ``serve``."""
        self._server.shutdown()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedError(f"{path}: {error.strerror}") from error


class _Server(ThreadingHTTPServer):
    """Ends the connections that clients keep open when it ends itself."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: _Request, client_address: object) -> None:
        if isinstance(request, socket.socket):
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        if isinstance(request, socket.socket):
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Strangers:
    """Logs callers with the wrong token or policy, each kind at most once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[str, float] = {}
        self._kept_quiet: dict[str, int] = {}

    def note(self, error: ProvenanceError) -> None:
        with self._lock:
            now, said = time.monotonic(), self._said.get(error.code)
            if said is not None and now - said < _QUIET_SECONDS:
                self._kept_quiet[error.code] = self._kept_quiet.get(error.code, 0) + 1
                return
            self._said[error.code] = now
            before = self._kept_quiet.pop(error.code, 0)
        more = f" ({before} more since the last such line)" if before else ""
        _logger.warning("refused: %s%s", error, more, extra={"code": error.code})


class _Handler(BaseHTTPRequestHandler):
    """One connection; what it answers to is in ``client.signer``."""

    signer: ClassVar[LocalSigner]
    token: ClassVar[str]
    policy_digest: ClassVar[str]
    strangers: ClassVar[_Strangers]

    protocol_version = "HTTP/1.1"
    server_version = "provenance-signer"
    sys_version = ""
    timeout = _SECONDS
    wbufsize = -1  # head and body in one segment: two would wait for each other's acknowledgement
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer what it remembers."""
        self._handle(self._report)

    def do_POST(self) -> None:
        """Sign a head, or an anchor statement."""
        self._handle(self._sign)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as the base names it
        """Keep quiet: what matters is logged where it happens."""

    # --- what is asked -------------------------------------------------------------------------

    def _report(self, _body: bytes) -> bytes:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query).get("tree_size", [""])
        if parts.path != "/v1/signer" or len(asked) != 1 or not asked[0].isdecimal():
            raise MalformedError("expected /v1/signer?tree_size=N")
        read = self.signer.memory.read()
        remembered = Remembered(read.tree_size, read.root_hash, read.peaks)
        vkey = None
        with suppress(FatalError):  # no key at hand: the caller decides what that means
            vkey = self.signer.keys.signer(int(asked[0][:19])).verifier.to_vkey()
        return SignerReport(self.signer.origin, remembered, vkey).to_bytes()

    def _sign(self, body: bytes) -> bytes:
        if self.path == "/v1/signer/sign":
            request = SigningRequest.parse(body)
            with self.signer.turn() as turn:
                note = turn.sign(request)
        elif self.path == "/v1/signer/attest":
            note = self.signer.attest(_statement(body))
        else:
            raise MalformedError(f"nothing is asked at {self.path[:80]!a}")
        return strict_json.dump({"note": note})

    # --- the wire ------------------------------------------------------------------------------

    def _handle(self, answer: Callable[[bytes], bytes]) -> None:
        try:
            body = self._body()
            self._check_caller()
            self._send(HTTPStatus.OK, answer(body))
        except ProvenanceError as error:
            if isinstance(error, (NotAllowedError, UnavailableError)):
                self.strangers.note(error)
            else:
                level = logging.CRITICAL if isinstance(error, FatalError) else logging.WARNING
                _logger.log(level, "refused: %s", error, extra={"code": error.code})
            problem = strict_json.dump({"code": error.code, "detail": str(error)[:1000]})
            self._send(_status_of(error), problem)

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "0")
        is_short = length.isdecimal() and len(length) <= len(str(MAX_MESSAGE_BYTES))
        if not is_short or int(length) > MAX_MESSAGE_BYTES:
            self.close_connection = True
            raise MalformedError(f"expected at most {MAX_MESSAGE_BYTES} bytes, got {length[:20]}")
        return self.rfile.read(int(length))

    def _check_caller(self) -> None:
        given = self.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, b"Bearer " + self.token.encode()):
            raise NotAllowedError("the token is not that of the signer's file")
        if self.headers.get(POLICY_HEADER) != self.policy_digest:
            raise UnavailableError(
                "the signer goes by another policy: start it again with the ledger's own"
            )

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _statement(body: bytes) -> AnchorStatement:
    try:
        return AnchorStatement.from_text(body.decode())
    except UnicodeDecodeError as error:
        raise MalformedError("expected UTF-8", field="statement") from error


def _status_of(error: ProvenanceError) -> HTTPStatus:
    statuses: dict[type[ProvenanceError], HTTPStatus] = {
        MalformedError: HTTPStatus.BAD_REQUEST,
        NotAllowedError: HTTPStatus.FORBIDDEN,
        SignerMovedError: HTTPStatus.CONFLICT,
        UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    }
    found = (status for family, status in statuses.items() if isinstance(error, family))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
