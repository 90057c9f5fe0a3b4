"""Block headers put together from a node's JSON, believed only when their hash says so.

The order of the fields is go-ethereum's ``core/types/block.go``, London to Amsterdam. A fork
whose fields this list does not know, or a chain that hashes other bytes (Besu QBFT, Conflux),
gives another hash, and that is an error: such a chain has no Ethereum proofs. Where a chain is
known to be of that kind, a block is only what its node states, without a header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import rlp
from provenance.chain.rpc import octets, quantity
from provenance.errors import MalformedError, NotEthereumHeaderError, UnavailableError
from provenance.header import BlockHeader
from provenance.ledger.chain_port import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["assemble_header", "read_block", "read_stated_block"]

_QUANTITIES = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
        "slotNumber",
    }
)

_FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",  # London
    "withdrawalsRoot",  # Shanghai
    "blobGasUsed",  # Cancun
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",  # Prague
    "blockAccessListHash",  # Amsterdam (EIP-7928)
    "slotNumber",  # Amsterdam (EIP-7843)
)

_ALWAYS = 15
"""The first fifteen fields stand in every header; later ones came with a fork each."""


def assemble_header(block: Mapping[str, object]) -> bytes:
    """Return the RLP of the header that a node's block object describes, whatever its hash.

    Args:
        block: the object ``eth_getBlockByNumber`` or ``eth_getBlockByHash`` answers.

    Raises:
        UnavailableError: a member is missing or of another kind.
    """
    present = [
        name
        for position, name in enumerate(_FIELDS)
        if position < _ALWAYS or block.get(name) is not None
    ]
    return rlp.encode([_field(block, name) for name in present])


def read_block(block: Mapping[str, object], *, expected_hash: bytes | None = None) -> Block:
    """Return the block, whose header's Keccak-256 is the hash asked for.

    Args:
        expected_hash: the hash asked for; the object's own ``hash`` when None.

    Raises:
        NotEthereumHeaderError: the header hashes to something else.
        UnavailableError: the object is no block.
    """
    claimed = octets(block.get("hash"), "hash", length=32)
    raw = assemble_header(block)
    try:
        header = BlockHeader.parse(raw)
    except MalformedError as error:
        raise UnavailableError(f"the node's block is no block: {error}") from error
    wanted = claimed if expected_hash is None else expected_hash
    if header.hash != wanted:
        raise NotEthereumHeaderError(
            f"expected block {wanted.hex()}, its header has {header.hash.hex()}"
        )
    return Block(header.number, header.hash, header.timestamp, raw)


def read_stated_block(block: Mapping[str, object], *, expected_hash: bytes | None = None) -> Block:
    """Return the block as the node states it, with no header that could prove anything.

    Args:
        expected_hash: the hash asked for, when it was asked for by its hash.

    Raises:
        UnavailableError: the object is no block, or another one than was asked for.
    """
    claimed = octets(block.get("hash"), "hash", length=32)
    if expected_hash not in {None, claimed}:
        raise UnavailableError("the node answered with another block")
    number, timestamp = (quantity(block.get(name), name) for name in ("number", "timestamp"))
    if max(number, timestamp) >= 2**63:
        raise UnavailableError("the node's block has an impossible number or time")
    return Block(number, claimed, timestamp, header=b"")


def _field(block: Mapping[str, object], name: str) -> bytes:
    value = block.get(name)
    if name not in _QUANTITIES:
        return octets(value, name)
    number = quantity(value, name)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
