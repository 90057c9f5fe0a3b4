"""What a log's signer is asked and what it says of itself, as values and as JSON on a wire.

    state     {"origin":"...","tree_size":3,"root_hash":"<hex>","peaks":["<hex>",...],
               "vkey":null | "<key that may sign the size that was asked about>"}
    request   {"tree_size":5,"root_hash":"<hex>","peaks":["<hex>",...],
               "old_size":3,"proof":["<hex>",...]}
    answer    {"note":"<signed note>"}
    problem   {"code":"signer-moved","detail":"..."}

A request holds all that is needed to see that its head extends the remembered one: the signer asks
nobody else (``ledger.local_signer`` has the rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance import strict_json
from provenance.digests import from_hex
from provenance.merkle import MAX_TREE_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_MESSAGE_BYTES", "Remembered", "SignerReport", "SigningRequest"]

MAX_MESSAGE_BYTES: Final = 65_536
"""Peaks and proof are at most 63 and 126 hashes of 64 characters: 13 kB."""

_MAX_PEAKS: Final = 63
_MAX_PROOF: Final = 128


class Remembered(NamedTuple):
    """The newest head that a signer signed, or was about to sign."""

    tree_size: int
    root_hash: bytes
    """32 bytes."""
    peaks: tuple[bytes, ...]
    """Roots of its perfect subtrees, largest first; they make ``root_hash``."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A head that is to be signed, and the proof that it extends what the signer remembers."""

    tree_size: int
    root_hash: bytes
    """32 bytes."""
    peaks: tuple[bytes, ...]
    """Roots of its perfect subtrees, largest first; they make ``root_hash``."""
    old_size: int
    """The remembered tree size that ``proof`` begins at."""
    proof: tuple[bytes, ...]
    """RFC 9162 consistency proof; empty from size 0, and when the sizes are equal."""

    @classmethod
    def parse(cls, octets: bytes) -> SigningRequest:
        """Read a request; the inverse of ``to_bytes``.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=MAX_MESSAGE_BYTES))
        request = cls(
            tree_size=members.integer("tree_size", low=1, high=MAX_TREE_SIZE),
            root_hash=members.hex32("root_hash"),
            peaks=_hashes(members, "peaks", _MAX_PEAKS),
            old_size=members.integer("old_size", high=MAX_TREE_SIZE),
            proof=_hashes(members, "proof", _MAX_PROOF),
        )
        members.done()
        return request

    def to_bytes(self) -> bytes:
        """Serialise."""
        return strict_json.dump(
            {
                "tree_size": self.tree_size,
                "root_hash": self.root_hash.hex(),
                "peaks": _hex(self.peaks),
                "old_size": self.old_size,
                "proof": _hex(self.proof),
            }
        )


@dataclass(frozen=True, slots=True)
class SignerReport:
    """What a signer says of itself."""

    origin: str
    remembered: Remembered
    vkey: str | None
    """The key that may sign the tree size asked about; None: it has none for that size."""

    @classmethod
    def parse(cls, octets: bytes) -> SignerReport:
        """Read a report; the inverse of ``to_bytes``.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=MAX_MESSAGE_BYTES))
        report = cls(
            origin=members.text("origin"),
            remembered=Remembered(
                members.integer("tree_size", high=MAX_TREE_SIZE),
                members.hex32("root_hash"),
                _hashes(members, "peaks", _MAX_PEAKS),
            ),
            vkey=members.nullable("vkey", members.text),
        )
        members.done()
        return report

    def to_bytes(self) -> bytes:
        """Serialise."""
        return strict_json.dump(
            {
                "origin": self.origin,
                "tree_size": self.remembered.tree_size,
                "root_hash": self.remembered.root_hash.hex(),
                "peaks": _hex(self.remembered.peaks),
                "vkey": self.vkey,
            }
        )


def _hashes(members: strict_json.Members, name: str, most: int) -> tuple[bytes, ...]:
    texts = members.texts(name, max_length=64, max_items=most)
    return tuple(
        from_hex(text, field=members.path(f"{name}[{place}]")) for place, text in enumerate(texts)
    )


def _hex(hashes: Sequence[bytes]) -> list[strict_json.JSONValue]:
    return [hash_.hex() for hash_ in hashes]
