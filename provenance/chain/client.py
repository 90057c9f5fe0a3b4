"""The pinned contract and log on one node: the real implementation of the port ``Chain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.chain.abi import ContractAbi
from provenance.chain.node import Node
from provenance.chain.rpc import CappedProvider, Rpc, octets, quantity
from provenance.errors import (
    AnchorRefusedError,
    NodeRefusedError,
    UnavailableError,
    WrongChainError,
)
from provenance.keccak import keccak256
from provenance.ledger.chain_port import TransactionReceipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.anchor_evidence import Level
    from provenance.ledger.chain_port import AnchorCall, ChainPin

__all__ = ["ChainClient"]


class ChainClient(Node):
    """A node seen through one pinned contract and log; one instance may serve many threads."""

    def __init__(
        self,
        rpc: Rpc,
        pin: ChainPin,
        *,
        confirmations: int | None = None,
        level: Level = "proof",
        legacy_fees: bool | None = False,
    ) -> None:
        """Talk through ``rpc`` to the contract and log of ``pin``; nothing is sent yet.

        ``confirmations``, ``level`` and ``legacy_fees`` are the chain's rules (``Node``).
        """
        super().__init__(rpc, confirmations=confirmations, level=level, legacy_fees=legacy_fees)
        self.pin = pin
        self._abi = ContractAbi.bundled()
        self._contract = "0x" + pin.contract.hex()

    @classmethod
    def connect(  # noqa: PLR0913 -- an address, the pin, and the rules of the chain
        cls,
        url: str,
        pin: ChainPin,
        *,
        confirmations: int | None = None,
        level: Level = "proof",
        legacy_fees: bool | None = False,
        timeout: float = 10.0,
    ) -> ChainClient:
        """Make a client for the JSON-RPC endpoint at ``url`` (seconds for one exchange)."""
        return cls(
            Rpc(CappedProvider(url, timeout=timeout)),
            pin,
            confirmations=confirmations,
            level=level,
            legacy_fees=legacy_fees,
        )

    def check_pin(self) -> None:
        """Compare chain id, genesis hash and code hash with the pin (W2).

        Raises:
            WrongChainError: one of them differs.
        """
        chain_id = self.chain_id()
        if chain_id != self.pin.chain_id:
            raise WrongChainError(f"expected chain id {self.pin.chain_id}, got {chain_id}")
        genesis = self.genesis_hash()
        if genesis != self.pin.genesis_hash:
            raise WrongChainError(
                f"expected genesis block {self.pin.genesis_hash.hex()}, got {genesis.hex()}"
            )
        code_hash = keccak256(self.code(self.pin.contract))
        if code_hash != self.pin.code_hash:
            raise WrongChainError(
                f"expected code hash {self.pin.code_hash.hex()} at {self._contract}, "
                f"got {code_hash.hex()}"
            )

    def anchorer(self) -> bytes:
        """Return the account that may anchor our log, at head."""
        return self._abi.parse_anchorer(self._view(self._abi.anchorer_data(self.pin.log_id)))

    def anchored_head(self) -> tuple[int, bytes]:
        """Return (tree size, root hash) of our log on chain at head; size 0 when none."""
        return self._abi.parse_head(self._view(self._abi.head_data(self.pin.log_id)))

    def anchored_root(self, tree_size: int) -> bytes | None:
        """Return the root (32 bytes) of our log on chain at ``tree_size``, at head; None = none."""
        root_hash = self._abi.parse_root(
            self._view(self._abi.root_data(self.pin.log_id, tree_size))
        )
        return root_hash if any(root_hash) else None

    def call_data(self, call: AnchorCall) -> bytes:
        """Encode the contract call; no network."""
        return self._abi.anchor_data(self.pin.log_id, call)

    def dry_run(self, sender: bytes, data: bytes) -> int:
        """Execute the call at head without sending it and return the gas it needs (W13).

        Raises:
            AnchorRefusedError: it would revert.
        """
        call = {"from": "0x" + sender.hex(), "to": self._contract, "data": "0x" + data.hex()}
        try:
            self.rpc.call("eth_call", call, "latest")
            return self.rpc.quantity("eth_estimateGas", call)
        except NodeRefusedError as error:
            if error.number == 3 or "revert" in error.message.lower():
                raise AnchorRefusedError(self._abi.explain_revert(error.data)) from error
            raise

    def transaction_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Return what became of a transaction, None while it is in no block."""
        answer = self.rpc.mapping("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        if answer is None or answer.get("blockHash") is None:
            return None
        if octets(answer.get("transactionHash"), "transactionHash", length=32) != tx_hash:
            raise UnavailableError("the node answered with another transaction's receipt")
        return TransactionReceipt(
            tx_hash=tx_hash,
            block_number=quantity(answer.get("blockNumber"), "blockNumber"),
            block_hash=octets(answer.get("blockHash"), "blockHash", length=32),
            transaction_index=quantity(answer.get("transactionIndex"), "transactionIndex"),
            succeeded=quantity(answer.get("status"), "status") == 1,
            anchored=tuple(
                self._abi.anchored_events(_own_logs(answer, self._contract), self.pin.log_id)
            ),
        )

    def ask_for_block(self) -> None:
        """Do nothing: a public chain makes its blocks unasked."""

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        """Do nothing: a public chain makes its blocks unasked."""

    def _view(self, data: bytes) -> bytes:
        call = {"to": self._contract, "data": "0x" + data.hex()}
        return self.rpc.octets("eth_call", call, "latest")


def _own_logs(answer: Mapping[str, object], contract: str) -> list[tuple[list[bytes], bytes]]:
    """Return (topics, data) of the logs our contract emitted."""
    logs = answer.get("logs")
    if not isinstance(logs, list):
        raise UnavailableError("transaction receipt: expected a list of logs")
    own = []
    for log in logs:
        if isinstance(log, dict) and str(log.get("address")).lower() == contract:
            topics = log.get("topics")
            if not isinstance(topics, list):
                raise UnavailableError("transaction receipt: expected a list of topics")
            own.append(
                ([octets(t, "topic", length=32) for t in topics], octets(log.get("data"), "data"))
            )
    return own
