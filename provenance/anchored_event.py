"""The proof that the contract took a root in a block, from that block's transaction receipts.

    block hash = Keccak-256(header)
        `-- receipts root --> trie over all receipts of the block, each at the key rlp(index)
                                `-- receipt = type ‖ rlp([status, gas, bloom, events])
                                                                                 |
        event CheckpointAnchored(log id, tree size, root hash) of the contract --'

Of use where nobody has the block's state any more. It shows what the contract said, not which
code said so: the contract's address stands for it, while a storage proof shows the code too.
Source: Yellow Paper §4.3.1, EIP-658 (status), EIP-2718 (types), ``contracts/`` (the event).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance import rlp, trie
from provenance.anchor_evidence import ReceiptEvidence
from provenance.errors import BadTrieProofError, MalformedError, NotAnchoredError
from provenance.header import BlockHeader
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EVENT_TOPIC", "prove_event", "verify_anchored_event"]

EVENT_TOPIC: Final = keccak256(b"CheckpointAnchored(bytes32,uint64,bytes32)")
"""First topic of the event; the log id and the tree size are the others, the root its data."""

_LAST_TYPE = 0x7F
"""Greatest type byte of a typed receipt; an RLP list begins above (EIP-2718)."""


def prove_event(header: bytes, receipts: Sequence[bytes], index: int) -> ReceiptEvidence:
    """Return the evidence of transaction ``index``'s events, from all receipts of its block.

    Args:
        header: RLP of the block's header.
        receipts: in consensus encoding, in the order of the block's transactions.

    Raises:
        MalformedError: not a header.
        BadTrieProofError: these are not the block's receipts.
    """
    expected = BlockHeader.parse(header).receipts_root
    root, nodes = trie.prove_at(receipts, index)
    if root != expected:
        raise BadTrieProofError(f"the receipts make root {root.hex()}, not {expected.hex()}")
    return ReceiptEvidence(header, index, nodes)


def verify_anchored_event(
    evidence: ReceiptEvidence, *, contract: bytes, log_id: bytes, tree_size: int, root_hash: bytes
) -> BlockHeader:
    """Check that in the evidence block the contract took ``root_hash`` for the log.

    Says nothing of the block itself: the caller must have its hash from somebody it trusts.

    Args:
        contract: address, 20 bytes.
        log_id: the log's name in the contract, 32 bytes.
        root_hash: of the checkpoint at ``tree_size``, 32 bytes.

    Raises:
        MalformedError: the header does not parse.
        BadTrieProofError: the proof does not lead from the receipts root to a receipt.
        NotAnchoredError: there is no such transaction, it failed, or it has no such event.
    """
    header = BlockHeader.parse(evidence.header)
    index = evidence.transaction_index
    key = rlp.encode(rlp.encode_integer(index))
    receipt = trie.get(header.receipts_root, key, evidence.receipt_proof)
    if receipt is None:
        raise NotAnchoredError(f"block {header.number} has no transaction {index}")
    status, events = _read_receipt(receipt)
    if status != b"\x01":
        raise NotAnchoredError(f"transaction {index} of block {header.number} did not succeed")
    topics: rlp.Item = [EVENT_TOPIC, log_id, tree_size.to_bytes(32, "big")]
    if [contract, topics, root_hash] not in events:
        raise NotAnchoredError(
            f"transaction {index} of block {header.number} did not anchor tree size {tree_size}"
        )
    return header


def _read_receipt(octets: bytes) -> tuple[rlp.Item, list[rlp.Item]]:
    """Return a transaction receipt's status and events, unread."""
    body = octets[1:] if octets[0] <= _LAST_TYPE else octets
    try:
        fields = rlp.decode_list(body)
    except MalformedError as error:
        raise BadTrieProofError("expected a transaction receipt") from error
    if len(fields) != 4 or not isinstance(fields[3], list):
        raise BadTrieProofError("expected status, gas, bloom filter and events in the receipt")
    return fields[0], fields[3]
