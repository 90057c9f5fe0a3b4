"""What a ``revocation`` record says, as a typed value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from provenance.errors import MalformedError

if TYPE_CHECKING:
    from provenance.record import Record

__all__ = ["Revocation", "revocation_of"]


@dataclass(frozen=True, slots=True)
class Revocation:
    """A ``revocation`` record: from its entry on, and perhaps before, a key counts no more."""

    key: str
    """Thumbprint of the key that is revoked."""
    signer: str
    """Thumbprint of the key that says so: itself, its recovery key or a binder of it."""
    reason: str
    """Of ``key_types.REASONS``."""
    successor: str | None
    """Thumbprint of the key that takes its place."""
    compromised_since_unix: int | None
    """Never in a revocation that the key itself signed."""

    @property
    def is_by_itself(self) -> bool:
        """Tell whether the key revoked itself, which anybody who holds it can do."""
        return self.signer == self.key


def revocation_of(record: Record) -> Revocation:
    """Return what a ``revocation`` record says; MalformedError for any other type."""
    if record.type != "revocation":
        raise MalformedError(
            f"expected revocation+sd-jwt, got {record.type}+sd-jwt", field="header.typ"
        )
    claims = record.claims
    return Revocation(
        key=cast("str", claims["key"]),
        signer=record.kid,
        reason=cast("str", claims["reason"]),
        successor=cast("str | None", claims.get("successor")),
        compromised_since_unix=cast("int | None", claims.get("compromised_since")),
    )
