"""Our profile of RFC 9901: how header, payload and disclosures of a record must look.

The order is that of trust: the header tells type and key, the payload's own members are checked
by the type's table, then each disclosure must match a digest that is still waiting for one. Each
refusal names the member by its path in the record: ``header.kid``, ``contributors[2].orcid``,
``_sd[0]``, ``disclosures[3]`` (the fourth one, where no digest says what it belongs to).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from provenance import sdjwt, strict_json
from provenance.errors import MalformedError, TooLargeError, UnsupportedVersionError
from provenance.keys import ALGORITHMS, PublicKey
from provenance.record_checks import MAX_CONTRIBUTORS, RecordType
from provenance.record_types import TYPES
from provenance.text import check_line

if TYPE_CHECKING:
    from provenance.keys import Algorithm
    from provenance.sdjwt import Disclosure

__all__ = [
    "COMMON",
    "MAX_ENTRY_BYTES",
    "MAX_RECORD_BYTES",
    "VERSION",
    "Header",
    "check_claims",
    "disclose",
    "find_places",
    "read_header",
    "read_held",
    "read_payload",
    "take_sealed",
]

VERSION: Final = 1
"""Version of every record type, in the payload's ``v``."""

MAX_ENTRY_BYTES: Final = 65_535
"""An entry bundle writes the length of an entry in two bytes (C2SP tlog-tiles)."""

MAX_RECORD_BYTES: Final = 256 * 1024
"""A record with all its disclosures."""

MAX_ORIGIN: Final = 255
MAX_DEPTH: Final = 16
"""Levels of one JSON text: the deepest, a configuration, has four; few brackets count faster."""

MIN_SALT: Final = 22
"""Base64url characters of 16 bytes: a shorter salt lets a name be guessed from its digest."""

COMMON: Final = frozenset({"v", "aud", "iat", "_sd_alg", "_sd"})
"""Members of every payload, whatever the type."""

_DIGEST_MEMBERS: Final = frozenset({"_sd", "_sd_alg"})

_MAX_CACHED_HEADER: Final = 256
"""Longer headers (with a ``jwk``) are not remembered, so that the cache stays small."""

