"""The HTTP client of a ledger's API.

Answers are bytes or plain JSON values: whoever asked checks them. Redirects are not followed and
sizes are capped, since the service may be anybody's.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import urlsplit

import httpx

from provenance.digests import from_b64
from provenance.errors import (
    DamagedLogError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    ReadOnlyError,
    RefusedByServiceError,
    SignerAwayError,
    SignerRefusedError,
    StorageFullError,
    TooLargeError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

__all__ = ["MAX_ANSWER_BYTES", "LedgerClient", "is_temporary"]

MAX_ANSWER_BYTES = 256 << 20
"""As long as a manifest may be; a batch of 1,000 receipts with wide proofs is under 32 MiB."""

_SECONDS = 60.0

_TEMPORARY: Final[dict[str, type[UnavailableError]]] = {
    error.code: error
    for error in (
        DamagedLogError,
        OverloadedError,
        ReadOnlyError,
        SignerAwayError,
        SignerRefusedError,
        StorageFullError,
    )
}
"""What a service that answers says of itself; anything else is a service that did not."""


class LedgerClient:
    """One ledger's API at one base URL; a context manager that closes its connections."""

    def __init__(self, url: str, *, language: str = "en") -> None:
        """Prepare to speak to ``url``, as ``http://127.0.0.1:8000``.

        Raises:
            MalformedError: not the address of a web service.
        """
        if not url.startswith(("http://", "https://")):
            raise MalformedError(f"expected http:// or https://, got {url!a:.200}", field="URL")
        try:
            if not urlsplit(url).hostname:
                raise MalformedError(f"expected a host, got {url!a:.200}", field="URL")
            self._url = url.rstrip("/")
            self._http = httpx.Client(
                base_url=self._url,
                timeout=_SECONDS,
                headers={"accept-language": language.replace("_", "-")},
                follow_redirects=False,
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise MalformedError(f"{error}: {url!a:.200}", field="URL") from error

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._http.close()

    # --- depositing -----------------------------------------------------------------------

    def submit(self, compact: bytes) -> bytes:
        """Post one signed record (``application/sd-jwt``); return its receipt's bytes."""
        return self._ask(
            "POST", "/v1/records", content=compact, headers={"content-type": "application/sd-jwt"}
        )

    def submit_batch(self, compacts: Sequence[str]) -> list[dict[str, object]]:
        """Post many records; return one result per record, in order, each alone."""
        answer = self._ask_json("POST", "/v1/records/batch", json=list(compacts))
        return cast("list[dict[str, object]]", _member(answer, "results", list))

    def put_manifest(self, record_id: str, manifest: Iterator[bytes], authority: str) -> None:
        """Publish the manifest of one's own deposit; ``authority`` is the signed statement."""
        self._ask(
            "PUT",
            f"/v1/records/{record_id}/manifest",
            content=manifest,
            headers={"content-type": "application/jsonl", "authorization": f"JWS {authority}"},
        )

    # --- reading --------------------------------------------------------------------------

    def receipt(self, record_id: str) -> bytes:
        """Return the newest receipt of a record."""
        json_only = {"accept": "application/json"}
        return self._ask("GET", f"/v1/records/{record_id}/receipt", headers=json_only)

    def record(self, record_id: str) -> dict[str, object]:
        """Return what the ledger shows of a record."""
        return self._ask_json("GET", f"/v1/records/{record_id}")

    def manifest(self, record_id: str) -> bytes:
        """Return a published manifest, as JSON lines."""
        return self._ask("GET", f"/v1/records/{record_id}/manifest")

    def policy(self) -> bytes:
        """Return the trust policy's exact bytes, whose digest is to be compared elsewhere."""
        return self._ask("GET", "/v1/policy")

    def anchors_on(self) -> frozenset[int] | None:
        """Return the chains that the ledger anchors on today; None where its service is older.

        Its word alone, good for knowing what to wait for and for nothing else.
        """
        try:
            chains = self._ask_json("GET", "/v1/ledger").get("chains")
        except (RefusedByServiceError, MalformedError):
            return None
        told = [one for one in chains if isinstance(one, dict)] if isinstance(chains, list) else []
        known = [one for one in told if isinstance(one.get("retired"), bool)]
        if not known:
            return None
        return frozenset(int(one["chain_id"]) for one in known if not one["retired"])

    def consistency(self, older: int, newer: int) -> list[bytes]:
        """Return the proof that the log at ``newer`` entries extends it at ``older`` ones.

        Raises:
            MalformedError: the answer is no such proof; whether it holds is for the caller.
        """
        sizes = {"from": older, "to": newer}
        answer = self._ask_json("GET", "/v1/log/consistency", params=sizes)
        path = cast("list[object]", _member(answer, "path", list))
        return [from_b64(str(one), field="path") for one in path]

    def lookup(self, **question: str) -> Iterator[dict[str, object]]:
        """Yield every hit for ``digest=``, ``key=`` or another question, oldest first."""
        return self._pages("/v1/lookup", question)

    def anchors(self) -> Iterator[dict[str, object]]:
        """Yield every anchor, oldest first."""
        return self._pages("/v1/anchors", {})

    def get(self, path: str) -> bytes:
        """Return the bytes at ``path``: checkpoints, tiles and entry bundles (tlog-tiles).

        Raises:
            NotFoundError: there is nothing; a mirror says so with the status alone.
        """
        try:
            return self._ask("GET", "/" + path.lstrip("/"))
        except RefusedByServiceError as error:
            if error.status == httpx.codes.NOT_FOUND:
                raise NotFoundError(f"no {path} there") from error
            raise

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, object]]:
        cursor: object = None
        while True:
            page = self._ask_json(
                "GET", path, params={**query, **({"cursor": str(cursor)} if cursor else {})}
            )
            yield from cast("list[dict[str, object]]", _member(page, "items", list))
            cursor = page.get("next")
            if cursor is None:
                return

    # --- the wire -------------------------------------------------------------------------

    def _ask_json(self, method: str, path: str, **request: object) -> dict[str, object]:
        octets = self._ask(method, path, **request)
        try:
            answer = json.loads(octets)
        except ValueError as error:
            raise MalformedError(f"{path} answered something that is not JSON") from error
        if not isinstance(answer, dict):
            raise MalformedError(f"{path} answered JSON that is not an object")
        return answer

    def _ask(self, method: str, path: str, **request: object) -> bytes:
        where = self._url + path
        with (
            _as_unavailable(where),
            self._http.stream(method, path, **request) as response,  # type: ignore[arg-type]  # httpx's own argument types, handed through
        ):
            body = _capped(response)
        if response.is_success:
            return body
        raise _error_of(response.status_code, body, where)


