"""Types of record about keys: whose a key is, and until when.

              signed in the clear                             behind a digest (disclosures)
key           recovery previous binder                        name orcid ror
revocation    key reason successor compromised_since

A ``key`` record is signed by the key that it carries. ``binder`` is what an institution says of
it (``key_binder``), ``previous`` the key that it succeeds, ``recovery`` the one that may revoke
it. Who may sign a ``revocation`` is decided in ``authority``, which knows the key's records.
"""

from __future__ import annotations

from typing import Final, cast

from provenance.errors import MalformedError
from provenance.key_binder import parse_binder
from provenance.record_checks import (
    MAX_NAME,
    MAX_ROR,
    RecordType,
    array_of,
    check_orcid_value,
    check_ror_value,
    check_text,
    check_thumbprint,
    integer,
    line_of,
    one_of,
)

__all__ = ["COMPROMISE", "KEY_RECORDS", "REASONS", "SUPERSEDED"]

COMPROMISE: Final = "keyCompromise"
SUPERSEDED: Final = "superseded"

REASONS: Final = frozenset(
    {COMPROMISE, SUPERSEDED, "affiliationChanged", "cessationOfOperation", "unspecified"}
)
"""Why a key is revoked, in the words of RFC 5280 §5.3.1."""


def _check_binder(value: object, where: str) -> None:
    parse_binder(check_text(value, where), where)


def _key(claims: dict[str, object], kid: str) -> None:
    """Check that what others said is about this very key, in this log, and of this record."""
    if claims.get("previous") == kid:
        raise MalformedError("expected another key than the record's own", field="previous")
    if "binder" not in claims:
        return
    binder = parse_binder(cast("str", claims["binder"]))
    if binder.key != kid:
        raise MalformedError(f"expected a binding of {kid}, got {binder.key}", field="binder.key")
    if binder.aud != claims["aud"]:
        raise MalformedError(f"expected {claims['aud']!r}", field="binder.aud")
    own = claims.get("_sd", [])
    for number, digest in enumerate(binder.digests):
        if not isinstance(own, list) or digest not in own:
            raise MalformedError("expected a digest of this record", field=f"binder._sd[{number}]")


def _revocation(claims: dict[str, object], kid: str) -> None:
    """Check what a revocation may say at all; a key may not date its own compromise back."""
    since = claims.get("compromised_since")
    if claims.get("successor") == claims["key"]:
        raise MalformedError("expected another key than the one revoked", field="successor")
    if since is None:
        return
    if claims["reason"] != COMPROMISE:
        raise MalformedError(f"expected the reason {COMPROMISE}", field="compromised_since")
    if claims["key"] == kid:
        raise MalformedError("not for the key itself to say", field="compromised_since")
    if cast("int", since) > cast("int", claims["iat"]):
        raise MalformedError("expected a time before the record's own", field="compromised_since")


KEY_RECORDS: Final = (
    RecordType(
        name="key",
        plain={
            "recovery": check_thumbprint,
            "previous": check_thumbprint,
            "binder": _check_binder,
        },
        required=frozenset(),
        disclosable={
            "name": line_of(MAX_NAME),
            "orcid": check_orcid_value,
            "ror": array_of(check_ror_value, MAX_ROR),
        },
        whole=_key,
    ),
    RecordType(
        name="revocation",
        plain={
            "key": check_thumbprint,
            "reason": one_of(REASONS),
            "successor": check_thumbprint,
            "compromised_since": integer(0),
        },
        required=frozenset({"key", "reason"}),
        whole=_revocation,
    ),
)
"""Types of record about keys."""
