"""What the members of records look like: the type of a record type, and a check for each value.

Each check gets strict JSON (``strict_json.parse``): strings are NFC, integers are within 2^53.
Types use them in ``operator_types``, ``key_types`` and ``deposit_types``; ``record_types`` puts
the types together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from provenance.credit import ROLES
from provenance.digests import from_b64url, from_evm_hex, from_hex
from provenance.errors import MalformedError, TooLargeError
from provenance.fingerprint import ADDITIONAL_ALGORITHMS, DECLARED_ALGORITHMS
from provenance.identifiers import (
    RELATIONS,
    check_digest_of_something,
    check_identifier,
    check_orcid,
    check_ror,
)
from provenance.keys import PublicKey
from provenance.note import NoteVerifier
from provenance.spdx import check_spdx
from provenance.strict_json import MAX_INTEGER, Members
from provenance.text import check_line

__all__ = [
    "BLOCK",
    "CONTRIBUTOR",
    "MAX_CONTRIBUTORS",
    "MAX_IDENTIFIER",
    "MAX_ITEMS",
    "MAX_LICENSE",
    "MAX_NAME",
    "MAX_ROR",
    "MAX_TITLE",
    "MAX_VERSION",
    "Check",
    "RecordType",
    "array_of",
    "check_additional_digests",
    "check_array",
    "check_contributor",
    "check_dataset_digest",
    "check_declared_digest",
    "check_hex32",
    "check_identifier_value",
    "check_jwk",
    "check_license",
    "check_line_of",
    "check_members",
    "check_orcid_value",
    "check_relation",
    "check_ror_value",
    "check_text",
    "check_thumbprint",
    "check_vkey",
    "evm_hex",
    "integer",
    "line_of",
    "object_of",
    "one_of",
]

Check = Callable[[object, str], None]
"""Checks one value; gets the full path of the member, as ``contributors[2]``."""

MAX_CONTRIBUTORS: Final = 500
"""Per deposit; 902 of them fit into an entry, more people come by ``contribution`` records."""

MAX_NAME: Final = 200
MAX_TITLE: Final = 1_000
MAX_VERSION: Final = 100
MAX_IDENTIFIER: Final = 2_000
MAX_LICENSE: Final = 500
MAX_ITEMS: Final = 100
"""Identifiers, relations, or keys and chains named by one record."""
MAX_ROR: Final = 20
"""Organisations one person is affiliated with."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """One type of record."""

    name: str
    plain: dict[str, Check]
    """Members signed in the clear."""
    required: frozenset[str]
    disclosable: dict[str, Check] = field(default_factory=dict)
    """Members that stand behind a digest in ``_sd``."""
    elements: dict[str, Check] = field(default_factory=dict)
    """Arrays all of whose elements stand behind digests."""
    may_hold: bool = False
    """Whether disclosures may be kept from public view (``held``)."""
    whole: Callable[[dict[str, object], str], None] | None = None
    """Rule over several members of the signed payload and the ``kid`` that signed it."""


# --- small checks -------------------------------------------------------------------------


def check_text(value: object, where: str) -> str:
    """Check a string and return it."""
    if not isinstance(value, str):
        raise MalformedError("expected a string", field=where)
    return value


def check_line_of(value: object, where: str, limit: int) -> str:
    """Check one printable line of at most ``limit`` characters and return it."""
    value = check_text(value, where)
    if len(value) > limit:
        raise TooLargeError(limit=limit, length=len(value), unit="characters", field=where)
    if not value or value[0].isspace() or value[-1].isspace():
        raise MalformedError("expected text without spaces around it", field=where)
    if not value.isprintable():  # what is printable has no control characters; NFC is given
        check_line(value, where)
    return value


def line_of(limit: int) -> Check:
    """Return the check of one printable line of at most ``limit`` characters."""

    def check(value: object, where: str) -> None:
        check_line_of(value, where, limit)

    return check


def integer(low: int, high: int = MAX_INTEGER) -> Check:
    """Return the check of an integer within both ends."""

    def check(value: object, where: str) -> None:
        if type(value) is not int:  # bool is an int to isinstance
            raise MalformedError("expected an integer", field=where)
        if not low <= value <= high:
            raise MalformedError(f"expected {low} to {high}, got {value}", field=where)

    return check


def check_array(value: object, where: str, limit: int) -> list[object]:
    """Check an array of 1 to ``limit`` elements and return it."""
    if not isinstance(value, list):
        raise MalformedError("expected an array", field=where)
    if not value:
        raise MalformedError("expected an element, or no such member", field=where)
    if len(value) > limit:
        raise TooLargeError(limit=limit, length=len(value), unit="elements", field=where)
    return value


def array_of(check: Check, limit: int = MAX_ITEMS) -> Check:
    """Return the check of an array whose elements pass ``check``, each there once."""

    def check_each(value: object, where: str) -> None:
        elements = check_array(value, where, limit)
        for number, one in enumerate(elements):
            check(one, f"{where}[{number}]")
            if number and one in elements[:number]:
                raise MalformedError("expected each element once", field=f"{where}[{number}]")

    return check_each


def check_members(value: object, where: str, known: dict[str, Check]) -> dict[str, object]:
    """Check an object whose members are all known; which are required is the caller's rule."""
    if not isinstance(value, dict):
        raise MalformedError("expected an object", field=where)
    for name, member in value.items():
        check = known.get(name)
        if check is None:
            raise MalformedError("unknown member", field=Members(value, where).path(name))
        check(member, f"{where}.{name}")
    return value


