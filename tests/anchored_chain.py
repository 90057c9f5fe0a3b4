"""A contract and a log on a chain, anchored by hand: no database, no worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.chain.abi import ContractAbi
from provenance.chain.deploy import Deployed, deploy
from provenance.chain.rpc import quantity
from provenance.digests import RootHash
from provenance.ledger.chain_port import AnchorCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.chain.node import Node
    from provenance.chain.sender import TransactionSender
    from provenance.ledger.chain_port import Attempt, ChainPin

ORIGIN = "ledger.example/log"
SIZE = 2
ROOT = RootHash(b"\x5a" * 32)


@dataclass
class AnchoredChain:
    """A log whose first checkpoint, of two entries, may be anchored."""

    node: Node
    sender: TransactionSender
    deployed: Deployed
    mine: Callable[[], None]

    @property
    def pin(self) -> ChainPin:
        return self.deployed.pin

    def call_data(self, *, root_hash: RootHash = ROOT) -> bytes:
        return ContractAbi.bundled().anchor_data(self.pin.log_id, AnchorCall(SIZE, root_hash, ()))

    def sign(self, data: bytes | None = None) -> Attempt:
        """Sign the anchoring, or another call of the contract."""
        fees = self.node.fees()
        return self.sender.sign(
            chain_id=self.pin.chain_id,
            nonce=self.node.nonce(self.sender.address),
            to=self.pin.contract,
            data=self.call_data() if data is None else data,
            gas=200_000,
            max_fee_wei=2 * fees.base_fee_wei + fees.priority_fee_wei,
            priority_fee_wei=fees.priority_fee_wei,
            legacy=fees.legacy,
        )

    def anchor(self) -> tuple[bytes, bytes]:
        """Anchor it; return (transaction hash, hash of its block)."""
        attempt = self.sign()
        self.node.broadcast(attempt.raw)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.mine()
            receipt = self.node.rpc.mapping(
                "eth_getTransactionReceipt", "0x" + attempt.tx_hash.hex()
            )
            if receipt is not None:
                assert quantity(receipt["status"], "status") == 1
                return attempt.tx_hash, bytes.fromhex(str(receipt["blockHash"])[2:])
        raise AssertionError("the anchor was not mined")


def anchored_chain(
    node: Node, sender: TransactionSender, mine: Callable[[], None]
) -> AnchoredChain:
    return AnchoredChain(node, sender, deploy(node, sender, ORIGIN, wait=mine), mine)
