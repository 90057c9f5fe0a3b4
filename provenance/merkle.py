r"""Hash a Merkle tree and check its proofs (RFC 9162 §2.1, equal to RFC 6962 §2.1).

A tree of five entries, its leaves and nodes numbered as ``level.index``::

    2            2.0 ------------ root
               /     \              |
    1       1.0       1.1           |
           /   \     /   \          |
    0    0.0   0.1 0.2   0.3       0.4

Nothing is padded, doubled or sorted: 0.4 has no sibling below the root, so it is the right
child of the root itself. Leaves and nodes are hashed with different first bytes, so no node
can be passed off as an entry. This file takes and gives bytes only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from provenance.digests import LeafHash, RootHash
from provenance.errors import ProofShapeError, RootMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "EMPTY_ROOT",
    "MAX_TREE_SIZE",
    "RootAccumulator",
    "inclusion_path",
    "leaf_hash",
    "node_hash",
    "root_from_inclusion",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY_ROOT = RootHash(hashlib.sha256(b"").digest())
"""Root of the tree without entries; the verifiers refuse tree size 0 all the same."""

MAX_TREE_SIZE = 2**63 - 1
"""Largest tree size taken: what a signed 64-bit column of SQL holds."""

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> LeafHash:
    """Return SHA-256(0x00 ‖ entry), 32 bytes (RFC 9162 §2.1.1)."""
    return LeafHash(_sha256(b"\0" + entry).digest())


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right) of two hashes of 32 bytes (RFC 9162 §2.1.1)."""
    return _sha256(b"\1" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> RootHash:
    """Return the root over ``leaf_hashes``, in their order (RFC 9162 §2.1.1)."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _parents(level)
    return RootHash(level[0])


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes of leaf ``index``, lowest level first (RFC 9162 §2.1.3.1).

    Hashes the whole tree: meant for a list held in memory, such as a manifest. A log makes its
    proofs from tiles, see ``provenance.tlog``.

    Raises:
        ProofShapeError: ``index`` is not that of a leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise ProofShapeError(f"expected an index below {len(leaf_hashes)}, got {index}")
    path = []
    level = list(leaf_hashes)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
        level = _parents(level)
    return path


def _parents(level: list[bytes]) -> list[bytes]:
    """Hash neighbours in pairs; a last one without a neighbour goes up as it is."""
    pairs = iter(level)
    parents = [
        _sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)
    ]
    if len(level) & 1:
        parents.append(level[-1])
    return parents


class RootAccumulator:
    """The root of a growing tree, from one leaf hash after the other.

    Keeps only the *peaks*: the roots of the perfect subtrees that the binary digits of the size
    name, largest first (size 5 = 4 + 1 has two). They are all that is needed to go on from a
    size, so an accumulator made from kept peaks proves by construction that nothing before
    them has changed.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Begin empty, or go on from the ``peaks`` of a tree of ``size`` leaves.

        Raises:
            ProofShapeError: ``peaks`` are not as many hashes of 32 bytes as ``size`` needs.
        """
        _check_hashes(peaks)
        if size < 0 or len(peaks) != size.bit_count():
            raise ProofShapeError(f"{len(peaks)} peaks cannot be those of {size} leaves")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """Count of leaf hashes added."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the perfect subtrees, largest and leftmost first."""
        return tuple(self._peaks)

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash of 32 bytes."""
        peaks = self._peaks
        size = self._size
        while size & 1:
            leaf = _sha256(b"\1" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self._size += 1

    def extend(self, leaf_hashes: bytes) -> None:
        """Append joined leaf hashes of 32 bytes each, a perfect subtree at a time."""
        start, left = 0, len(leaf_hashes) // 32
        while left:
            # the largest that fits what is left and may stand behind the peaks there are
            size = 1 << (left.bit_length() - 1)
            if self._size:
                size = min(size, self._size & -self._size)
            self._append(leaf_hashes[32 * start : 32 * (start + size)], size)
            start, left = start + size, left - size

    def _append(self, level: bytes, count: int) -> None:
        """Append a perfect subtree of ``count`` leaf hashes, then join equal ones."""
        for _ in range(count.bit_length() - 1):
            nodes = [
                _sha256(b"\1" + level[at : at + 64]).digest() for at in range(0, len(level), 64)
            ]
            level = b"".join(nodes)
        peaks, size = self._peaks, self._size
        while size & count:
            level = _sha256(b"\1" + peaks.pop() + level).digest()
            size -= count
            count <<= 1
        peaks.append(level)
        self._size = size + count

    def root(self) -> RootHash:
        """Return the root over all leaf hashes added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return RootHash(root)


def root_from_inclusion(leaf: bytes, index: int, tree_size: int, path: Sequence[bytes]) -> RootHash:
    """Return the root that ``path`` leads to from entry ``index`` (RFC 9162 §2.1.3.2).

    Args:
        leaf: leaf hash, 32 bytes.
        index: zero-based, below ``tree_size``.
        path: sibling hashes of 32 bytes each, lowest level first.

    Raises:
        ProofShapeError: index, size or path length impossible, or a hash not of 32 bytes.
    """
    if not 0 <= index < tree_size <= MAX_TREE_SIZE:
        raise ProofShapeError(f"index {index} is not below tree size {tree_size}")
    _check_hashes((leaf, *path))
    at, last, root = index, tree_size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofShapeError(f"{len(path)} hashes are too many for tree size {tree_size}")
        if at & 1 or at == last:
            root = _sha256(b"\1" + sibling + root).digest()
            at, last = _climb(at, last)
        else:
            root = _sha256(b"\1" + root + sibling).digest()
        at >>= 1
        last >>= 1
    if last != 0:
        raise ProofShapeError(f"{len(path)} hashes are too few for tree size {tree_size}")
    return RootHash(root)


def verify_inclusion(
    leaf: bytes, index: int, tree_size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that ``leaf`` is entry ``index`` of the tree ``root`` signs (RFC 9162 §2.1.3.2).

    Args:
        leaf: leaf hash, 32 bytes.
        index: zero-based, below ``tree_size``.
        path: sibling hashes of 32 bytes each, lowest level first.

    Raises:
        ProofShapeError: index, size or path length impossible, or a hash not of 32 bytes.
        RootMismatchError: the path leads to another root.
    """
    _check_hashes((root,))
    _check_root(root, root_from_inclusion(leaf, index, tree_size, path))


def verify_consistency(
    size1: int, size2: int, path: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that tree ``size2`` begins with all of tree ``size1`` (RFC 9162 §2.1.4.2).

    Size 0 is refused: nothing can be inconsistent with it, so no proof says anything.

    Raises:
        ProofShapeError: sizes or path length impossible, or a hash not of 32 bytes.
        RootMismatchError: the path leads to another root, at either size.
    """
    if not 0 < size1 <= size2 <= MAX_TREE_SIZE:
        raise ProofShapeError(f"expected sizes that grow from above 0, got {size1} and {size2}")
    _check_hashes((root1, root2, *path))
    if size1 == size2:
        if path:
            raise ProofShapeError(f"expected no hashes between equal sizes, got {len(path)}")
        _check_root(root1, root2)
        return
    calculated1, calculated2 = _roots_from_consistency(size1, size2, path, root1)
    _check_root(root1, calculated1)
    _check_root(root2, calculated2)


def _roots_from_consistency(
    size1: int, size2: int, path: Sequence[bytes], root1: bytes
) -> tuple[bytes, bytes]:
    # the proof of a perfect tree leaves out its own root, which the verifier has
    hashes = [root1, *path] if size1 & (size1 - 1) == 0 else list(path)
    if not hashes or not path:
        raise ProofShapeError(f"expected hashes between sizes {size1} and {size2}, got none")
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofShapeError(f"{len(path)} hashes are too many for tree size {size2}")
        if at & 1 or at == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            at, last = _climb(at, last)
        else:
            new = node_hash(new, sibling)
        at >>= 1
        last >>= 1
    if last != 0:
        raise ProofShapeError(f"{len(path)} hashes are too few for tree size {size2}")
    return old, new


def _climb(at: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the right edge has no sibling."""
    while at and not at & 1:
        at >>= 1
        last >>= 1
    return at, last


def _check_hashes(hashes: Iterable[bytes]) -> None:
    for hash_ in hashes:
        if len(hash_) != 32:
            raise ProofShapeError(f"expected hashes of 32 bytes, got one of {len(hash_)}")


def _check_root(expected: bytes, calculated: bytes) -> None:
    if expected != calculated:
        raise RootMismatchError(expected=expected, calculated=calculated)