def object_of(known: dict[str, Check], optional: frozenset[str] = frozenset()) -> Check:
    """Return the check of an object with these members, all but ``optional`` required."""
    required = known.keys() - optional

    def check(value: object, where: str) -> None:
        present = check_members(value, where, known)
        if not required <= present.keys():
            missing = min(required - present.keys())
            raise MalformedError("expected the member, got none", field=f"{where}.{missing}")

    return check


def check_hex32(value: object, where: str) -> None:
    """Check lower-case hex of 32 bytes."""
    from_hex(check_text(value, where), field=where)


def evm_hex(length: int) -> Check:
    """Return the check of ``0x`` and the hex of ``length`` bytes."""

    def check(value: object, where: str) -> None:
        from_evm_hex(check_text(value, where), length=length, field=where)

    return check


def one_of(allowed: frozenset[str]) -> Check:
    """Return the check of one word of a closed list."""

    def check(value: object, where: str) -> None:
        if not (isinstance(value, str) and value in allowed):
            known = ", ".join(sorted(allowed))
            raise MalformedError(f"expected one of {known}; got {value!r:.80}", field=where)

    return check


def check_jwk(value: object, where: str) -> None:
    """Check a public key as a JWK (RFC 7517)."""
    PublicKey.from_jwk(value, field=where)


def check_vkey(value: object, where: str) -> None:
    """Check a verifier key of a signed note (C2SP signed-note)."""
    text = check_text(value, where)
    try:
        NoteVerifier.from_vkey(text)
    except MalformedError as error:
        raise MalformedError(f"expected a verifier key: {error}", field=where) from error


# --- people and datasets ------------------------------------------------------------------


def check_orcid_value(value: object, where: str) -> None:
    """Check an ORCID iD, its check digit included."""
    check_orcid(check_text(value, where), where)


def check_ror_value(value: object, where: str) -> None:
    """Check a ROR id, its check digits included."""
    check_ror(check_text(value, where), where)


CONTRIBUTOR: Final[dict[str, Check]] = {
    "name": line_of(MAX_NAME),
    "orcid": check_orcid_value,
    "ror": array_of(check_ror_value, MAX_ROR),
    "roles": array_of(one_of(frozenset(ROLES)), len(ROLES)),
}
"""A role that is not stated is absent: not everybody fits CRediT."""

check_contributor: Final = object_of(CONTRIBUTOR, frozenset({"orcid", "ror", "roles"}))


def check_identifier_value(value: object, where: str) -> None:
    """Check a persistent identifier with its type."""
    if not isinstance(value, dict) or value.keys() != {"type", "value"}:
        raise MalformedError("expected an object of type and value", field=where)
    kind = check_text(value["type"], f"{where}.type")
    check_identifier(kind, check_line_of(value["value"], f"{where}.value", MAX_IDENTIFIER), where)


def check_relation(value: object, where: str) -> None:
    """A relation to another record, or to anything that has an identifier; exactly one of them."""
    present = check_members(value, where, _RELATION)
    if "relation" not in present:
        raise MalformedError("expected the member, got none", field=f"{where}.relation")
    if ("record" in present) is ("identifier" in present):
        raise MalformedError("expected either record or identifier", field=where)


_RELATION: Final[dict[str, Check]] = {
    "relation": one_of(RELATIONS),
    "record": check_hex32,
    "identifier": line_of(MAX_IDENTIFIER),
}


def check_dataset_digest(value: object, where: str) -> None:
    """Check hex of 32 bytes that is not the digest of nothing."""
    digest = check_text(value, where)
    from_hex(digest, field=where)
    check_digest_of_something(digest, where)


check_declared_digest: Final = object_of(
    {"algorithm": one_of(frozenset(DECLARED_ALGORITHMS)), "digest": check_dataset_digest}
)


_ADDITIONAL: Final[dict[str, Check]] = {
    "algorithm": one_of(frozenset(ADDITIONAL_ALGORITHMS)),
    "digest": check_dataset_digest,
}
_additional_list: Final = array_of(object_of(_ADDITIONAL), len(ADDITIONAL_ALGORITHMS))


def check_additional_digests(value: object, where: str) -> None:
    """Roots over the same files by other algorithms, each algorithm once."""
    _additional_list(value, where)
    algorithms = [one["algorithm"] for one in cast("list[dict[str, str]]", value)]
    for number, algorithm in enumerate(algorithms):
        if algorithm in algorithms[:number]:
            raise MalformedError("expected each algorithm once", field=f"{where}[{number}]")


def check_license(value: object, where: str) -> None:
    """Check an SPDX licence expression."""
    check_spdx(check_line_of(value, where, MAX_LICENSE), where)


# --- the log's own ------------------------------------------------------------------------

BLOCK: Final[dict[str, Check]] = {
    "chain_id": integer(1),
    "number": integer(0),
    "block_hash": evm_hex(32),
}


def check_thumbprint(value: object, where: str) -> None:
    """Check an RFC 7638 SHA-256 thumbprint, base64url of 32 bytes."""
    from_b64url(check_text(value, where), length=32, field=where)
