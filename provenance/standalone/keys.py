"""Verify with Ed25519 and ES256 in plain integers: ``provenance.keys`` of the single file.

    alg      what is refused besides a signature that does not match
    Ed25519  S not below the order; R or A not in canonical form, not on the curve, or of small
             order (RFC 8032 §5.1.7 without the cofactor)
    ES256    r or s of 0 or too great, s above n/2, coordinates not below the prime, a key that is
             no point of P-256 (FIPS 186-5 §6.4.2)

This is a second implementation, not a copy: it takes no library, and one that disagrees with
``provenance.keys`` on any vector is a defect of one of them. It is slow (some milliseconds a
signature) and handles public values only, so it takes no care to run in constant time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NoReturn, TypeAlias

from provenance.digests import from_b64url, sha256, to_b64url
from provenance.errors import BadSignatureError, MalformedError
from provenance.strict_json import Members, dump

__all__ = ["ALGORITHMS", "SIGNATURE_LENGTH", "Algorithm", "PrivateKey", "PublicKey", "to_low_s"]

Algorithm: TypeAlias = Literal["Ed25519", "ES256"]
ALGORITHMS: tuple[Algorithm, ...] = ("Ed25519", "ES256")
SIGNATURE_LENGTH = 64

_RAW_LENGTH: dict[str, int] = {"Ed25519": 32, "ES256": 64}


@dataclass(frozen=True)
class PublicKey:
    """A public key that has been checked to be a good one."""

    alg: Algorithm
    raw: bytes
    """Ed25519: the 32 bytes of RFC 8032; ES256: x ‖ y, 64 bytes big-endian."""

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            MalformedError: not a good key in its one form.
        """
        if self.alg not in ALGORITHMS:
            raise MalformedError(f"expected one of {ALGORITHMS}, got {self.alg!r:.80}", field="alg")
        if len(self.raw) != _RAW_LENGTH[self.alg]:
            raise MalformedError(f"expected {_RAW_LENGTH[self.alg]} bytes, got {len(self.raw)}")
        if self.alg == "Ed25519":
            _edwards_key(self.raw)
        else:
            _p256_key(self.raw)

    @classmethod
    def from_jwk(cls, jwk: object, field: str | None = None) -> PublicKey:
        """Read a JWK of exactly the required members (RFC 7638 §3.2, RFC 8037 §2).

        Raises:
            MalformedError: another key type, a member more or less, or not a good key.
        """
        members = Members(jwk, field)
        kty = members.text("kty", max_length=20)
        if kty not in {"OKP", "EC"}:
            raise MalformedError(f"expected OKP or EC, got {kty!r}", field=members.path("kty"))
        members.literal("crv", "Ed25519" if kty == "OKP" else "P-256")
        raw = b"".join(
            from_b64url(members.text(name, max_length=60), length=32, field=members.path(name))
            for name in ("x", "y")[: 1 if kty == "OKP" else 2]
        )
        members.done()
        try:
            return cls("Ed25519" if kty == "OKP" else "ES256", raw)
        except MalformedError as error:
            raise MalformedError(str(error), field=members.path("x")) from error

    def jwk(self) -> dict[str, str]:
        """Return the JWK with the required members in the order of RFC 7638."""
        if self.alg == "Ed25519":
            return {"crv": "Ed25519", "kty": "OKP", "x": to_b64url(self.raw)}
        x, y = to_b64url(self.raw[:32]), to_b64url(self.raw[32:])
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @cached_property
    def thumbprint(self) -> str:
        """The SHA-256 thumbprint of the JWK, base64url (RFC 7638)."""
        return to_b64url(sha256(dump(self.jwk())))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check that this key signed ``message``, and that the signature is in its only form.

        Raises:
            BadSignatureError: it did not, or the form is another one.
        """
        if len(signature) != SIGNATURE_LENGTH:
            raise BadSignatureError(f"expected {SIGNATURE_LENGTH} bytes, got {len(signature)}")
        check = _verify_ed25519 if self.alg == "Ed25519" else _verify_es256
        check(self.raw, signature, message)


class PrivateKey:
    """Nothing here signs; the name stands where other files ask for it."""

    def __init__(self) -> NoReturn:
        """Refuse.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("this program only verifies")


def to_low_s(signature: bytes) -> NoReturn:
    """Refuse, as above: only who signs asks for it."""
    raise RuntimeError(f"this program only verifies; it was to sign {len(signature)} bytes")


# --- Ed25519 (RFC 8032 §5.1) --------------------------------------------------------------

_Edwards: TypeAlias = tuple[int, int, int, int]
"""X, Y, Z, T: x = X/Z, y = Y/Z, x y = T/Z (§5.1.4)."""

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_NEUTRAL: _Edwards = (0, 1, 1, 0)


