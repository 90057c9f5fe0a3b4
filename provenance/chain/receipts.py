"""Transaction receipts put together again from a node's JSON, as the receipts trie holds them.

A receipt's consensus form is ``RLP([status, gas used so far, bloom, logs])``, with the type's
byte before it for every transaction that is not a legacy one (EIP-2718): 1 access list, 2 fee
market, 3 blob, 4 set code. Rollups have types of their own with the same four fields; the OP
Stack's deposits (0x7e) add the depositor's nonce and a version. Before Byzantium a state root
stood in the place of the status.

Nothing is checked here but its form: whether the bytes are the block's is for the root of the
receipts trie in a proved header to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import rlp
from provenance.chain.rpc import octets, quantity
from provenance.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MAX_RECEIPTS", "MAX_SINGLE_RECEIPTS", "encode_block_receipts", "encode_receipt"]

MAX_RECEIPTS = 10_000
"""A block of 200 million gas holds 9,523 of the cheapest transactions (21,000 gas)."""

MAX_SINGLE_RECEIPTS = 1_000
"""Asked for one by one: more than a minute of requests is not worth it."""

_MAX_TYPE = 0x7F  # EIP-2718: a larger first byte begins a legacy receipt's list
_DEPOSIT = 0x7E


def encode_block_receipts(receipts: object, block_hash: bytes) -> tuple[bytes, ...]:
    """Encode all receipts of one block, in their order.

    Args:
        receipts: what ``eth_getBlockReceipts`` answered.
        block_hash: of the block asked for, 32 bytes.

    Raises:
        UnavailableError: not a list of receipts of that block, each in its place.
    """
    if not isinstance(receipts, list) or len(receipts) > MAX_RECEIPTS:
        raise UnavailableError("expected a list of transaction receipts")
    found = []
    for index, receipt in enumerate(receipts):
        if not isinstance(receipt, dict):
            raise UnavailableError(f"expected a transaction receipt at {index}")
        if octets(receipt.get("blockHash"), "blockHash", length=32) != block_hash:
            raise UnavailableError("the node answered with another block's receipts")
        if quantity(receipt.get("transactionIndex"), "transactionIndex") != index:
            raise UnavailableError("the node answered with receipts out of order")
        found.append(encode_receipt(receipt))
    return tuple(found)


def encode_receipt(receipt: Mapping[str, object]) -> bytes:
    """Return the consensus form of one receipt.

    Raises:
        UnavailableError: a member is missing or of another kind.
    """
    fields: list[rlp.Item] = [
        _outcome(receipt),
        rlp.encode_integer(quantity(receipt.get("cumulativeGasUsed"), "cumulativeGasUsed")),
        octets(receipt.get("logsBloom"), "logsBloom", length=256),
        [_log(log) for log in _list(receipt.get("logs"), "logs")],
    ]
    # nodes from before EIP-2718 name no type
    kind = 0 if receipt.get("type") is None else quantity(receipt["type"], "type")
    if kind == 0:
        return rlp.encode(fields)
    if kind > _MAX_TYPE:
        raise UnavailableError(f"expected a transaction type below 0x80, got {kind:#x}")
    if kind == _DEPOSIT:
        fields += _deposit_fields(receipt)
    return bytes([kind]) + rlp.encode(fields)


def _outcome(receipt: Mapping[str, object]) -> bytes:
    if receipt.get("status") is None:
        return octets(receipt.get("root"), "root", length=32)
    return rlp.encode_integer(quantity(receipt["status"], "status"))


def _deposit_fields(receipt: Mapping[str, object]) -> list[rlp.Item]:
    names = ("depositNonce", "depositReceiptVersion")  # since Regolith, since Canyon
    present = [name for name in names if receipt.get(name) is not None]
    return [rlp.encode_integer(quantity(receipt[name], name)) for name in present]


def _log(log: object) -> rlp.Item:
    if not isinstance(log, dict):
        raise UnavailableError("expected a log")
    return [
        octets(log.get("address"), "address", length=20),
        [octets(topic, "topic", length=32) for topic in _list(log.get("topics"), "topics")],
        octets(log.get("data"), "data"),
    ]


def _list(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise UnavailableError(f"{name}: expected a list")
    return value
