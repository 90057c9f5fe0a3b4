"""Measure the pure parts alone: trees, tiles, proofs, Keccak and chain evidence.

One process on one core, no service and no network. pymerkle and merkletools stand beside where
they do the same work; the latter with a hash function that adds the prefix bytes of RFC 9162.
The tiles lie in memory here: ``bench_log`` reads them from the store.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pymerkle  # type: ignore[import-untyped]  # it publishes none
from bench_figures import Figure, middle, repeat_us

from provenance import anchor, merkle, tlog
from provenance.anchor import StorageEvidence, parse_evidence
from provenance.digests import from_evm_hex, from_hex
from provenance.keccak import keccak256
from provenance.strict_json import Members

if TYPE_CHECKING:
    from collections.abc import Callable

REPO = Path(__file__).resolve().parent.parent
PEER_LEAVES = 4_096  # pymerkle takes minutes to fill what we prove from
PEER_TREE = 1 << 17
PICK = random.Random(20_261_122)  # noqa: S311 -- chooses which entry to prove

__all__ = ["measure_parts"]


def measure_parts(size: int) -> list[Figure]:
    """Time everything over ``size`` leaves."""
    leaves = [hashlib.sha256(b"%d" % index).digest() for index in range(size)]
    return [
        *measure_trees(leaves),
        *measure_log(leaves),
        *measure_pymerkle(),
        *measure_merkletools(leaves[:PEER_TREE]),
        *measure_evidence(),
    ]


def measure_trees(leaves: list[bytes]) -> list[Figure]:
    """Time a root over all leaves, at once and one by one."""

    def accumulate() -> None:
        accumulator = merkle.RootAccumulator()
        for leaf in leaves:
            accumulator.add(leaf)
        accumulator.root()

    return [
        _rate("root of a list", lambda: merkle.root_of(leaves), len(leaves)),
        _rate("root, leaf by leaf", accumulate, len(leaves)),
    ]


def measure_log(leaves: list[bytes]) -> list[Figure]:
    """Time appending, and proofs from tiles in memory."""
    size = len(leaves)
    tiles = tlog.append(0, leaves, _no_tile).tiles
    read = _reader(tiles)
    root = tlog.root_hash(size, read)
    path = tlog.inclusion_proof(size // 3, size, read)

    def verify() -> None:
        merkle.verify_inclusion(leaves[size // 3], size // 3, size, path, root)

    return [
        _rate("append to tiles at once", lambda: tlog.append(0, leaves, _no_tile), size),
        _us("append 1,000", lambda: tlog.append(size, leaves[:1_000], read), 100),
        _us("append 1", lambda: tlog.append(size, leaves[:1], read), 1_000),
        _us("inclusion proof, memory", lambda: _prove(size, read), 2_000),
        _us("consistency proof, memory", lambda: _prove_growth(size, read), 2_000),
        _us("root from the right edge", lambda: tlog.root_from_edge(size - 1, read), 300),
        _us("verify inclusion", verify, 2_000),
    ]


def measure_pymerkle() -> list[Figure]:
    """Time pymerkle, in memory, at a size that it fills in seconds."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    started = time.perf_counter()
    for index in range(PEER_LEAVES):
        tree.append_entry(b"%d" % index)
    appending = time.perf_counter() - started
    root = tree.get_root()
    proof = tree.prove_inclusion(PEER_LEAVES // 3, PEER_LEAVES)
    leaf = tree.get_leaf(PEER_LEAVES // 3)
    note = f"{PEER_LEAVES:,} leaves, in memory"
    return [
        Figure("peer: pymerkle append", PEER_LEAVES / appending, "leaves/s", note=note),
        _us(
            "peer: pymerkle inclusion proof",
            lambda: tree.prove_inclusion(PICK.randrange(PEER_LEAVES) + 1, PEER_LEAVES),
            200,
            note,
        ),
        _us(
            "peer: pymerkle verify", lambda: pymerkle.verify_inclusion(leaf, root, proof), 500, note
        ),
    ]


def measure_merkletools(leaves: list[bytes]) -> list[Figure]:
    """Time merkletools with our node hash, which gives the root of RFC 9162."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it names a package for SHA-3 that is not needed
        import merkletools  # type: ignore[import-untyped]  # noqa: PLC0415 -- warns when imported

    def make() -> None:
        tools = merkletools.MerkleTools()
        tools.hash_function = lambda nodes: hashlib.sha256(b"\1" + nodes)
        tools.leaves = [bytearray(leaf) for leaf in leaves]
        tools.make_tree()
        if bytes(tools.levels[0][0]) != merkle.root_of(leaves):
            raise RuntimeError("merkletools makes another tree")

    name = "peer: merkletools with prefix, root of a list"
    return [_rate(name, make, len(leaves), f"{len(leaves):,} leaves, root compared with ours")]


def measure_evidence() -> list[Figure]:
    """Time Keccak over one full branch node, and the check of recorded evidence."""
    case = json.loads((REPO / "tests/vectors/anchor/grown-anchor.json").read_text())
    evidence = parse_evidence(Members(case["evidence"]))
    if not isinstance(evidence, StorageEvidence):
        raise TypeError("the recorded evidence is not a storage proof")
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

    return [
        _us("keccak256 of 532 bytes", lambda: keccak256(bytes(532)), 200),
        _us(f"verify evidence, header and {nodes - 1} nodes", verify, 50),
    ]


def _prove(size: int, read_tile: tlog.ReadTile) -> object:
    return tlog.inclusion_proof(PICK.randrange(size), size, read_tile)


def _prove_growth(size: int, read_tile: tlog.ReadTile) -> object:
    return tlog.consistency_proof(PICK.randrange(1, size), size, read_tile)


def _no_tile(level: int, index: int) -> bytes:
    raise LookupError(level, index)


def _reader(tiles: dict[tuple[int, int], bytes]) -> tlog.ReadTile:
    return lambda level, index: tiles[level, index]


def _rate(name: str, work: Callable[[], object], count: int, note: str = "") -> Figure:
    taken = repeat_us(work, 1, rounds=3)
    return middle(name, [1e6 * count / us for us in taken], "leaves/s", note=note)


def _us(name: str, work: Callable[[], object], times: int, note: str = "") -> Figure:
    return middle(name, repeat_us(work, times), "us", note=note)