@contextmanager
def _as_unavailable(where: str) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnavailableError(
            f"{where}: {str(error) or type(error).__name__} "
            "(is it running? check --ledger or PROVENANCE_LEDGER)"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(f"{where}: {str(error) or type(error).__name__}") from error


def _capped(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise TooLargeError(limit=MAX_ANSWER_BYTES, length=len(body), unit="bytes")
    return bytes(body)


def _error_of(status: int, body: bytes, where: str) -> RefusedByServiceError | UnavailableError:
    """Turn a problem document into the error the caller can act on."""
    try:
        problem = json.loads(body)
        code, detail = str(problem["code"]), str(problem["detail"])
        field = problem.get("field")
    except (ValueError, KeyError, TypeError, AttributeError):
        if status == httpx.codes.NOT_FOUND:
            return RefusedByServiceError(
                status=status, code=NotFoundError.code, detail=f"{where}: not found"
            )
        return UnavailableError(f"{where}: status {status} without a problem document")
    if is_temporary(status):
        return _TEMPORARY.get(code, UnavailableError)(f"{where}: {detail}")
    return RefusedByServiceError(
        status=status, code=code, detail=detail, field=None if field is None else str(field)
    )


def is_temporary(status: int) -> bool:
    """Tell a refusal that the same request may not meet later."""
    return status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS


def _member(answer: Mapping[str, object], name: str, kind: type) -> object:
    value = answer.get(name)
    if not isinstance(value, kind):
        raise MalformedError("the service left it out or gave another type", field=name)
    return value
