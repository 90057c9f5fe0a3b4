"""What an operator says of an anchor on a chain that has no Ethereum proofs (``docs/formats.md``).

    provenance-anchor-statement/v1                      never the first line of a checkpoint
    origin ledger.example/log
    chain 1030
    contract 0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0
    log 0x5f2e...                                       the contract's name for the log
    size 13
    root yWhYgNxVoTv1Qx3xQOSUNCDqTMWr0g2NxYlvR6WpC8o=   padded base64, as in the checkpoint
    block 1000030 0x3b1c...                             that the log's nodes agree is final
    time 1780000201                                     of that block, POSIX seconds
    transaction 0x9a40...

It is signed as a note (c2sp.org/signed-note), with one signature line, by the log's checkpoint key
of that tree size. A statement proves nothing: it says what was asked, so that a reader can ask a
node of his own, and it can be held against the operator who signed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import note
from provenance.digests import RootHash, from_b64, from_evm_hex, to_b64, to_evm_hex
from provenance.errors import BadSignatureError, MalformedError
from provenance.merkle import MAX_TREE_SIZE
from provenance.strict_json import MAX_INTEGER
from provenance.text import check_line

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FIRST_LINE", "AnchorStatement", "open_statement", "read_statement", "sign_statement"]

FIRST_LINE: Final = "provenance-anchor-statement/v1"
"""A checkpoint has a decimal number in its second line, a cosignature another first one: nothing
that is signed by the same key can be read as a statement, nor a statement as anything else."""

_LABELS = ("origin", "chain", "contract", "log", "size", "root", "block", "time", "transaction")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class AnchorStatement:
    """Where and when the log's nodes say that a root was anchored."""

    origin: str
    """The log's name line."""
    chain_id: int
    contract: bytes
    """Address, 20 bytes."""
    log_id: bytes
    """32 bytes."""
    tree_size: int
    root_hash: RootHash
    block_number: int
    """Of the block that holds the transaction."""
    block_hash: bytes
    """Its name on that chain, 32 bytes; it need not be the hash of any header."""
    timestamp: int
    """That block's time, POSIX seconds."""
    tx_hash: bytes
    """32 bytes."""

    @classmethod
    def from_text(cls, text: str) -> AnchorStatement:
        """Read the signed text; the inverse of ``to_text``.

        Raises:
            MalformedError: anything that ``to_text`` would not have written.
        """
        values = _values(text)
        if not values["origin"]:
            raise MalformedError("expected a log's name", field="statement.origin")
        check_line(values["origin"], "statement.origin")
        number, _, block_hash = values["block"].partition(" ")
        statement = cls(
            origin=values["origin"],
            chain_id=_number(values["chain"], "chain", low=1),
            contract=from_evm_hex(values["contract"], length=20, field="statement.contract"),
            log_id=from_evm_hex(values["log"], length=32, field="statement.log"),
            tree_size=_number(values["size"], "size", low=1, high=MAX_TREE_SIZE),
            root_hash=RootHash(from_b64(values["root"], length=32, field="statement.root")),
            block_number=_number(number, "block"),
            block_hash=from_evm_hex(block_hash, length=32, field="statement.block"),
            timestamp=_number(values["time"], "time"),
            tx_hash=from_evm_hex(values["transaction"], length=32, field="statement.transaction"),
        )
        if statement.to_text() != text:
            raise MalformedError("expected the one form of a statement", field="statement")
        return statement

    def to_text(self) -> str:
        """Write the text that is signed, its last line feed included."""
        values = (
            self.origin,
            self.chain_id,
            to_evm_hex(self.contract),
            to_evm_hex(self.log_id),
            self.tree_size,
            to_b64(self.root_hash),
            f"{self.block_number} {to_evm_hex(self.block_hash)}",
            self.timestamp,
            to_evm_hex(self.tx_hash),
        )
        rows = zip(_LABELS, values, strict=True)
        return "".join([f"{FIRST_LINE}\n", *(f"{label} {value}\n" for label, value in rows)])


def sign_statement(statement: AnchorStatement, signer: note.NoteSigner) -> str:
    """Return the signed note of ``statement``.

    Only for what a quorum of nodes said, with the checkpoint key of that tree size.

    Raises:
        MalformedError: the parts make no statement that ``from_text`` reads.
    """
    text = statement.to_text()
    AnchorStatement.from_text(text)
    return note.sign(text, [signer])


def read_statement(note_text: str) -> AnchorStatement:
    """Read a signed statement without asking who signed it.

    Raises:
        MalformedError: not a note of one signature line, or not a statement's.
    """
    return AnchorStatement.from_text(_one_signature(note_text).text)


def open_statement(note_text: str, verifiers: Iterable[note.NoteVerifier]) -> AnchorStatement:
    """Read a signed statement and check that one of the log's own keys signed it.

    Args:
        verifiers: the log's checkpoint keys for the statement's tree size.

    Raises:
        MalformedError: not a note of one signature line, or not a statement's.
        BadSignatureError: the line is of another key, or does not verify.
    """
    signed = _one_signature(note_text)
    try:
        signed.verified_by(verifiers)
    except BadSignatureError as error:
        error.field = "statement"
        raise
    return AnchorStatement.from_text(signed.text)


def _one_signature(note_text: str) -> note.Note:
    """Read the note; a second line could be anybody's, and would be read by nobody."""
    signed = note.Note.parse(note_text)
    if len(signed.signatures) != 1:
        message = f"expected one signature, got {len(signed.signatures)}"
        raise MalformedError(message, field="statement")
    return signed


def _values(text: str) -> dict[str, str]:
    first, *lines = text.split("\n")
    if first != FIRST_LINE:
        raise MalformedError(f"expected {FIRST_LINE}, got {first[:80]!a}", field="statement")
    rows = [line.partition(" ") for line in lines[:-1]]
    if tuple(label for label, _, _ in rows) != _LABELS:
        raise MalformedError("expected a statement's nine lines in order", field="statement")
    return {label: value for label, _, value in rows}


def _number(text: str, label: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
    field = f"statement.{label}"
    if _NUMBER.fullmatch(text) is None:
        raise MalformedError(f"expected a number, got {text[:40]!a}", field=field)
    number = int(text)
    if not low <= number <= high:
        raise MalformedError(f"expected {low} to {high}, got {number}", field=field)
    return number
