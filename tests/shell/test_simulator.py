"""The simulator's tries are those of another implementation, and its clock reaches the SQL."""

from __future__ import annotations

import random

import pytest
import simulated_state as state
from trie.hexary import HexaryTrie
from worker_history import the_database

from provenance import trie
from provenance.keccak import keccak256
from provenance.store.anchor_store import SqlAnchorStore


@pytest.mark.parametrize("size", [0, 1, 2, 3, 17, 200])
def test_trie_has_the_root_and_the_proofs_of_py_trie(size: int) -> None:
    rng = random.Random(size)
    ours, theirs = None, HexaryTrie({})
    values: dict[bytes, bytes] = {}
    for _ in range(size):
        key = state.keccak(rng.randbytes(1))  # some are put twice
        values[key] = rng.randbytes(rng.choice([1, 32, 80]))
        ours = state.put(ours, key, values[key])
        theirs[key] = values[key]

    root = state.root_hash(ours)
    assert root == theirs.root_hash
    for key in [*values, *(state.keccak(rng.randbytes(4)) for _ in range(20))]:
        assert trie.get(root, key, state.prove(ours, key)) == values.get(key)


def test_older_version_of_a_trie_stays() -> None:
    before = state.put(state.put(None, state.keccak(b"1"), b"a"), state.keccak(b"2"), b"b")
    root = state.root_hash(before)

    after = state.put(before, state.keccak(b"1"), b"c")

    assert state.root_hash(before) == root != state.root_hash(after)


@pytest.mark.parametrize("length", [0, 1, 135, 136, 137, 600])
def test_fast_hash_is_the_one_under_test(length: int) -> None:
    octets = random.Random(length).randbytes(length)

    assert state.keccak(octets) == keccak256(octets)


def test_fast_hash_is_taken_back() -> None:
    with state.fast_keccak():
        assert vars(trie)["keccak256"] is state.keccak

    assert vars(trie)["keccak256"] is keccak256


def test_leases_follow_the_databases_clock() -> None:
    database = the_database()
    database.begin()
    store = SqlAnchorStore(database.engine)

    first = store.acquire(1, "one", 30)
    database.clock_ms += 29_999
    too_early = store.acquire(1, "two", 30)
    database.clock_ms += 2
    taken = store.acquire(1, "two", 30)

    assert first is not None
    assert too_early is None
    assert taken is not None
    assert taken.epoch == first.epoch + 1
