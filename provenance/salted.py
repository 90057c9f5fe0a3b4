"""A second fingerprint of the same files that gives away none but the one that is opened.

    salt of a file   HMAC-SHA256(32 random bytes, path)[:16]
    entry of a file  SHA-256(content) ‖ salt ‖ path
    salted digest    RFC 9162 root over the entries, in the order of the manifest

(``fingerprint-salted/v1``.) Of the plain dataset digest an inclusion path shows the hashes of
neighbouring files, so that whoever guesses a small table can find it confirmed. Here each
neighbour has a salt of its own, and one salt tells nothing of another. The random bytes stand in
the header of the owner's manifest (``"salts"``). One file is opened by::

    {"format":"provenance-file-opening","v":1,"path":"a.csv","sha256":"<hex>","salt":"<hex>",
     "index":0,"files":2,"proof":["<hex>", ...],"disclosures":["<base64url>", ...]}

The disclosures are those of the sealed deposit's ``salted_digest``, and of ``files`` where that
is sealed too. Whoever holds this and the deposit's receipt needs nothing else.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from provenance import sdjwt, strict_json
from provenance.digests import from_hex
from provenance.errors import (
    ManifestMismatchError,
    NotFoundError,
    UnsupportedVersionError,
)
from provenance.fingerprint import MAX_LINE_BYTES, MAX_PATH_BYTES, FileEntry, summarize
from provenance.merkle import RootAccumulator, inclusion_path, leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.sdjwt import Disclosure

__all__ = [
    "MAX_OPENING_BYTES",
    "SALT_LENGTH",
    "FileOpening",
    "file_opening",
    "is_file_opening",
    "salt_of",
    "salted_digest",
    "salted_entry",
    "verify_file_opening",
]

FORMAT: Final = "provenance-file-opening"
VERSION: Final = 1
SALT_LENGTH: Final = 16
"""Bytes: nobody tries 2^128 of them."""

MAX_OPENING_BYTES: Final = MAX_LINE_BYTES + (1 << 14)
"""A file proof, and two disclosures of fixed form."""

_MAX_DISCLOSURES: Final = 2
_MAX_DISCLOSURE: Final = 1_000


def salt_of(salts: bytes, path: str) -> bytes:
    """Return the salt of the file at ``path``, 16 bytes; ``salts`` are the owner's 32."""
    return hmac.digest(salts, path.encode(), "sha256")[:SALT_LENGTH]


def salted_entry(entry: FileEntry, salt: bytes) -> bytes:
    """Return the tree's entry of a file: SHA-256(content) ‖ salt ‖ path."""
    return entry.sha256 + salt + entry.path.encode()


def salted_digest(entries: Iterable[FileEntry], salts: bytes) -> bytes:
    """Return the root, 32 bytes, over entries that come checked and in order."""
    tree = RootAccumulator()
    for entry in entries:
        tree.add(leaf_hash(salted_entry(entry, salt_of(salts, entry.path))))
    return tree.root()


# --- one file alone -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileOpening:
    """Proof that one file is part of a sealed dataset; no other can be guessed by it."""

    entry: FileEntry
    """Path and digest; the length is not known."""
    salt: bytes
    index: int
    files: int
    path: tuple[bytes, ...]
    """Sibling hashes of 32 bytes, lowest level first (RFC 9162 §2.1.3)."""
    disclosures: tuple[Disclosure, ...]
    """Of the sealed deposit: ``salted_digest``, and ``files`` where it is sealed."""

    def to_bytes(self) -> bytes:
        """Return the opening as one line of JSON."""
        members: dict[str, object] = {"format": FORMAT, "v": VERSION, "path": self.entry.path}
        members |= {"sha256": self.entry.sha256.hex(), "salt": self.salt.hex()}
        members |= {"index": self.index, "files": self.files}
        members["proof"] = [hash_.hex() for hash_ in self.path]
        members["disclosures"] = [part.text for part in self.disclosures]
        return strict_json.dump(members) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> FileOpening:
        """Read an opening strictly.

        Raises:
            MalformedError: ``field`` names the member.
        """
        value = strict_json.parse(octets, max_bytes=MAX_OPENING_BYTES, max_depth=2)
        members = strict_json.Members(value)
        if (members.text("format"), members.integer("v")) != (FORMAT, VERSION):
            raise UnsupportedVersionError(f"expected {FORMAT} v{VERSION}", field="format")
        path = members.text("path", max_length=MAX_PATH_BYTES)
        salt = from_hex(members.text("salt"), length=SALT_LENGTH, field="salt")
        texts = members.texts("disclosures", max_length=_MAX_DISCLOSURE, max_items=_MAX_DISCLOSURES)
        proofs = members.texts("proof", max_length=64, max_items=64)
        opening = cls(
            entry=FileEntry(path, members.hex32("sha256"), None),
            salt=salt,
            index=members.integer("index"),
            files=members.integer("files", low=1),
            path=tuple(from_hex(text, field="proof") for text in proofs),
            disclosures=tuple(map(_disclosure, texts)),
        )
        members.done()
        summarize([opening.entry])
        return opening


def _disclosure(text: str) -> Disclosure:
    read = partial(strict_json.parse, max_bytes=_MAX_DISCLOSURE, max_depth=2)
    return sdjwt.parse_disclosure(text, field="disclosures", read=read)


def is_file_opening(octets: bytes) -> bool:
    """Tell whether a file says to be the opening of one file, in the form that is written."""
    return octets.startswith(f'{{"format":"{FORMAT}"'.encode())


def file_opening(
    entries: Iterable[FileEntry], path: str, salts: bytes, disclosures: Iterable[Disclosure]
) -> FileOpening:
    """Open the file at ``path``; keeps one leaf hash of every file.

    Raises:
        NotFoundError: no entry has that path.
    """
    leaf_hashes = []
    index, found = 0, None
    for number, entry in enumerate(entries):
        leaf_hashes.append(leaf_hash(salted_entry(entry, salt_of(salts, entry.path))))
        if entry.path == path:
            index, found = number, entry
    if found is None:
        raise NotFoundError(f"no file of the dataset is at {path!a:.200}", field="path")
    proof = tuple(inclusion_path(leaf_hashes, index))
    plain = FileEntry(path, found.sha256, None)
    salt = salt_of(salts, path)
    return FileOpening(plain, salt, index, len(leaf_hashes), proof, tuple(disclosures))


def verify_file_opening(opening: FileOpening, *, digest: bytes, files: int) -> None:
    """Check that the file is part of the dataset that a record sealed (RFC 9162 §2.1.3.2).

    Args:
        digest: the salted digest that was sealed, 32 bytes.
        files: the count that is signed, or was sealed.

    Raises:
        ManifestMismatchError: the opening is for another count of files.
        ProofShapeError: index or number of hashes impossible for ``files``.
        RootMismatchError: the proof leads to another digest.
    """
    if opening.files != files:
        raise ManifestMismatchError(f"expected {files}, got {opening.files}", field="files")
    leaf = leaf_hash(salted_entry(opening.entry, opening.salt))
    verify_inclusion(leaf, opening.index, opening.files, opening.path, digest)
