// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointAnchor} from "../ICheckpointAnchor.sol";

/// @title Proofs about RFC 9162 Merkle trees over SHA-256.
/// @notice Walks a proof and returns the roots it leads to; comparing them is left to the caller.
library MerkleProof {
    /// @notice Follows a consistency proof (RFC 9162 section 2.1.4.2).
    /// @dev `index1` and `index2` are the positions of the two trees' last nodes, level by level.
    /// The proof has exactly the length at which `index2` comes to zero with its last hash.
    /// @param size1 Entries in the older tree, at least 1.
    /// @param size2 Entries in the newer tree, more than `size1`.
    /// @param root1 The older tree's root: the start where `size1` is a power of two, since then
    /// the older tree is itself a node of the newer one and the proof leaves it out.
    /// @param proof The hashes, in the order of section 2.1.4.1.
    /// @return hash1 The older tree's root that the proof leads to.
    /// @return hash2 The newer tree's root that the proof leads to.
    function consistencyRoots(
        uint64 size1,
        uint64 size2,
        bytes32 root1,
        bytes32[] calldata proof
    ) internal view returns (bytes32 hash1, bytes32 hash2) {
        uint256 index1 = size1 - 1;
        uint256 index2 = size2 - 1;
        while (index1 & 1 == 1) {
            index1 >>= 1;
            index2 >>= 1;
        }
        uint256 used = index1 == 0 ? 0 : 1;
        if (proof.length < used) {
            revert ICheckpointAnchor.ConsistencyProofLength(size1, size2, proof.length);
        }
        hash1 = used == 0 ? root1 : proof[0];
        hash2 = hash1;
        for (; used < proof.length; ++used) {
            if (index2 == 0) break;
            bytes32 sibling = proof[used];
            if (index1 & 1 == 1 || index1 == index2) {
                hash1 = _hashNode(sibling, hash1);
                hash2 = _hashNode(sibling, hash2);
                (index1, index2) = _toLeftSibling(index1, index2);
            } else {
                hash2 = _hashNode(hash2, sibling);
            }
            index1 >>= 1;
            index2 >>= 1;
        }
        if (index2 != 0 || used != proof.length) {
            revert ICheckpointAnchor.ConsistencyProofLength(size1, size2, proof.length);
        }
    }

    /// @notice Follows an inclusion proof (RFC 9162 section 2.1.3.2).
    /// @param leafIndex Zero-based position of the leaf, below `treeSize`.
    /// @param treeSize Entries in the tree, at least 1.
    /// @param leafHash The leaf's hash.
    /// @param proof Sibling hashes, lowest level first.
    /// @return calculated The root that the proof leads to.
    function inclusionRoot(
        uint64 leafIndex,
        uint64 treeSize,
        bytes32 leafHash,
        bytes32[] calldata proof
    ) internal view returns (bytes32 calculated) {
        uint256 index = leafIndex;
        uint256 last = treeSize - 1;
        uint256 used = 0;
        calculated = leafHash;
        for (; used < proof.length; ++used) {
            if (last == 0) break;
            if (index & 1 == 1 || index == last) {
                calculated = _hashNode(proof[used], calculated);
                (index, last) = _toLeftSibling(index, last);
            } else {
                calculated = _hashNode(calculated, proof[used]);
            }
            index >>= 1;
            last >>= 1;
        }
        if (last != 0 || used != proof.length) {
            revert ICheckpointAnchor.InclusionProofLength(leafIndex, treeSize, proof.length);
        }
    }

    /// @dev Climbs over the levels where the node has no left sibling, being the last of its level
    /// and an only child: such a node is moved up unhashed.
    function _toLeftSibling(uint256 index, uint256 last) private pure returns (uint256, uint256) {
        while (index & 1 == 0 && index != 0) {
            index >>= 1;
            last >>= 1;
        }
        return (index, last);
    }

    /// @dev SHA-256(0x01 || left || right), RFC 9162 section 2.1.1. The one piece of assembly: it
    /// takes a fifth off the price of an anchor at 2^20 entries by writing the 65 bytes into memory
    /// that nobody else uses (beyond the free memory pointer) instead of allocating them anew for
    /// every node. The answer's length is checked because a chain without the precompile answers
    /// with nothing.
    function _hashNode(bytes32 left, bytes32 right) private view returns (bytes32 node) {
        bool answered;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            answered := staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20)
            answered := and(answered, eq(returndatasize(), 0x20))
            node := mload(0x00)
        }
        if (!answered) revert ICheckpointAnchor.Sha256Failed();
    }
}
