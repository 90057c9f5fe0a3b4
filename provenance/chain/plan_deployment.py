"""What putting the contract on a chain and registering a log would take; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.anchor import log_id
from provenance.chain.abi import Artifact, ContractAbi
from provenance.chain.deploy import contract_address, find_contract, is_registered
from provenance.digests import to_evm_hex
from provenance.errors import NodeRefusedError
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.chain.node import Node

__all__ = ["Plan", "plan_deployment"]

_REGISTER_GAS: Final = 60_000
"""Registering a log costs less than this and the origin's bytes (``tests/contracts`` has the
golden figures); it cannot be estimated while the contract is not there."""

_BYTE_GAS: Final = 40
"""The most that one more byte of call data may cost (EIP-7623)."""


_GAS_PRICE_ORACLE: Final = bytes.fromhex("420000000000000000000000000000000000000F")
_GET_FEE: Final = keccak256(b"getL1Fee(bytes)")[:4]
_OTHER_FIELDS: Final = 150
"""Bytes of a signed transaction beside its call data, none of which compress."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The transactions that are still to be sent, and what they cost at present fees."""

    chain_id: int
    genesis_hash: bytes
    sender: bytes
    """The account that would pay, 20 bytes."""
    balance_wei: int
    contract: bytes
    """Where the contract is, or will be as long as the sender sends nothing else; 20 bytes."""
    log_id: bytes
    gas: tuple[tuple[str, int], ...]
    """What is to be sent, "contract" or "registration", and the gas that it needs."""
    fee_wei: int
    """Wei per gas that the chain asks at present."""
    data_fee_wei: int | None = None
    """What an OP-stack rollup takes on top for Ethereum's data, as it says at present; no limit
    of a transaction bounds it. None on every other chain."""

    @property
    def cost_wei(self) -> int:
        """What all of it costs at present fees."""
        return self.fee_wei * sum(gas for _, gas in self.gas) + (self.data_fee_wei or 0)


def plan_deployment(node: Node, sender: bytes, origin: str) -> Plan:
    """Look up what is there already, and estimate the rest.

    Raises:
        UnavailableError: the node is away.
    """
    gas, sent = [], []
    register = ContractAbi.bundled().register_data(origin)
    place = find_contract(node, sender)
    if place is None:
        place = contract_address(sender, node.nonce(sender))
        gas.append(("contract", _estimate(node, sender, None, Artifact.bundled().bytecode)))
        gas.append(("registration", _REGISTER_GAS + _BYTE_GAS * len(origin.encode())))
        sent = [Artifact.bundled().bytecode, register]
    elif not is_registered(node, place, log_id(sender, origin)):
        gas.append(("registration", _estimate(node, sender, place, register)))
        sent = [register]
    fees = node.fees()
    return Plan(
        chain_id=node.chain_id(),
        genesis_hash=node.genesis_hash(),
        sender=sender,
        balance_wei=node.balance(sender),
        contract=place,
        log_id=log_id(sender, origin),
        gas=tuple(gas),
        fee_wei=fees.base_fee_wei + fees.priority_fee_wei,
        data_fee_wei=_data_fee(node, sent),
    )


def _data_fee(node: Node, sent: Sequence[bytes]) -> int | None:
    """Return what an OP-stack rollup takes for the data of transactions; None if it is none.

    By its GasPriceOracle (OP Stack specifications, predeploys), told the call data and as much
    again as the other fields and the signature take.
    """
    if not node.code(_GAS_PRICE_ORACLE):
        return None
    total = 0
    for data in sent:
        raw = data + b"\xff" * _OTHER_FIELDS
        padded = raw + bytes(-len(raw) % 32)
        words = (32).to_bytes(32, "big") + len(raw).to_bytes(32, "big")
        call = {"to": to_evm_hex(_GAS_PRICE_ORACLE), "data": to_evm_hex(_GET_FEE + words + padded)}
        try:
            total += int.from_bytes(node.rpc.octets("eth_call", call, "latest"), "big")
        except NodeRefusedError:
            return None  # something else is at that address
    return total


def _estimate(node: Node, sender: bytes, to: bytes | None, data: bytes) -> int:
    call = {"from": "0x" + sender.hex(), "data": "0x" + data.hex()}
    if to is not None:
        call["to"] = "0x" + to.hex()
    return node.rpc.quantity("eth_estimateGas", call)
