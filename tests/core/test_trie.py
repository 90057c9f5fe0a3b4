from typing import Any

import pytest
import rlp as rlp_oracle  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak as keccak_oracle
from hypothesis import given
from hypothesis import strategies as st
from published import published_cases
from trie.hexary import HexaryTrie

from provenance import trie
from provenance.errors import BadTrieProofError

VALUES = st.binary(min_size=1, max_size=60)
# short keys make nodes that lie inside others, and values that lie in branches
SHORT_KEYS = st.binary(min_size=1, max_size=3)
HASHED_KEYS = st.integers(0, 60).map(lambda number: keccak_oracle(b"%d" % number))
TREES = st.one_of(
    st.dictionaries(SHORT_KEYS, VALUES, max_size=25),
    st.dictionaries(HASHED_KEYS, VALUES, max_size=25),
)


def prove(content: dict[bytes, bytes], key: bytes) -> tuple[bytes, list[bytes]]:
    """Return the root and the proof that py-trie gives, as eth_getProof would send it."""
    tree = HexaryTrie(db={})
    for name, value in content.items():
        tree[name] = value
    proof = tree.get_proof(key)  # type: ignore[no-untyped-call]  # the package's own lack
    nodes = [rlp_oracle.encode(node) for node in proof]
    # a node shorter than a hash lies inside another, and is not sent; the root always is
    return tree.root_hash, nodes[:1] + [node for node in nodes[1:] if len(node) >= 32]


# --- what is proved -----------------------------------------------------------------------


@given(content=TREES, key=st.one_of(SHORT_KEYS, HASHED_KEYS))
def test_any_key_is_proved_present_or_absent(content: dict[bytes, bytes], key: bytes) -> None:
    root, nodes = prove(content, key)

    assert trie.get(root, key, nodes) == content.get(key)


