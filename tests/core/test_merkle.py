import base64
import hashlib
from typing import Any

import pymerkle  # type: ignore[import-untyped]  # it publishes none
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import naive_merkle as oracle
from oracles import prefixing_merkletools
from published import published_cases

from provenance import merkle
from provenance.errors import ProofShapeError, RootMismatchError, VerificationError

ENTRIES = st.lists(st.binary(max_size=40), min_size=1, max_size=70)

# the reference tree of Certificate Transparency (trillian, RFC 6962 tests)
REFERENCE_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves_of(entries: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(entry) for entry in entries]


def flip(octets: bytes, bit: int) -> bytes:
    flipped = bytearray(octets)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


# --- published vectors --------------------------------------------------------------------


def refuses(case: dict[str, Any]) -> bool:
    path = [base64.b64decode(sibling) for sibling in case["proof"] or []]
    hashes = {
        name: base64.b64decode(case[name] or "")
        for name in ("root", "leafHash", "root1", "root2")
        if name in case
    }
    try:
        if "leafIdx" in case:
            merkle.verify_inclusion(
                hashes["leafHash"], case["leafIdx"], case["treeSize"], path, hashes["root"]
            )
        else:
            merkle.verify_consistency(
                case["size1"], case["size2"], path, hashes["root1"], hashes["root2"]
            )
    except VerificationError:
        return True
    return False


@pytest.mark.parametrize("case", published_cases("rfc6962-merkle"))
def test_published_proof_is_judged_as_its_authors_say(case: dict[str, Any]) -> None:
    assert refuses(case) is case["wantErr"]


@pytest.mark.parametrize("size", range(9))
def test_reference_tree_has_its_published_root(size: int) -> None:
    assert merkle.root_of(leaves_of(REFERENCE_ENTRIES[:size])).hex() == REFERENCE_ROOTS[size]


def test_empty_root_is_the_hash_of_nothing() -> None:
    assert hashlib.sha256(b"").digest() == merkle.EMPTY_ROOT
    assert merkle.RootAccumulator().root() == merkle.EMPTY_ROOT


# --- against the oracles ------------------------------------------------------------------


@given(entries=ENTRIES)
def test_root_is_that_of_the_recursion(entries: list[bytes]) -> None:
    assert merkle.root_of(leaves_of(entries)) == oracle.root(entries)


@given(entries=ENTRIES, data=st.data())
def test_inclusion_accepts_the_oracles_path(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    leaf = merkle.leaf_hash(entries[index])

    path, root = oracle.path(index, entries), oracle.root(entries)

    merkle.verify_inclusion(leaf, index, len(entries), path, root)
    assert merkle.inclusion_path(leaves_of(entries), index) == path


@given(entries=ENTRIES, data=st.data())
def test_consistency_accepts_the_oracles_path(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))

    path = oracle.proof(size, entries)

    merkle.verify_consistency(
        size, len(entries), path, oracle.root(entries[:size]), oracle.root(entries)
    )


@pytest.mark.parametrize("size", [*range(1, 70), 127, 128, 129, 255, 256, 257, 300])
def test_root_is_that_of_merkletools_with_prefix(size: int) -> None:
    entries = [b"entry %d" % index for index in range(size)]

    assert merkle.root_of(leaves_of(entries)) == prefixing_merkletools.tree(entries).root()


def test_merkletools_as_released_has_other_roots() -> None:
    entries = [b"entry %d" % index for index in range(5)]

    assert merkle.root_of(leaves_of(entries)) != prefixing_merkletools.unprefixed_root(entries)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33, 64])
def test_every_path_is_that_of_merkletools_with_prefix(size: int) -> None:
    entries = [b"entry %d" % index for index in range(size)]
    tree = prefixing_merkletools.tree(entries)

    for index in range(size):
        assert merkle.inclusion_path(leaves_of(entries), index) == tree.path(index)


def test_every_root_and_path_is_that_of_pymerkle() -> None:
    entries = [b"entry %d" % index for index in range(40)]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)

    for size in range(1, len(entries) + 1):
        leaves = leaves_of(entries[:size])
        assert merkle.root_of(leaves) == tree.get_root(size)
        for index in range(size):
            own_leaf, *path = tree.prove_inclusion(index + 1, size).path
            assert own_leaf == leaves[index]
            assert merkle.inclusion_path(leaves, index) == path


# --- refusals -----------------------------------------------------------------------------


@given(entries=ENTRIES, data=st.data())
def test_inclusion_refuses_any_flipped_bit(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    leaf, root = merkle.leaf_hash(entries[index]), oracle.root(entries)
    hashes = [leaf, root, *oracle.path(index, entries)]
    place = data.draw(st.integers(0, len(hashes) - 1))
    hashes[place] = flip(hashes[place], data.draw(st.integers(0, 255)))

    with pytest.raises(RootMismatchError):
        merkle.verify_inclusion(hashes[0], index, len(entries), hashes[2:], hashes[1])


@given(entries=st.lists(st.binary(max_size=8), min_size=2, max_size=70), data=st.data())
def test_consistency_refuses_any_flipped_bit(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries) - 1))
    hashes = [oracle.root(entries[:size]), oracle.root(entries), *oracle.proof(size, entries)]
    place = data.draw(st.integers(0, len(hashes) - 1))
    hashes[place] = flip(hashes[place], data.draw(st.integers(0, 255)))

    with pytest.raises(RootMismatchError):
        merkle.verify_consistency(size, len(entries), hashes[2:], hashes[0], hashes[1])


