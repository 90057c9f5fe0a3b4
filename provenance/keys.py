"""Sign and verify with Ed25519 and ES256, strictly; JWKs and their thumbprints.

    alg      raw public key      JWK (RFC 8037, RFC 7518 §6.2)     signature, 64 bytes
    Ed25519  32, RFC 8032        OKP / Ed25519 / x                 R ‖ S
    ES256    64, x ‖ y           EC / P-256 / x / y                r ‖ s, s at most n/2

The algorithm belongs to the key and is never taken from a message. What libraries leave open is
closed here, so that one message has one valid signature form and no key fits them all: Ed25519
keys of small order or in a second encoding, S not below the order, R of small order; ES256 with
high s (a signature that anybody could turn into another valid one).

The checks do not look for a torsion component in an otherwise good Ed25519 key: it lets its own
holder make signatures that cofactored verifiers accept and this one does not, never the reverse.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from provenance.digests import from_b64url, sha256, to_b64url
from provenance.errors import BadSignatureError, MalformedError
from provenance.strict_json import Members, dump

__all__ = [
    "ALGORITHMS",
    "SIGNATURE_LENGTH",
    "Algorithm",
    "PrivateKey",
    "PublicKey",
    "to_low_s",
]

Algorithm: TypeAlias = Literal["Ed25519", "ES256"]
ALGORITHMS: tuple[Algorithm, ...] = ("Ed25519", "ES256")
"""The closed list (RFC 9864 names; ``EdDSA`` is refused as it does not name a curve)."""

SIGNATURE_LENGTH = 64
"""Bytes of a signature of either algorithm."""

_RAW_LENGTH: dict[str, int] = {"Ed25519": 32, "ES256": 64}

# edwards25519 (RFC 8032 §5.1)
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SIGN_BIT = 1 << 255
# P-256 (SEC 2 §2.4.2): its field and the order of its group
_Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_MEMO_CAPACITY = 16_384
"""Verified signatures remembered: about 5 MB, and several seconds of a busy service."""


@dataclass(frozen=True)
class PublicKey:
    """A public key that has been checked to be a good one."""

    alg: Algorithm
    raw: bytes
    """Ed25519: the 32 bytes of RFC 8032; ES256: x ‖ y, 64 bytes big-endian."""

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            MalformedError: an algorithm not in ``ALGORITHMS``, another length, not a point of the
                curve in its one canonical form, or a point of small order.
        """
        if self.alg not in ALGORITHMS:
            raise MalformedError(f"expected one of {ALGORITHMS}, got {self.alg!r:.80}", field="alg")
        if len(self.raw) != _RAW_LENGTH[self.alg]:
            raise MalformedError(f"expected {_RAW_LENGTH[self.alg]} bytes, got {len(self.raw)}")
        _load(self.alg, self.raw)

    @classmethod
    def from_jwk(cls, jwk: object, field: str | None = None) -> PublicKey:
        """Read a JWK of exactly the required members (RFC 7638 §3.2, RFC 8037 §2).

        Raises:
            MalformedError: another key type, a member more or less, or not a good key.
        """
        members = Members(jwk, field)
        key = cls._from_members(members)
        members.done()
        return key

    @classmethod
    def _from_members(cls, members: Members) -> PublicKey:
        kty = members.text("kty", max_length=20)
        names = {"OKP": ("x",), "EC": ("x", "y")}.get(kty)
        if names is None:
            raise MalformedError(f"expected OKP or EC, got {kty!r}", field=members.path("kty"))
        members.literal("crv", "Ed25519" if kty == "OKP" else "P-256")
        raw = b"".join(_read_octets(members, name) for name in names)
        try:
            return cls("Ed25519" if kty == "OKP" else "ES256", raw)
        except MalformedError as error:
            raise MalformedError(str(error), field=members.path("x")) from error

    def jwk(self) -> dict[str, str]:
        """Return the JWK with the required members in the order of RFC 7638."""
        if self.alg == "Ed25519":
            return {"crv": "Ed25519", "kty": "OKP", "x": to_b64url(self.raw)}
        x, y = self.raw[:32], self.raw[32:]
        return {"crv": "P-256", "kty": "EC", "x": to_b64url(x), "y": to_b64url(y)}

    @cached_property
    def thumbprint(self) -> str:
        """The SHA-256 thumbprint of the JWK, base64url: our ``kid`` (RFC 7638)."""
        return to_b64url(sha256(dump(self.jwk())))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check that this key signed ``message``, and that the signature is in its only form.

        Raises:
            BadSignatureError: it did not, or the form is another one.
        """
        # Verifying is a pure function, and a service verifies what it accepted a moment ago once
        # more before it hands out a receipt. Only successes are remembered, under every byte
        # that decided them (the message by its SHA-256), so that the memo can save work and
        # nothing else; failures are left out so that bad input cannot push good entries away.
        memo_key = (self.alg, self.raw, signature, sha256(message))
        if _MEMO.holds(memo_key):
            return
        if len(signature) != SIGNATURE_LENGTH:
            raise BadSignatureError(f"expected {SIGNATURE_LENGTH} bytes, got {len(signature)}")
        if self.alg == "Ed25519":
            _verify_ed25519(self.raw, signature, message)
        else:
            _verify_es256(self.raw, signature, message)
        _MEMO.add(memo_key)


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """A private key; its representation does not show it."""

    alg: Algorithm
    seed: bytes
    """Ed25519: the 32-byte private key of RFC 8032; ES256: the scalar, 32 bytes big-endian."""

    def __post_init__(self) -> None:
        """Check the seed.

        Raises:
            MalformedError: an algorithm not in ``ALGORITHMS``, another length; for ES256 also a
                scalar of 0 or not below the group order (of random seeds about one in 2^32).
        """
        if self.alg not in ALGORITHMS:
            raise MalformedError(f"expected one of {ALGORITHMS}, got {self.alg!r:.80}", field="alg")
        if len(self.seed) != 32:
            raise MalformedError(f"expected a seed of 32 bytes, got {len(self.seed)}")
        if self.alg == "ES256" and not 0 < int.from_bytes(self.seed, "big") < _N:
            raise MalformedError("expected a scalar from 1 to the group order")

    @classmethod
    def from_seed(cls, alg: Algorithm, seed: bytes) -> PrivateKey:
        """Make the key of 32 secret random bytes; raises as the constructor does."""
        return cls(alg, seed)

    @classmethod
    def from_jwk(cls, jwk: object, field: str | None = None) -> PrivateKey:
        """Read a private JWK: the public members and ``d`` (RFC 8037 §2, RFC 7518 §6.2.2).

        Raises:
            MalformedError: as ``PublicKey.from_jwk``; or ``d`` does not belong to the rest.
        """
        members = Members(jwk, field)
        public = PublicKey._from_members(members)  # noqa: SLF001 -- same format, same file
        seed = _read_octets(members, "d")
        members.done()
        key = cls(public.alg, seed)
        if key.public != public:
            raise MalformedError("expected the private part of this key", field=members.path("d"))
        return key

    def jwk(self) -> dict[str, str]:
        """Return the private JWK: whoever reads it can sign."""
        return {**self.public.jwk(), "d": to_b64url(self.seed)}

    @cached_property
    def public(self) -> PublicKey:
        """The public key that belongs to this one."""
        if self.alg == "Ed25519":
            native = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
            return PublicKey("Ed25519", native.public_key().public_bytes_raw())
        numbers = _native_p256(self.seed).public_key().public_numbers()
        return PublicKey("ES256", numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``: 64 bytes, the same each time (RFC 8032, RFC 6979), low s."""
        if self.alg == "Ed25519":
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(_native_p256(self.seed).sign(message, scheme))
        return to_low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def __repr__(self) -> str:
        """Name the key by its public part: representations end up in logs."""
        return f"PrivateKey({self.alg}, {self.public.thumbprint})"


