r"""The evidence that a root was anchored, in three kinds, and how each is written in JSON.

    {"kind":"storage","header":"0x..","account_proof":["0x.."],"storage_proof":["0x.."]}
        the contract holds the root in a block's state                        level: proof
    {"kind":"receipt","header":"0x..","transaction_index":3,"receipt_proof":["0x.."]}
        the contract said in a block that it took the root                    level: proof
    {"kind":"trusted-rpc","statement":"provenance-anchor-statement/v1\n..."}
        the log's operator says, signed, what the log's nodes said            level: trusted-rpc

The first is what a log takes while a node still has the block's state, the second where that is
gone, the third on a chain that has no Ethereum proofs. ``anchor.py`` judges them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from provenance.anchor_statement import AnchorStatement, read_statement
from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import MalformedError, TooLargeError
from provenance.header import MAX_HEADER_BYTES, BlockHeader

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.strict_json import Members

__all__ = [
    "MAX_NODES",
    "MAX_NODE_BYTES",
    "MAX_RECEIPT_NODES",
    "MAX_RECEIPT_NODE_BYTES",
    "MAX_STATEMENT_LENGTH",
    "MAX_TRANSACTION_INDEX",
    "Evidence",
    "EvidenceBlock",
    "HistoryProof",
    "Level",
    "ReceiptEvidence",
    "StatedEvidence",
    "StorageEvidence",
    "block_of",
    "parse_evidence",
]

MAX_NODES: Final = 65
"""Nodes of one proof: each takes at least one of the 64 nibbles of a hashed key."""

MAX_NODE_BYTES: Final = 1_024
"""A branch of state or storage has 532 bytes, a leaf at most some 150."""

MAX_RECEIPT_NODES: Final = 12
"""The key is the RLP of an index: at most four bytes, eight nibbles."""

MAX_RECEIPT_NODE_BYTES: Final = 16_384
"""The leaf holds a whole transaction receipt: 256 bytes of bloom filter and every event."""

MAX_TRANSACTION_INDEX: Final = 2**24 - 1
"""Far more transactions than any block has gas for."""

MAX_STATEMENT_LENGTH: Final = 4_096
"""Nine short lines and one signature."""

Level: TypeAlias = Literal["proof", "trusted-rpc"]
"""What stands behind an anchor: mathematics and one block hash, or somebody's word."""


@dataclass(frozen=True, slots=True)
class StorageEvidence:
    """A block's header and the EIP-1186 proof of one storage slot in that block's state.

    ``header`` is RLP; the proofs are RLP nodes, root first: ``account_proof`` from the state
    root to the contract, ``storage_proof`` from its storage root to the slot of the root hash.
    """

    kind: ClassVar[Literal["storage"]] = "storage"
    level: ClassVar[Level] = "proof"

    header: bytes
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {
            "kind": self.kind,
            "header": to_evm_hex(self.header),
            "account_proof": [to_evm_hex(node) for node in self.account_proof],
            "storage_proof": [to_evm_hex(node) for node in self.storage_proof],
        }


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """A block's header and the proof of one transaction receipt under its receipts root.

    ``header`` is RLP; ``receipt_proof`` are RLP nodes, root first, the last of which holds the
    receipt of transaction ``transaction_index`` (zero-based) of that block.
    """

    kind: ClassVar[Literal["receipt"]] = "receipt"
    level: ClassVar[Level] = "proof"

    header: bytes
    transaction_index: int
    receipt_proof: tuple[bytes, ...]

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {
            "kind": self.kind,
            "header": to_evm_hex(self.header),
            "transaction_index": self.transaction_index,
            "receipt_proof": [to_evm_hex(node) for node in self.receipt_proof],
        }


@dataclass(frozen=True, slots=True)
class StatedEvidence:
    """The operator's signed words about an anchor on a chain without Ethereum proofs."""

    kind: ClassVar[Literal["trusted-rpc"]] = "trusted-rpc"
    level: ClassVar[Level] = "trusted-rpc"

    note: str
    """The signed note, verbatim (``anchor_statement.py``)."""

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {"kind": self.kind, "statement": self.note}

    def read(self) -> AnchorStatement:
        """Return what is stated; who signed it is for ``open_statement`` to check.

        Raises:
            MalformedError: the note is not a statement's.
        """
        return read_statement(self.note)


