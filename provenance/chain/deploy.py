"""Put the contract on a chain and register a log under the sending key, once.

Everything is found again rather than made twice: a contract that this key created before has a
known address, and a registered log answers. So this may be run again after a crash at any point,
and gives the same facts. What it returns goes into the genesis record and the trust policy.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import rlp
from provenance.anchor import log_id
from provenance.chain.abi import Artifact, ContractAbi
from provenance.chain.rpc import octets, quantity
from provenance.errors import AnchorLostError, NodeRefusedError, UnavailableError, WrongChainError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import ChainPin, UnsignedTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.chain.node import Node
    from provenance.ledger.chain_port import Sender

__all__ = ["Deployed", "contract_address", "deploy", "find_contract", "is_registered"]

_MAX_SEARCHED = 16
"""Nonces at which a contract of this key is looked for: the key is used for nothing else."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where a log anchors, and the newest block that setting it up needed."""

    pin: ChainPin
    block_number: int


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Return the address of the contract that a creation with this nonce makes (YP §7)."""
    return keccak256(rlp.encode([sender, rlp.encode_integer(nonce)]))[12:]


def deploy(  # noqa: PLR0913 -- two ports, the name, and what the caller may set
    node: Node,
    sender: Sender,
    origin: str,
    *,
    wait: Callable[[], None],
    contract: bytes | None = None,
    timeout: float = 600.0,
) -> Deployed:
    """Make sure that the contract is there and that ``origin`` is registered by ``sender``.

    Args:
        origin: the log's name line.
        wait: called while a transaction is not mined: sleeps, or makes a block.
        contract: use the one at this address (20 bytes) instead of an own one.
        timeout: seconds to wait for one transaction.

    Raises:
        WrongChainError: the code at ``contract`` is not our contract's.
        UnavailableError: the node is away, or a transaction is not mined in time.
        AnchorLostError: a transaction was mined and failed.
    """
    artifact = Artifact.bundled()
    newest = 0
    place = _existing(node, sender, contract)
    if place is None:
        place = contract_address(sender.address, node.nonce(sender.address))
        newest = _transact(node, sender, None, artifact.bytecode, wait, timeout)
    name = log_id(sender.address, origin)
    if not is_registered(node, place, name):
        data = ContractAbi.bundled().register_data(origin)
        newest = _transact(node, sender, place, data, wait, timeout)
    pin = ChainPin(
        chain_id=node.chain_id(),
        genesis_hash=node.genesis_hash(),
        contract=place,
        log_id=name,
        code_hash=artifact.code_hash,
        roots_slot=artifact.roots_slot,
    )
    return Deployed(pin, newest or node.head().number)


def _existing(node: Node, sender: Sender, contract: bytes | None) -> bytes | None:
    if contract is None:
        return find_contract(node, sender.address)
    if keccak256(node.code(contract)) != Artifact.bundled().code_hash:
        raise WrongChainError(f"the code at 0x{contract.hex()} is not the anchor contract's")
    return contract


def find_contract(node: Node, sender: bytes) -> bytes | None:
    """Return the address of the contract that ``sender`` created before, None when it did not."""
    code_hash = Artifact.bundled().code_hash
    for nonce in range(min(node.nonce(sender), _MAX_SEARCHED)):
        place = contract_address(sender, nonce)
        if keccak256(node.code(place)) == code_hash:
            return place
    return None


def is_registered(node: Node, contract: bytes, name: bytes) -> bool:
    """Tell whether the log id ``name`` is known to the contract, at head."""
    data = ContractAbi.bundled().anchorer_data(name)
    call = {"to": "0x" + contract.hex(), "data": "0x" + data.hex()}
    try:
        node.rpc.octets("eth_call", call, "latest")
    except NodeRefusedError as error:
        if error.number == 3 or "revert" in error.message.lower():
            return False  # UnknownLog
        raise
    return True


def _transact(  # noqa: PLR0913, PLR0917 -- private, and each is needed
    node: Node,
    sender: Sender,
    to: bytes | None,
    data: bytes,
    wait: Callable[[], None],
    timeout: float,
) -> int:
    """Send one transaction and return the number of the block that holds it."""
    call = {"from": "0x" + sender.address.hex(), "data": "0x" + data.hex()}
    if to is not None:
        call["to"] = "0x" + to.hex()
    fees = node.fees()
    attempt = sender.sign(
        UnsignedTransaction(
            chain_id=node.chain_id(),
            nonce=node.nonce(sender.address),
            to=to,
            data=data,
            gas=node.rpc.quantity("eth_estimateGas", call) * 5 // 4,
            max_fee_wei=2 * fees.base_fee_wei + fees.priority_fee_wei,
            priority_fee_wei=fees.priority_fee_wei,
            legacy=fees.legacy,
        )
    )
    node.broadcast(attempt.raw)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        wait()
        receipt = node.rpc.mapping("eth_getTransactionReceipt", "0x" + attempt.tx_hash.hex())
        if receipt is not None and receipt.get("blockHash") is not None:
            return _mined(receipt, attempt.tx_hash)
    raise UnavailableError(f"transaction {attempt.tx_hash.hex()} was not mined in {timeout:.0f} s")


def _mined(receipt: Mapping[str, object], tx_hash: bytes) -> int:
    if octets(receipt.get("transactionHash"), "transactionHash", length=32) != tx_hash:
        raise UnavailableError("the node answered with another transaction's receipt")
    if quantity(receipt.get("status"), "status") != 1:
        raise AnchorLostError(f"setting up failed on chain: transaction {tx_hash.hex()}")
    return quantity(receipt.get("blockNumber"), "blockNumber")
