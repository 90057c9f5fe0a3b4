"""A record: an SD-JWT in our profile, parsed strictly, issued, and read as typed values.

    compact   <header>.<payload>.<signature>~<disclosure>~...~    what a client sends and keeps
    entry     <header>.<payload>.<signature>                      what the log holds and hashes
    id        SHA-256(<header>.<payload>)                         the same for every signature

    header    {"alg":"Ed25519","kid":"<RFC 7638 thumbprint>","typ":"deposit+sd-jwt"}
    payload   {"aud":"<origin>","iat":<seconds>,"v":1,"_sd_alg":"sha-256","_sd":[...], <claims>}

Of RFC 9901 a record uses the smallest part: SHA-256, one level, no decoys, no key binding. Every
digest must arrive with its disclosure when the record is submitted, those named in ``held`` too;
later some may be missing (withheld by the holder, or erased). What is ``sealed`` comes with an
``opening``, never with its own record. Whether the signature is good, the key known, ``aud`` this
log and ``iat`` not in the future is asked by those who can know it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from provenance import sdjwt, strict_json
from provenance.digests import sha256, to_b64url
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    TooLargeError,
    UnsupportedVersionError,
    WrongAudienceError,
)
from provenance.keys import SIGNATURE_LENGTH, PublicKey
from provenance.record_profile import (
    COMMON,
    MAX_ENTRY_BYTES,
    MAX_RECORD_BYTES,
    VERSION,
    check_claims,
    disclose,
    find_places,
    read_header,
    read_held,
    read_payload,
    take_sealed,
)
from provenance.record_types import OPERATOR_TYPES, TYPES
from provenance.record_values import (
    Beacon,
    Configuration,
    Deposit,
    Fixity,
    Genesis,
    KeyBinding,
    read_beacon,
    read_configuration,
    read_deposit,
    read_fixity,
    read_genesis,
    read_key_binding,
)
from provenance.signing_key import sign_jws

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from provenance.keys import Algorithm
    from provenance.sdjwt import Disclosure
    from provenance.signing_key import SigningKey

__all__ = [
    "MAX_ENTRY_BYTES",
    "MAX_RECORD_BYTES",
    "OPERATOR_TYPES",
    "VERSION",
    "Beacon",
    "Configuration",
    "Deposit",
    "Fixity",
    "Genesis",
    "KeyBinding",
    "Record",
    "beacon_of",
    "check_audience",
    "configuration_of",
    "deposit_of",
    "expect_type",
    "fixity_of",
    "genesis_of",
    "issue_record",
    "key_binding_of",
    "parse_entry",
    "parse_record",
    "verify_signature",
]


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed record: its bytes, and what they say. Equal when the bytes are."""

    compact: bytes
    """As it arrived, disclosures included."""
    entry: bytes = field(compare=False)
    """The JWS without disclosures: what the log holds."""
    id: bytes = field(compare=False)
    """SHA-256 of the JWS signing input, 32 bytes."""
    type: str = field(compare=False)
    kid: str = field(compare=False)
    """RFC 7638 thumbprint of the signing key."""
    alg: Algorithm = field(compare=False)
    key: PublicKey | None = field(compare=False)
    """The key that a ``key`` record carries; None in all others."""
    aud: str = field(compare=False)
    """Origin of the log it is meant for."""
    iat: int = field(compare=False)
    """The signer's own clock, POSIX seconds: claimed, never proved."""
    claims: dict[str, object] = field(compare=False)
    """The payload as signed, digests and all."""
    payload: dict[str, object] = field(compare=False)
    """The payload with disclosed values in place and all digests gone."""
    parts: tuple[Disclosure, ...] = field(compare=False)
    """The disclosures that arrived, in their order."""
    withheld: frozenset[str] = field(compare=False)
    """Digests whose disclosure did not arrive."""
    held: frozenset[str] = field(compare=False)
    """Digests of holder disclosures: never public."""
    signing_input: bytes = field(compare=False)
    signature: bytes = field(compare=False)

    @property
    def id_hex(self) -> str:
        """The record id as it is written everywhere: lower-case hex."""
        return self.id.hex()

    @property
    def disclosures(self) -> tuple[str, ...]:
        """The disclosures' base64url texts, in the order of arrival."""
        return tuple(part.text for part in self.parts)

    def present(self, digests: Collection[str]) -> bytes:
        """Return the compact form with only the disclosures of ``digests``, in their order."""
        shown = [part.text for part in self.parts if part.digest in digests]
        return "~".join((self.entry.decode("ascii"), *shown, "")).encode("ascii")

    def public(self) -> bytes:
        """Return the compact form without holder disclosures: what anybody may be shown."""
        if not self.held:
            return self.compact
        return self.present({part.digest for part in self.parts} - self.held)


