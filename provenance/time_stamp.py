"""What an RFC 3161 token says, read with the standard library alone and believed in nothing.

    ContentInfo  [0] SignedData  EncapsulatedContentInfo  [0] OCTET STRING  TSTInfo
    TSTInfo: version, policy, messageImprint (hash, 32 bytes), serial, genTime, ...

``files/time_token`` checks who signed it; the single-file verifier, which has no library for
that, shows what it says and leaves the signature to ``openssl ts -verify``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TimeStamp", "read_time_stamp"]

_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_TST_INFO: Final = bytes.fromhex("060b2a864886f70d0109100104")
_SHA256: Final = bytes.fromhex("0609608648016503040201")

_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_TIME: Final = 0x18
_FIRST: Final = 0xA0
"""Context tag [0], constructed."""

_MAX_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What an authority is said to have seen, and when."""

    digest: bytes
    """32 bytes, SHA-256."""
    time_unix: int
    """The authority's clock, POSIX seconds; parts of a second are dropped."""


def read_time_stamp(token: bytes) -> TimeStamp:
    """Read a token, DER.

    Raises:
        MalformedError: no token, or one over something else than a SHA-256 digest.
    """
    try:
        return _read(token)
    except (IndexError, ValueError) as error:
        raise MalformedError(f"expected an RFC 3161 token: {error}", field="time_token") from error


def _read(token: bytes) -> TimeStamp:
    kind, wrapped = _children(token, _SEQUENCE)[:2]
    content = _children(_children(wrapped, _FIRST)[0], _SEQUENCE)[2]
    inner, octets = _children(content, _SEQUENCE)[:2]
    if (kind, inner) != (_SIGNED_DATA, _TST_INFO):
        raise ValueError("another content type")
    info = _children(_inside(_children(octets, _FIRST)[0], _OCTETS), _SEQUENCE)
    algorithm, imprint = _children(info[2], _SEQUENCE)[:2]
    digest = _inside(imprint, _OCTETS)
    if _children(algorithm, _SEQUENCE)[0] != _SHA256 or len(digest) != 32:
        raise ValueError("expected SHA-256")
    stated = _inside(info[4], _TIME).decode("ascii").removesuffix("Z").partition(".")[0]
    moment = datetime.strptime(stated, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return TimeStamp(digest, int(moment.timestamp()))


# --- DER (X.690) --------------------------------------------------------------------------


def _children(element: bytes, tag: int) -> list[bytes]:
    """Return the elements inside an element, each with its tag and length."""
    return list(_elements(_inside(element, tag)))


def _inside(element: bytes, tag: int) -> bytes:
    """Return the content of an element that has this tag."""
    if element[0] != tag:
        raise ValueError(f"expected tag {tag:#x}, got {element[0]:#x}")
    begin, end = _extent(element, 0)
    return element[begin:end]


def _elements(octets: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(octets):
        end = _extent(octets, start)[1]
        yield octets[start:end]
        start = end


def _extent(octets: bytes, start: int) -> tuple[int, int]:
    """Return where the content of the element at ``start`` begins and ends."""
    length, begin = octets[start + 1], start + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 0 < count <= _MAX_LENGTH_BYTES:
            raise ValueError("expected a definite length")
        length = int.from_bytes(octets[begin : begin + count], "big")
        begin += count
    if begin + length > len(octets):
        raise ValueError("cut off")
    return begin, begin + length
