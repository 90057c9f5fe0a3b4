"""Measure the pure parts alone: trees, tiles, proofs, Keccak and chain evidence.

    python scripts/bench_proofs.py [--leaves 1048576] [--json]

Medians of one process on one core, no service and no network. pymerkle stands beside where it
does the same work. The stored tiles lie in an SQLite file of 16 KiB pages, read without a
cache of ours; the file itself is in the page cache of the system.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pymerkle  # type: ignore[import-untyped]  # it publishes none

from provenance import anchor, merkle, tlog
from provenance.anchor import Evidence
from provenance.digests import from_evm_hex, from_hex
from provenance.keccak import keccak256
from provenance.strict_json import Members

if TYPE_CHECKING:
    from collections.abc import Callable

REPO = Path(__file__).resolve().parent.parent
PEER_LEAVES = 4_096  # pymerkle takes minutes to fill what we prove from
PICK = random.Random(20_261_122)  # noqa: S311 -- chooses which entry to prove

Figures = dict[str, float]


def main() -> None:
    """Measure, and print a line or a JSON member for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--leaves", type=int, default=2**20, help="tree size (default 2^20)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    leaves = [hashlib.sha256(b"%d" % index).digest() for index in range(arguments.leaves)]
    figures = {
        **measure_trees(leaves),
        **measure_log(leaves),
        **measure_peer(),
        **measure_evidence(),
    }
    if arguments.json:
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=1))
        return
    for name, value in figures.items():
        print(f"{value:14,.1f}  {name}")


def measure_trees(leaves: list[bytes]) -> Figures:
    """Time a root over all leaves, at once and one by one."""

    def accumulate() -> None:
        accumulator = merkle.RootAccumulator()
        for leaf in leaves:
            accumulator.add(leaf)
        accumulator.root()

    return {
        "leaves/s, root of a list": len(leaves) / _seconds(lambda: merkle.root_of(leaves), 3),
        "leaves/s, accumulator": len(leaves) / _seconds(accumulate, 3),
    }


def measure_log(leaves: list[bytes]) -> Figures:
    """Time appending, and proofs from tiles in memory and in SQLite."""
    size = len(leaves)
    started = time.perf_counter()
    tiles = tlog.append(0, leaves, _no_tile).tiles
    appending = time.perf_counter() - started
    in_memory = _reader(tiles)
    root = tlog.root_hash(size, in_memory)
    path = tlog.inclusion_proof(size // 3, size, in_memory)
    with tempfile.TemporaryDirectory() as folder:
        in_sqlite = _sqlite_reader(Path(folder) / "tiles.sqlite", tiles)
        return {
            "leaves/s, append at once": size / appending,
            "us, append 1,000": _us(lambda: tlog.append(size, leaves[:1_000], in_memory), 100),
            "us, append 1": _us(lambda: tlog.append(size, leaves[:1], in_memory), 1_000),
            "us, inclusion proof, memory": _us(_prove(size, in_memory), 3_000),
            "us, inclusion proof, SQLite": _us(_prove(size, in_sqlite), 3_000),
            "us, consistency proof, memory": _us(_prove_growth(size, in_memory), 3_000),
            "us, root from stored nodes": _us(lambda: tlog.root_hash(size, in_memory), 1_000),
            "us, root from the edge": _us(lambda: tlog.root_from_edge(size - 1, in_memory), 300),
            "us, verify inclusion": _us(
                lambda: merkle.verify_inclusion(leaves[size // 3], size // 3, size, path, root),
                3_000,
            ),
        }


def measure_peer() -> Figures:
    """Time pymerkle, in memory, at a size that it fills in seconds."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    started = time.perf_counter()
    for index in range(PEER_LEAVES):
        tree.append_entry(b"%d" % index)
    appending = time.perf_counter() - started
    root = tree.get_root()
    proof = tree.prove_inclusion(PEER_LEAVES // 3, PEER_LEAVES)
    leaf = tree.get_leaf(PEER_LEAVES // 3)
    return {
        f"leaves/s, pymerkle append, {PEER_LEAVES:,}": PEER_LEAVES / appending,
        f"us, pymerkle inclusion proof, memory, {PEER_LEAVES:,}": _us(
            lambda: tree.prove_inclusion(PICK.randrange(PEER_LEAVES) + 1, PEER_LEAVES), 200
        ),
        "us, pymerkle verify": _us(lambda: pymerkle.verify_inclusion(leaf, root, proof), 1_000),
    }


def measure_evidence() -> Figures:
    """Time Keccak over one full branch node, and the check of recorded evidence."""
    case = json.loads((REPO / "tests/vectors/anchor/grown-anchor.json").read_text())
    evidence = Evidence.from_json(Members(case["evidence"]))
    nodes = 1 + len(evidence.account_proof) + len(evidence.storage_proof)

    def verify() -> None:
        anchor.verify_anchored_root(
            evidence,
            contract=from_evm_hex(case["contract"]),
            code_hash=from_evm_hex(case["code_hash"]),
            log_id=from_evm_hex(case["log_id"]),
            tree_size=case["tree_size"],
            root_hash=from_hex(case["root_hash"]),
            roots_slot=case["roots_slot"],
        )

    return {
        "us, keccak256 of 532 B": _us(lambda: keccak256(bytes(532)), 200),
        f"us, verify evidence, header and {nodes - 1} nodes": _us(verify, 100),
    }


def _prove(size: int, read_tile: tlog.ReadTile) -> Callable[[], object]:
    return lambda: tlog.inclusion_proof(PICK.randrange(size), size, read_tile)


def _prove_growth(size: int, read_tile: tlog.ReadTile) -> Callable[[], object]:
    return lambda: tlog.consistency_proof(PICK.randrange(1, size), size, read_tile)


def _no_tile(level: int, index: int) -> bytes:
    raise LookupError(level, index)


def _reader(tiles: dict[tuple[int, int], bytes]) -> tlog.ReadTile:
    return lambda level, index: tiles[level, index]


def _sqlite_reader(path: Path, tiles: dict[tuple[int, int], bytes]) -> tlog.ReadTile:
    database = sqlite3.connect(path)
    database.execute("PRAGMA page_size = 16384")
    database.execute("CREATE TABLE tile (id INTEGER PRIMARY KEY, stored BLOB NOT NULL)")
    rows = ((level << 48 | index, stored) for (level, index), stored in tiles.items())
    database.executemany("INSERT INTO tile VALUES (?, ?)", rows)
    database.commit()

    def read_tile(level: int, index: int) -> bytes:
        row = database.execute("SELECT stored FROM tile WHERE id = ?", (level << 48 | index,))
        stored: bytes = row.fetchone()[0]
        return stored

    return read_tile


def _seconds(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def _us(work: Callable[[], object], times: int) -> float:
    return 1e6 * _seconds(work, times)


if __name__ == "__main__":
    main()
