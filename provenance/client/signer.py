"""Asks a signer process to sign, over HTTP on the loopback interface (``service.signer_process``).

    GET  /v1/signer?tree_size=N       what it remembers, and which key may sign size N
    POST /v1/signer/sign              a head and its proof -> a signed note
    POST /v1/signer/attest            an anchor statement -> a signed note

Every request carries the token of the signer's file and the digest of the policy that the caller
goes by: a signer that was started under another policy would sign with a key that is not the
caller's, and says so instead. A token that was refused is read anew from its file: whoever copies
the right one there need not start the service again.
"""

from __future__ import annotations

import contextlib
import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from provenance.errors import (
    FatalError,
    MalformedError,
    NotAllowedError,
    ProvenanceError,
    SignerAwayError,
    SignerMovedError,
    SignerRefusedError,
    UnavailableError,
)
from provenance.signing_request import MAX_MESSAGE_BYTES, SignerReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from provenance.anchor_statement import AnchorStatement
    from provenance.note import NoteVerifier
    from provenance.policy import Policy
    from provenance.signing_request import Remembered, SigningRequest

__all__ = ["POLICY_HEADER", "SignerClient"]

POLICY_HEADER: Final = "provenance-policy"

_SECONDS: Final = 10.0
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
_RAISES: Final[dict[str, type[ProvenanceError]]] = {
    FatalError.code: FatalError,
    SignerMovedError.code: SignerMovedError,
    NotAllowedError.code: SignerRefusedError,  # another token than its own
    UnavailableError.code: SignerRefusedError,  # another policy than its own
}


class SignerClient:
    """A signer in another process (``ledger.ports.Signer`` says what it promises)."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        policy: Policy,
        *,
        exclusive: Callable[[], AbstractContextManager[None]] | None = None,
        timeout: float = _SECONDS,
    ) -> None:
        """Prepare to speak to ``url``, as ``http://127.0.0.1:9100``; nothing is sent yet.

        Args:
            token: reads what the token file holds: now, and whenever that was refused.
            exclusive: keeps a turn for this process among those of its host, which saves the
                others vain work; the signer itself sees to it that nobody is overtaken.
            timeout: seconds for one exchange.

        Raises:
            MalformedError: no token, or not an address of this machine: the token goes over it as
                it is.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
            raise MalformedError(f"expected http://127.0.0.1:PORT, got {url!a:.200}", field="url")
        self.origin = policy.origin
        self._policy = policy
        self._read_token = token
        self._exclusive = exclusive or contextlib.nullcontext
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            timeout=timeout,
            headers={"authorization": _bearer(token()), POLICY_HEADER: policy.digest.hex()},
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    @contextmanager
    def turn(self) -> Iterator[_RemoteTurn]:
        """Ask what it remembers, to sign what extends that."""
        with self._exclusive():
            yield _RemoteTurn(self, self.read())

    def read(self) -> Remembered:
        """Return what it remembers, without a turn to sign.

        Raises:
            SignerAwayError: the signer is away, or refuses.
            FatalError: it is another log's.
        """
        return self._report(1).remembered

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        """Return the policy's keys for ``tree_size``: the signer's own word would be nothing."""
        return [key.verifier for key in self._policy.checkpoint_keys if key.covers(tree_size)]

    def check_key(self, tree_size: int) -> None:
        """Check that it holds one of the policy's keys for ``tree_size``.

        Raises:
            FatalError: it does not: what comes would stay unsigned.
            SignerAwayError: the signer is away.
        """
        vkey = self._report(tree_size).vkey
        if vkey not in {verifier.to_vkey() for verifier in self.verifiers(tree_size)}:
            raise FatalError(f"the signer has no key for the checkpoint of tree size {tree_size}")

    def attest(self, statement: AnchorStatement) -> str:
        """Have an anchor statement signed (``chain_port.Attestor``)."""
        return self._note("/v1/signer/attest", statement.to_text().encode())

    def sign(self, request: SigningRequest) -> str:
        """Have a head signed; see ``SigningTurn.sign``."""
        return self._note("/v1/signer/sign", request.to_bytes())

    # --- the wire --------------------------------------------------------------------------

    def _report(self, tree_size: int) -> SignerReport:
        octets = self._ask("GET", "/v1/signer", params={"tree_size": str(tree_size)})
        with self._nonsense():
            report = SignerReport.parse(octets)
        if report.origin != self.origin:
            raise FatalError(f"the signer is that of {report.origin!r}, not of {self.origin!r}")
        return report

    def _note(self, path: str, content: bytes) -> str:
        octets = self._ask("POST", path, content=content)
        with self._nonsense():
            answer = json.loads(octets)
            note = answer["note"]
            if not isinstance(note, str):
                raise TypeError(note)
            return note

    def _ask(self, method: str, path: str, **request: object) -> bytes:
        answer = self._send(method, path, **request)
        if answer.status_code == HTTPStatus.FORBIDDEN and self._renew_token():
            answer = self._send(method, path, **request)
        octets = answer.content
        if len(octets) > MAX_MESSAGE_BYTES:
            raise SignerAwayError("what answers is not a signer: its answer is too long")
        if answer.is_success:
            return octets
        with self._nonsense():
            problem = json.loads(octets)
            code, detail = str(problem["code"]), str(problem["detail"])
        raise _RAISES.get(code, SignerAwayError)(f"the signer refused: {detail}")

    def _send(self, method: str, path: str, **request: object) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)  # type: ignore[arg-type]  # httpx's own argument types, handed through
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            # not where it lives: callers of the API are told this too
            raise SignerAwayError(f"the signer process is away: {what}") from error

    def _renew_token(self) -> bool:
        """Take what the token file holds now; say whether that is another token."""
        try:
            bearer = _bearer(self._read_token())
        except MalformedError:  # somebody is copying it: the next question looks again
            return False
        before = self._http.headers["authorization"]
        self._http.headers["authorization"] = bearer
        return bearer != before

    @contextmanager
    def _nonsense(self) -> Iterator[None]:
        """Whatever else answers at that address, it is not the signer."""
        try:
            yield
        except (MalformedError, ValueError, KeyError, TypeError) as error:
            raise SignerAwayError("what answers is not a signer") from error


def _bearer(token: str) -> str:
    return f"Bearer {token}"


class _RemoteTurn:
    """What the signer remembered when the turn began."""

    def __init__(self, client: SignerClient, remembered: Remembered) -> None:
        self.remembered = remembered
        self.sign = client.sign