@given(content=TREES.filter(bool), data=st.data())
def test_present_key_is_proved(content: dict[bytes, bytes], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(content)))
    root, nodes = prove(content, key)

    assert trie.get(root, key, nodes) == content[key]


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 128, 129, 300])
def test_every_index_of_a_receipts_trie_is_proved(count: int) -> None:
    content = {rlp_oracle.encode(index): b"receipt %d" % index * 9 for index in range(count)}

    for index in {0, count // 2, count - 1}:
        key = rlp_oracle.encode(index)
        root, nodes = prove(content, key)
        assert trie.get(root, key, nodes) == content[key]


@pytest.mark.parametrize("case", published_cases("eip1186-proofs", having="accountProof"))
def test_published_account_and_slots_are_proved(case: dict[str, Any]) -> None:
    nodes = [bytes.fromhex(node[2:]) for node in case["accountProof"]]
    address = bytes.fromhex(case["address"][2:])

    account = trie.get(keccak_oracle(nodes[0]), keccak_oracle(address), nodes)

    if int(case["nonce"], 16) == 0 == int(case["balance"], 16):
        assert account is None
        return
    assert account is not None
    nonce, balance, storage_root, code_hash = rlp_oracle.decode(account)
    assert int.from_bytes(nonce, "big") == int(case["nonce"], 16)
    assert int.from_bytes(balance, "big") == int(case["balance"], 16)
    assert [storage_root.hex(), code_hash.hex()] == [
        case["storageHash"][2:],
        case["codeHash"][2:],
    ]
    for slot in case["storageProof"]:
        slot_nodes = [bytes.fromhex(node[2:]) for node in slot["proof"]]
        slot_key = keccak_oracle(int(slot["key"], 16).to_bytes(32, "big"))
        value = trie.get(storage_root, slot_key, slot_nodes)
        assert (value or b"\x80") == rlp_oracle.encode(int(slot["value"], 16))


def test_empty_trie_proves_absence_with_no_nodes_or_the_empty_one() -> None:
    assert trie.get(trie.EMPTY_TRIE_ROOT, b"key", []) is None
    assert trie.get(trie.EMPTY_TRIE_ROOT, b"key", [b"\x80"]) is None
    for nodes in ([b""], [b"\xc0"], [b"\x80", b"\x80"]):
        with pytest.raises(BadTrieProofError):
            trie.get(trie.EMPTY_TRIE_ROOT, b"key", nodes)


# --- what is refused ----------------------------------------------------------------------


@given(content=TREES.filter(bool), key=st.one_of(SHORT_KEYS, HASHED_KEYS), data=st.data())
def test_any_flipped_bit_is_refused(
    content: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    root, nodes = prove(content, key)
    hashes = [root, *nodes]
    place = data.draw(st.integers(0, len(hashes) - 1))
    rotten = bytearray(hashes[place])
    bit = data.draw(st.integers(0, 8 * len(rotten) - 1))
    rotten[bit // 8] ^= 1 << bit % 8
    hashes[place] = bytes(rotten)

    with pytest.raises(BadTrieProofError):
        trie.get(hashes[0], key, hashes[1:])


@given(content=TREES.filter(bool), key=st.one_of(SHORT_KEYS, HASHED_KEYS), data=st.data())
def test_missing_added_or_swapped_nodes_are_refused(
    content: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    root, nodes = prove(content, key)
    place = data.draw(st.integers(0, len(nodes) - 1))
    without = nodes[:place] + nodes[place + 1 :]
    doubled = [*nodes[:place], nodes[place], *nodes[place:]]

    for wrong in (without, doubled, [*nodes, b"\x80"], [b"\x80", *nodes], [*nodes, b""]):
        with pytest.raises(BadTrieProofError):
            trie.get(root, key, wrong)


def test_proof_of_one_key_says_nothing_of_another() -> None:
    content = {keccak_oracle(b"%d" % number): b"%d" % number for number in range(300)}
    keys = sorted(content)
    root, nodes = prove(content, keys[0])

    for other in keys[1:]:
        if other[:2] != keys[0][:2]:
            with pytest.raises(BadTrieProofError):
                trie.get(root, other, nodes)


def rooted(node: Any) -> tuple[bytes, list[bytes]]:  # noqa: ANN401 -- any nested list
    octets = rlp_oracle.encode(node)
    return keccak_oracle(octets), [octets]


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(b"not a list", id="a string"),
        pytest.param([], id="no items"),
        pytest.param([b""] * 3, id="three items"),
        pytest.param([b""] * 16, id="sixteen items"),
        pytest.param([b"", b"value"], id="no path"),
        pytest.param([[], b"value"], id="a list for a path"),
        pytest.param([b"\x40", b"value"], id="unknown flags"),
        pytest.param([b"\x21\xab", b"value"], id="an even path that is padded with a digit"),
        pytest.param([b"\x20\xab", b""], id="a leaf without a value"),
        pytest.param([b"\x20\xab", [b"value"]], id="a leaf with a list for a value"),
        pytest.param([b"\x00", bytes(32)], id="an extension without a path"),
        pytest.param([b"\x1a", b""], id="an extension to nowhere"),
        pytest.param([b"\x1a", bytes(31)], id="an extension to a short hash"),
        pytest.param([b"\x1a", []], id="an extension to an empty list"),
        pytest.param([b"\x1a", [b"\x3b", b"v" * 32]], id="a long node inside another"),
        pytest.param([b""] * 10 + [[]] + [b""] * 6, id="an empty list in a branch"),
        pytest.param([b""] * 10 + [b"x"] + [b""] * 6, id="one byte in a branch"),
    ],
)
def test_node_that_no_trie_has_is_refused(node: Any) -> None:  # noqa: ANN401 -- any nested list
    root, nodes = rooted(node)

    with pytest.raises(BadTrieProofError):
        trie.get(root, b"\xab", nodes)


def test_key_that_ends_in_a_branch_has_the_branchs_value() -> None:
    content = {b"ab": b"1", b"abc": b"2", b"abd": b"3"}

    for key in (*content, b"a", b"abcd"):
        root, nodes = prove(content, key)
        assert trie.get(root, key, nodes) == content.get(key)


def test_branch_value_that_is_a_list_is_refused() -> None:
    root, nodes = rooted([b""] * 16 + [[b"value"]])

    with pytest.raises(BadTrieProofError):
        trie.get(root, b"", nodes)


def test_nodes_that_are_not_rlp_are_refused() -> None:
    octets = b"\xf8\x01"

    with pytest.raises(BadTrieProofError):
        trie.get(keccak_oracle(octets), b"\xab", [octets])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_root_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadTrieProofError):
        trie.get(bytes(length), b"key", [])


@given(octets=st.binary(max_size=80), key=st.binary(max_size=3))
def test_any_bytes_are_a_node_or_a_bad_proof(octets: bytes, key: bytes) -> None:
    root = keccak_oracle(octets)

    try:
        value = trie.get(root, key, [octets])
    except BadTrieProofError:
        return
    assert value is None or value in octets


# --- the one that is built here -----------------------------------------------------------


@given(
    values=st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=70),
    data=st.data(),
)
def test_built_trie_has_the_root_and_the_proof_of_py_trie(
    values: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(values) - 1))
    content = {rlp_oracle.encode(at): value for at, value in enumerate(values)}

    root, nodes = trie.prove_at(values, index)

    assert (root, list(nodes)) == prove(content, rlp_oracle.encode(index))
    assert trie.get(root, rlp_oracle.encode(index), nodes) == values[index]


@pytest.mark.parametrize("count", [1, 2, 16, 17, 127, 128, 129, 255, 256, 257, 700])
def test_built_trie_of_a_whole_block_is_py_tries(count: int) -> None:
    values = [b"receipt %d" % at * (1 + at % 40) for at in range(count)]
    content = {rlp_oracle.encode(at): value for at, value in enumerate(values)}

    for index in sorted({0, 1 % count, 127 % count, 128 % count, count // 2, count - 1}):
        root, nodes = trie.prove_at(values, index)
        assert (root, list(nodes)) == prove(content, rlp_oracle.encode(index))


@pytest.mark.parametrize(
    ("values", "index"), [([], 0), ([b"a"], 1), ([b"a"], -1), ([b"a", b""], 0)]
)
def test_building_what_is_no_trie_is_our_own_mistake(values: list[bytes], index: int) -> None:
    with pytest.raises(RuntimeError):
        trie.prove_at(values, index)
