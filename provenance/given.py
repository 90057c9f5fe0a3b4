"""What a reader gives beside receipt and policy: values, gathered before a verification.

The verifier asks nobody. Whoever calls it may hand over block hashes looked up elsewhere, what
a node answered, what lies on the disk, what an audit of the whole log found; each of them says
in the verdict whose word it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from provenance.digests import from_evm_hex
from provenance.header import BlockHeader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.chunks import ChunkedFile
    from provenance.comparison import Comparison
    from provenance.file_proof import FileProof
    from provenance.fingerprint import Summary
    from provenance.key_life import Word
    from provenance.record import Record
    from provenance.record_values import Fixity
    from provenance.salted import FileOpening

__all__ = [
    "REQUIRABLE",
    "RPC_AWAY",
    "BlockName",
    "Data",
    "Given",
    "GivenBlock",
    "GivenFixity",
    "GivenOpening",
    "KeyStatus",
    "OneFile",
    "OneSealedFile",
    "PartOfData",
    "RangeOfFile",
    "RootName",
    "RpcAnswer",
    "RpcView",
    "WholeData",
]

REQUIRABLE: Final = frozenset({"identity", "key-status", "not-before"})
"""What a ``--require-*`` flag may add to what exit code 0 needs."""

RPC_AWAY: Final = "unreachable"
"""Stands for the view of a node that did not answer."""


@dataclass(frozen=True, slots=True)
class BlockName:
    """A block that a receipt speaks of: what to look up elsewhere, or to ask a node for."""

    chain_id: int
    number: int
    block_hash: bytes
    """Keccak-256 of the header, 32 bytes."""


@dataclass(frozen=True, slots=True)
class GivenBlock:
    """A block that the reader vouches for, by its hash or by its whole header."""

    block_hash: bytes
    header: BlockHeader | None = None

    @classmethod
    def from_hash(cls, text: str) -> GivenBlock:
        """Read a block hash as explorers print it, ``0x`` and 64 digits in either case.

        Raises:
            MalformedError: anything else.
        """
        return cls(from_evm_hex(text.lower(), length=32, field="block-hash"))

    @classmethod
    def from_header(cls, octets: bytes) -> GivenBlock:
        """Take a header as RLP; its hash is computed, not believed.

        Raises:
            MalformedError: not a block header.
        """
        header = BlockHeader.parse(octets)
        return cls(header.hash, header)


@dataclass(frozen=True, slots=True)
class RootName:
    """A root that is only stated to lie in a contract: what to ask a node for."""

    chain_id: int
    contract: bytes
    """Address, 20 bytes."""
    log_id: bytes
    """32 bytes."""
    tree_size: int


@dataclass(frozen=True, slots=True)
class RpcView:
    """What one node answered: hashes at some heights, roots, and how far its chain is final."""

    chain_id: int
    head: int
    """Number of the newest block."""
    finalized: int | None
    """Number of the newest final block; None on a chain without the ``finalized`` tag."""
    hashes: Mapping[int, bytes] = field(default_factory=dict)
    """Block hash by number; a number the node does not know is left out."""
    genesis_hash: bytes | None = None
    """Hash of block 0; None when the node no longer has it."""
    roots: Mapping[RootName, bytes] = field(default_factory=dict)
    """What contracts answered, 32 bytes, zero for nothing; a root nobody asked for is left out."""


RpcAnswer: TypeAlias = RpcView | Literal["unreachable"]


@dataclass(frozen=True, slots=True)
class WholeData:
    """A whole dataset as it lies on the disk, with the differences from a manifest if any."""

    found: Summary
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class PartOfData:
    """A sub-folder or a file, compared with the manifest that lists the whole dataset."""

    manifest: Summary
    """Of the manifest, recomputed from its lines."""
    comparison: Comparison
    """Of the part alone."""
    part: str = ""
    """Path of the sub-folder or file in the manifest."""


@dataclass(frozen=True, slots=True)
class OneFile:
    """A file with the proof that it is part of a dataset."""

    proof: FileProof
    sha256: bytes
    """Of the file's content, 32 bytes."""


@dataclass(frozen=True, slots=True)
class RangeOfFile:
    """Some chunks of a file, with the side file that holds the chunk hashes of all files."""

    chunks: Summary
    """Of the side file, recomputed from its lines."""
    file: ChunkedFile
    """The file as the side file lists it."""
    first: int
    """Index of the first chunk that was read."""
    found: tuple[bytes, ...]
    """Hashes of the chunks that were read, 32 bytes each, one after the other."""


@dataclass(frozen=True, slots=True)
class OneSealedFile:
    """A file with what opens it alone of a sealed dataset."""

    opening: FileOpening
    sha256: bytes
    """Of the file's content, 32 bytes."""


Data: TypeAlias = WholeData | PartOfData | OneFile | RangeOfFile | OneSealedFile


@dataclass(frozen=True, slots=True)
class GivenOpening:
    """The ``opening`` of a sealed deposit, and what verifying its receipt found."""

    state: Literal["logged", "not-logged", "false", "unusable"]
    """Whether the record is a signed entry of the policy's log."""
    because: str
    """Code of the check that keeps it from being one; ``included`` where it is."""
    record: Record | None = None
    """None when the receipt cannot be used."""
    leaf_index: int = -1


@dataclass(frozen=True, slots=True)
class GivenFixity:
    """A ``fixity`` record that speaks of the deposit, and what verifying its receipt found."""

    state: Literal["logged", "not-logged", "false", "unusable"]
    """Whether the record is a signed entry of the policy's log."""
    because: str
    """Code of the check that keeps it from being one; ``included`` where it is."""
    fixity: Fixity | None = None
    """What the record claims; None when the receipt cannot be used."""
    key: str = ""
    """Thumbprint of its signing key."""
    identity: str = ""
    """What is known of that key: the code of check 4."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """What reading every entry of the log, and rebuilding its root, found about a key."""

    tree_size: int
    """How many entries were read."""
    revoked_at: int | None
    """Leaf index of the first revocation of the signing key, None when there is none."""
    words: tuple[Word, ...] = ()
    """Every revocation of it by those who may; then ``revoked_at`` is the first of them."""
    bound_later: tuple[int, str] | None = None
    """Leaf index and institution of the first binding after the record, where it had none."""


@dataclass(frozen=True, slots=True)
class Given:
    """Everything together; an empty one verifies as far as receipt and policy lead."""

    blocks: tuple[GivenBlock, ...] = ()
    rpc: RpcAnswer | None = None
    data: Data | None = None
    key_status: KeyStatus | None = None
    require: frozenset[str] = frozenset()
    """Of ``REQUIRABLE``."""
    allow_dev_chain: bool = False
    fixity: tuple[GivenFixity, ...] = ()
    opening: GivenOpening | None = None
    authorities: str | None = None
    """CA certificates in PEM, under which an institution's certificate has to be issued."""

    def __post_init__(self) -> None:
        """Refuse a requirement nobody knows: it would be met in silence.

        Raises:
            RuntimeError: our own mistake; the CLI offers only ``REQUIRABLE``.
        """
        unknown = self.require - REQUIRABLE
        if unknown:
            raise RuntimeError(f"no such requirement: {sorted(unknown)}")

    def vouched(self, block_hash: bytes) -> bool:
        """Tell whether the reader vouches for the block."""
        return any(block.block_hash == block_hash for block in self.blocks)

    def header(self, block_hash: bytes) -> BlockHeader | None:
        """Return the header the reader gave for the block, None when it did not."""
        headers = (b.header for b in self.blocks if b.block_hash == block_hash)
        return next((header for header in headers if header is not None), None)
