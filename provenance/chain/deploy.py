"""Put the contract on a chain and register a log under the sending key, once.

Everything is found again rather than made twice: a contract that this key created before has a
known address, and a registered log answers. So this may be run again after a crash at any point,
and gives the same facts. What it returns goes into the genesis record and the trust policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import rlp
from provenance.anchor import log_id
from provenance.chain.abi import Artifact, ContractAbi
from provenance.chain.patience import USUAL_PATIENCE, Wait
from provenance.chain.rpc import octets, quantity
from provenance.digests import to_evm_hex
from provenance.errors import (
    AnchorLostError,
    NodeRefusedError,
    NoFundsError,
    UnavailableError,
    WrongChainError,
)
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, ChainPin, UnsignedTransaction
from provenance.ledger.sending_funds import Funds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.chain.node import Node
    from provenance.chain.patience import Patience
    from provenance.ledger.chain_port import Sender

__all__ = ["Deployed", "contract_address", "deploy", "find_contract", "is_registered"]

_MAX_SEARCHED = 16
"""Nonces at which a contract of this key is looked for: the key is used for nothing else."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where a log anchors, and the newest block that setting it up needed."""

    pin: ChainPin
    block_number: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction of setting up."""

    to: bytes | None
    data: bytes
    is_done: Callable[[], bool]
    """Looks whether the chain shows what it is for."""


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
    patience: Patience = USUAL_PATIENCE,
) -> Deployed:
    """Make sure that the contract is there and that ``origin`` is registered by ``sender``.

    Args:
        origin: the log's name line.
        wait: called while a transaction is not mined: sleeps, or makes a block.
        contract: use the one at this address (20 bytes) instead of an own one.
        patience: for how long to wait for one transaction, and whom to tell.

    Raises:
        WrongChainError: the code at ``contract`` is not our contract's.
        ChainStalledError: a transaction is not mined in time.
        NoFundsError: the key cannot pay.
        UnavailableError: the node is away.
        AnchorLostError: a transaction was mined and failed.
    """
    artifact = Artifact.bundled()
    newest = 0
    place = _existing(node, sender, contract)
    if place is None:
        place = contract_address(sender.address, node.nonce(sender.address))
        made = _Step(None, artifact.bytecode, lambda: _is_ours(node, place))
        newest = _transact(node, sender, made, wait, patience)
    name = log_id(sender.address, origin)
    if not is_registered(node, place, name):
        data = ContractAbi.bundled().register_data(origin)
        registered = _Step(place, data, lambda: is_registered(node, place, name))
        newest = _transact(node, sender, registered, wait, patience)
    pin = ChainPin(
        chain_id=node.chain_id(),
        genesis_hash=node.genesis_hash(),
        contract=place,
        log_id=name,
        code_hash=artifact.code_hash,
        roots_slot=artifact.roots_slot,
    )
    return Deployed(pin, newest or _known_block(node, place, name))


def _existing(node: Node, sender: Sender, contract: bytes | None) -> bytes | None:
    if contract is None:
        return find_contract(node, sender.address)
    if not _is_ours(node, contract):
        raise WrongChainError(f"the code at 0x{contract.hex()} is not the anchor contract's")
    return contract


def find_contract(node: Node, sender: bytes) -> bytes | None:
    """Return the address of the contract that ``sender`` created before, None when it did not."""
    for nonce in range(min(node.nonce(sender), _MAX_SEARCHED)):
        place = contract_address(sender, nonce)
        if _is_ours(node, place):
            return place
    return None


def _is_ours(node: Node, contract: bytes) -> bool:
    return keccak256(node.code(contract)) == Artifact.bundled().code_hash


def _known_block(node: Node, contract: bytes, name: bytes) -> int:
    """Return a block that knows the log, which is known at head: a final one if there is any.

    A run that found everything there must not wait for blocks that nobody needs.
    """
    final = node.finalized().number
    try:
        if is_registered(node, contract, name, block=hex(final)):
            return final
    except NodeRefusedError:
        pass  # it no longer has the state of that block
    return node.head().number


def is_registered(node: Node, contract: bytes, name: bytes, *, block: str = "latest") -> bool:
    """Tell whether the log id ``name`` is known to the contract, as of ``block``."""
    data = ContractAbi.bundled().anchorer_data(name)
    call = {"to": "0x" + contract.hex(), "data": "0x" + data.hex()}
    try:
        answer = node.rpc.octets("eth_call", call, block)
    except NodeRefusedError as error:
        if error.number == 3 or "revert" in error.message.lower():
            return False  # UnknownLog
        raise
    return bool(answer)  # where there is no contract yet, a call returns nothing


def _transact(
    node: Node, sender: Sender, step: _Step, wait: Callable[[], None], patience: Patience
) -> int:
    """Send one transaction and return the number of a block that has its effect."""
    transaction = _unsigned(node, sender.address, step)
    attempt = sender.sign(transaction)
    if node.broadcast(attempt.raw) is Broadcast.NO_FUNDS:
        cost = attempt.gas * attempt.max_fee_wei
        funds = Funds(sender.address, node.balance(sender.address), cost)
        raise NoFundsError(f"the sending key cannot pay: {funds}")
    waiting = Wait(node, patience, tx_hash=attempt.tx_hash)
    while True:
        wait()
        receipt = node.rpc.mapping("eth_getTransactionReceipt", to_evm_hex(attempt.tx_hash))
        if receipt is not None and receipt.get("blockHash") is not None:
            return _mined(receipt, attempt.tx_hash)
        if node.nonce(sender.address) > transaction.nonce and step.is_done():
            # an earlier run was cut short, and what it had sent at another fee was mined
            return node.head().number
        waiting.go_on()


def _unsigned(node: Node, sender: bytes, step: _Step) -> UnsignedTransaction:
    call = {"from": to_evm_hex(sender), "data": to_evm_hex(step.data)}
    if step.to is not None:
        call["to"] = to_evm_hex(step.to)
    fees = node.fees()
    return UnsignedTransaction(
        chain_id=node.chain_id(),
        nonce=node.nonce(sender),
        to=step.to,
        data=step.data,
        gas=node.rpc.quantity("eth_estimateGas", call) * 5 // 4,
        max_fee_wei=2 * fees.base_fee_wei + fees.priority_fee_wei,
        priority_fee_wei=fees.priority_fee_wei,
        legacy=fees.legacy,
    )


def _mined(receipt: Mapping[str, object], tx_hash: bytes) -> int:
    if octets(receipt.get("transactionHash"), "transactionHash", length=32) != tx_hash:
        raise UnavailableError("the node answered with another transaction's receipt")
    if quantity(receipt.get("status"), "status") != 1:
        raise AnchorLostError(f"setting up failed on chain: transaction {tx_hash.hex()}")
    return quantity(receipt.get("blockNumber"), "blockNumber")