def to_low_s(signature: bytes) -> bytes:
    """Return the form of an ES256 signature (r ‖ s, 64 bytes) that has s at most n/2.

    A signer that is not ours (an HSM, WebCrypto) may have made the other form; both verify
    elsewhere, and only this one here.
    """
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + (_N - s).to_bytes(32, "big") if _N // 2 < s < _N else signature


# --- the two algorithms -------------------------------------------------------------------


def _read_octets(members: Members, name: str) -> bytes:
    return from_b64url(members.text(name, max_length=60), length=32, field=members.path(name))


def _verify_ed25519(raw: bytes, signature: bytes, message: bytes) -> None:
    if int.from_bytes(signature[32:], "little") >= _L:
        raise BadSignatureError("S is not below the group order")
    if _is_weak_encoding(signature[:32]):
        raise BadSignatureError("R is of small order or not in canonical form")
    native = cast("ed25519.Ed25519PublicKey", _load("Ed25519", raw))
    try:
        native.verify(signature, message)
    except InvalidSignature:
        raise BadSignatureError("the Ed25519 signature does not match") from None


def _verify_es256(raw: bytes, signature: bytes, message: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < _N and 0 < s <= _N // 2):
        raise BadSignatureError("r or s is out of range; s must be at most half the group order")
    native = cast("ec.EllipticCurvePublicKey", _load("ES256", raw))
    try:
        native.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BadSignatureError("the ES256 signature does not match") from None


@lru_cache(maxsize=4_096)  # a service meets the same keys again and again
def _load(alg: Algorithm, raw: bytes) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    if alg == "Ed25519":
        _check_ed25519_point(raw)
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if x >= _Q or y >= _Q:  # the library would reduce them: a second encoding of the same point
        raise MalformedError("expected coordinates below the field's prime")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise MalformedError("expected a point of P-256") from error


def _native_p256(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256R1())


def _check_ed25519_point(encoded: bytes) -> None:
    if _is_weak_encoding(encoded):
        raise MalformedError("expected a key in canonical form and not of small order")
    # x² = (y² - 1) / (d y² + 1) must be a square; the denominator is never 0. A sign bit set
    # with x = 0 cannot come here: x is 0 only for y = ±1, which are of small order.
    y = int.from_bytes(encoded, "little") & (_SIGN_BIT - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(square, (_P - 1) // 2, _P) != 1:
        raise MalformedError("expected a point of edwards25519")


def _is_weak_encoding(encoded: bytes) -> bool:
    """Tell whether an encoded point has y of p or more, or is one of the eight of small order.

    Order 1, 2 and 4 have y = 1, -1 and 0. A point has order 8 when its double has y = 0, which
    is x² + y² = 0; put into the equation of the curve this gives d y⁴ + 2 y² - 1 = 0.
    """
    y = int.from_bytes(encoded, "little") & (_SIGN_BIT - 1)
    y_squared = y * y % _P
    return y >= _P or y_squared < 2 or (_D * y_squared * y_squared + 2 * y_squared - 1) % _P == 0


class _Memo:
    """A bounded set that forgets what was least recently asked for; for use from any thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._keys: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, key: tuple[object, ...]) -> bool:
        with self._lock:
            if key not in self._keys:
                return False
            self._keys.move_to_end(key)
            return True

    def add(self, key: tuple[object, ...]) -> None:
        with self._lock:
            self._keys[key] = None
            if len(self._keys) > self._capacity:
                self._keys.popitem(last=False)

    def __len__(self) -> int:
        return len(self._keys)


_MEMO = _Memo(_MEMO_CAPACITY)
