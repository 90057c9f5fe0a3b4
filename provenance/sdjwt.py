"""Selective disclosure for JWTs, RFC 9901: bytes in, claims out; the signature check is passed in.

An SD-JWT is a compact JWS whose payload holds digests in place of what its holder may hide, and
one *disclosure* for each thing that is shown, joined and ended by tildes:

    <header>.<payload>.<signature>~<disclosure>~<disclosure>~
                                   `- base64url(["<salt>", "<name>", <value>])   object member
                                      base64url(["<salt>", <value>])             array element

The digest of a disclosure is taken over its base64url text, so the JSON inside is never written
anew. In the payload a member's digest stands in the ``_sd`` array of its object and an element's
in ``{"...": digest}``; a digest without a disclosure is hidden, or a decoy, and nobody can tell.
This module is the RFC in full (nesting, decoys, ``_sd_alg``, key binding); ``record.py`` alone
says how little of it a record may use.
"""

from __future__ import annotations

import binascii
import hashlib
import string
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from provenance import strict_json
from provenance.digests import from_b64url, to_b64url
from provenance.errors import MalformedError, TooLargeError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "DEFAULT_HASH",
    "HASHES",
    "CheckSignature",
    "Decoy",
    "Disclosure",
    "Hidden",
    "Jws",
    "Processed",
    "ReadJSON",
    "SdJwt",
    "conceal",
    "decode_segment",
    "digest_of",
    "make_disclosure",
    "parse_disclosure",
    "parse_jws",
    "process",
    "sd_hash",
    "split",
    "verify",
    "verify_key_binding",
]

DEFAULT_HASH: Final = "sha-256"
"""Used when the payload names no ``_sd_alg`` (RFC 9901 §4.1.1)."""

HASHES: Final[dict[str, Callable[[bytes], hashlib._Hash]]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
    "sha3-256": hashlib.sha3_256,
    "sha3-384": hashlib.sha3_384,
    "sha3-512": hashlib.sha3_512,
}
"""Names of the IANA registry "Named Information Hash Algorithm" that are strong enough."""

MAX_LEVELS: Final = 64
"""Objects and arrays inside one another after disclosing; disclosures may nest without end."""

MIN_SALT_LENGTH: Final = 16
"""Bytes of randomness a new salt must have (RFC 9901 §9.3: 128 bits)."""

_RESERVED: Final = ("_sd", "...")

ReadJSON = Callable[[bytes], object]
"""Reads one JSON text, raising MalformedError."""


class CheckSignature(Protocol):
    """Raises BadSignatureError unless ``signature`` is good; the header tells which key."""

    def __call__(
        self, header: Mapping[str, object], signing_input: bytes, signature: bytes, /
    ) -> None:
        """Check one JWS signature (RFC 7515 §5.2)."""


class Disclosure(NamedTuple):  # a record has some five: a dataclass costs twice as much to make
    """One disclosure: what the holder shows, and the digest that stands for it in the payload."""

    text: str
    """The base64url text exactly as it arrived; the digest is over these bytes."""
    digest: str
    salt: str
    name: str | None
    """Name of the object member; None for an array element."""
    value: object


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS taken apart (RFC 7515 §7.1); nothing about it is checked yet."""

    header: dict[str, object]
    payload: dict[str, object]
    signature: bytes
    signing_input: bytes


@dataclass(frozen=True, slots=True)
class SdJwt:
    """The parts of a compact SD-JWT, or SD-JWT+KB, as text (RFC 9901 §4)."""

    jws: str
    disclosures: tuple[str, ...]
    key_binding: str | None
    """The compact key binding JWT after the last tilde; None where nothing follows it."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What a verifier may use after RFC 9901 §7.1."""

    claims: dict[str, object]
    """The payload with every disclosed value in place and all digests gone."""
    disclosed: tuple[Disclosure, ...]
    """In the order in which they arrived."""
    withheld: frozenset[str]
    """Digests without a disclosure: hidden claims and decoys, which look alike."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Marks a member or an element that :func:`conceal` turns into a digest."""

    value: object


@dataclass(frozen=True, slots=True)
class Decoy:
    """Marks a place (a member under any name, or an element) for a digest of nothing (§4.2.5)."""


# --- taking apart -------------------------------------------------------------------------


def split(compact: str) -> SdJwt:
    """Cut a compact SD-JWT or SD-JWT+KB at its tildes (RFC 9901 §4).

    Raises:
        MalformedError: no tilde at all, or an empty disclosure.
    """
    jws, *disclosures = compact.split("~")
    if not disclosures:
        raise MalformedError("expected a tilde after the signature and after every disclosure")
    key_binding = disclosures.pop()
    if "" in disclosures:
        raise MalformedError("empty disclosure", field=f"disclosures[{disclosures.index('')}]")
    return SdJwt(jws, tuple(disclosures), key_binding or None)