@given(entries=ENTRIES, data=st.data())
def test_inclusion_refuses_another_index(entries: list[bytes], data: st.DataObject) -> None:
    entries = [b"%d" % index + entry for index, entry in enumerate(entries)]
    index, other = (data.draw(st.integers(0, len(entries) - 1)) for _ in range(2))
    leaf, root = merkle.leaf_hash(entries[index]), oracle.root(entries)

    if other != index:
        with pytest.raises(VerificationError):
            merkle.verify_inclusion(leaf, other, len(entries), oracle.path(index, entries), root)


@given(entries=ENTRIES, data=st.data())
def test_path_of_another_length_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    leaf, root = merkle.leaf_hash(entries[index]), oracle.root(entries)
    path = oracle.path(index, entries)

    with pytest.raises(ProofShapeError):
        merkle.verify_inclusion(leaf, index, len(entries), [*path, root], root)
    if path:
        with pytest.raises(ProofShapeError):
            merkle.verify_inclusion(leaf, index, len(entries), path[:-1], root)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
@pytest.mark.parametrize("place", range(3))
def test_inclusion_refuses_hashes_of_other_lengths(place: int, length: int) -> None:
    hashes = [oracle.leaf(b"a"), oracle.root([b"a", b"b"]), oracle.leaf(b"b")]
    hashes[place] = hashes[place].ljust(64, b"\0")[:length]

    with pytest.raises(ProofShapeError):
        merkle.verify_inclusion(hashes[0], 0, 2, hashes[2:], hashes[1])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
@pytest.mark.parametrize("place", range(3))
def test_consistency_refuses_hashes_of_other_lengths(place: int, length: int) -> None:
    hashes = [oracle.leaf(b"a"), oracle.root([b"a", b"b"]), oracle.leaf(b"b")]
    hashes[place] = hashes[place].ljust(64, b"\0")[:length]

    with pytest.raises(ProofShapeError):
        merkle.verify_consistency(1, 2, hashes[2:], hashes[0], hashes[1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (0, -1), (0, 2**63)])
def test_inclusion_refuses_impossible_sizes(index: int, size: int) -> None:
    leaf = oracle.leaf(b"a")

    with pytest.raises(ProofShapeError):
        merkle.verify_inclusion(leaf, index, size, [], leaf)


@pytest.mark.parametrize(("size1", "size2"), [(0, 0), (0, 1), (-1, 1), (2, 1), (2**63, 2**63)])
def test_consistency_refuses_impossible_sizes(size1: int, size2: int) -> None:
    root = oracle.leaf(b"a")

    with pytest.raises(ProofShapeError):
        merkle.verify_consistency(size1, size2, [], root, root)


def test_consistency_of_equal_sizes_wants_equal_roots_and_no_path() -> None:
    root, other = oracle.leaf(b"a"), oracle.leaf(b"b")

    merkle.verify_consistency(5, 5, [], root, root)
    with pytest.raises(RootMismatchError):
        merkle.verify_consistency(5, 5, [], root, other)
    with pytest.raises(ProofShapeError):
        merkle.verify_consistency(5, 5, [other], root, root)


def test_node_cannot_be_passed_off_as_an_entry() -> None:
    entries = [b"a", b"b", b"c", b"d"]
    inner = oracle.node(oracle.leaf(b"a"), oracle.leaf(b"b"))
    forged = oracle.leaf(b"a") + oracle.leaf(b"b")
    path = [oracle.node(oracle.leaf(b"c"), oracle.leaf(b"d"))]

    assert merkle.leaf_hash(forged) != inner
    with pytest.raises(RootMismatchError):
        merkle.verify_inclusion(merkle.leaf_hash(forged), 0, 2, path, oracle.root(entries))


def test_mismatch_carries_both_roots() -> None:
    leaf, root = oracle.leaf(b"a"), oracle.leaf(b"b")

    with pytest.raises(RootMismatchError) as refused:
        merkle.verify_inclusion(leaf, 0, 1, [], root)

    assert (refused.value.expected, refused.value.calculated) == (root, leaf)


@pytest.mark.parametrize("index", [-1, 3])
def test_inclusion_path_wants_an_index_of_a_leaf(index: int) -> None:
    with pytest.raises(ProofShapeError):
        merkle.inclusion_path(leaves_of([b"a", b"b", b"c"]), index)


# --- the accumulator ----------------------------------------------------------------------


@given(entries=ENTRIES, data=st.data())
def test_accumulator_goes_on_from_kept_peaks(entries: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(entries)))
    leaves = leaves_of(entries)
    before = merkle.RootAccumulator()
    for leaf in leaves[:cut]:
        before.add(leaf)

    after = merkle.RootAccumulator(before.size, before.peaks)
    for leaf in leaves[cut:]:
        after.add(leaf)

    assert before.root() == oracle.root(entries[:cut])
    assert (after.size, after.root()) == (len(entries), oracle.root(entries))


@pytest.mark.parametrize(
    ("size", "peaks"), [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (1, [bytes(31)]), (-1, [])]
)
def test_accumulator_refuses_peaks_that_do_not_fit(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ProofShapeError):
        merkle.RootAccumulator(size, peaks)
