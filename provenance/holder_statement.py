"""What the holder of a record's key asks of the ledger: a short-lived JWT, good for one use.

    header    {"alg":"Ed25519","kid":"<RFC 7638 thumbprint>","typ":"disclosure-request+jwt"}
    payload   {"aud":"<origin>","iat":<seconds>,"jti":"<never used before>","record":"<id, hex>"}

``disclosure-request+jwt`` asks for the holder disclosures of a record, which nobody else gets;
``manifest-publication+jwt`` goes with a manifest that its depositor publishes. Both must be
signed by the key that signed the record, are good for 120 seconds, and only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from provenance import sdjwt, strict_json
from provenance.digests import to_b64url
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    StatementExpiredError,
    WrongAudienceError,
)
from provenance.signing_key import sign_jws

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.signing_key import SigningKey

__all__ = [
    "DISCLOSURE",
    "LIFETIME",
    "PUBLICATION",
    "HolderStatement",
    "check_statement",
    "issue_statement",
    "parse_statement",
]

DISCLOSURE: Final = "disclosure-request+jwt"
PUBLICATION: Final = "manifest-publication+jwt"

LIFETIME: Final = 120
"""Seconds around ``iat`` in which a statement is taken."""

MAX_BYTES: Final = 4_096
MAX_ORIGIN: Final = 255
MIN_JTI: Final = 16
MAX_JTI: Final = 128
"""Characters of a ``jti``, visible ASCII: at least 64 random bits in any usual alphabet."""


@dataclass(frozen=True, slots=True)
class HolderStatement:
    """A parsed statement; its signature is not checked yet."""

    typ: str
    kid: str
    alg: str
    aud: str
    iat: int
    jti: str
    record_id: bytes
    signing_input: bytes
    signature: bytes


def issue_statement(  # noqa: PLR0913 -- the members of the JWT
    typ: str, *, record_id: str, private_key: SigningKey, aud: str, iat: int, jti: str
) -> str:
    """Sign a statement about the record ``record_id`` (lower-case hex).

    Args:
        typ: ``DISCLOSURE`` or ``PUBLICATION``.
        jti: random text that was never used with this key.
    """
    public = private_key.public
    header = {"alg": public.alg, "kid": public.thumbprint, "typ": typ}
    payload = {"aud": aud, "iat": iat, "jti": jti, "record": record_id}
    signing_input = ".".join(to_b64url(strict_json.dump(part)) for part in (header, payload))
    return sign_jws(signing_input, private_key)


def parse_statement(octets: bytes, typ: str) -> HolderStatement:
    """Read a compact JWS of exactly these members.

    Raises:
        MalformedError: not such a statement, or of another ``typ``.
    """
    if len(octets) > MAX_BYTES:
        raise MalformedError(f"expected at most {MAX_BYTES} bytes", field="statement")
    try:
        text = octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError("expected a compact JWS", field="statement") from error
    jws = sdjwt.parse_jws(text, read=partial(strict_json.parse, max_bytes=MAX_BYTES, max_depth=1))
    header = strict_json.Members(jws.header, "header")
    header.literal("typ", typ)
    payload = strict_json.Members(jws.payload)
    jti = payload.text("jti", max_length=MAX_JTI)
    if len(jti) < MIN_JTI:
        raise MalformedError(f"expected at least {MIN_JTI} characters", field="jti")
    if not (jti.isascii() and jti.isprintable()):
        raise MalformedError("expected visible ASCII characters", field="jti")
    statement = HolderStatement(
        typ=typ,
        kid=header.text("kid", max_length=43),
        alg=header.text("alg", max_length=16),
        aud=payload.text("aud", max_length=MAX_ORIGIN),
        iat=payload.integer("iat"),
        jti=jti,
        record_id=payload.hex32("record"),
        signing_input=jws.signing_input,
        signature=jws.signature,
    )
    header.done()
    payload.done()
    return statement


def check_statement(
    statement: HolderStatement, *, key: PublicKey, origin: str, record_id: bytes, now_unix: int
) -> None:
    """Check a statement about ``record_id``, which ``key`` signed; its single use is not seen here.

    Raises:
        WrongAudienceError: meant for another log.
        BadSignatureError: not signed by the record's key.
        MalformedError: about another record.
        StatementExpiredError: too old, or from the future.
    """
    if statement.aud != origin:
        raise WrongAudienceError(f"expected {origin!r}, got {statement.aud!r}", field="aud")
    if (statement.kid, statement.alg) != (key.thumbprint, key.alg):
        raise BadSignatureError(
            f"expected {key.thumbprint}, the key of the record", field="header.kid"
        )
    key.verify(statement.signature, statement.signing_input)
    if statement.record_id != record_id:
        raise MalformedError(f"expected the record {record_id.hex()}", field="record")
    if abs(now_unix - statement.iat) > LIFETIME:
        raise StatementExpiredError(
            f"{statement.iat} is more than {LIFETIME} s from {now_unix}", field="iat"
        )
