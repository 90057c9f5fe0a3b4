"""Recursive Length Prefix, Ethereum's encoding of nested byte strings (Yellow Paper, appendix B).

    00..7f               the byte itself, a string of one
    80+n  bytes          a string of n <= 55 bytes
    b7+k  length  bytes  a longer string, its length in k bytes
    c0+n  items          a list whose items take n <= 55 bytes
    f7+k  length  items  a longer list, its length in k bytes

The decoder takes only the shortest form, so bytes and items determine each other. Example:
``["cat", ["dog"]]`` is ``c9 83636174 c4 83646f67``.
"""

from __future__ import annotations

from typing import TypeAlias

from provenance.errors import MalformedError

__all__ = [
    "MAX_DEPTH",
    "Item",
    "decode",
    "decode_integer",
    "decode_list",
    "encode",
    "encode_integer",
]

Item: TypeAlias = "bytes | list[Item]"
"""A byte string or a list of items."""

MAX_DEPTH = 64
"""Levels of lists followed: Ethereum's own structures have five, the interpreter a thousand."""


def encode(item: Item) -> bytes:
    """Encode a byte string or a nested list of them."""
    if isinstance(item, list):
        body = b"".join([encode(member) for member in item])
        return _prefix(len(body), 0xC0) + body
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _prefix(len(item), 0x80) + item


def encode_integer(number: int) -> bytes:
    """Return the byte string that stands for an integer >= 0: big-endian, no leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def decode(octets: bytes) -> Item:
    """Decode exactly one item, in its shortest form.

    Raises:
        MalformedError: bytes missing or left over, a longer form than needed, or too deep.
    """
    item, end = _item(octets, 0, len(octets), MAX_DEPTH)
    if end != len(octets):
        raise MalformedError(f"{len(octets) - end} bytes are left over after the RLP item")
    return item


def decode_list(octets: bytes) -> list[Item]:
    """Decode exactly one item, which must be a list.

    Raises:
        MalformedError: as ``decode``, or the item is a byte string.
    """
    item = decode(octets)
    if not isinstance(item, list):
        raise MalformedError("expected an RLP list, got a byte string")
    return item


def decode_integer(item: Item, *, max_bytes: int = 32, field: str | None = None) -> int:
    """Read the integer that a decoded byte string stands for.

    Raises:
        MalformedError: a list, a leading zero, or more than ``max_bytes``.
    """
    if isinstance(item, list):
        raise MalformedError("expected an RLP integer, got a list", field=field)
    if len(item) > max_bytes:
        raise MalformedError(f"expected at most {max_bytes} bytes, got {len(item)}", field=field)
    if item[:1] == b"\0":
        raise MalformedError("expected an RLP integer without leading zeros", field=field)
    return int.from_bytes(item, "big")


def _prefix(length: int, base: int) -> bytes:
    if length <= 55:
        return bytes([base + length])
    digits = encode_integer(length)
    return bytes([base + 55 + len(digits)]) + digits


def _item(octets: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    """Decode the item at ``at``, which must end by ``limit``; return it and where it ends."""
    if at >= limit:
        raise MalformedError("the RLP item is cut short")
    first = octets[at]
    if first < 0x80:
        return octets[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    start, end = _body(octets, at, limit, first - base)
    if base == 0xC0:
        return _members(octets, start, end, depth), end
    if end - start == 1 and octets[start] < 0x80:
        raise MalformedError("expected the shortest RLP form, got a prefix before a low byte")
    return octets[start:end], end


def _body(octets: bytes, at: int, limit: int, short: int) -> tuple[int, int]:
    """Return where the item at ``at`` has its body; ``short`` is its prefix less the base."""
    start, length = at + 1, short
    if short > 55:
        start += short - 55
        digits = octets[at + 1 : min(start, limit)]
        length = int.from_bytes(digits, "big")
        if start > limit or length <= 55 or digits[0] == 0:
            raise MalformedError("the RLP length is cut short or not in its shortest form")
    if start + length > limit:
        raise MalformedError(f"the RLP item says {length} bytes, {limit - start} are left")
    return start, start + length


def _members(octets: bytes, at: int, end: int, depth: int) -> list[Item]:
    if depth == 0:
        raise MalformedError(f"expected at most {MAX_DEPTH} levels of RLP lists")
    members = []
    while at < end:
        member, at = _item(octets, at, end, depth - 1)
        members.append(member)
    return members
