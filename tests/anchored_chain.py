"""A contract and a log on a chain, anchored by hand or by the real worker on any transport."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from node import DEV_RULES, Database, open_database

from provenance.chain.abi import ContractAbi
from provenance.chain.deploy import Deployed, deploy
from provenance.chain.rpc import quantity
from provenance.digests import RootHash
from provenance.errors import UnavailableError
from provenance.ledger.anchor_checkpoint import AnchorWorker
from provenance.ledger.chain_port import AnchorCall, UnsignedTransaction
from provenance.service.worker import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from anchored_log import AnchoredLog
    from eth_account.signers.local import LocalAccount

    from provenance.anchor import AnchorState
    from provenance.chain.node import Node
    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import Attempt, Attestor, Chain, ChainPin, Sender
    from provenance.store.anchor_store import SqlAnchorStore

ORIGIN = "ledger.example/log"
PAYER: LocalAccount = Account.from_key(b"\x11" * 32)
"""An account of no ledger, for other people's transactions."""

SIZE = 2
ROOT = RootHash(b"\x5a" * 32)


@dataclass
class AnchoredChain:
    """A log whose first checkpoint, of two entries, may be anchored."""

    node: Node
    sender: Sender
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
            UnsignedTransaction(
                chain_id=self.pin.chain_id,
                nonce=self.node.nonce(self.sender.address),
                to=self.pin.contract,
                data=self.call_data() if data is None else data,
                gas=200_000,
                max_fee_wei=2 * fees.base_fee_wei + fees.priority_fee_wei,
                priority_fee_wei=fees.priority_fee_wei,
                legacy=fees.legacy,
            )
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


def anchored_chain(node: Node, sender: Sender, mine: Callable[[], None]) -> AnchoredChain:
    return AnchoredChain(node, sender, deploy(node, sender, ORIGIN, wait=mine), mine)


class Anchoring:
    """A log, its database and the real worker on some chain; ``crash`` forgets all but the disk."""

    def __init__(
        self,
        folder: Path,
        chain: Chain,
        sender: Sender,
        *,
        attestor: Attestor | None = None,
        seconds: float = 60,
    ) -> None:
        database: Database = open_database(folder)
        self.log: AnchoredLog = database["log"]
        self.store: SqlAnchorStore = database["store"]
        self._engine = database["engine"]
        self._chain, self._sender, self._attestor = chain, sender, attestor
        self._seconds = seconds
        self.crash()

    def crash(self) -> None:
        self.worker = AnchorWorker(
            chain=self._chain,
            sender=self._sender,
            store=self.store,
            log=self.log,
            clock=SystemClock(),
            rules=DEV_RULES,
            holder="the only worker",
            attestor=self._attestor,
        )

    def step_until(self, is_done: Callable[[], bool], *, between: Callable[[], object]) -> None:
        """Step through outages, doing ``between`` after each step."""
        deadline = time.monotonic() + self._seconds
        while not is_done():
            assert time.monotonic() < deadline, self.store.page()
            try:
                self.worker.step()
            except UnavailableError:
                time.sleep(0.01)
            between()

    def newest(self) -> Anchor:
        anchor = self.store.newest(self._chain.pin.chain_id)
        assert anchor is not None
        return anchor

    def is_done(self) -> bool:
        """Tell whether everything that was wanted is final."""
        chain_id = self._chain.pin.chain_id
        return self.store.wanted(chain_id) is None and not self.store.unfinished(chain_id)

    def states(self) -> list[AnchorState]:
        return [anchor.state for anchor in self.store.page()]

    def close(self) -> None:
        self._engine.dispose()


def every_kind(chain_id: int, nonce: int, kinds: Sequence[int]) -> Iterator[bytes]:
    """Yield signed transactions of ``PAYER``, one for each type, consecutive from ``nonce``."""
    base = {"chainId": chain_id, "to": "0x" + "22" * 20, "value": 1, "gas": 200_000}
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    for kind in kinds:
        members: dict[str, Any] = {**base, "nonce": nonce}
        members |= {"gasPrice": 10**11} if kind < 2 else fees
        if kind:
            members |= {"type": kind, "accessList": []}
        if kind == 4:
            nonce += 1  # the authorization uses one too
            other = {"chainId": chain_id, "address": "0x" + "33" * 20, "nonce": nonce}
            members["authorizationList"] = [PAYER.sign_authorization(other)]
        blobs = {"blobs": [bytes(131_072)]} if kind == 3 else {}
        if kind == 3:
            members["maxFeePerBlobGas"] = 10**9
        yield bytes(PAYER.sign_transaction(members, **blobs).raw_transaction)
        nonce += 1