# --- parsing ------------------------------------------------------------------------------


def parse_record(compact: bytes, *, complete: bool) -> Record:
    """Parse a record with its disclosures; the signature is not checked here.

    Args:
        complete: every digest must have its disclosure (a submission); otherwise some may be
            missing (a receipt, after erasure or by the holder's choice).

    Raises:
        MalformedError: or one of its leaves; ``field`` is the full path of what is wrong.
    """
    if len(compact) > MAX_RECORD_BYTES:
        raise TooLargeError(
            limit=MAX_RECORD_BYTES, length=len(compact), unit="bytes", field="record"
        )
    parts = sdjwt.split(_ascii(compact))
    if parts.key_binding is not None:
        raise MalformedError("expected a tilde at the end, and no key binding", field="record")
    return _parse(parts.jws, parts.disclosures, compact, complete=complete)


def parse_entry(entry: bytes) -> Record:
    """Parse a log entry: a record without any of its disclosures.

    Raises:
        MalformedError: or one of its leaves; ``field`` is the full path of what is wrong.
    """
    return _parse(_ascii(entry), (), entry + b"~", complete=False)


def _ascii(octets: bytes) -> str:
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError("expected base64url, dots and tildes", field="record") from error


def _parse(jws: str, disclosures: tuple[str, ...], compact: bytes, *, complete: bool) -> Record:
    if len(jws) > MAX_ENTRY_BYTES:
        raise TooLargeError(limit=MAX_ENTRY_BYTES, length=len(jws), unit="bytes", field="record")
    segments = jws.split(".")
    if len(segments) != 3:
        raise MalformedError(f"expected three parts, got {len(segments)}", field="record")
    head, body, tail = segments
    header = read_header(head)
    claims = read_payload(body)
    aud, iat = check_claims(claims, header)
    places = find_places(claims, header.type)
    take_sealed(claims, places)
    held = read_held(claims, places)
    payload, parts = disclose(claims, header.type, places, disclosures)
    if complete and places:
        raise MalformedError("expected its disclosure, got none", field=next(iter(places.values())))
    signature = sdjwt.decode_segment(tail, "signature")
    if len(signature) != SIGNATURE_LENGTH:
        raise MalformedError(f"expected {SIGNATURE_LENGTH} bytes", field="signature")
    signing_input = jws[: len(head) + 1 + len(body)].encode("ascii")
    return Record(
        compact=compact,
        entry=jws.encode("ascii"),
        id=sha256(signing_input),
        type=header.type.name,
        kid=header.kid,
        alg=header.alg,
        key=header.key,
        aud=aud,
        iat=iat,
        claims=claims,
        payload=payload,
        parts=parts,
        withheld=frozenset(places),
        held=held,
        signing_input=signing_input,
        signature=signature,
    )


# --- rules that need to know more ---------------------------------------------------------


def verify_signature(record: Record, public_key: PublicKey) -> None:
    """Check that ``public_key`` is the one ``kid`` names and made the signature.

    Raises:
        BadSignatureError: another key, another algorithm, or not its signature (high s included).
    """
    if public_key.thumbprint != record.kid:
        raise BadSignatureError(
            f"expected key {record.kid}, got {public_key.thumbprint}", field="header.kid"
        )
    if public_key.alg != record.alg:
        raise BadSignatureError(f"expected {public_key.alg}, got {record.alg}", field="header.alg")
    public_key.verify(record.signature, record.signing_input)


def check_audience(record: Record, origin: str) -> None:
    """Check that the record is meant for the log called ``origin``.

    Raises:
        WrongAudienceError: it names another one.
    """
    if record.aud != origin:
        raise WrongAudienceError(f"expected {origin!r}, got {record.aud!r}", field="aud")


# --- typed values -------------------------------------------------------------------------


def deposit_of(record: Record) -> Deposit:
    """Return what a ``deposit`` record claims; MalformedError for any other type."""
    expect_type(record, "deposit")
    shown = {part.name or part.digest: part.value for part in record.parts}
    return read_deposit(record.claims, shown)


def fixity_of(record: Record) -> Fixity:
    """Return what a ``fixity`` record claims; MalformedError for any other type."""
    expect_type(record, "fixity")
    return read_fixity(record.claims)


