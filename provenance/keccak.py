"""Keccak-256 as Ethereum uses it, in plain Python (Keccak submission 3, Yellow Paper §3).

It is SHA-3-256 with the padding byte 0x01 in place of 0x06, which neither ``hashlib`` nor
``cryptography`` offers. Made for the few kilobytes of a proof: about 0.2 ms for each 136 bytes.
"""

from __future__ import annotations

import struct
from functools import lru_cache

__all__ = ["keccak256"]

_LANE = 2**64 - 1
_RATE = 136
"""Bytes taken in between two permutations: 200 of state less twice the digest's 32."""

_ROUND_CONSTANTS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip

_REMEMBERED = 256
"""Inputs whose digest is kept: the receipts of one anchor share its header and its proofs."""

_unpack_block = struct.Struct("<17Q").unpack_from
_pack_digest = struct.Struct("<4Q").pack


@lru_cache(_REMEMBERED)
def keccak256(octets: bytes) -> bytes:
    """Return the Keccak-256 digest, 32 bytes."""
    padding = bytearray(_RATE - len(octets) % _RATE)
    padding[0] = 0x01
    padding[-1] |= 0x80
    padded = octets + padding
    state = [0] * 25
    for at in range(0, len(padded), _RATE):
        for lane, word in enumerate(_unpack_block(padded, at)):
            state[lane] ^= word
        state = _permute(state)
    return _pack_digest(*state[:4])


def _permute(state: list[int]) -> list[int]:  # noqa: PLR0915 -- written out, see below
    """Apply Keccak-f[1600]; lane (x, y) is number x + 5 y, 64 bits.

    The lanes are local names and the steps are written out: looping over a list of lanes is
    what makes plain-Python Keccak slow.
    """
    (
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12,
        a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24,
    ) = state  # fmt: skip
    for constant in _ROUND_CONSTANTS:
        # θ: add to each lane the parity of two columns beside it
        c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
        c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
        c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
        c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
        c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
        d0 = c4 ^ (c1 << 1 & _LANE | c1 >> 63)
        d1 = c0 ^ (c2 << 1 & _LANE | c2 >> 63)
        d2 = c1 ^ (c3 << 1 & _LANE | c3 >> 63)
        d3 = c2 ^ (c4 << 1 & _LANE | c4 >> 63)
        d4 = c3 ^ (c0 << 1 & _LANE | c0 >> 63)
        # ρ and π: turn each lane by its own count, and put it in its new place
        b0 = a0 ^ d0
        b1 = (t := a6 ^ d1) << 44 & _LANE | t >> 20
        b2 = (t := a12 ^ d2) << 43 & _LANE | t >> 21
        b3 = (t := a18 ^ d3) << 21 & _LANE | t >> 43
        b4 = (t := a24 ^ d4) << 14 & _LANE | t >> 50
        b5 = (t := a3 ^ d3) << 28 & _LANE | t >> 36
        b6 = (t := a9 ^ d4) << 20 & _LANE | t >> 44
        b7 = (t := a10 ^ d0) << 3 & _LANE | t >> 61
        b8 = (t := a16 ^ d1) << 45 & _LANE | t >> 19
        b9 = (t := a22 ^ d2) << 61 & _LANE | t >> 3
        b10 = (t := a1 ^ d1) << 1 & _LANE | t >> 63
        b11 = (t := a7 ^ d2) << 6 & _LANE | t >> 58
        b12 = (t := a13 ^ d3) << 25 & _LANE | t >> 39
        b13 = (t := a19 ^ d4) << 8 & _LANE | t >> 56
        b14 = (t := a20 ^ d0) << 18 & _LANE | t >> 46
        b15 = (t := a4 ^ d4) << 27 & _LANE | t >> 37
        b16 = (t := a5 ^ d0) << 36 & _LANE | t >> 28
        b17 = (t := a11 ^ d1) << 10 & _LANE | t >> 54
        b18 = (t := a17 ^ d2) << 15 & _LANE | t >> 49
        b19 = (t := a23 ^ d3) << 56 & _LANE | t >> 8
        b20 = (t := a2 ^ d2) << 62 & _LANE | t >> 2
        b21 = (t := a8 ^ d3) << 55 & _LANE | t >> 9
        b22 = (t := a14 ^ d4) << 39 & _LANE | t >> 25
        b23 = (t := a15 ^ d0) << 41 & _LANE | t >> 23
        b24 = (t := a21 ^ d1) << 2 & _LANE | t >> 62
        # χ, the only step that is not linear; ι adds the round's constant to the first lane
        a0 = b0 ^ (~b1 & b2) ^ constant
        a1 = b1 ^ (~b2 & b3)
        a2 = b2 ^ (~b3 & b4)
        a3 = b3 ^ (~b4 & b0)
        a4 = b4 ^ (~b0 & b1)
        a5 = b5 ^ (~b6 & b7)
        a6 = b6 ^ (~b7 & b8)
        a7 = b7 ^ (~b8 & b9)
        a8 = b8 ^ (~b9 & b5)
        a9 = b9 ^ (~b5 & b6)
        a10 = b10 ^ (~b11 & b12)
        a11 = b11 ^ (~b12 & b13)
        a12 = b12 ^ (~b13 & b14)
        a13 = b13 ^ (~b14 & b10)
        a14 = b14 ^ (~b10 & b11)
        a15 = b15 ^ (~b16 & b17)
        a16 = b16 ^ (~b17 & b18)
        a17 = b17 ^ (~b18 & b19)
        a18 = b18 ^ (~b19 & b15)
        a19 = b19 ^ (~b15 & b16)
        a20 = b20 ^ (~b21 & b22)
        a21 = b21 ^ (~b22 & b23)
        a22 = b22 ^ (~b23 & b24)
        a23 = b23 ^ (~b24 & b20)
        a24 = b24 ^ (~b20 & b21)
    return [
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12,
        a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24,
    ]  # fmt: skip
