"""What the managed node's state file holds, and what was said to be final in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import rlp  # type: ignore[import-untyped]  # it ships no types
from eth_hash.auto import keccak

from faults import wire
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["check_node", "read_blocks"]


_FIELDS = [
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
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
]
"""Of a header, in their order (go-ethereum, core/types/block.go); those of late forks may lack."""

_NUMBERS = frozenset(
    [
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    ]
)


def read_blocks(state: bytes) -> dict[int, str]:
    """Return hashes of blocks by number.

    Each is the one its child names; the newest has no child, and is hashed here.
    """
    headers = [block["header"] for block in json.loads(state)["blocks"]]
    named = {int(header["number"], 16) - 1: header["parentHash"] for header in headers}
    hashed = {int(header["number"], 16): _hash_of(header) for header in headers}
    wrong = [n for n, block in hashed.items() if named.get(n, block) != block]
    demand(not wrong, "rig", f"headers of {wrong} hash to something else than their children say")
    return named | hashed


def _hash_of(header: Mapping[str, str]) -> str:
    fields = [(name, header[name]) for name in _FIELDS if header.get(name) is not None]
    items = [
        _big_endian(int(value, 16)) if name in _NUMBERS else bytes.fromhex(value[2:])
        for name, value in fields
    ]
    return "0x" + keccak(rlp.encode(items)).hex()


def _big_endian(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def check_node(blocks: Mapping[int, str], database: Path, finals: Mapping[int, str]) -> None:
    """I6: whatever was called final, in an answer, in the database or in the log, is there."""
    for number, block in finals.items():
        demand(blocks.get(number) == block, "I6", f"final block {number} {block} is gone")
    known = set(blocks.values())
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        for (block,) in db.execute("SELECT block_hash FROM anchors WHERE state = 'final'"):
            demand(f"0x{block.hex()}" in known, "I6", f"an anchor's block 0x{block.hex()} is gone")
        for (entry,) in db.execute("SELECT entry FROM entries"):
            if wire.header_of(entry)["typ"] == "beacon+sd-jwt":
                block = wire.payload_of(entry)["block_hash"]
                demand(block in known, "I6", f"a beacon's block {block} is gone")