def key_binding_of(record: Record) -> KeyBinding:
    """Return what a ``key`` record says of its key; MalformedError for any other type."""
    expect_type(record, "key")
    assert record.key is not None  # noqa: S101 -- read_header wants a jwk in a key record
    return read_key_binding(record.payload, record.key)


def genesis_of(record: Record) -> Genesis:
    """Return what a log's entry 0 says; MalformedError for any other type."""
    expect_type(record, "genesis")
    return read_genesis(record.claims)


def configuration_of(record: Record) -> Configuration:
    """Return the change a ``configuration`` record makes; MalformedError for any other type."""
    expect_type(record, "configuration")
    return read_configuration(record.claims)


def beacon_of(record: Record) -> Beacon:
    """Return the block a ``beacon`` record names; MalformedError for any other type."""
    expect_type(record, "beacon")
    return read_beacon(record.claims)


def expect_type(record: Record, expected: str) -> None:
    """Check that a record is of the type that its claims are about to be read as.

    Raises:
        MalformedError: it is of another one.
    """
    if record.type != expected:
        raise MalformedError(
            f"expected {expected}+sd-jwt, got {record.type}+sd-jwt", field="header.typ"
        )


# --- issuing ------------------------------------------------------------------------------


def issue_record(  # noqa: PLR0913 -- what a record is made of
    record_type: str,
    claims: Mapping[str, object],
    *,
    private_key: SigningKey,
    aud: str,
    iat: int,
    salts: Iterator[bytes],
    hold: Collection[str] = (),
    made: Sequence[Disclosure] = (),
) -> Record:
    """Make and sign a record; what comes back has passed ``parse_record``.

    Args:
        claims: the type's claims as a reader will see them: what must stand behind a digest is
            put there.
        salts: yields 16 random bytes or more, never the same ones again.
        hold: names of disclosures to keep out of public view, as ``title`` or
            ``contributors[2]``; ``contributors`` means all of them.
        made: named disclosures that are there already: of a deposit those that it seals, which
            are not in what comes back; of an opening those of the sealed deposit, which are.

    Raises:
        MalformedError: or one of its leaves: the claims are not those of such a record.
    """
    form = TYPES.get(record_type)
    if form is None:
        raise UnsupportedVersionError(f"unknown record type {record_type!r}", field="header.typ")
    for name in sorted({*COMMON, "held", "sealed"} & claims.keys()):
        raise MalformedError("not for the caller to state", field=name)
    marked: dict[str, object] = {"aud": aud, "iat": iat, "v": VERSION}
    for name, value in claims.items():
        if name in form.disclosable:
            marked[name] = sdjwt.Hidden(value)
        elif name in form.elements and isinstance(value, list):
            marked[name] = [sdjwt.Hidden(one) for one in value]
        else:
            marked[name] = value
    payload, disclosures = sdjwt.conceal(marked, salts)
    if made:
        shown = cast("list[str]", payload.get("_sd", []))
        payload["_sd"] = sorted([*shown, *(one.digest for one in made)])
        if record_type == "deposit":
            payload["sealed"] = {cast("str", one.name): one.digest for one in made}
        else:
            disclosures += tuple(made)
    held = _digests_to_hold(payload, disclosures, hold)
    if held:
        payload["held"] = held
    public = private_key.public
    header = {"alg": public.alg, "kid": public.thumbprint, "typ": f"{record_type}+sd-jwt"}
    signed: dict[str, object] = dict(header)
    if record_type == "key":
        signed["jwk"] = public.jwk()
    signing_input = f"{to_b64url(strict_json.dump(signed))}.{to_b64url(strict_json.dump(payload))}"
    texts = "".join(f"{one.text}~" for one in disclosures)
    signed_text = f"{sign_jws(signing_input, private_key)}~{texts}"
    return parse_record(signed_text.encode("ascii"), complete=True)


def _digests_to_hold(
    payload: Mapping[str, object], disclosures: tuple[Disclosure, ...], hold: Collection[str]
) -> list[str]:
    """Return the digests of what ``hold`` names, sorted."""
    named: dict[str, list[str]] = {one.name: [one.digest] for one in disclosures if one.name}
    for name, value in payload.items():
        if isinstance(value, list):
            for number, one in enumerate(value):
                if isinstance(one, dict) and one.keys() == {"..."}:
                    named.setdefault(name, []).append(one["..."])
                    named[f"{name}[{number}]"] = [one["..."]]
    unknown = sorted(set(hold) - named.keys())
    if unknown:
        raise MalformedError("nothing to hold has that name", field=unknown[0])
    return sorted({digest for name in hold for digest in named[name]})
