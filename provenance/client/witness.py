"""Submits checkpoints to one witness over HTTP (c2sp.org/tlog-witness v1.1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from provenance.errors import (
    MalformedError,
    UnavailableError,
    WitnessAheadError,
    WitnessRefusedError,
)
from provenance.net.post import HttpPost
from provenance.witness import ADD_CHECKPOINT, read_size

if TYPE_CHECKING:
    from typing import Self

__all__ = ["HttpWitness"]

MAX_ANSWER_BYTES: Final = 16_384
"""A handful of signature lines; one of type 06 would be 3,300 bytes."""

_FINAL: Final = {400: "malformed", 403: "unknown-key", 404: "unknown-log", 422: "inconsistent"}


class HttpWitness:
    """One witness; for one thread at a time."""

    def __init__(self, prefix: str, *, timeout: float = 10.0) -> None:
        """Remember its submission prefix; nothing is sent yet.

        Args:
            timeout: seconds for one whole exchange.
        """
        self._address = prefix.rstrip("/") + ADD_CHECKPOINT
        self._timeout = timeout
        self._http: HttpPost | None = None

    def add_checkpoint(self, body: bytes) -> bytes:
        """Submit a checkpoint and return the answer's signature lines.

        Raises:
            WitnessAheadError: it cosigned another size last; ``size`` says which.
            WitnessRefusedError: it will not cosign this; asking again changes nothing.
            UnavailableError: no answer in time, or one that is not of this protocol.
        """
        status, octets = self._post(body)
        if status == httpx.codes.OK:
            return octets
        if status == httpx.codes.CONFLICT:
            raise WitnessAheadError(read_size(octets))
        said = " ".join(octets.decode("utf-8", "replace").split())[:200]
        if status in _FINAL:
            raise WitnessRefusedError(f"{_FINAL[status]} (status {status}): {said}")
        raise UnavailableError(f"the witness answered with status {status}: {said}")

    def _post(self, body: bytes) -> tuple[int, bytes]:
        try:
            if self._http is None:
                self._http = HttpPost(
                    self._address,
                    timeout=self._timeout,
                    max_bytes=MAX_ANSWER_BYTES,
                    content_type="text/plain; charset=utf-8",
                )
            return self._http.post(body)
        except (UnavailableError, MalformedError) as error:
            raise UnavailableError(f"the witness did not answer: {error}") from None

    def close(self) -> None:
        """Give back the connection; safe to call again."""
        if self._http is not None:
            self._http.close()

    def __enter__(self) -> Self:
        """Hold the connection for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back the connection at the end of the block."""
        self.close()
