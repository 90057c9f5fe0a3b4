"""Check and make proofs of Ethereum's Merkle-Patricia trie (Yellow Paper, appendix D; EIP-1186).

A proof is the list of nodes on the way from the root to a key, root first, each node named by
its Keccak-256 hash in the node before::

    root hash --> branch --> extension --> branch --> leaf
                  16 ways,   a shared      16 ways    the rest of the key,
                  a value    stretch                  the value

A node shorter than 32 bytes lies inside the node that names it and is not in the list. The
way ends either in the value or in a node that shows that the key is absent: both are proofs.

Only one sort of trie is built here, the one over a block's transaction receipts; state and storage
are proved by those who have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import rlp
from provenance.errors import BadTrieProofError, MalformedError
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["EMPTY_TRIE_ROOT", "get", "prove_at"]

_EMPTY_TRIE = b"\x80"  # RLP of the empty string

EMPTY_TRIE_ROOT = keccak256(_EMPTY_TRIE)
"""Root hash of the trie without keys; nodes prove it with no nodes, or with that one string."""


def get(root: bytes, key: bytes, proof_nodes: Sequence[bytes]) -> bytes | None:
    """Return the value that the trie of ``root`` holds at ``key``; None is proved absence.

    Args:
        root: root hash, 32 bytes.
        key: as the trie has it; for state and storage tries the Keccak-256 of address or slot.
        proof_nodes: RLP of each node, root first, every one of them needed.

    Raises:
        BadTrieProofError: the nodes do not lead from ``root`` to an answer, or some are unused.
    """
    if len(root) != 32:
        raise BadTrieProofError(f"expected a root hash of 32 bytes, got {len(root)}")
    if root == EMPTY_TRIE_ROOT and list(proof_nodes) in ([], [_EMPTY_TRIE]):
        return None
    nodes = iter(proof_nodes)
    value = _walk(root, key.hex(), nodes)
    unused = sum(1 for _ in nodes)
    if unused:
        raise BadTrieProofError(f"{unused} of {len(proof_nodes)} nodes are not on the way")
    return value


def _walk(reference: rlp.Item, path: str, nodes: Iterator[bytes]) -> bytes | None:
    """Follow ``path``, a hex digit for each nibble, from the node that ``reference`` names."""
    while True:
        node = _resolve(reference, nodes)
        if len(node) == 17 and not path:
            return _value(node[16]) or None
        if len(node) == 17:
            reference, path = node[int(path[0], 16)], path[1:]
        elif len(node) == 2:
            stretch, is_leaf = _stretch(node[0])
            if is_leaf:
                return _leaf_value(node[1]) if stretch == path else None
            if not path.startswith(stretch):
                return None
            reference, path = node[1], path[len(stretch) :]
            if reference == b"":
                raise BadTrieProofError("an extension node leads nowhere")
        else:
            raise BadTrieProofError(f"expected a node of 2 or 17 items, got {len(node)}")
        if reference == b"":
            return None  # an empty place in a branch


def _resolve(reference: rlp.Item, nodes: Iterator[bytes]) -> list[rlp.Item]:
    """Return the node that ``reference`` holds or names."""
    if isinstance(reference, list):
        if len(rlp.encode(reference)) >= 32:
            raise BadTrieProofError("a node of 32 bytes or more lies inside another")
        return reference
    if len(reference) != 32:
        raise BadTrieProofError(f"expected a hash of 32 bytes, got {len(reference)} bytes")
    octets = next(nodes, None)
    if octets is None:
        raise BadTrieProofError(f"the node {reference.hex()} is missing")
    if keccak256(octets) != reference:
        raise BadTrieProofError(f"expected the node {reference.hex()}, got another")
    try:
        return rlp.decode_list(octets)
    except MalformedError as error:
        raise BadTrieProofError("a node is not RLP") from error


def _stretch(item: rlp.Item) -> tuple[str, bool]:
    """Read a hex-prefix path (appendix C): its hex digits, and whether the node is a leaf."""
    if isinstance(item, list) or not item:
        raise BadTrieProofError("expected the path of a leaf or extension node")
    flags = item[0] >> 4
    if flags > 3 or (not flags & 1 and item[0] & 15):
        raise BadTrieProofError(f"a path cannot begin with byte {item[0]:02x}")
    digits = item.hex()[1 if flags & 1 else 2 :]
    is_leaf = flags >= 2
    if not digits and not is_leaf:
        raise BadTrieProofError("an extension node has an empty path")
    return digits, is_leaf


def _leaf_value(item: rlp.Item) -> bytes:
    value = _value(item)
    if not value:
        raise BadTrieProofError("a leaf node holds no value")
    return value


def _value(item: rlp.Item) -> bytes:
    if isinstance(item, list):
        raise BadTrieProofError("expected a value, got a list")
    return item


# --- building one -------------------------------------------------------------------------


def prove_at(values: Sequence[bytes], index: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the root of the trie that holds each value at the RLP of its index, and a proof.

    This is the shape of a block's tries of transactions and receipts (Yellow Paper §4.3.1).

    Args:
        values: none of them empty.
        index: zero-based; the proof is of this value.

    Raises:
        RuntimeError: no such index, or an empty value, which no trie can hold.
    """
    if not 0 <= index < len(values) or not all(values):
        raise RuntimeError(f"expected an index below {len(values)}, and values that are not empty")
    rows = sorted((_index_key(i), value) for i, value in enumerate(values))
    nodes: list[bytes] = []
    root = rlp.encode(_build(rows, 0, _index_key(index), nodes))
    if len(root) < 32:
        nodes.append(root)  # the root is named by its hash however short it is
    return keccak256(root), tuple(reversed(nodes))


def _index_key(index: int) -> str:
    return rlp.encode(rlp.encode_integer(index)).hex()


def _build(rows: list[tuple[str, bytes]], depth: int, target: str, nodes: list[bytes]) -> rlp.Item:
    """Return the node over ``rows``, whose keys have their first ``depth`` digits in common.

    Nodes on the way to ``target`` that have a hash are added to ``nodes``, the deepest first. No
    key is another's beginning, so that no branch holds a value.
    """
    first, last = rows[0][0], rows[-1][0]
    node: rlp.Item
    if len(rows) == 1:
        node = [_hex_prefix(first[depth:], is_leaf=True), rows[0][1]]
    else:
        fork = next(i for i in range(depth, len(first)) if first[i] != last[i])
        if fork > depth:
            child = _build(rows, fork, target, nodes)
            node = [_hex_prefix(first[depth:fork], is_leaf=False), _reference(child)]
        else:
            node = _branch(rows, depth, target, nodes)
    octets = rlp.encode(node)
    if target.startswith(first[:depth]) and len(octets) >= 32:
        nodes.append(octets)
    return node


def _branch(
    rows: list[tuple[str, bytes]], depth: int, target: str, nodes: list[bytes]
) -> list[rlp.Item]:
    places: list[rlp.Item] = []
    for digit in "0123456789abcdef":
        below = [row for row in rows if row[0][depth] == digit]
        places.append(_reference(_build(below, depth + 1, target, nodes)) if below else b"")
    return [*places, b""]


def _reference(node: rlp.Item) -> rlp.Item:
    octets = rlp.encode(node)
    return node if len(octets) < 32 else keccak256(octets)


def _hex_prefix(digits: str, *, is_leaf: bool) -> bytes:
    """Write a path's digits and what kind of node has it (appendix C)."""
    flag = 2 if is_leaf else 0
    return bytes.fromhex(f"{flag + 1}{digits}" if len(digits) % 2 else f"{flag}0{digits}")
