"""merkletools with the prefix bytes that it leaves out: its tree has the shape of RFC 9162.

As released it hashes nodes without 0x01, so that a node can be passed off as an entry; with a
hash function that puts the byte in front, its roots and paths are those of the RFC.
"""

import hashlib
import warnings
from typing import Any

with warnings.catch_warnings():
    # it wants pysha3, which Python has had built in since 3.6, and says so on import
    warnings.filterwarnings("ignore", "sha3 is not working!", UserWarning)
    from merkletools import MerkleTools  # type: ignore[import-untyped]  # it publishes none

__all__ = ["tree", "unprefixed_root"]


class PrefixingTree:
    """A finished tree over entries."""

    def __init__(self, entries: list[bytes]) -> None:
        self._tools = _tools(entries)
        self._tools.hash_function = _node
        self._tools.make_tree()

    def root(self) -> bytes:
        return bytes.fromhex(self._tools.get_merkle_root())

    def path(self, index: int) -> list[bytes]:
        steps = self._tools.get_proof(index)
        return [bytes.fromhex(sibling) for step in steps for sibling in step.values()]


def tree(entries: list[bytes]) -> PrefixingTree:
    return PrefixingTree(entries)


def unprefixed_root(entries: list[bytes]) -> bytes:
    """Return the root that merkletools gives as it is."""
    tools = _tools(entries)
    tools.make_tree()
    return bytes.fromhex(tools.get_merkle_root())


def _tools(entries: list[bytes]) -> Any:  # noqa: ANN401 -- the package has no types
    tools = MerkleTools(hash_type="sha256")
    tools.add_leaf([hashlib.sha256(b"\x00" + entry).hexdigest() for entry in entries])
    return tools


def _node(octets: bytes) -> Any:  # noqa: ANN401 -- hashlib's own object
    return hashlib.sha256(b"\x01" + octets)
