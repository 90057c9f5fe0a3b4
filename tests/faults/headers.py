"""The hash of a block, from the header's members as a node or a dump writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rlp  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["hash_header", "octets_of"]

_HEADER = {
    "parentHash": False,
    "sha3Uncles": False,
    "miner": False,
    "stateRoot": False,
    "transactionsRoot": False,
    "receiptsRoot": False,
    "logsBloom": False,
    "difficulty": True,
    "number": True,
    "gasLimit": True,
    "gasUsed": True,
    "timestamp": True,
    "extraData": False,
    "mixHash": False,
    "nonce": False,
    "baseFeePerGas": True,
    "withdrawalsRoot": False,
    "blobGasUsed": True,
    "excessBlobGas": True,
    "parentBeaconBlockRoot": False,
    "requestsHash": False,
    "blockAccessListHash": False,
    "slotNumber": True,
}
"""Members of a header in their order; True = a number, written without leading zeros."""


def hash_header(header: Mapping[str, Any]) -> str:
    """Return Keccak-256 of the RLP of those members that there are (go-ethereum, block.go)."""
    items = [
        octets_of(header[name]).lstrip(b"\0") if is_number else octets_of(header[name])
        for name, is_number in _HEADER.items()
        if header.get(name) is not None
    ]
    return "0x" + keccak(rlp.encode(items)).hex()


def octets_of(text: str) -> bytes:
    digits = text[2:]
    return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