def _edwards_add(one: _Edwards, other: _Edwards) -> _Edwards:
    """Add by the complete formula: it has no exceptions, doubling included."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * _D * one[3] * other[3] % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _edwards_equal(one: _Edwards, other: _Edwards) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % _P == 0 and (
        one[1] * other[2] - other[1] * one[2]
    ) % _P == 0


def _edwards_decode(octets: bytes) -> _Edwards:
    """Decode a point (§5.1.3).

    Raises:
        MalformedError: not canonical, or not on the curve.
    """
    number = int.from_bytes(octets, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        raise MalformedError("expected a point in canonical form")
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P:
        raise MalformedError("expected a point of edwards25519")
    if x == 0 and sign:
        raise MalformedError("expected a point in canonical form")
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _of_small_order(point: _Edwards) -> bool:
    for _ in range(3):
        point = _edwards_add(point, point)
    return _edwards_equal(point, _NEUTRAL)


@lru_cache(maxsize=1_024)  # the same keys sign record after record
def _edwards_key(raw: bytes) -> _Edwards:
    point = _edwards_decode(raw)
    if _of_small_order(point):
        raise MalformedError("expected a key that is not of small order")
    return point


_B = _edwards_decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
"""The base point: y = 4/5, x even (§5.1)."""


@lru_cache(maxsize=512)  # pure; a log's signature is in receipt after receipt
def _verify_ed25519(raw: bytes, signature: bytes, message: bytes) -> None:
    """Check S B = R + k A, without the cofactor (§5.1.7)."""
    s = int.from_bytes(signature[32:], "little")
    if s >= _L:
        raise BadSignatureError("S is not below the group order")
    try:
        r = _edwards_decode(signature[:32])
    except MalformedError as error:
        raise BadSignatureError("R is not a point in canonical form") from error
    if _of_small_order(r):
        raise BadSignatureError("R is of small order")
    digest = hashlib.sha512(signature[:32] + raw + message).digest()
    k = int.from_bytes(digest, "little") % _L
    x, y, z, t = _edwards_key(raw)
    minus_a = (-x % _P, y, z, -t % _P)
    if not _edwards_equal(_edwards_sum(s, _B, k, minus_a), r):
        raise BadSignatureError("the Ed25519 signature does not match")


def _edwards_sum(m: int, one: _Edwards, n: int, other: _Edwards) -> _Edwards:
    """Return m times one plus n times other, both scalars read bit by bit together."""
    both, result = _edwards_add(one, other), _NEUTRAL
    for bit in reversed(range(max(m.bit_length(), n.bit_length()))):
        result = _edwards_add(result, result)
        which = (m >> bit & 1, n >> bit & 1)
        if which != (0, 0):
            result = _edwards_add(result, {(1, 0): one, (0, 1): other, (1, 1): both}[which])
    return result


# --- ES256 (FIPS 186-5 §6.4.2, SEC 2 §2.4.2) ----------------------------------------------

_Affine: TypeAlias = "tuple[int, int] | None"
"""x and y; None is the neutral element."""

_Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_COEFFICIENT = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G: _Affine = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


@lru_cache(maxsize=1_024)
def _p256_key(raw: bytes) -> _Affine:
    x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if x >= _Q or y >= _Q:
        raise MalformedError("expected coordinates below the field's prime")
    if (y * y - (x * x * x - 3 * x + _COEFFICIENT)) % _Q:
        raise MalformedError("expected a point of P-256")
    return x, y  # the group's order is prime: every point but the neutral one generates it


@lru_cache(maxsize=512)
def _verify_es256(raw: bytes, signature: bytes, message: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < _N and 0 < s <= _N // 2):
        raise BadSignatureError("r or s is out of range; s must be at most half the group order")
    inverse = pow(s, -1, _N)
    u = int.from_bytes(sha256(message), "big") * inverse % _N
    point = _p256_sum(u, _G, r * inverse % _N, _p256_key(raw))
    if point is None or point[0] % _N != r:
        raise BadSignatureError("the ES256 signature does not match")


def _p256_add(one: _Affine, other: _Affine) -> _Affine:
    """Add by the chord, double by the tangent (SEC 1 §2.2.1)."""
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 != x2:
        slope = (y2 - y1) * pow(x2 - x1, -1, _Q)
    elif y1 == y2:  # y is never 0: there is no point of order 2
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _Q)
    else:
        return None
    x = (slope * slope - x1 - x2) % _Q
    return x, (slope * (x1 - x) - y1) % _Q


def _p256_sum(m: int, one: _Affine, n: int, other: _Affine) -> _Affine:
    both = _p256_add(one, other)
    result: _Affine = None
    for bit in reversed(range(max(m.bit_length(), n.bit_length()))):
        result = _p256_add(result, result)
        which = (m >> bit & 1, n >> bit & 1)
        if which != (0, 0):
            result = _p256_add(result, {(1, 0): one, (0, 1): other, (1, 1): both}[which])
    return result