Evidence: TypeAlias = StorageEvidence | ReceiptEvidence | StatedEvidence


@dataclass(frozen=True, slots=True)
class HistoryProof:
    """The EIP-1186 proof of one slot of the history contract, in the evidence block's state."""

    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, members: Members) -> HistoryProof:
        """Read ``{"account_proof":["0x.."],"storage_proof":["0x.."]}``.

        Raises:
            MalformedError: a member is missing, unknown, or not hex.
            TooLargeError: a node or a proof larger than any real one.
        """
        proof = cls(
            account_proof=_nodes(members, "account_proof"),
            storage_proof=_nodes(members, "storage_proof"),
        )
        members.done()
        return proof

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {
            "account_proof": [to_evm_hex(node) for node in self.account_proof],
            "storage_proof": [to_evm_hex(node) for node in self.storage_proof],
        }


@dataclass(frozen=True, slots=True)
class EvidenceBlock:
    """The block that evidence is of."""

    number: int
    block_hash: bytes
    """32 bytes: Keccak-256 of the header, or what a statement names."""
    timestamp: int
    """POSIX seconds, as the chain has it."""


def block_of(evidence: Evidence) -> EvidenceBlock:
    """Return the block that evidence is of.

    Raises:
        MalformedError: its header is not a header, or its statement not a statement.
    """
    if isinstance(evidence, StatedEvidence):
        stated = evidence.read()
        return EvidenceBlock(stated.block_number, stated.block_hash, stated.timestamp)
    header = BlockHeader.parse(evidence.header)
    return EvidenceBlock(header.number, header.hash, header.timestamp)


# --- reading ------------------------------------------------------------------------------


def parse_evidence(members: Members) -> Evidence:
    """Read evidence of any kind; the module's first lines show the members of each.

    Raises:
        MalformedError: an unknown kind, a member missing, unknown, or not of its form, a
            statement that is none.
        TooLargeError: a header, a node or a proof larger than any real one.
    """
    kind = members.text("kind", max_length=64)
    read = _READERS.get(kind)
    if read is None:
        expected = ", ".join(_READERS)
        raise MalformedError(f"expected one of {expected}, got {kind}", field=members.path("kind"))
    evidence = read(members)
    members.done()
    return evidence


def _storage(members: Members) -> StorageEvidence:
    return StorageEvidence(
        header=_header(members),
        account_proof=_nodes(members, "account_proof"),
        storage_proof=_nodes(members, "storage_proof"),
    )


def _receipt(members: Members) -> ReceiptEvidence:
    return ReceiptEvidence(
        header=_header(members),
        transaction_index=members.integer("transaction_index", high=MAX_TRANSACTION_INDEX),
        receipt_proof=_nodes(
            members, "receipt_proof", MAX_RECEIPT_NODES, node_bytes=MAX_RECEIPT_NODE_BYTES
        ),
    )


def _stated(members: Members) -> StatedEvidence:
    evidence = StatedEvidence(members.text("statement", max_length=MAX_STATEMENT_LENGTH))
    try:
        evidence.read()
    except MalformedError as error:
        raise MalformedError(str(error), field=members.path("statement")) from error
    return evidence


_READERS: Final[dict[str, Callable[[Members], Evidence]]] = {
    StorageEvidence.kind: _storage,
    ReceiptEvidence.kind: _receipt,
    StatedEvidence.kind: _stated,
}


def _header(members: Members) -> bytes:
    return _octets(members.value("header"), members.path("header"), MAX_HEADER_BYTES)


def _nodes(
    members: Members, name: str, limit: int = MAX_NODES, *, node_bytes: int = MAX_NODE_BYTES
) -> tuple[bytes, ...]:
    texts = members.array(name, max_items=limit)
    field = members.path(name)
    return tuple(_octets(text, f"{field}[{i}]", node_bytes) for i, text in enumerate(texts))


def _octets(value: object, field: str, limit: int) -> bytes:
    if not isinstance(value, str):
        raise MalformedError("expected 0x and hex", field=field)
    if len(value) > 2 + 2 * limit:
        raise TooLargeError(limit=limit, length=len(value) // 2 - 1, unit="bytes", field=field)
    return from_evm_hex(value, field=field)
