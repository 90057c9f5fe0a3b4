"""Contract arguments and answers as bytes: the part of the contract ABI that ours uses.

Words of 32 bytes, big-endian; behind them the tails of what has a length of its own
(docs.soliditylang.org, "Contract ABI Specification"). ``register("a.b")`` passes

    0000..0020    the tail begins 32 bytes in
    0000..0003    its length
    612e6200..    its bytes, filled up to a word

Written out because the libraries that do all of it take longer to import than everything else
that a ledger's process needs; the tests hold it against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from provenance.errors import MalformedError

__all__ = ["Argument", "Value", "decode_values", "encode_arguments"]

Argument: TypeAlias = int | bytes | str | Sequence[bytes]
"""An integer, bytes32 or address, a string, bytes32[]."""

Value: TypeAlias = int | bytes
"""An integer; 32 bytes, or the 20 of an address."""

_WORD = 32


def encode_arguments(kinds: Sequence[str], values: Sequence[Argument]) -> bytes:
    """Encode the arguments of one call, without its selector.

    Args:
        kinds: the ABI's types, as ``uint64``; one for each of ``values``.

    Raises:
        RuntimeError: a value is not of its type.
    """
    heads, tails = [], b""
    for kind, value in zip(kinds, values, strict=True):
        if kind == "string" and isinstance(value, str):
            octets = value.encode()
            heads.append(_word(len(kinds) * _WORD + len(tails)))
            tails += _word(len(octets)) + octets + bytes(-len(octets) % _WORD)
        elif kind == "bytes32[]" and isinstance(value, Sequence) and not isinstance(value, str):
            heads.append(_word(len(kinds) * _WORD + len(tails)))
            tails += _word(len(value)) + b"".join(_static("bytes32", one) for one in value)
        else:
            heads.append(_static(kind, value))
    return b"".join(heads) + tails


def decode_values(kinds: Sequence[str], octets: bytes) -> tuple[Value, ...]:
    """Decode values of a word each; what stands behind them is left aside, as the ABI says.

    Raises:
        MalformedError: fewer words, or one that is too large for its type.
    """
    if len(octets) < _WORD * len(kinds):
        raise MalformedError(f"expected {len(kinds)} words, got {len(octets)} bytes")
    words = (octets[at : at + _WORD] for at in range(0, _WORD * len(kinds), _WORD))
    return tuple(_value(kind, word) for kind, word in zip(kinds, words, strict=True))


def _word(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")


def _static(kind: str, value: object) -> bytes:
    """Encode a value of one word."""
    if isinstance(value, int) and 0 <= value < 2 ** _bits(kind):
        return _word(value)
    if isinstance(value, bytes) and len(value) == _length(kind):
        return value.rjust(_WORD, b"\0")
    raise RuntimeError(f"expected a value of type {kind}, got {value!r:.80}")


def _value(kind: str, word: bytes) -> Value:
    """Decode a word; bits that its type does not have must be zero."""
    length = _length(kind) or _bits(kind) // 8
    if any(word[: _WORD - length]):
        raise MalformedError(f"expected a value of type {kind}, got {word.hex()}")
    return word[_WORD - length :] if _length(kind) else int.from_bytes(word, "big")


def _length(kind: str) -> int:
    """Return how many bytes a type of bytes has, 0 for any other."""
    return {"bytes32": 32, "address": 20}.get(kind, 0)


def _bits(kind: str) -> int:
    """Return how many bits a type of integers has, 0 for any other."""
    return int(kind.removeprefix("uint")) if kind.startswith("uint") else 0
