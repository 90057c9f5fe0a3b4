"""What a log and a witness say to each other (c2sp.org/tlog-witness v1.1.0).

    POST <submission prefix>/add-checkpoint            200
    old 8                                              — witness.example uKLPIAAAAABp...
    5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=
                                                       409, text/x.tlog.size
    example.com/log/testdata                           15
    15
    rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

    — example.com/log/testdata M9e0luh4jTG+...

A witness cosigns a checkpoint once it has seen by the proof that nothing it cosigned before was
dropped or rewritten. Its cosignature is a further line of the note.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provenance.digests import to_b64
from provenance.errors import BadSignatureError, MalformedError
from provenance.merkle import MAX_TREE_SIZE
from provenance.note import COSIGNATURE_V1, Note, NoteVerifier

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ADD_CHECKPOINT", "add_checkpoint_body", "read_cosignature", "read_size", "witness_name"]

ADD_CHECKPOINT = "/add-checkpoint"
"""Path below a witness's submission prefix."""

MAX_PROOF = 63
"""Hashes of the consistency proof that a witness accepts."""

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


def witness_name(witness: NoteVerifier) -> str:
    """Return ``name+key id`` in hex, which names one key of one witness.

    Raises:
        MalformedError: not a witness's key (type 04).
    """
    if witness.type != COSIGNATURE_V1:
        raise MalformedError(f"expected signature type 4, got {witness.type}", field="vkey")
    return f"{witness.name}+{witness.key_id.hex()}"


def add_checkpoint_body(old_size: int, proof: Sequence[bytes], note: str) -> bytes:
    """Return the body that submits a signed checkpoint.

    Args:
        old_size: tree size of the checkpoint this witness cosigned last; 0 before the first.
        proof: RFC 9162 consistency proof from there, 32 bytes each; empty from size 0.
        note: the signed checkpoint.

    Raises:
        MalformedError: more hashes than the protocol has room for.
    """
    if len(proof) > MAX_PROOF:
        raise MalformedError(f"expected at most {MAX_PROOF} hashes, got {len(proof)}")
    lines = [f"old {old_size}\n", *(f"{to_b64(sibling)}\n" for sibling in proof), "\n", note]
    return "".join(lines).encode()


def read_cosignature(answer: bytes, note: str, witness: NoteVerifier) -> str:
    """Return the line by which ``witness`` cosigned ``note``, its line feed included.

    Only that witness's own line is taken from the answer: others' are for others to submit.

    Raises:
        MalformedError: the answer is not signature lines.
        BadSignatureError: no line of that witness, or one that does not verify.
    """
    signed = Note.parse(note)
    try:
        lines = Note.parse(f"{signed.text}\n{answer.decode()}").signatures
    except UnicodeDecodeError as error:
        raise MalformedError("expected signature lines in UTF-8", field="answer") from error
    own = [line for line in lines if witness.made(line)]
    for line in own:
        witness.verify(signed.text, line)
    if not own:
        raise BadSignatureError(f"no cosignature of {witness.name}", field="answer")
    return own[-1].to_line()


def read_size(answer: bytes) -> int:
    """Return the tree size that a witness says it cosigned last (a body of 409).

    Raises:
        MalformedError: not a decimal and a line feed, or out of range.
    """
    found = _SIZE.fullmatch(answer)
    if found is None or int(found[1]) > MAX_TREE_SIZE:
        raise MalformedError(f"expected a tree size, got {answer[:40]!a}", field="answer")
    return int(found[1])