_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""Canonical base64url of 32 bytes."""


def _read_json(segment: str, place: str) -> object:
    """Read one base64url segment in the record profile of JSON; errors tell the place."""
    octets = sdjwt.decode_segment(segment, place)
    try:
        return strict_json.parse(octets, max_bytes=MAX_RECORD_BYTES, max_depth=MAX_DEPTH)
    except MalformedError as error:
        raise _located(error, place) from None


def read_payload(segment: str) -> dict[str, object]:
    """Read the payload from its base64url segment, in the record profile of JSON."""
    return _read_object(segment, "payload")


def _read_object(segment: str, place: str) -> dict[str, object]:
    value = _read_json(segment, place)
    if not isinstance(value, dict):
        raise MalformedError("expected a JSON object", field=place)
    return cast("dict[str, object]", value)


def _located(error: MalformedError, place: str) -> MalformedError:
    """Name the member that the JSON reader refused by its path in the record."""
    inner = error.field or ""
    message = str(error).removeprefix(f"{inner}: ") if inner else str(error)
    if place == "payload" and inner:
        error.field = inner
    else:
        error.field = (
            f"{place}{inner}" if inner.startswith("[") or not inner else f"{place}.{inner}"
        )
    error.args = (f"{error.field}: {message}",)
    return error


# --- the protected header -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """A protected header that has the form of the profile."""

    alg: Algorithm
    kid: str
    type: RecordType
    key: PublicKey | None


def read_header(segment: str) -> Header:
    """Read the protected header from its base64url segment.

    Raises:
        MalformedError: not exactly the profile's members, or a kid, alg or jwk that do not fit.
        UnsupportedVersionError: a type this release does not know.
    """
    return (_cached_header if len(segment) <= _MAX_CACHED_HEADER else _read_header)(segment)


def _read_header(segment: str) -> Header:
    """Read the protected header: exactly alg, kid and typ; a ``key`` record also has its jwk."""
    members = strict_json.Members(_read_object(segment, "header"), "header")
    alg = members.text("alg", max_length=16)
    if alg not in ALGORITHMS:
        raise MalformedError(f"expected Ed25519 or ES256, got {alg!r}", field="header.alg")
    kid = members.text("kid", max_length=43)
    if not _DIGEST.fullmatch(kid):
        raise MalformedError("expected an RFC 7638 SHA-256 thumbprint", field="header.kid")
    name, plus, suffix = members.text("typ", max_length=64).partition("+")
    if (plus, suffix) != ("+", "sd-jwt"):
        raise MalformedError("expected <type>+sd-jwt", field="header.typ")
    record_type = TYPES.get(name)
    if record_type is None:
        raise UnsupportedVersionError(f"unknown record type {name!r}", field="header.typ")
    key = PublicKey.from_jwk(members.value("jwk"), field="header.jwk") if name == "key" else None
    members.done()
    if key is not None and key.thumbprint != kid:
        raise MalformedError("expected the thumbprint of jwk", field="header.kid")
    if key is not None and key.alg != alg:
        raise MalformedError(f"expected {key.alg}, the algorithm of jwk", field="header.alg")
    return Header(alg, kid, record_type, key)


_cached_header = lru_cache(maxsize=4096)(_read_header)
"""A pure function, and one key signs many records with the very same header."""


# --- the signed payload -------------------------------------------------------------------


def check_claims(claims: dict[str, object], header: Header) -> tuple[str, int]:
    """Check every member that is signed in the clear; return ``aud`` and ``iat``.

    Raises:
        UnsupportedVersionError: another ``v``.
        MalformedError: or another leaf of it: what else is wrong.
    """
    record_type = header.type
    aud, iat = _check_common(claims)
    plain = record_type.plain
    for name, value in claims.items():
        check = plain.get(name)
        if check is not None:
            check(value, name)
        elif name not in COMMON and name not in record_type.elements:
            if name == "held" and record_type.may_hold:
                continue
            _refuse_member(name, record_type)
    if not record_type.required <= claims.keys():
        missing = min(record_type.required - claims.keys())
        raise MalformedError("expected the member, got none", field=missing)
    if record_type.whole is not None:
        record_type.whole(claims, header.kid)
    return aud, iat


def _check_common(claims: dict[str, object]) -> tuple[str, int]:
    """Check the members of every payload: the version first, since it decides about the rest."""
    version, aud, iat = claims.get("v"), claims.get("aud"), claims.get("iat")
    if type(version) is not int:  # true is 1 to ==
        raise MalformedError("expected an integer", field="v")
    if version != VERSION:
        raise UnsupportedVersionError(f"expected {VERSION}, got {version}", field="v")
    if not isinstance(aud, str) or not 0 < len(aud) <= MAX_ORIGIN:
        raise MalformedError(f"expected an origin of 1 to {MAX_ORIGIN} characters", field="aud")
    if not aud.isprintable():
        check_line(aud, "aud")
    if type(iat) is not int or iat < 0:
        raise MalformedError("expected POSIX seconds", field="iat")
    if claims.get("_sd_alg") != "sha-256":
        raise MalformedError("expected sha-256", field="_sd_alg")
    return aud, iat


def _refuse_member(name: str, record_type: RecordType) -> None:
    where = strict_json.Members({name: None}).path(name)
    if name in record_type.disclosable:
        raise MalformedError("expected a disclosure, so that it can be erased", field=where)
    raise MalformedError("unknown member", field=where)


def find_places(claims: dict[str, object], record_type: RecordType) -> dict[str, str]:
    """Return every digest of the payload with the path where it stands, in document order."""
    places: dict[str, str] = {}
    if "_sd" in claims:
        if not record_type.disclosable:
            raise MalformedError("this type of record has no disclosures", field="_sd")
        for number, digest in enumerate(_some(claims["_sd"], "_sd", MAX_CONTRIBUTORS)):
            _add_place(places, digest, f"_sd[{number}]")
    for name in record_type.elements:
        if name in claims:
            for number, element in enumerate(_some(claims[name], name, MAX_CONTRIBUTORS)):
                place = f"{name}[{number}]"
                if not isinstance(element, dict) or element.keys() != {"..."}:
                    raise MalformedError(
                        "expected a disclosure, so that it can be erased", field=place
                    )
                _add_place(places, element["..."], place)
    return places


def _some(value: object, where: str, limit: int) -> list[object]:
    """Return an array of 1 to ``limit`` elements."""
    if not isinstance(value, list) or not value:
        raise MalformedError("expected an array with elements, or no such member", field=where)
    if len(value) > limit:
        raise TooLargeError(limit=limit, length=len(value), unit="elements", field=where)
    return value


def _add_place(places: dict[str, str], digest: object, place: str) -> None:
    if not isinstance(digest, str):
        raise MalformedError("expected base64url of 32 bytes", field=place)
    if digest in places:
        raise MalformedError(f"the digest stands at {places[digest]} too", field=place)
    places[digest] = place


def read_held(claims: dict[str, object], places: dict[str, str]) -> frozenset[str]:
    """Read the digests of holder disclosures: a subset of the record's own."""
    if "held" not in claims:
        return frozenset()
    held: list[str] = []
    for number, digest in enumerate(_some(claims["held"], "held", len(places))):
        if not isinstance(digest, str) or digest not in places:
            raise MalformedError("expected a digest of this record", field=f"held[{number}]")
        held.append(digest)
    if len(set(held)) != len(held):
        raise MalformedError("expected each digest once", field="held")
    return frozenset(held)


