"""Records about keys as people and institutions make them, for tests with a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_ledger import ORIGIN, START, key_of, salts

from provenance.key_binder import issue_binder
from provenance.policy import InstitutionKey
from provenance.record import issue_record

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.record import Record

ACADEMY = key_of("academy")
INSTITUTE = InstitutionKey("Academy of Sciences", None, ACADEMY.public)


def named(key: PrivateKey, name: str, **claims: object) -> Record:
    """A self-signed ``key`` record with a name, and with what else is stated."""
    return issue_record(
        "key",
        {"name": name, **claims},
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(key.seed + name.encode() + repr(sorted(claims)).encode()),
    )


def bound(
    key: PrivateKey,
    binder: PrivateKey,
    name: str = "Alice Example",
    *,
    may_bind: bool = False,
    vouch: bool = True,
    **claims: object,
) -> Record:
    """A ``key`` record that ``binder`` has vouched for."""
    asked = named(key, name)
    text = issue_binder(
        private_key=binder,
        key=key.public.thumbprint,
        digests=[one.digest for one in asked.parts] if vouch else [],
        aud=ORIGIN,
        iat=START,
        may_bind=may_bind,
    )
    return issue_record(
        "key",
        {"binder": text, **claims},
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=iter(()),
        made=asked.parts,
    )


def revoked(
    by: PrivateKey, key: PrivateKey, reason: str = "keyCompromise", **claims: object
) -> Record:
    """A ``revocation`` of ``key`` that ``by`` signs."""
    said = {"key": key.public.thumbprint, "reason": reason, **claims}
    return issue_record("revocation", said, private_key=by, aud=ORIGIN, iat=START, salts=iter(()))