def parse_jws(compact: str, *, read: ReadJSON = strict_json.tokenize) -> Jws:
    """Parse a compact JWS with a JSON object as payload (RFC 7515 §5.2, steps 1 to 7).

    Args:
        read: reads one JSON text; a profile passes a stricter reader than RFC 8259 asks for.

    Raises:
        MalformedError: not three parts, not canonical base64url, or not JSON objects.
    """
    parts = compact.split(".")
    if len(parts) != 3:
        raise MalformedError(f"expected three parts joined by dots, got {len(parts)}")
    header, payload, signature = parts
    return Jws(
        header=_object(header, "header", read),
        payload=_object(payload, "payload", read),
        signature=decode_segment(signature, "signature"),
        signing_input=compact[: len(header) + 1 + len(payload)].encode("ascii"),
    )


def _object(segment: str, field: str, read: ReadJSON) -> dict[str, object]:
    value = read(decode_segment(segment, field))
    if not isinstance(value, dict):
        raise MalformedError("expected a JSON object", field=field)
    return value


def decode_segment(segment: str, field: str) -> bytes:
    """Decode base64url as ``digests.from_b64url`` does, in a third of its time.

    A record has eight segments, and no second text may decode to the same bytes: instead of
    writing the bytes anew to compare, only the last character is looked at.
    """
    used = len(segment) & 3
    if used == 0 or (used > 1 and segment[-1] in _LAST_OF[used]):
        try:
            return a2b_base64(
                segment.encode("ascii").translate(_FROM_URL) + _PADDING[used], strict_mode=True
            )
        except (binascii.Error, UnicodeEncodeError):
            pass
    return from_b64url(segment, field=field)  # says what is wrong


# Letters of base64url to those of base64; what is not base64url becomes what no decoder takes.
_URL_LETTERS: Final = (string.ascii_letters + string.digits + "-_").encode()
_FROM_URL: Final = bytes(
    {45: 43, 95: 47}.get(octet, octet) if octet in _URL_LETTERS else 0 for octet in range(256)
)
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_PADDING: Final = (b"", b"", b"==", b"=")
_LAST_OF: Final = (
    frozenset[str](),
    frozenset[str](),
    frozenset("AQgw"),
    frozenset("AEIMQUYcgkosw048"),
)


