"""Check proofs of Ethereum's Merkle-Patricia trie (Yellow Paper, appendix D; EIP-1186).

A proof is the list of nodes on the way from the root to a key, root first, each node named by
its Keccak-256 hash in the node before::

    root hash --> branch --> extension --> branch --> leaf
                  16 ways,   a shared      16 ways    the rest of the key,
                  a value    stretch                  the value

A node shorter than 32 bytes lies inside the node that names it and is not in the list. The
way ends either in the value or in a node that shows that the key is absent: both are proofs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import rlp
from provenance.errors import BadTrieProofError, MalformedError
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["EMPTY_TRIE_ROOT", "get"]

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
