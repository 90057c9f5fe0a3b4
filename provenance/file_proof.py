"""Proof that one file is part of a dataset, without naming any other (``docs/formats.md``, §3).

    {"format":"provenance-file-proof","v":1,"path":"a.csv","sha256":"9c6536d3…","length":4,
     "index":0,"files":2,"proof":["5b3ae1c0…"]}

It is checked against the dataset digest and the count of files that a record signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.digests import from_hex
from provenance.errors import ManifestMismatchError, NotFoundError
from provenance.fingerprint import (
    MAX_LINE_BYTES,
    MAX_PATH_BYTES,
    FileEntry,
    check_format,
    entry_bytes,
    summarize,
)
from provenance.merkle import inclusion_path, leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FileProof", "file_proof", "verify_file_proof"]

FORMAT = "provenance-file-proof"


@dataclass(frozen=True, slots=True)
class FileProof:
    """A file, and the way from its leaf to the digest of its dataset.

    ``index`` counts from 0 below ``files``; ``path`` holds the sibling hashes of 32 bytes,
    lowest level first (RFC 9162 §2.1.3).
    """

    entry: FileEntry
    index: int
    files: int
    path: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the proof as one line of JSON."""
        length = self.entry.length
        members = {"format": FORMAT, "v": 1, "path": self.entry.path}
        members |= {"sha256": self.entry.sha256.hex(), "length": length, "index": self.index}
        members |= {"files": self.files, "proof": [hash_.hex() for hash_ in self.path]}
        return strict_json.dump(members) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> FileProof:
        """Read a proof.

        Raises:
            MalformedError: not a file proof of version 1.
        """
        value = strict_json.parse(octets, max_bytes=MAX_LINE_BYTES, max_depth=2)
        members = strict_json.Members(value)
        check_format(members, FORMAT)
        length = members.nullable("length", members.integer)
        path = members.text("path", max_length=MAX_PATH_BYTES)
        proof = cls(
            entry=FileEntry(path, members.hex32("sha256"), length),
            index=members.integer("index"),
            files=members.integer("files", low=1),
            path=tuple(
                from_hex(text, field="proof")
                for text in members.texts("proof", max_length=64, max_items=64)
            ),
        )
        members.done()
        summarize([proof.entry])
        return proof


def file_proof(entries: Iterable[FileEntry], path: str) -> FileProof:
    """Make the proof of the file at ``path``; keeps one leaf hash of every file.

    Raises:
        NotFoundError: no entry has that path.
    """
    leaf_hashes = []
    index, found = 0, None
    for number, entry in enumerate(entries):
        leaf_hashes.append(leaf_hash(entry_bytes(entry)))
        if entry.path == path:
            index, found = number, entry
    if found is None:
        raise NotFoundError(f"no file of the dataset is at {path!r:.200}", field="path")
    return FileProof(found, index, len(leaf_hashes), tuple(inclusion_path(leaf_hashes, index)))


def verify_file_proof(proof: FileProof, *, digest: bytes, files: int) -> None:
    """Check that the file is part of the dataset that a record signs (RFC 9162 §2.1.3.2).

    Args:
        digest: the signed dataset digest, 32 bytes.
        files: the signed count; a root does not fix its tree size, so it must be told.

    Raises:
        ManifestMismatchError: the proof is for another count of files.
        ProofShapeError: index or number of hashes impossible for ``files``.
        RootMismatchError: the proof leads to another digest.
    """
    if proof.files != files:
        raise ManifestMismatchError(f"expected {files}, got {proof.files}", field="files")
    leaf = leaf_hash(entry_bytes(proof.entry))
    verify_inclusion(leaf, proof.index, proof.files, proof.path, digest)
