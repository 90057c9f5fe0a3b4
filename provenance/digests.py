"""Digests and the three ways this project writes bytes as text, each decoded strictly.

Lower-case hex without ``0x`` (digests, record ids), hex with ``0x`` (EVM values), base64url
without padding (JOSE, RFC 7515 §2) and base64 with padding (C2SP transparency logs). A decoder
accepts only what the matching encoder writes, so equal bytes always have equal text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, NewType

from provenance.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "LeafHash",
    "RootHash",
    "SortedDigests",
    "from_b64",
    "from_b64url",
    "from_evm_hex",
    "from_hex",
    "sha256",
    "to_b64",
    "to_b64url",
    "to_evm_hex",
]

LeafHash = NewType("LeafHash", bytes)
"""SHA-256(0x00 ‖ entry), 32 bytes (RFC 9162 §2.1.1)."""

RootHash = NewType("RootHash", bytes)
"""Root of an RFC 9162 tree at a stated tree size, 32 bytes."""


def sha256(octets: bytes) -> bytes:
    """Return the SHA-256 digest, 32 bytes (FIPS 180-4)."""
    return hashlib.sha256(octets).digest()


def from_hex(text: str, *, length: int = 32, field: str | None = None) -> bytes:
    """Decode exactly ``length`` bytes of lower-case hex.

    Raises:
        MalformedError: another length, upper case, or a character that is not hex.
    """
    try:
        octets = bytes.fromhex(text)
    except ValueError as error:
        raise MalformedError(f"expected hex, got {text[:80]!r}", field=field) from error
    if octets.hex() != text:
        raise MalformedError(
            f"expected lower-case hex without spaces, got {text[:80]!r}", field=field
        )
    if len(octets) != length:
        raise MalformedError(f"expected {length} bytes of hex, got {len(octets)}", field=field)
    return octets


def to_evm_hex(octets: bytes) -> str:
    """Encode as the EVM's RPC does: ``0x`` and lower-case hex."""
    return "0x" + octets.hex()


def from_evm_hex(text: str, *, length: int | None = None, field: str | None = None) -> bytes:
    """Decode ``0x`` and lower-case hex; of exactly ``length`` bytes unless None.

    Raises:
        MalformedError: no ``0x``, upper case, odd length, or another length than asked for.
    """
    if not text.startswith("0x"):
        raise MalformedError(f"expected 0x and hex, got {text[:80]!r}", field=field)
    body = text[2:]
    return from_hex(body, length=len(body) // 2 if length is None else length, field=field)


def to_b64url(octets: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def from_b64url(text: str, *, length: int | None = None, field: str | None = None) -> bytes:
    """Decode base64url without padding; the text must be the only one for its bytes.

    Raises:
        MalformedError: padding, a foreign character, stray bits, or another length.
    """
    try:
        octets = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error) as error:
        raise MalformedError(f"expected base64url, got {text[:80]!r}", field=field) from error
    return _canonical(octets, to_b64url(octets) == text, length, field)


def to_b64(octets: bytes) -> str:
    """Encode as base64 with padding (RFC 4648 §4)."""
    return binascii.b2a_base64(octets, newline=False).decode("ascii")


def from_b64(text: str, *, length: int | None = None, field: str | None = None) -> bytes:
    """Decode base64 with padding; the text must be the only one for its bytes.

    Raises:
        MalformedError: missing padding, a foreign character, stray bits, or another length.
    """
    try:
        octets = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise MalformedError(f"expected padded base64, got {text[:80]!r}", field=field) from error
    return _canonical(octets, to_b64(octets) == text, length, field)


def _canonical(octets: bytes, is_canonical: bool, length: int | None, field: str | None) -> bytes:  # noqa: FBT001 -- private, two callers
    if not is_canonical:
        raise MalformedError("expected the canonical encoding of its bytes", field=field)
    if length is not None and len(octets) != length:
        raise MalformedError(f"expected {length} bytes, got {len(octets)}", field=field)
    return octets


class SortedDigests:
    """Digests of 32 bytes, sorted, each once; kept joined, which takes a third of the memory.

    A database writes a million rows in the order of their key many times as fast as in another.
    """

    def __init__(self, digests: Iterable[bytes]) -> None:
        """Take all digests, in any order."""
        # by their first byte: what is sorted at once is then a part of all
        self._parts = [bytearray() for _ in range(256)]
        for digest in digests:
            self._parts[digest[0]] += digest

    def __iter__(self) -> Iterator[bytes]:
        """Yield them."""
        for part in self._parts:
            yield from sorted({bytes(part[at : at + 32]) for at in range(0, len(part), 32)})
