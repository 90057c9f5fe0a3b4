"""What the chain itself says, by JSON-RPC: blocks, the sender's transactions, anchor events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from Crypto.Hash import keccak

from faults.wire import demand

if TYPE_CHECKING:
    from faults.http import Rpc
    from faults.wire import JSON

__all__ = [
    "ANCHORED_TOPIC",
    "AnchorEvent",
    "ChainView",
    "Transaction",
    "anchored_header_hash",
    "keccak256",
    "read_chain",
]

_ANCHORED = "CheckpointAnchored(bytes32,uint64,bytes32)"


@dataclass(frozen=True)
class AnchorEvent:
    """One CheckpointAnchored of our log."""

    tree_size: int
    root_hash: bytes
    transaction: str


@dataclass(frozen=True)
class Transaction:
    """One transaction of the ledger's sending key."""

    hash: str
    nonce: int
    succeeded: bool
    gas: int = 0
    """Its limit; what was used is in ``spent``."""
    cap: int = 0
    """Highest wei per gas, tip included."""
    tip: int = 0
    spent: int = 0
    """Wei, by the receipt."""
    at: int = 0
    """Its block's time."""


@dataclass
class ChainView:
    """The canonical chain of a node, from genesis to its head."""

    blocks: set[str] = field(default_factory=set)
    transactions: list[Transaction] = field(default_factory=list)
    anchored: list[AnchorEvent] = field(default_factory=list)
    set_up: int = 2
    """Transactions that made the contract and the log."""
    times: dict[str, int] = field(default_factory=dict)
    """Unix time of each block, by its hash."""

    def has(self, block_hash: str) -> bool:
        """Tell whether a block is in the chain."""
        return block_hash in self.blocks


def keccak256(octets: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=octets).digest()


ANCHORED_TOPIC = "0x" + keccak256(_ANCHORED.encode()).hex()


def anchored_header_hash(header: str) -> str:
    """Return the hash of a block by its RLP header, as a receipt holds it."""
    return "0x" + keccak256(bytes.fromhex(header[2:])).hex()


def _read_transaction(sent: JSON, receipt: JSON, at: int) -> Transaction:
    price = int(sent["gasPrice"], 16)  # of a legacy transaction; else what was paid
    cap = int(sent.get("maxFeePerGas") or hex(price), 16)
    return Transaction(
        sent["hash"],
        int(sent["nonce"], 16),
        receipt["status"] == "0x1",
        gas=int(sent["gas"], 16),
        cap=cap,
        tip=int(sent.get("maxPriorityFeePerGas") or hex(cap), 16),
        spent=int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16),
        at=at,
    )


def read_chain(rpc: Rpc, chain: JSON) -> ChainView:
    """Read every block from genesis on."""
    view = ChainView()
    genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]  # noqa: FBT003 -- JSON-RPC
    demand(genesis == chain["genesis_hash"], "I6", f"the genesis block has become {genesis}")
    senders = set()
    for number in range(int(rpc.call("eth_blockNumber"), 16) + 1):
        block = rpc.call("eth_getBlockByNumber", hex(number), True)  # noqa: FBT003 -- JSON-RPC
        view.blocks.add(block["hash"])
        view.times[block["hash"]] = int(block["timestamp"], 16)
        for sent in block["transactions"]:
            receipt = rpc.call("eth_getTransactionReceipt", sent["hash"])
            senders.add(sent["from"])
            view.transactions.append(_read_transaction(sent, receipt, view.times[block["hash"]]))
    demand(len(senders) == 1, "I5", f"transactions of {senders}")
    question = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": chain["contract"],
        "topics": [ANCHORED_TOPIC, chain["log_id"]],
    }
    for event in rpc.call("eth_getLogs", question):
        size, root = int(event["topics"][2], 16), bytes.fromhex(event["data"][2:])
        view.anchored.append(AnchorEvent(size, root, event["transactionHash"]))
    return view
