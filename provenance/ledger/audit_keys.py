"""The rules about keys that a log must keep, learnt from its entries one after the other.

key           a known key only again with a binding by another key than before
binder        of a known key that was not revoked, and signed by it
revocation    of a known key, by itself, its recovery key or one that has bound it
any other     not by a key that was revoked at a lower index
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import (
    KeyRevokedError,
    NotAuthorisedError,
    UnknownKeyError,
    VerificationError,
)
from provenance.key_values import revocation_of
from provenance.record import key_binding_of

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.record import Record

__all__ = ["KeyAuditor"]


class KeyAuditor:
    """Takes every entry that is not the operator's, in order; keeps little of most keys."""

    def __init__(self) -> None:
        """Begin with no key known."""
        self.keys: dict[str, PublicKey] = {}
        """By thumbprint, every key that an entry has made known."""
        self._recovery: dict[str, str] = {}
        self._binders: dict[str, set[str]] = {}
        self._revoked: set[str] = set()

    def take(self, record: Record) -> None:
        """Check the next record and learn from it; its signature was checked before.

        Raises:
            VerificationError: a key record that repeats another, or a binding that is not true.
            UnknownKeyError: a key that no lower entry makes known.
            KeyRevokedError: signed, or bound, by a key that was revoked.
            NotAuthorisedError: a revocation by a stranger.
        """
        if record.kid in self._revoked:
            raise KeyRevokedError(f"{record.kid} was revoked at a lower index")
        if record.key is not None:
            self._take_key(record, record.key)
        elif record.type == "revocation":
            self._take_revocation(record)

    def _take_key(self, record: Record, key: PublicKey) -> None:
        said = key_binding_of(record)
        known = record.kid in self.keys
        if said.binder is None:
            if known:
                raise VerificationError(f"{record.kid} has a key record already")
        else:
            binder = said.binder
            if binder.kid in self._binders.get(record.kid, ()):
                raise VerificationError(f"{binder.kid} has bound {record.kid} already")
            if binder.kid not in self.keys:
                raise UnknownKeyError(f"the binder {binder.kid} has no key record at a lower index")
            if binder.kid in self._revoked:
                raise KeyRevokedError(f"the binder {binder.kid} was revoked at a lower index")
            binder.verify(self.keys[binder.kid])
            self._binders.setdefault(record.kid, set()).add(binder.kid)
        if not known:
            self.keys[record.kid] = key
            if said.recovery is not None:
                self._recovery[record.kid] = said.recovery

    def _take_revocation(self, record: Record) -> None:
        revocation = revocation_of(record)
        if revocation.key not in self.keys:
            raise UnknownKeyError(f"{revocation.key} has no key record at a lower index")
        may = self._binders.get(revocation.key, set()) | {revocation.key}
        if record.kid not in may and record.kid != self._recovery.get(revocation.key):
            raise NotAuthorisedError(f"{record.kid} may not revoke {revocation.key}")
        self._revoked.add(revocation.key)
