"""JSON-RPC over HTTP, with everything a lying or broken node could stretch bounded.

A public node is not ours: an answer, head and body, is read only up to ``max_bytes`` and for
``timeout`` seconds in all, connecting included (``provenance.net``), the id must be the request's,
and what cannot be JSON-RPC is an UnavailableError, never a guess. Nothing is retried, because who
calls decides what may be sent twice (``docs/operating.md``, anchoring).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping

from provenance import strict_json
from provenance.errors import MalformedError, NodeRefusedError, UnavailableError
from provenance.net.post import HttpPost

__all__ = ["CappedProvider", "Rpc", "octets", "quantity"]

MAX_ANSWER_BYTES = 8 * 2**20
"""A full mainnet block with bodies is about 2 MiB as JSON; we ask for nothing larger."""

_QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
_DATA = re.compile("0x(?:[0-9a-fA-F]{2})*")


class CappedProvider:
    """A node's address, to which it posts once, within a total time and a size, and matches ids."""

    def __init__(
        self, url: str, *, timeout: float = 10.0, max_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        """Remember where to post; nothing is sent yet.

        Args:
            timeout: seconds for one whole exchange, not only between two bytes.
            max_bytes: an answer longer than this is given up.
        """
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._ids = itertools.count(1)
        self.move_to(url)

    def move_to(self, url: str) -> None:
        """Post to another address from now on (a managed node that was started again).

        Raises:
            UnavailableError: not an http or https address.
        """
        try:
            self._post = HttpPost(
                url,
                timeout=self._timeout,
                max_bytes=self._max_bytes,
                content_type="application/json",
                use_proxy=True,
            )
        except MalformedError as error:
            raise UnavailableError(f"no node: {error}") from None
        self.place = self._post.place
        """The node's address without path and user, which often hold an access key."""
        self.url = url

    def make_request(self, method: str, params: object) -> Mapping[str, object]:
        """Post one request and return the checked answer object.

        Raises:
            UnavailableError: no answer in time, too long an answer, or not a JSON-RPC answer
                to this request.
        """
        request_id = next(self._ids)
        body = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or []}
        try:
            status, octets = self._post.post(json.dumps(body).encode())
        except UnavailableError as error:
            raise UnavailableError(f"{self.place} did not answer {method}: {error}") from None
        # nodes send errors with 4xx and 5xx too; what counts is the JSON-RPC object
        if status != 200 and not octets.lstrip().startswith(b"{"):
            raise UnavailableError(f"{self.place} did not answer {method}: status {status}")
        return _answer(octets, request_id, method, self.place)


def _answer(octets: bytes, request_id: int, method: str, place: str) -> dict[str, object]:
    try:
        answer = strict_json.tokenize(octets)
    except MalformedError:
        raise UnavailableError(f"{place} answered {method} with something not JSON") from None
    if not isinstance(answer, dict) or ("result" in answer) == ("error" in answer):
        raise UnavailableError(f"{place} answered {method} with no JSON-RPC answer")
    if type(answer.get("id")) is not int or answer["id"] != request_id:
        raise UnavailableError(f"{place} answered {method} under another request's id")
    return answer


class Rpc:
    """Calls that return the ``result`` member as plain JSON values."""

    def __init__(self, provider: CappedProvider) -> None:
        """Call through ``provider``."""
        self.provider = provider

    def call(self, method: str, *params: object) -> object:
        """Call ``method``.

        Raises:
            NodeRefusedError: the node answered with an error object.
            UnavailableError: no usable answer.
        """
        answer = self.provider.make_request(method, list(params))
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if not isinstance(error, Mapping):
            raise NodeRefusedError(method, 0, str(error))
        number = error.get("code")
        raise NodeRefusedError(
            method,
            number if isinstance(number, int) else 0,
            str(error.get("message", "")),
            error.get("data"),
        )

    def mapping(self, method: str, *params: object) -> Mapping[str, object] | None:
        """Call ``method``, expecting an object or null.

        Raises:
            UnavailableError: another kind of value.
        """
        result = self.call(method, *params)
        if result is None or isinstance(result, Mapping):
            return result
        raise UnavailableError(f"{method}: expected an object, got {type(result).__name__}")

    def quantity(self, method: str, *params: object) -> int:
        """Call ``method``, expecting a quantity.

        Raises:
            UnavailableError: another kind of value.
        """
        return quantity(self.call(method, *params), method)

    def octets(self, method: str, *params: object) -> bytes:
        """Call ``method``, expecting bytes.

        Raises:
            UnavailableError: another kind of value.
        """
        return octets(self.call(method, *params), method)


def quantity(value: object, name: str) -> int:
    """Read a JSON-RPC quantity; ``0x8`` and ``0x08`` both occur in proofs.

    Raises:
        UnavailableError: not ``0x`` and at most 64 hex digits.
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise UnavailableError(f"{name}: expected a quantity, got {str(value)[:80]!r}")


def octets(value: object, name: str, *, length: int | None = None) -> bytes:
    """Read JSON-RPC data, of exactly ``length`` bytes unless None.

    Raises:
        UnavailableError: not ``0x`` and hex, or another length.
    """
    if isinstance(value, str) and _DATA.fullmatch(value):
        found = bytes.fromhex(value[2:])
        if length is None or len(found) == length:
            return found
    raise UnavailableError(f"{name}: expected {length or 'some'} bytes, got {str(value)[:80]!r}")
