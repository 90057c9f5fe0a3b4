"""Checkpoints: what a log signs about itself (c2sp.org/tlog-checkpoint v1.0.0).

    example.com/log/testdata                      origin: the log's name line
    3                                             tree size, decimal
    Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=  root hash, padded base64

One root hash at one tree size: a log that signs two checkpoints neither of which may follow the
other has forked, and can never take either back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import note
from provenance.digests import RootHash, from_b64, to_b64
from provenance.errors import MalformedError, VerificationError
from provenance.merkle import EMPTY_ROOT, MAX_TREE_SIZE, verify_consistency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Checkpoint", "check_may_follow", "open_checkpoint", "sign"]

_TREE_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x1f]")


@dataclass(frozen=True)
class Checkpoint:
    """A log's root hash at a tree size."""

    origin: str
    """The log's name: one line, not empty."""
    tree_size: int
    root_hash: RootHash
    extensions: tuple[str, ...] = ()
    """Further lines of the signed text: none in our logs, kept unread in others'."""

    def __post_init__(self) -> None:
        """Check the parts.

        Raises:
            MalformedError: an origin or extension that is not one line, a tree size or a length
                of the root hash out of range, a root at size 0 other than that of no entries.
        """
        for line in (self.origin, *self.extensions):
            if not line or _CONTROL.search(line):
                raise MalformedError(f"expected a line, got {line[:80]!a}", field="checkpoint")
        if not 0 <= self.tree_size <= MAX_TREE_SIZE:
            raise MalformedError(f"tree size {self.tree_size} out of range", field="checkpoint")
        if len(self.root_hash) != 32:
            raise MalformedError(
                f"expected a root of 32 bytes, got {len(self.root_hash)}", field="checkpoint"
            )
        if self.tree_size == 0 and self.root_hash != EMPTY_ROOT:
            raise MalformedError("expected the root of no entries", field="checkpoint")

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note's text; the inverse of ``to_text``.

        Raises:
            MalformedError: another number of lines, a tree size with a leading zero or a sign, a
                root that is not the padded base64 of 32 bytes.
        """
        origin, *rest = text.split("\n")
        if len(rest) < 3 or rest.pop() != "":
            raise MalformedError(f"expected three lines, got {text[:80]!a}", field="checkpoint")
        size, root, *extensions = rest
        if _TREE_SIZE.fullmatch(size) is None:
            raise MalformedError(f"expected a tree size, got {size[:40]!a}", field="checkpoint")
        root_hash = RootHash(from_b64(root, length=32, field="checkpoint"))
        return cls(origin, int(size), root_hash, tuple(extensions))

    def to_text(self) -> str:
        """Write the text that is signed, its last line feed included."""
        lines = (self.origin, str(self.tree_size), to_b64(self.root_hash), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def sign(checkpoint: Checkpoint, signer: note.NoteSigner) -> str:
    """Return the signed note of ``checkpoint``.

    Only for a checkpoint that is durable and extends all that this key signed before: the caller
    has proved both (``check_may_follow``).
    """
    return note.sign(checkpoint.to_text(), [signer])


def open_checkpoint(
    note_text: str, origin: str, verifiers: Iterable[note.NoteVerifier]
) -> Checkpoint:
    """Read a signed checkpoint of the log ``origin`` and check that a known key of it signed.

    Args:
        verifiers: the log's own keys, type 01; witnesses are judged by ``verify_cosignature``.

    Raises:
        MalformedError: not a signed checkpoint, or one of another log.
        BadSignatureError: a known key's line does not verify, or no known key signed.
    """
    signed = note.Note.parse(note_text)
    checkpoint = Checkpoint.from_text(signed.text)
    if checkpoint.origin != origin:
        raise MalformedError(
            f"expected {origin!a}, got {checkpoint.origin[:80]!a}", field="checkpoint.origin"
        )
    signed.verified_by(verifier for verifier in verifiers if verifier.type == note.ED25519)
    return checkpoint


def check_may_follow(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that ``new`` is a later or the same state of the log that signed ``old``.

    Args:
        proof: the RFC 9162 consistency proof; empty when the sizes are equal or ``old`` is empty.

    Raises:
        VerificationError: another origin, a tree that shrank, or a proof that does not hold
            (``ProofShapeError``, ``RootMismatchError``).
    """
    if old.origin != new.origin:
        raise VerificationError(f"expected origin {old.origin!a}, got {new.origin[:80]!a}")
    if new.tree_size < old.tree_size:
        raise VerificationError(f"the log shrank from {old.tree_size} to {new.tree_size} entries")
    if old.tree_size == 0:
        if proof:
            raise VerificationError(
                f"expected no proof from the empty tree, got {len(proof)} hashes"
            )
        return
    verify_consistency(old.tree_size, new.tree_size, proof, old.root_hash, new.root_hash)
