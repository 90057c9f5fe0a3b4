"""Random edits of a receipt: of its bytes, and of what they say, written anew in the one form."""

from __future__ import annotations

import copy
import json
import random
import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mutations
import receipts
from odd_json import altered, mutant, places
from verdict_requests import Question

from provenance.given import GivenBlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from verdict_requests import Edit

__all__ = ["SHAPES", "edits_of", "question_about", "rewritten"]

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


# --- what a receipt says ------------------------------------------------------------------

Json = Any
_LINES = ("", "0", "01", "-1", "9" * 19, "9" * 20, "\u2014 a b", " ", "x")
_NUMBERS = (0, 1, 2, 100, 1_030, 31_337, 2**53 - 1)


def rewritten(octets: bytes, count: int, seed: int) -> list[Edit]:
    """Return edits that put another receipt in the place of this one: canonical, but odd.

    Its JSON is altered, a line of a note, bytes of a proof, a number, a record with its
    disclosures, or the order of an array; now and then two of them.
    """
    draw = random.Random(seed)
    whole = json.loads(octets)
    edits: list[Edit] = []
    for _ in range(count):
        made = copy.deepcopy(whole)
        for _ in range(draw.choice((1, 1, 2))):
            made = draw.choice(_CHANGES)(made, draw)
        text = json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"
        edits.append((0, len(octets), text.encode("utf-8", "surrogatepass")))
    return edits


def _change(fits: Callable[[Json], bool], change: Callable[[Json, random.Random], Json]) -> Any:  # noqa: ANN401 -- a function
    """Return a function that changes one of the values that fit, in place."""

    def change_one(made: Json, draw: random.Random) -> Json:
        fitting = [(holder, name) for holder, name in places(made) if fits(holder[name])]
        if fitting:
            holder, name = draw.choice(fitting)
            holder[name] = change(holder[name], draw)
        return made

    return change_one


def _line(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    others = [[], [lines[at], draw.choice(lines)], [lines[at] + draw.choice(" x=\t0")]]
    lines[at : at + 1] = draw.choice([*others, [draw.choice(_LINES)]])
    return "\n".join(lines)


def _node(text: str, draw: random.Random) -> str:
    octets = bytearray.fromhex(text[2:])
    at = draw.randrange(len(octets) + 1)
    octets[at : at + draw.randrange(2)] = draw.choices(
        b"\x00\x01\x7f\x80\xc0\xf8\xff", k=draw.randrange(2)
    )
    return f"0x{octets.hex()}"


def _record(text: str, draw: random.Random) -> str:
    try:
        return mutant(text, draw)
    except (ValueError, IndexError, TypeError):  # nothing left in it to alter
        return text


def _any(made: Json, draw: random.Random) -> Json:
    return altered(made, draw) if places(made) else made


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_array(value: Json) -> bool:
    return isinstance(value, list) and len(value) > 1


_CHANGES = (
    _any,
    _any,
    _change(lambda one: isinstance(one, str) and "\n" in one, _line),
    _change(lambda one: isinstance(one, str) and one.startswith("0x"), _node),
    _change(_is_number, lambda one, draw: draw.choice([*_NUMBERS, one + 1, max(one - 1, 0)])),
    _change(lambda one: isinstance(one, str) and one.startswith("eyJ"), _record),
    _change(
        lambda one: isinstance(one, list) and len(one) > 1,
        lambda one, draw: draw.sample(one, len(one)),
    ),
)
