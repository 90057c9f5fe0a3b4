"""What an ``erasure`` record says is gone: the operator's order, and the tombstone it leaves.

    {"record":"<id>"}                                  all that it discloses, and its manifest
    {"record":"<id>","digests":["<digest>", ...]}      some of what it discloses
    {"record":"<id>","manifest":true}                  its published manifest

Entry, proofs and receipts in people's hands stay as they are: what is destroyed are the keys
without which nobody reads what the operator has stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from provenance.digests import from_b64url, to_b64url
from provenance.errors import MalformedError

if TYPE_CHECKING:
    from provenance.record import Record

__all__ = ["Erased", "read_erasure"]


@dataclass(frozen=True, slots=True)
class Erased:
    """What is erased of one record."""

    record: bytes
    """Record id, 32 bytes."""
    digests: frozenset[bytes] | None
    """Of its disclosures, 32 bytes each; None for all of them."""
    manifest: bool
    """Whether the manifest that it has published is erased."""

    def to_claim(self) -> dict[str, object]:
        """Return the element of the record's ``records``."""
        claim: dict[str, object] = {"record": self.record.hex()}
        if self.digests is None:
            return claim
        if self.digests:
            claim["digests"] = sorted(map(to_b64url, self.digests))
        if self.manifest:
            claim["manifest"] = True
        return claim


def read_erasure(record: Record) -> tuple[Erased, ...]:
    """Return what an ``erasure`` record erases; MalformedError for any other type."""
    if record.type != "erasure":
        raise MalformedError(
            f"expected erasure+sd-jwt, got {record.type}+sd-jwt", field="header.typ"
        )
    return tuple(map(_erased, cast("list[dict[str, Any]]", record.claims["records"])))


def _erased(claim: dict[str, Any]) -> Erased:
    is_whole = claim.keys() == {"record"}
    digests = None if is_whole else frozenset(map(from_b64url, claim.get("digests", ())))
    return Erased(bytes.fromhex(claim["record"]), digests, is_whole or "manifest" in claim)
