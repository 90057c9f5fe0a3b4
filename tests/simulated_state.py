"""A small Merkle-Patricia trie that keeps every version of itself, for the simulated chain.

Nodes are never changed: putting a value makes the nodes on its way anew and shares the rest, and
what a node is encoded as is worked out once. Fast enough for hundreds of blocks a second;
``tests/shell/test_simulator.py`` compares it with py-trie.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from typing import TYPE_CHECKING

from Crypto.Hash import keccak as crypto

from provenance import rlp

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = b"\x80"


@functools.lru_cache(4_096)
def keccak(octets: bytes) -> bytes:
    """Return Keccak-256 by a library in C: the one under test is pure Python and slow."""
    return crypto.new(digest_bits=256, data=octets).digest()


EMPTY_ROOT = keccak(EMPTY)


class Node:
    """A leaf (path, value), an extension (path, child) or a branch (sixteen children)."""

    __slots__ = ("children", "octets", "path", "reference", "value")

    def __init__(
        self,
        path: str = "",
        *,
        value: bytes | None = None,
        children: tuple[Node | None, ...] = (),
    ) -> None:
        self.path = path
        self.value = value
        self.children = children
        item: list[rlp.Item]
        if value is not None:
            item = [_compact(path, is_leaf=True), value]
        elif len(children) == 1:
            item = [_compact(path, is_leaf=False), children[0].reference]  # type: ignore[union-attr]  # never None
        else:
            item = [*(b"" if child is None else child.reference for child in children), b""]
        self.octets = rlp.encode(item)
        self.reference: rlp.Item = item if len(self.octets) < 32 else keccak(self.octets)


def _compact(path: str, *, is_leaf: bool) -> bytes:
    flag = 2 if is_leaf else 0
    return bytes.fromhex(f"{flag + 1}{path}" if len(path) % 2 else f"{flag}0{path}")


def put(node: Node | None, key: bytes, value: bytes) -> Node:
    """Return the trie of ``node`` with ``value`` at ``key``; keys all have one length."""
    return _put(node, key.hex(), value)


def _put(node: Node | None, path: str, value: bytes) -> Node:
    if node is None:
        return Node(path, value=value)
    if len(node.children) == 16:
        at = int(path[0], 16)
        children = list(node.children)
        children[at] = _put(children[at], path[1:], value)
        return Node(children=tuple(children))
    common = next(
        (i for i, (a, b) in enumerate(zip(node.path, path, strict=False)) if a != b), len(node.path)
    )
    if common == len(node.path):
        if node.value is not None:
            return Node(path, value=value)
        return Node(node.path, children=(_put(node.children[0], path[common:], value),))
    children = [None] * 16
    children[int(node.path[common], 16)] = _shortened(node, common + 1)
    children[int(path[common], 16)] = Node(path[common + 1 :], value=value)
    branch = Node(children=tuple(children))
    return branch if common == 0 else Node(path[:common], children=(branch,))


def _shortened(node: Node, digits: int) -> Node:
    rest = node.path[digits:]
    if node.value is not None:
        return Node(rest, value=node.value)
    return Node(rest, children=node.children) if rest else node.children[0]  # type: ignore[return-value]  # never None


def root_hash(node: Node | None) -> bytes:
    return EMPTY_ROOT if node is None else keccak(node.octets)


def prove(node: Node | None, key: bytes) -> tuple[bytes, ...]:
    """Return the nodes on the way to ``key``, root first: of its value, or of its absence."""
    return tuple(_way(node, key.hex()))


def _way(node: Node | None, path: str) -> Iterator[bytes]:
    is_root = True
    while node is not None:
        if is_root or len(node.octets) >= 32:
            yield node.octets
        is_root = False
        if len(node.children) == 16:
            node, path = node.children[int(path[0], 16)], path[1:]
        elif node.value is None and path.startswith(node.path):
            path = path[len(node.path) :]
            node = node.children[0]
        else:
            return


_USERS = (
    "provenance.anchor",
    "provenance.anchored_event",
    "provenance.header",
    "provenance.ledger.prove_anchor",
    "provenance.trie",
)


@contextlib.contextmanager
def fast_keccak() -> Iterator[None]:
    """Let the verifier hash by the library in C, for simulations; the digests are the same."""
    modules = [
        importlib.import_module(name) for name in (*_USERS, "provenance.ledger.prove_anchor")
    ]
    slow = [module.keccak256 for module in modules]
    for module in modules:
        vars(module)["keccak256"] = keccak
    try:
        yield
    finally:
        for module, function in zip(modules, slow, strict=True):
            vars(module)["keccak256"] = function
