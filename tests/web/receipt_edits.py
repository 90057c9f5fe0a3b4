"""Random edits of a receipt, most of which leave JSON that parses."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from typing import TYPE_CHECKING

import mutations
import receipts
from verdict_requests import Question

from provenance.given import GivenBlock

if TYPE_CHECKING:
    from verdict_requests import Edit

__all__ = ["SHAPES", "edits_of", "question_about"]

SHAPES = {
    "small": mutations.SMALL,
    "institution": replace(mutations.SMALL, alg="ES256", institution=True),
    "witnessed": replace(mutations.SMALL, cosigned=2, witnesses=2, quorum=2),
    "many": mutations.MANY,
    "revoked": mutations.REVOKED,
}

_CLASSES = ("0123456789", "0123456789abcdef", string.ascii_letters + string.digits + "+/-_")
"""Digits of numbers, of hex and of base64: what takes another's place keeps the form."""
_ODD = b'019afAZ/+=-_"\\,:[]{} \n\xff'


def question_about(shape: str) -> Question:
    """Return a receipt of that shape, every block of which the reader vouches for."""
    made = receipts.build(SHAPES[shape])
    blocks = [GivenBlock(block_hash) for block_hash in made.evidence_hashes.values()]
    return Question(made.octets, made.policy.octets, receipts.NOW, blocks=blocks)


def edits_of(octets: bytes, count: int, seed: int) -> list[Edit]:
    """Return random edits: another digit, a turned bit, odd bytes, some less, some more, an end."""
    draw = random.Random(seed)
    edits: list[Edit] = []
    for _ in range(count):
        at = draw.randrange(len(octets))
        kind = draw.randrange(16)
        if kind < 10:
            edits.append((at, 1, _another(octets[at : at + 1], draw)))
        elif kind == 10:
            edits.append((at, 1, bytes([octets[at] ^ (1 << draw.randrange(8))])))
        elif kind == 11:
            edits.append((at, 1, bytes([draw.choice(_ODD)])))
        elif kind == 12:
            edits.append((at, draw.randrange(1, 4), b""))
        elif kind == 13:
            edits.append((at, 0, bytes([draw.randrange(256)])))
        elif kind == 14:
            start = draw.randrange(len(octets))
            edits.append((at, 0, octets[start : start + draw.randrange(1, 60)]))
        else:
            edits.append((at, len(octets) - at, b""))
    return edits


def _another(octet: bytes, draw: random.Random) -> bytes:
    """Return another character of the smallest class that has this one."""
    letters = next((one for one in _CLASSES if octet.decode("latin-1") in one), "xyz")
    return draw.choice(letters).encode()
