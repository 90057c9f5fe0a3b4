"""A node read and written by JSON-RPC, before any contract is known.

Blocks come back only with a header whose Keccak-256 is the hash asked for: a fork whose fields
we do not know, or a chain that hashes other bytes (Besu QBFT, Conflux), is an error here. Proofs
come back unchecked, for ``provenance.anchor`` to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.anchor import MAX_NODES
from provenance.chain.blocks import read_block
from provenance.chain.rpc import octets, quantity
from provenance.errors import NodeRefusedError, UnavailableError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, Fees, Proof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.chain.rpc import Rpc
    from provenance.ledger.chain_port import Block

__all__ = ["Node"]

_MEANINGS = (
    # geth, anvil, erigon, reth; then besu and nethermind, which word or spell it differently
    (Broadcast.KNOWN, ("already known", "already imported", "known transaction", "alreadyknown")),
    (Broadcast.KNOWN, ("already_exists",)),
    (Broadcast.NONCE_TOO_LOW, ("nonce too low", "nonce_too_low", "oldnonce")),
    (Broadcast.UNDERPRICED, ("underpriced", "replacementnotallowed", "less than block base fee")),
    (Broadcast.UNDERPRICED, ("feetoolow", "fee too low")),
    (Broadcast.NO_FUNDS, ("insufficient funds", "insufficientfunds", "upfront cost exceeds")),
)


class Node:
    """One JSON-RPC endpoint with its rule for what is final."""

    def __init__(self, rpc: Rpc, *, confirmations: int | None = None) -> None:
        """Read through ``rpc``.

        Args:
            confirmations: how many (head - block + 1) make a block final on a chain without the
                ``finalized`` tag; None = the tag decides (W10; ``safe`` is never used).
        """
        self.rpc = rpc
        self._confirmations = confirmations

    def chain_id(self) -> int:
        """Return the EIP-155 chain id."""
        return self.rpc.quantity("eth_chainId")

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0, 32 bytes."""
        return self._numbered(0).block_hash

    def code(self, account: bytes) -> bytes:
        """Return the runtime code of an account at head; empty for none."""
        return self.rpc.octets("eth_getCode", "0x" + account.hex(), "latest")

    def balance(self, account: bytes) -> int:
        """Return an account's wei at head."""
        return self.rpc.quantity("eth_getBalance", "0x" + account.hex(), "latest")

    def nonce(self, sender: bytes) -> int:
        """Return the count of transactions mined from ``sender``, at head."""
        return self.rpc.quantity("eth_getTransactionCount", "0x" + sender.hex(), "latest")

    def fees(self) -> Fees:
        """Return what the chain asks at head."""
        block = self.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
        if block is None or block.get("baseFeePerGas") is None:
            raise UnavailableError("the chain names no base fee (EIP-1559 is needed)")
        return Fees(
            base_fee_wei=quantity(block["baseFeePerGas"], "baseFeePerGas"),
            priority_fee_wei=self.rpc.quantity("eth_maxPriorityFeePerGas"),
        )

    def broadcast(self, raw: bytes) -> Broadcast:
        """Hand signed bytes to the node and say what its answer means (W8)."""
        try:
            answer = self.rpc.octets("eth_sendRawTransaction", "0x" + raw.hex())
        except NodeRefusedError as error:
            return _meaning(error.message)
        except UnavailableError:
            return Broadcast.UNKNOWN
        return Broadcast.ACCEPTED if answer == keccak256(raw) else Broadcast.UNKNOWN

    def block_by_hash(self, block_hash: bytes) -> Block | None:
        """Return the block with this hash, canonical or not; None when unknown."""
        block = self.rpc.mapping("eth_getBlockByHash", "0x" + block_hash.hex(), False)  # noqa: FBT003 -- JSON-RPC
        return None if block is None else read_block(block, expected_hash=block_hash)

    def canonical_hash(self, number: int) -> bytes | None:
        """Return the hash of the canonical block at ``number``, None above the head."""
        block = self._by_number(hex(number))
        if block is None:
            return None
        if block.number != number:
            raise UnavailableError(f"expected block {number}, got {block.number}")
        return block.block_hash

    def head(self) -> Block:
        """Return the newest block."""
        return self._tagged("latest")

    def finalized(self) -> Block:
        """Return the newest final block by the chain's rule (tag or declared depth)."""
        if self._confirmations is None:
            return self._tagged("finalized")
        return self._numbered(max(0, self.head().number - self._confirmations + 1))

    def proof(self, account: bytes, slots: Sequence[int], block_hash: bytes) -> Proof | None:
        """Fetch proofs by block hash, unchecked; None when the node no longer has that state."""
        keys = ["0x" + slot.to_bytes(32, "big").hex() for slot in slots]
        try:
            answer = self.rpc.mapping(
                "eth_getProof", "0x" + account.hex(), keys, {"blockHash": "0x" + block_hash.hex()}
            )
        except NodeRefusedError:
            # "missing trie node", "historical state unavailable", "out of range": every client
            # words it differently, and a node without the method cannot be told apart either
            return None
        if answer is None:
            return None
        return Proof(
            account_proof=_nodes(answer.get("accountProof")),
            storage_proofs=_storage(answer.get("storageProof"), slots),
        )

    def _tagged(self, tag: str) -> Block:
        block = self._by_number(tag)
        if block is None:
            raise UnavailableError(f"the node has no {tag} block")
        return block

    def _numbered(self, number: int) -> Block:
        block = self._by_number(hex(number))
        if block is None or block.number != number:
            raise UnavailableError(f"the node has no block {number}")
        return block

    def _by_number(self, number: str) -> Block | None:
        block = self.rpc.mapping("eth_getBlockByNumber", number, False)  # noqa: FBT003 -- JSON-RPC
        return None if block is None else read_block(block)


def _meaning(message: str) -> Broadcast:
    lowered = message.lower()
    for meaning, phrases in _MEANINGS:
        if any(phrase in lowered for phrase in phrases):
            return meaning
    return Broadcast.UNKNOWN


def _nodes(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_NODES:
        raise UnavailableError("eth_getProof: expected a list of trie nodes")
    return tuple(octets(node, "trie node") for node in value)


def _storage(value: object, slots: Sequence[int]) -> tuple[tuple[bytes, ...], ...]:
    if not isinstance(value, list) or len(value) != len(slots):
        raise UnavailableError(f"eth_getProof: expected {len(slots)} storage proofs")
    found = []
    for item, slot in zip(value, slots, strict=True):
        if not isinstance(item, dict) or quantity(item.get("key"), "key") != slot:
            raise UnavailableError(f"eth_getProof: expected the proof of slot {slot:#x}")
        found.append(_nodes(item.get("proof")))
    return tuple(found)
