"""A private key under a passphrase: its JWK in a compact JWE (RFC 7516, RFC 7517 §7, RFC 7518).

    header . wrapped key . iv . ciphertext . tag        each BASE64URL, joined by dots

    header  {"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":600000,"p2s":"<salt>",
             "cty":"jwk+json"}, on one line
    KEK     PBKDF2-HMAC-SHA-512(passphrase, UTF-8(alg) ‖ 00 ‖ salt, p2c), 32 bytes (RFC 7518 §4.8)
    key     32 random bytes, wrapped by the KEK (RFC 3394)
    text    the JWK under AES-256-GCM, the header as it is written being authenticated too

The closed choice is the point: a file that asks for another algorithm, or for so many rounds that
reading it would hang a machine, is refused before any work is done.
"""

from __future__ import annotations

import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from provenance import strict_json
from provenance.digests import from_b64url, to_b64url
from provenance.errors import (
    MalformedError,
    TooLargeError,
    UnsupportedVersionError,
    WrongPassphraseError,
)
from provenance.keys import PrivateKey

__all__ = ["ALG", "ENC", "MAX_BYTES", "MAX_ROUNDS", "MIN_ROUNDS", "ROUNDS", "decrypt", "encrypt"]

ALG = "PBES2-HS512+A256KW"
ENC = "A256GCM"

ROUNDS = 600_000
"""Rounds of a new file: some 0.3 s of one core for each guess."""

MIN_ROUNDS, MAX_ROUNDS = 1_000, 2_000_000
"""Rounds of a file that is read: what RFC 7518 §4.8.1.2 asks for, and about a second."""

MAX_BYTES = 4_096
"""Bytes of a key file; one of ours has some 500."""

_SALT_BYTES = 16
_KEY_BYTES = 32
_IV_BYTES = 12
_TAG_BYTES = 16


def encrypt(key: PrivateKey, passphrase: str, *, rounds: int = ROUNDS) -> bytes:
    """Return the key file of ``key``: one line of ASCII without a line end.

    Raises:
        WrongPassphraseError: the passphrase is empty.
    """
    salt, content_key, iv = (os.urandom(n) for n in (_SALT_BYTES, _KEY_BYTES, _IV_BYTES))
    header = {"alg": ALG, "enc": ENC, "p2c": rounds, "p2s": to_b64url(salt), "cty": "jwk+json"}
    protected = to_b64url(strict_json.dump(header))
    wrapped = keywrap.aes_key_wrap(_derive(passphrase, salt, rounds), content_key)
    sealed = AESGCM(content_key).encrypt(iv, strict_json.dump(key.jwk()), protected.encode())
    ciphertext, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    return ".".join([protected, *map(to_b64url, (wrapped, iv, ciphertext, tag))]).encode()


def decrypt(octets: bytes, passphrase: str) -> PrivateKey:
    """Read a key file; white space around it is allowed.

    Raises:
        MalformedError: not a compact JWE, or what it holds is no private JWK of ours.
        UnsupportedVersionError: another algorithm, or a member that this release does not know.
        TooLargeError: more bytes, or more rounds of PBKDF2, than any key file of ours has.
        WrongPassphraseError: the passphrase is another one, or the file was changed.
    """
    if len(octets) > MAX_BYTES:
        raise TooLargeError(limit=MAX_BYTES, length=len(octets), unit="bytes")
    parts = octets.decode("ascii", "replace").strip().split(".")
    if len(parts) != 5:
        raise MalformedError(f"expected a compact JWE of 5 parts, got {len(parts)}")
    salt, rounds = _parse_header(from_b64url(parts[0], field="protected"))
    wrapped = from_b64url(parts[1], length=_KEY_BYTES + 8, field="encrypted_key")
    iv = from_b64url(parts[2], length=_IV_BYTES, field="iv")
    sealed = from_b64url(parts[3], field="ciphertext")
    sealed += from_b64url(parts[4], length=_TAG_BYTES, field="tag")
    try:
        content_key = keywrap.aes_key_unwrap(_derive(passphrase, salt, rounds), wrapped)
        jwk = AESGCM(content_key).decrypt(iv, sealed, parts[0].encode())
    except (keywrap.InvalidUnwrap, InvalidTag) as error:
        raise WrongPassphraseError("another passphrase, or the file was changed") from error
    return PrivateKey.from_jwk(strict_json.parse(jwk, max_bytes=MAX_BYTES, max_depth=2))


def _parse_header(octets: bytes) -> tuple[bytes, int]:
    """Return salt and rounds."""
    members = strict_json.Members(strict_json.parse(octets, max_bytes=MAX_BYTES, max_depth=4))
    for name, expected in (("alg", ALG), ("enc", ENC)):
        value = members.text(name)
        if value != expected:
            raise UnsupportedVersionError(f"expected {expected}, got {value!a:.80}", field=name)
    rounds = members.integer("p2c", low=MIN_ROUNDS)
    if rounds > MAX_ROUNDS:
        raise TooLargeError(limit=MAX_ROUNDS, length=rounds, unit="rounds", field="p2c")
    salt = from_b64url(members.text("p2s"), field="p2s")
    if not 8 <= len(salt) <= 64:
        raise MalformedError(f"expected 8 to 64 bytes, got {len(salt)}", field="p2s")
    for name in ("cty", "typ", "kid"):  # they decide nothing here
        members.optional_text(name)
    members.done()
    return salt, rounds


def _derive(passphrase: str, salt: bytes, rounds: int) -> bytes:
    """Return the key that wraps the content key (RFC 7518 §4.8.1)."""
    # two keyboards may compose one letter differently (RFC 8265 §4.2.1, OpaqueString)
    octets = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    if not octets:
        raise WrongPassphraseError("expected a passphrase, got an empty one")
    kdf = PBKDF2HMAC(hashes.SHA512(), _KEY_BYTES, ALG.encode() + b"\0" + salt, rounds)
    return kdf.derive(octets)
