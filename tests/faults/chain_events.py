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


@dataclass
class ChainView:
    """The canonical chain of a node, from genesis to its head."""

    blocks: set[str] = field(default_factory=set)
    transactions: list[Transaction] = field(default_factory=list)
    anchored: list[AnchorEvent] = field(default_factory=list)
    set_up: int = 2
    """Transactions that made the contract and the log."""

    def has(self, block_hash: str) -> bool:
        """Tell whether a block is in the chain."""
        return block_hash in self.blocks


def keccak256(octets: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=octets).digest()


ANCHORED_TOPIC = "0x" + keccak256(_ANCHORED.encode()).hex()


def anchored_header_hash(header: str) -> str:
    """Return the hash of a block by its RLP header, as a receipt holds it."""
    return "0x" + keccak256(bytes.fromhex(header[2:])).hex()


def read_chain(rpc: Rpc, chain: JSON) -> ChainView:
    """Read every block from genesis on."""
    view = ChainView()
    genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]  # noqa: FBT003 -- JSON-RPC
    demand(genesis == chain["genesis_hash"], "I6", f"the genesis block has become {genesis}")
    senders = set()
    for number in range(int(rpc.call("eth_blockNumber"), 16) + 1):
        block = rpc.call("eth_getBlockByNumber", hex(number), True)  # noqa: FBT003 -- JSON-RPC
        view.blocks.add(block["hash"])
        for sent in block["transactions"]:
            receipt = rpc.call("eth_getTransactionReceipt", sent["hash"])
            senders.add(sent["from"])
            view.transactions.append(
                Transaction(sent["hash"], int(sent["nonce"], 16), receipt["status"] == "0x1")
            )
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
