"""A node read and written by JSON-RPC, before any contract is known.

On a chain of level ``proof`` blocks come back only with a header whose Keccak-256 is the hash
asked for: a fork whose fields we do not know is an error here. Proofs and receipts come back
unchecked, for the pure files to judge. On a chain of level ``trusted-rpc``, which hashes other
bytes (Conflux, AuRa, Besu QBFT), blocks have no header, and nothing can be proved: such a node
is believed only together with others (``quorum.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.anchor_evidence import MAX_NODES
from provenance.chain.blocks import read_block, read_stated_block
from provenance.chain.receipts import MAX_SINGLE_RECEIPTS, encode_block_receipts
from provenance.chain.rpc import octets, quantity
from provenance.errors import NodeRefusedError, UnavailableError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, Fees, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.anchor_evidence import Level
    from provenance.chain.rpc import Rpc
    from provenance.ledger.chain_port import Block

__all__ = ["Node"]

_MEANINGS = (
    # geth, anvil, erigon, reth; besu, nethermind and ethereumjs word or spell it differently
    (Broadcast.KNOWN, ("already known", "already imported", "known transaction", "alreadyknown")),
    (Broadcast.KNOWN, ("already_exists", "already in the txpool")),
    (Broadcast.NONCE_TOO_LOW, ("nonce too low", "nonce_too_low", "oldnonce")),
    (Broadcast.UNDERPRICED, ("underpriced", "replacementnotallowed", "less than block base fee")),
    (Broadcast.UNDERPRICED, ("feetoolow", "fee too low", "replacement gas too low")),
    (Broadcast.UNDERPRICED, ("minimum gas price", "cannot pay basefee")),
    (Broadcast.NO_FUNDS, ("insufficient funds", "insufficientfunds", "upfront cost exceeds")),
    (Broadcast.NO_FUNDS, ("insufficient balance",)),
)


_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602
_LIMIT_EXCEEDED = -32005
"""EIP-1474: asked too often, which says nothing of what the node has."""


class Node:
    """One JSON-RPC endpoint with the rules of its chain."""

    def __init__(
        self,
        rpc: Rpc,
        *,
        confirmations: int | None = None,
        level: Level = "proof",
        legacy_fees: bool | None = False,
    ) -> None:
        """Read through ``rpc``.

        Args:
            confirmations: how many (head - block + 1) make a block final on a chain without the
                ``finalized`` tag; None = the tag decides (W10; ``safe`` is never used).
            level: ``proof`` where a block's hash is that of an Ethereum header.
            legacy_fees: the chain takes one gas price instead of EIP-1559's two; None where
                nobody said so: a newest block without a base fee does.
        """
        self.rpc = rpc
        self._confirmations = confirmations
        self._level: Level = level
        self._legacy_fees = legacy_fees

    @property
    def evidence_level(self) -> Level:
        """Whether this chain's state can be proved (``proof``) or is believed."""
        return self._level

    def chain_id(self) -> int:
        """Return the EIP-155 chain id."""
        return self.rpc.quantity("eth_chainId")

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0, 32 bytes, as the node says.

        Unchecked, since everybody knows every chain's first block: showing it proves nothing,
        and that of a chain which changed its header's form later (Arbitrum One) hashes otherwise.
        """
        block = self.rpc.mapping("eth_getBlockByNumber", "0x0", False)  # noqa: FBT003 -- JSON-RPC
        if block is None:
            raise UnavailableError("the node has no block 0")
        return read_stated_block(block).block_hash

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
        if self._legacy_fees:
            return Fees(0, self.rpc.quantity("eth_gasPrice"), legacy=True)
        block = self.rpc.mapping("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
        if block is not None and block.get("baseFeePerGas") is None and self._legacy_fees is None:
            return Fees(0, self.rpc.quantity("eth_gasPrice"), legacy=True)
        if block is None or block.get("baseFeePerGas") is None:
            raise UnavailableError("the chain names no base fee (EIP-1559 is needed)")
        base_fee = quantity(block["baseFeePerGas"], "baseFeePerGas")
        return Fees(base_fee, self._priority_fee(base_fee))

    def _priority_fee(self, base_fee: int) -> int:
        try:
            return self.rpc.quantity("eth_maxPriorityFeePerGas")
        except NodeRefusedError as error:
            if error.number != _METHOD_NOT_FOUND:
                raise
        # not in every client: what a legacy transaction should pay includes the tip
        return max(self.rpc.quantity("eth_gasPrice") - base_fee, 0)

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
        return None if block is None else self._read(block, expected_hash=block_hash)

    def canonical_hash(self, number: int) -> bytes | None:
        """Return the hash of the canonical block at ``number``, None above the head."""
        block = self.canonical_block(number)
        return None if block is None else block.block_hash

    def canonical_block(self, number: int) -> Block | None:
        """Return the canonical block at ``number``, None above the head."""
        block = self._by_number(hex(number))
        if block is not None and block.number != number:
            raise UnavailableError(f"expected block {number}, got {block.number}")
        return block

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
        if self._level != "proof":
            return None
        try:
            answer = self._proof(account, slots, {"blockHash": "0x" + block_hash.hex()})
        except NodeRefusedError as error:
            if error.number == _LIMIT_EXCEEDED:
                raise
            if error.number != _INVALID_PARAMS:
                # "missing trie node", "historical state unavailable", "out of range": every client
                # words it differently, and a node without the method cannot be told apart either
                return None
            answer = self._proof_by_number(account, slots, block_hash)
        if answer is None:
            return None
        return Proof(
            account_proof=_nodes(answer.get("accountProof")),
            storage_proofs=_storage(answer.get("storageProof"), slots),
        )

    def _proof(
        self, account: bytes, slots: Sequence[int], block: object
    ) -> Mapping[str, object] | None:
        keys = ["0x" + slot.to_bytes(32, "big").hex() for slot in slots]
        return self.rpc.mapping("eth_getProof", "0x" + account.hex(), keys, block)

    def _proof_by_number(
        self, account: bytes, slots: Sequence[int], block_hash: bytes
    ) -> Mapping[str, object] | None:
        """Ask a node that does not know EIP-1898; a proof of another block proves nothing here."""
        block = self.block_by_hash(block_hash)
        if block is None or self.canonical_hash(block.number) != block_hash:
            return None
        try:
            return self._proof(account, slots, hex(block.number))
        except NodeRefusedError:
            return None

    def block_receipts(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Fetch the consensus encodings of a block's transaction receipts, unchecked.

        In the order of the transactions; None when the node no longer has them.
        """
        if self._level != "proof":
            return None
        receipts = self._unless_refused("eth_getBlockReceipts", "0x" + block_hash.hex())
        if receipts is None:
            receipts = self._single_receipts(block_hash)
        return None if receipts is None else encode_block_receipts(receipts, block_hash)

    def _single_receipts(self, block_hash: bytes) -> list[object] | None:
        """Ask for one receipt after the other, of a node that cannot give a block's at once."""
        block = self.rpc.mapping("eth_getBlockByHash", "0x" + block_hash.hex(), False)  # noqa: FBT003 -- JSON-RPC
        hashes = None if block is None else block.get("transactions")
        if not isinstance(hashes, list) or len(hashes) > MAX_SINGLE_RECEIPTS:
            return None
        found = []
        for tx_hash in hashes:
            receipt = self._unless_refused("eth_getTransactionReceipt", tx_hash)
            if receipt is None:
                return None
            found.append(receipt)
        return found

    def _unless_refused(self, method: str, parameter: object) -> object:
        """Call a method; None where the node does not have it, or not this answer any more."""
        try:
            return self.rpc.call(method, parameter)
        except NodeRefusedError as error:
            if error.number == _LIMIT_EXCEEDED:
                raise
            return None

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
        return None if block is None else self._read(block)

    def _read(self, block: Mapping[str, object], *, expected_hash: bytes | None = None) -> Block:
        read = read_block if self._level == "proof" else read_stated_block
        return read(block, expected_hash=expected_hash)


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
