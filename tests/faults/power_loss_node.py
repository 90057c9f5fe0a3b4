"""What the managed node's state file holds, and what was said to be final in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from faults import wire
from faults.headers import hash_header
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["check_node", "read_blocks"]


def read_blocks(state: bytes) -> dict[int, str]:
    """Return hashes of blocks by number.

    Each is the one its child names; the newest has no child, and is hashed here.
    """
    headers = [block["header"] for block in json.loads(state)["blocks"]]
    named = {int(header["number"], 16) - 1: header["parentHash"] for header in headers}
    hashed = {int(header["number"], 16): hash_header(header) for header in headers}
    wrong = [n for n, block in hashed.items() if named.get(n, block) != block]
    demand(not wrong, "rig", f"headers of {wrong} hash to something else than their children say")
    return named | hashed


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
