"""An institution's word for somebody's key: the compact JWS that a ``key`` record carries.

    header    {"alg":"Ed25519","kid":"<thumbprint of the binder's key>","typ":"key-binding+jwt"}
    payload   {"aud":"<origin>","iat":<seconds>,"v":1,"key":"<thumbprint of the key bound>",
               "_sd":["<digest>",...],"may_bind":true}

``_sd`` lists the disclosures of the ``key`` record that the binder vouches for: name, ORCID iD,
ROR, each by its digest. ``may_bind``, true or absent, lets the bound key bind others in turn (a
department). The person signs the ``key`` record around it, which is the proof of possession; the
binder signs only what stands here. Whether the binder may speak for an institution is for
``identity`` to say, which knows the reader's policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from provenance import sdjwt, strict_json
from provenance.digests import from_b64url, to_b64url
from provenance.errors import BadSignatureError, MalformedError
from provenance.keys import ALGORITHMS, SIGNATURE_LENGTH
from provenance.signing_key import sign_jws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.keys import Algorithm, PublicKey
    from provenance.signing_key import SigningKey

__all__ = ["BINDING", "MAX_BINDER", "Binder", "issue_binder", "parse_binder"]

BINDING: Final = "key-binding+jwt"
VERSION: Final = 1

MAX_BINDER: Final = 4_096
"""Characters; one that vouches for name, ORCID iD and ROR has some 600."""

_MAX_ORIGIN: Final = 255
_MAX_DIGESTS: Final = 16


@dataclass(frozen=True, slots=True)
class Binder:
    """A parsed binding; its signature is not checked yet."""

    text: str
    """The compact JWS, as the ``key`` record carries it."""
    kid: str
    """RFC 7638 thumbprint of the binder's key."""
    alg: Algorithm
    aud: str
    iat: int
    """The binder's own clock, POSIX seconds: claimed, never proved."""
    key: str
    """Thumbprint of the key that is bound."""
    digests: tuple[str, ...]
    """Of the disclosures vouched for, base64url as in the record's ``_sd``."""
    may_bind: bool
    signing_input: bytes
    signature: bytes

    def verify(self, public_key: PublicKey) -> None:
        """Check that ``public_key`` is the binder's and made the signature.

        Raises:
            BadSignatureError: another key, another algorithm, or not its signature.
        """
        if (self.kid, self.alg) != (public_key.thumbprint, public_key.alg):
            raise BadSignatureError(
                f"expected key {self.kid}, got {public_key.thumbprint}", field="binder"
            )
        try:
            public_key.verify(self.signature, self.signing_input)
        except BadSignatureError as error:
            raise BadSignatureError(str(error), field="binder") from error


def issue_binder(  # noqa: PLR0913 -- the members of the JWT
    *,
    private_key: SigningKey,
    key: str,
    digests: Sequence[str],
    aud: str,
    iat: int,
    may_bind: bool = False,
) -> str:
    """Sign a binding of the key with thumbprint ``key``.

    Args:
        digests: of the disclosures in the ``key`` record that the binder vouches for.
    """
    public = private_key.public
    header = {"alg": public.alg, "kid": public.thumbprint, "typ": BINDING}
    payload: dict[str, object] = {"aud": aud, "iat": iat, "v": VERSION, "key": key}
    payload["_sd"] = sorted(digests)
    if may_bind:
        payload["may_bind"] = True
    signing_input = ".".join(to_b64url(strict_json.dump(part)) for part in (header, payload))
    return sign_jws(signing_input, private_key)


def parse_binder(text: str, field: str = "binder") -> Binder:
    """Read a compact JWS of exactly these members.

    Raises:
        MalformedError: not such a binding; ``field`` is where it stands.
    """
    try:
        return _parse(text)
    except MalformedError as error:
        raise MalformedError(str(error), field=field) from error


@lru_cache(maxsize=1_024)  # pure; the same key records stand in receipt after receipt
def _parse(text: str) -> Binder:
    if len(text) > MAX_BINDER or not text.isascii():
        raise MalformedError(f"expected a compact JWS of at most {MAX_BINDER} characters")
    jws = sdjwt.parse_jws(text, read=partial(strict_json.parse, max_bytes=MAX_BINDER, max_depth=2))
    header = strict_json.Members(jws.header, "header")
    header.literal("typ", BINDING)
    alg = header.text("alg", max_length=16)
    if alg not in ALGORITHMS:
        raise MalformedError(f"expected Ed25519 or ES256, got {alg!r}", field="header.alg")
    payload = strict_json.Members(jws.payload)
    if payload.integer("v") != VERSION:
        raise MalformedError(f"expected {VERSION}", field="v")
    if len(jws.signature) != SIGNATURE_LENGTH:
        raise MalformedError(f"expected {SIGNATURE_LENGTH} bytes", field="signature")
    binder = Binder(
        text=text,
        kid=_thumbprint(header, "kid"),
        alg=alg,
        aud=payload.text("aud", max_length=_MAX_ORIGIN),
        iat=payload.integer("iat"),
        key=_thumbprint(payload, "key"),
        digests=_digests(payload),
        may_bind=_may_bind(payload),
        signing_input=jws.signing_input,
        signature=jws.signature,
    )
    header.done()
    payload.done()
    if binder.kid == binder.key:
        raise MalformedError("expected another key than the one that signs", field="key")
    return binder


def _thumbprint(members: strict_json.Members, name: str) -> str:
    text = members.text(name, max_length=43)
    from_b64url(text, length=32, field=members.path(name))
    return text


def _digests(members: strict_json.Members) -> tuple[str, ...]:
    digests = members.texts("_sd", max_length=43, max_items=_MAX_DIGESTS)
    for number, digest in enumerate(digests):
        from_b64url(digest, length=32, field=f"_sd[{number}]")
    if len(set(digests)) != len(digests):
        raise MalformedError("expected each digest once", field="_sd")
    return tuple(digests)


def _may_bind(members: strict_json.Members) -> bool:
    if "may_bind" not in members:
        return False
    if members.boolean("may_bind") is not True:
        raise MalformedError("expected true, or no such member", field="may_bind")
    return True