def take_sealed(claims: dict[str, object], places: dict[str, str]) -> None:
    """Take the digests of ``sealed`` out of ``places``: their disclosures never come with it.

    Only an ``opening`` shows them; the record types have checked the member itself.
    """
    for name, digest in cast("dict[str, str]", claims.get("sealed", {})).items():
        if not places.pop(digest, "").startswith("_sd["):
            raise MalformedError("expected a digest of _sd", field=f"sealed.{name}")


def disclose(
    claims: dict[str, object],
    record_type: RecordType,
    places: dict[str, str],
    disclosures: tuple[str, ...],
) -> tuple[dict[str, object], tuple[Disclosure, ...]]:
    """Match disclosures to digests, check their values and put them in place.

    Takes each digest that is met out of ``places``; what is left there was withheld.
    """
    payload = {name: claims[name] for name in claims if name not in _DIGEST_MEMBERS}
    sealed = cast("dict[str, str]", claims.get("sealed", {}))
    found: dict[str, object] = {}
    parts: list[Disclosure] = []
    for number, text in enumerate(disclosures):
        digest = sdjwt.digest_of(text)
        place = places.pop(digest, None)
        if place is None:
            raise MalformedError("no digest refers to it", field=f"disclosures[{number}]")
        part = _read_disclosure(text, digest, place, number)
        parts.append(part)
        if part.name is None:
            record_type.elements[place[: place.index("[")]](part.value, place)
            found[digest] = part.value
        else:
            check = record_type.disclosable.get(part.name)
            if check is None:
                raise MalformedError("not a claim to disclose", field=f"disclosures[{number}]")
            if part.name in payload or part.name in sealed:
                raise MalformedError("disclosed twice", field=part.name)
            check(part.value, part.name)
            payload[part.name] = part.value
    for digest, place in places.items():  # those that met a disclosure have the form of a digest
        if not _DIGEST.fullmatch(digest):
            raise MalformedError("expected base64url of 32 bytes", field=place)
    for name in record_type.elements:
        if name in claims:
            elements = cast("list[dict[str, str]]", claims[name])
            payload[name] = [found[one["..."]] for one in elements if one["..."] in found]
    return payload, tuple(parts)


def _read_disclosure(text: str, digest: str, place: str, number: int) -> Disclosure:
    """Read one disclosure: name and value for a place in ``_sd``, value alone for an element."""
    where = f"disclosures[{number}]"
    value = _read_json(text, where)
    is_member = place.startswith("_sd")
    if not isinstance(value, list) or len(value) != (3 if is_member else 2):
        raise MalformedError("expected salt and value, or salt, name and value", field=where)
    salt, name = value[0], value[1] if is_member else None
    if not isinstance(salt, str) or len(salt) < MIN_SALT:
        raise MalformedError("expected a salt of 128 random bits", field=f"{where}[0]")
    if is_member and not isinstance(name, str):
        raise MalformedError("expected a claim name", field=f"{where}[1]")
    return sdjwt.Disclosure(text, digest, salt, cast("str | None", name), value[-1])