def digest_of(disclosure: str, algorithm: str = DEFAULT_HASH) -> str:
    """Return the digest of a disclosure's base64url text, itself base64url (RFC 9901 §4.2.3)."""
    digest = HASHES[algorithm](disclosure.encode("ascii")).digest()
    return b2a_base64(digest, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def parse_disclosure(
    text: str,
    algorithm: str = DEFAULT_HASH,
    *,
    field: str = "disclosure",
    read: ReadJSON = strict_json.tokenize,
) -> Disclosure:
    """Parse one disclosure: a JSON array of two or three elements (RFC 9901 §4.2).

    Raises:
        MalformedError: another shape, a salt or name that is no string, or a reserved name.
    """
    parts = read(decode_segment(text, field))
    if not isinstance(parts, list) or len(parts) not in {2, 3}:
        raise MalformedError("expected an array of two or three elements", field=field)
    salt = parts[0]
    if not isinstance(salt, str):
        raise MalformedError("expected a string as salt", field=field)
    if len(parts) == 2:
        return Disclosure(text, digest_of(text, algorithm), salt, None, parts[1])
    name = parts[1]
    if not isinstance(name, str):
        raise MalformedError("expected a string as claim name", field=field)
    if name in _RESERVED:
        raise MalformedError(f"a claim cannot be named {name!r}", field=field)
    return Disclosure(text, digest_of(text, algorithm), salt, name, parts[2])


# --- processing (RFC 9901 §7.1) -----------------------------------------------------------


def process(
    payload: Mapping[str, object],
    disclosures: Iterable[str],
    *,
    read: ReadJSON = strict_json.tokenize,
) -> Processed:
    """Put every disclosed value in its place and drop all digests (RFC 9901 §7.1, steps 2 to 5).

    The order of members is kept, disclosed ones follow in the order of their digests.

    Raises:
        MalformedError: an unknown ``_sd_alg``, a digest or disclosure of the wrong shape, a digest
            that occurs twice, a disclosure nothing refers to, or a name already taken.
        TooLargeError: more levels than MAX_LEVELS.
    """
    algorithm = payload.get("_sd_alg", DEFAULT_HASH)
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise MalformedError(f"unknown hash algorithm {algorithm!r}", field="_sd_alg")
    shown = [
        parse_disclosure(text, algorithm, field=f"disclosures[{number}]", read=read)
        for number, text in enumerate(disclosures)
    ]
    walk = _Walk({one.digest: one for one in shown})
    if len(walk.waiting) != len(shown):
        raise MalformedError("a disclosure occurs twice", field="disclosures")
    claims = walk.members({key: payload[key] for key in payload if key != "_sd_alg"}, "", 1)
    for number, one in enumerate(shown):
        if one.digest in walk.waiting:
            raise MalformedError("no digest refers to it", field=f"disclosures[{number}]")
    return Processed(claims, tuple(shown), frozenset(walk.withheld))


class _Walk:
    """One walk over a payload: uses each disclosure once and notes every digest it meets."""

    def __init__(self, waiting: dict[str, Disclosure]) -> None:
        self.waiting = waiting
        self.withheld: set[str] = set()
        self._met: set[str] = set()

    def members(self, members: Mapping[str, object], path: str, level: int) -> dict[str, object]:
        """Return the object without ``_sd``, its disclosed members added."""
        for reserved in ("...", "_sd_alg"):
            if reserved in members:
                raise MalformedError("not allowed at this place", field=_join(path, reserved))
        claims = {
            key: self._value(members[key], _join(path, key), level + 1)
            for key in members
            if key != "_sd"
        }
        if "_sd" not in members:
            return claims
        digests, place = members["_sd"], _join(path, "_sd")
        if not isinstance(digests, list):
            raise MalformedError("expected an array of digests", field=place)
        for number, digest in enumerate(digests):
            found = self._take(digest, f"{place}[{number}]")
            if found is None:
                continue
            if found.name is None:
                raise MalformedError("its disclosure has no claim name", field=f"{place}[{number}]")
            where = _join(path, found.name)
            if found.name in claims:
                raise MalformedError("disclosed beside a claim of the same name", field=where)
            claims[found.name] = self._value(found.value, where, level + 1)
        return claims

    def _array(self, elements: list[object], path: str, level: int) -> list[object]:
        """Return the array with disclosed elements in place and hidden ones left out."""
        shown: list[object] = []
        for number, element in enumerate(elements):
            place = f"{path}[{number}]"
            if not (isinstance(element, dict) and "..." in element):
                shown.append(self._value(element, place, level + 1))
                continue
            if len(element) != 1:
                raise MalformedError("a digest stands beside other members", field=place)
            found = self._take(element["..."], place)
            if found is None:
                continue
            if found.name is not None:
                raise MalformedError("its disclosure has a claim name", field=place)
            shown.append(self._value(found.value, place, level + 1))
        return shown

    def _value(self, value: object, path: str, level: int) -> object:
        if level > MAX_LEVELS:
            raise TooLargeError(limit=MAX_LEVELS, length=level, unit="levels", field=path)
        if isinstance(value, dict):
            return self.members(value, path, level)
        if isinstance(value, list):
            return self._array(value, path, level)
        return value

    def _take(self, digest: object, field: str) -> Disclosure | None:
        """Note a digest; return its disclosure, or None for a hidden claim or a decoy."""
        if not isinstance(digest, str):
            raise MalformedError("expected a digest as a string", field=field)
        if digest in self._met:
            raise MalformedError("the digest occurs twice", field=field)
        self._met.add(digest)
        found = self.waiting.pop(digest, None)
        if found is None:
            self.withheld.add(digest)
        return found


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def verify(
    compact: str, check_signature: CheckSignature, *, read: ReadJSON = strict_json.tokenize
) -> Processed:
    """Verify an SD-JWT and return what it discloses (RFC 9901 §7.1).

    A key binding JWT is cut off unread; :func:`verify_key_binding` judges it. The claims ``exp``,
    ``nbf``, ``aud`` and ``iss`` are the caller's to check: this module has no clock.

    Raises:
        BadSignatureError: from ``check_signature``.
        MalformedError: as :func:`parse_jws` and :func:`process`.
    """
    parts = split(compact)
    jws = parse_jws(parts.jws, read=read)
    if jws.header.get("alg") in {None, "none"}:
        raise MalformedError("expected a signature algorithm", field="header.alg")
    check_signature(jws.header, jws.signing_input, jws.signature)
    return process(jws.payload, parts.disclosures, read=read)


# --- key binding (RFC 9901 §4.3, §7.3) ----------------------------------------------------


def sd_hash(presentation: str, algorithm: str = DEFAULT_HASH) -> str:
    """Return the digest a key binding JWT signs: over everything up to the last tilde (§4.3.1)."""
    covered = presentation[: presentation.rindex("~") + 1]
    return to_b64url(HASHES[algorithm](covered.encode("ascii")).digest())


def verify_key_binding(
    compact: str, check_signature: CheckSignature, *, read: ReadJSON = strict_json.tokenize
) -> dict[str, object]:
    """Verify the key binding JWT of an SD-JWT+KB; return its payload (RFC 9901 §7.3).

    ``nonce``, ``aud`` and the age of ``iat`` are the caller's to compare: they are here as signed.

    Raises:
        MalformedError: no key binding, another ``typ``, or a claim of §4.3 is missing.
        BadSignatureError: from ``check_signature``, which must use the holder's key (``cnf``).
        VerificationError: bound to another presentation.
    """
    parts = split(compact)
    if parts.key_binding is None:
        raise MalformedError("expected a key binding JWT after the last tilde", field="kb_jwt")
    binding = parse_jws(parts.key_binding, read=read)
    if binding.header.get("typ") != "kb+jwt":
        raise MalformedError("expected typ kb+jwt", field="kb_jwt.header.typ")
    if binding.header.get("alg") in {None, "none"}:
        raise MalformedError("expected a signature algorithm", field="kb_jwt.header.alg")
    for claim, kind in (("iat", int), ("aud", str), ("nonce", str), ("sd_hash", str)):
        if not isinstance(binding.payload.get(claim), kind):
            raise MalformedError(f"expected {claim}", field=f"kb_jwt.{claim}")
    check_signature(binding.header, binding.signing_input, binding.signature)
    algorithm = parse_jws(parts.jws, read=read).payload.get("_sd_alg", DEFAULT_HASH)
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise MalformedError(f"unknown hash algorithm {algorithm!r}", field="_sd_alg")
    expected = sd_hash(compact, algorithm)
    if binding.payload["sd_hash"] != expected:
        raise VerificationError(
            f"expected {expected}, got {binding.payload['sd_hash']}", field="kb_jwt.sd_hash"
        )
    return binding.payload


# --- making -------------------------------------------------------------------------------


def make_disclosure(
    salt: bytes, value: object, name: str | None = None, algorithm: str = DEFAULT_HASH
) -> Disclosure:
    """Write one disclosure (RFC 9901 §4.2).

    Args:
        salt: at least 16 random bytes that are never used again.

    Raises:
        MalformedError: the salt is too short, or the name is reserved.
    """
    if len(salt) < MIN_SALT_LENGTH:
        raise MalformedError(
            f"expected {MIN_SALT_LENGTH} bytes or more, got {len(salt)}", field="salt"
        )
    if name in _RESERVED:
        raise MalformedError(f"a claim cannot be named {name!r}")
    written = to_b64url(salt)
    parts = [written, value] if name is None else [written, name, value]
    text = to_b64url(strict_json.dump(parts))
    return Disclosure(text, digest_of(text, algorithm), written, name, value)


def conceal(
    claims: Mapping[str, object], salts: Iterator[bytes], algorithm: str = DEFAULT_HASH
) -> tuple[dict[str, object], tuple[Disclosure, ...]]:
    """Replace every ``Hidden`` value by a digest and every ``Decoy`` by a digest of nothing.

    Inner ones are hidden first, so that a hidden object may hold hidden members (§6.3). Digests
    are sorted within each ``_sd``, so their order tells nothing of the claims' (§4.2.4.1).

    Returns:
        The payload to sign, with ``_sd_alg``, and its disclosures, inner before outer.
    """
    made: list[Disclosure] = []

    def hide(value: object, name: str | None) -> str:
        if isinstance(value, Decoy):
            return to_b64url(HASHES[algorithm](next(salts)).digest())
        made.append(make_disclosure(next(salts), walk(value), name, algorithm))
        return made[-1].digest

    def walk(value: object) -> object:
        if isinstance(value, list):
            return [
                {"...": hide(_inside(one), None)} if isinstance(one, Hidden | Decoy) else walk(one)
                for one in value
            ]
        if not isinstance(value, dict):
            return value
        shown: dict[str, object] = {}
        digests: list[str] = []
        for name, one in value.items():
            if isinstance(one, Hidden | Decoy):
                digests.append(hide(_inside(one), name))
            else:
                shown[name] = walk(one)
        return {"_sd": sorted(digests), **shown} if digests else shown

    payload = walk(dict(claims))
    assert isinstance(payload, dict)  # noqa: S101 -- walk returns a dict for a dict
    return {**payload, "_sd_alg": algorithm}, tuple(made)


def _inside(marked: Hidden | Decoy) -> object:
    return marked.value if isinstance(marked, Hidden) else marked
