"""Ed25519 in plain affine integers, after the text of RFC 8032 §5.1: an oracle, slow on purpose.

It can do what libraries refuse to: make points of small order, encode a point in a second way,
and sign with any R and S that satisfies the equation. It imports nothing it judges.
"""

from __future__ import annotations

import hashlib

__all__ = [
    "BASE",
    "IDENTITY",
    "L",
    "P",
    "Point",
    "add",
    "challenge",
    "decode",
    "encode",
    "multiply",
    "satisfies",
    "secret_scalar",
    "small_order_points",
]

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(one: Point, other: Point) -> Point:
    """Add two points by the affine law of the curve; it has no exceptional cases."""
    x1, y1 = one
    x2, y2 = other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def multiply(scalar: int, point: Point) -> Point:
    """Double and add."""
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def encode(point: Point) -> bytes:
    """Encode y with the lowest bit of x above it (§5.1.2)."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(octets: bytes) -> Point | None:
    """Decode strictly (§5.1.3); None where the RFC says that decoding fails."""
    number = int.from_bytes(octets, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    x = _square_root((y * y - 1) * pow(D * y * y + 1, P - 2, P) % P)
    if x is None or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


def _square_root(square: int) -> int | None:
    root = pow(square, (P + 3) // 8, P)
    if (root * root - square) % P:
        root = root * pow(2, (P - 1) // 4, P) % P
    return None if (root * root - square) % P else root


def small_order_points() -> list[Point]:
    """Find the eight points whose order divides 8, by clearing the large factor."""
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            torsion = multiply(L, point)
            if multiply(4, torsion) != IDENTITY:
                return [multiply(k, torsion) for k in range(8)]
    raise AssertionError


def secret_scalar(seed: bytes) -> int:
    """Return the clamped scalar of a private key (§5.1.5)."""
    head = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return head & ((1 << 254) - 8) | 1 << 254


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """Return k = SHA-512(R ‖ A ‖ M) mod L."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def satisfies(a: bytes, signature: bytes, message: bytes) -> bool:
    """Check [S]B = R + [k]A, without the cofactor and without any check of the points' orders."""
    point_a, point_r = decode(a), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point_a is None or point_r is None or s >= L:
        return False
    k = challenge(signature[:32], a, message)
    return multiply(s, BASE) == add(point_r, multiply(k, point_a))


_base = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
assert _base is not None
BASE: Point = _base
