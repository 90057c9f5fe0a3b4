// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title RFC 9162 section 2.1 as it is written there: recursive, and slow on purpose.
/// @notice The oracle of the Solidity tests. It imports nothing that it judges.
library NaiveMerkle {
    /// @notice SHA-256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    /// @notice MTH(D[start:end]) of section 2.1.1, over leaf hashes.
    function root(
        bytes32[] memory leaves,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32) {
        if (end == start) return sha256("");
        if (end - start == 1) return leaves[start];
        uint256 middle = start + split(end - start);
        return node(root(leaves, start, middle), root(leaves, middle, end));
    }

    /// @notice PATH(m, D[start:end]) of section 2.1.3.1; `index` counts from the tree's first leaf.
    function inclusion(
        bytes32[] memory leaves,
        uint256 index,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32[] memory) {
        if (end - start == 1) return new bytes32[](0);
        uint256 middle = start + split(end - start);
        if (index < middle) {
            return append(inclusion(leaves, index, start, middle), root(leaves, middle, end));
        }
        return append(inclusion(leaves, index, middle, end), root(leaves, start, middle));
    }

    /// @notice SUBPROOF(m, D[start:end], whole) of section 2.1.4.1; `size` is m, counted from the
    /// tree's first leaf. The consistency proof PROOF(m, D[n]) is `consistency(d, m, 0, n, true)`.
    function consistency(
        bytes32[] memory leaves,
        uint256 size,
        uint256 start,
        uint256 end,
        bool whole
    ) internal pure returns (bytes32[] memory) {
        if (size == end) {
            bytes32[] memory none = new bytes32[](0);
            return whole ? none : append(none, root(leaves, start, end));
        }
        uint256 middle = start + split(end - start);
        if (size <= middle) {
            return
                append(consistency(leaves, size, start, middle, whole), root(leaves, middle, end));
        }
        return append(consistency(leaves, size, middle, end, false), root(leaves, start, middle));
    }

    /// @notice Reads a consistency proof by the recursion that writes it (`consistency` above),
    /// from its end: the roots of the trees of `size1` and `size2` leaves that it implies.
    /// @param proof At least as long as the proof has to be; `left` hashes are not yet read.
    /// @param root1 What the older tree's root is said to be, for where the proof leaves it out.
    /// @return old The older tree's root.
    /// @return grown The newer tree's root.
    /// @return unread How many hashes remain at the proof's beginning; 0 for an exact proof.
    function readConsistency(
        bytes32[] memory proof,
        uint256 left,
        uint256 size1,
        uint256 size2,
        bytes32 root1,
        bool whole
    ) internal pure returns (bytes32 old, bytes32 grown, uint256 unread) {
        if (size1 == size2) {
            return whole ? (root1, root1, left) : (proof[left - 1], proof[left - 1], left - 1);
        }
        uint256 k = split(size2);
        bytes32 sibling = proof[left - 1];
        if (size1 <= k) {
            (old, grown, unread) = readConsistency(proof, left - 1, size1, k, root1, whole);
            return (old, node(grown, sibling), unread);
        }
        (old, grown, unread) = readConsistency(proof, left - 1, size1 - k, size2 - k, root1, false);
        return (node(sibling, old), node(sibling, grown), unread);
    }

    /// @notice How many hashes a consistency proof has, by the same recursion.
    function consistencyLength(
        uint256 size1,
        uint256 size2,
        bool whole
    ) internal pure returns (uint256) {
        if (size1 == size2) return whole ? 0 : 1;
        uint256 k = split(size2);
        if (size1 <= k) return 1 + consistencyLength(size1, k, whole);
        return 1 + consistencyLength(size1 - k, size2 - k, false);
    }

    /// @notice The root that an inclusion proof of exactly the right length implies.
    /// @param left How many hashes of `proof` are not yet read; it is read from its end.
    function readInclusion(
        bytes32[] memory proof,
        uint256 left,
        uint256 index,
        uint256 size,
        bytes32 leaf
    ) internal pure returns (bytes32) {
        if (size == 1) return leaf;
        uint256 k = split(size);
        bytes32 sibling = proof[left - 1];
        if (index < k) return node(readInclusion(proof, left - 1, index, k, leaf), sibling);
        return node(sibling, readInclusion(proof, left - 1, index - k, size - k, leaf));
    }

    /// @notice How many hashes an inclusion proof has, by the same recursion.
    function inclusionLength(uint256 index, uint256 size) internal pure returns (uint256) {
        if (size == 1) return 0;
        uint256 k = split(size);
        return 1 + (index < k ? inclusionLength(index, k) : inclusionLength(index - k, size - k));
    }

    /// @notice The largest power of two below `size`.
    function split(uint256 size) internal pure returns (uint256 k) {
        k = 1;
        while (2 * k < size) k *= 2;
    }

    /// @notice A copy of `list` with `last` at its end.
    function append(
        bytes32[] memory list,
        bytes32 last
    ) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }
}
