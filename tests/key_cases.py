"""Records about keys, good and bad: part of what ``tests/vectors/records`` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strategies import ORIGIN

from provenance.digests import to_b64url
from provenance.key_binder import issue_binder
from provenance.sdjwt import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from record_cases import Case


def key_cases() -> Iterator[Case]:
    """Bindings and revocations."""
    import record_cases as base  # noqa: PLC0415 -- which imports this file

    name = base.hide("name", "Jane Doe", number=7)
    orcid = base.hide("orcid", "0000-0002-1825-0097", number=8)
    person, institution = base.KEY.public.thumbprint, base.OTHER_KEY
    other = institution.public.thumbprint
    third = base.P256_KEY.public.thumbprint
    digests = sorted([digest_of(name), digest_of(orcid)])
    head = base.header_of("key")

    def bind(**changes: Any) -> str:  # noqa: ANN401 -- what issue_binder takes
        members = {"private_key": institution, "key": person, "digests": digests}
        return issue_binder(**{**members, "aud": ORIGIN, "iat": 1_789_990_000, **changes})

    def key(description: str, name_: str, *, field: str | None = None, **claims: Any) -> Case:  # noqa: ANN401 -- JSON
        signed = base.common(_sd=digests, **claims)
        record = base.forge(signed, name, orcid, header=head)
        if field is not None:
            return base.Case(f"key-{name_}", description, record, "malformed", field)
        shown = {**base.without(signed, "_sd", "_sd_alg"), "name": "Jane Doe"}
        shown["orcid"] = "0000-0002-1825-0097"
        return base.Case(f"key-{name_}", description, record, payload=shown)

    yield key("bound by an institution", "bound", binder=bind())
    yield key("a department that may bind others", "department", binder=bind(may_bind=True))
    yield key("only the name is vouched for", "bound-name", binder=bind(digests=digests[:1]))
    yield key("the successor of another key", "previous", previous=third, recovery=other)
    binder = "binder"
    yield key("not a JWS", "binder-text", binder="x", field=binder)
    yield key("a number", "binder-number", binder=7, field=binder)
    yield key("a binding of another key", "binder-key", binder=bind(key=third), field="binder.key")
    yield key(
        "a binding in another log",
        "binder-aud",
        binder=bind(aud="other.example"),
        field="binder.aud",
    )
    foreign = to_b64url(bytes(32))
    yield key(
        "it vouches for what is not here",
        "binder-digest",
        binder=bind(digests=[foreign]),
        field="binder._sd[0]",
    )
    yield key(
        "bound by itself",
        "binder-itself",
        binder=bind(private_key=base.KEY),
        field=binder,
    )
    header, _, rest = bind().partition(".")
    yield key("a part too many", "binder-parts", binder=f"{header}.{rest}.x", field=binder)
    yield key("long", "binder-long", binder="x" * 4_097, field=binder)
    yield key("its own successor", "previous-itself", previous=person, field="previous")
    yield key("no thumbprint", "previous-text", previous="key-1", field="previous")
    yield from _revocations(person, other, third)


def _revocations(person: str, other: str, third: str) -> Iterator[Case]:
    import record_cases as base  # noqa: PLC0415 -- which imports this file

    head = base.header_of("revocation")

    def revocation(description: str, name: str, *, field: str | None = None, **claims: Any) -> Case:  # noqa: ANN401 -- JSON
        members = {"key": other, "reason": "keyCompromise", **claims}
        signed = base.common(**{n: v for n, v in members.items() if v is not None})
        record = base.forge(signed, header=head)
        full = f"revocation-{name}" if name else "revocation"
        if field is not None:
            return base.Case(full, description, record, "malformed", field)
        return base.Case(full, description, record, payload=base.without(signed, "_sd_alg"))

    yield revocation("another key says so", "", compromised_since=1_789_000_000)
    yield revocation("with a successor", "superseded", reason="superseded", successor=third)
    yield revocation("a key revokes itself", "itself", key=person, reason="unspecified")
    yield revocation("no key", "no-key", key=None, field="key")
    yield revocation("no reason", "no-reason", reason=None, field="reason")
    yield revocation("not a reason", "reason", reason="stolen", field="reason")
    yield revocation("no thumbprint", "key", key="key-1", field="key")
    yield revocation("it succeeds itself", "successor-itself", successor=other, field="successor")
    since = "compromised_since"
    yield revocation("a text", "since-text", compromised_since="1789000000", field=since)
    yield revocation(
        "only a compromise has a beginning",
        "since-superseded",
        reason="superseded",
        compromised_since=1_789_000_000,
        field=since,
    )
    yield revocation(
        "a key that dates its own compromise back",
        "since-itself",
        key=person,
        compromised_since=1_789_000_000,
        field=since,
    )
    yield revocation("in the future", "since-future", compromised_since=1_790_000_001, field=since)
