// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointAnchor} from "../../contracts/ICheckpointAnchor.sol";
import {AnchorTest} from "./support/AnchorTest.sol";
import {NaiveMerkle} from "./support/NaiveMerkle.sol";

contract CheckpointAnchorInclusionTest is AnchorTest {
    function testFuzz_inclusionAcceptsTheOraclesPath(uint8 size, uint8 place, uint256 seed) public {
        uint64 treeSize = uint64(_between(size, 2, 70));
        uint64 index = uint64(_between(place, 0, treeSize - 1));
        bytes32[] memory leaves = _leaves(treeSize, seed);
        bytes32 rootHash = _root(leaves, treeSize);
        _anchorAs(ALICE, treeSize, rootHash, _none());

        bytes32[] memory path = NaiveMerkle.inclusion(leaves, index, 0, treeSize);

        _same(_anchor.verifyInclusion(_log, treeSize, index, leaves[index], path), rootHash);
    }

    function testFuzz_inclusionInAnyTreeAgreesWithTheRecursion(
        uint64 index,
        uint64 treeSize,
        uint8 shift,
        uint256 seed
    ) public {
        treeSize >>= shift % 62;
        VM.assume(treeSize >= 2);
        index %= treeSize;
        bytes32[] memory path = _leaves(NaiveMerkle.inclusionLength(index, treeSize), seed);
        bytes32 leaf = bytes32(seed);
        bytes32 rootHash = NaiveMerkle.readInclusion(path, path.length, index, treeSize, leaf);
        _anchorAs(ALICE, treeSize, rootHash, _none());

        _same(_anchor.verifyInclusion(_log, treeSize, index, leaf, path), rootHash);
    }

    function testFuzz_inclusionRefusesAnotherLeafOrPlace(
        uint8 size,
        uint8 place,
        uint8 other
    ) public {
        uint64 treeSize = uint64(_between(size, 3, 40));
        uint64 index = uint64(_between(place, 0, treeSize - 1));
        uint64 elsewhere = uint64(_between(other, 0, treeSize - 1));
        VM.assume(elsewhere != index);
        bytes32[] memory leaves = _leaves(treeSize, 3);
        _anchorAs(ALICE, treeSize, _root(leaves, treeSize), _none());
        bytes32[] memory path = NaiveMerkle.inclusion(leaves, index, 0, treeSize);

        _refusesInclusion(treeSize, index, leaves[elsewhere], path);
        _refusesInclusion(treeSize, elsewhere, leaves[index], path);
    }

    function testFuzz_inclusionRefusesAnotherLength(uint8 size, uint8 place, uint8 wanted) public {
        uint64 treeSize = uint64(_between(size, 2, 40));
        uint64 index = uint64(_between(place, 0, treeSize - 1));
        bytes32[] memory leaves = _leaves(treeSize, 3);
        bytes32[] memory path = NaiveMerkle.inclusion(leaves, index, 0, treeSize);
        uint256 length = _between(wanted, 0, 8);
        VM.assume(length != path.length);
        bytes32[] memory other = length < path.length ? _head(path, length) : path;
        while (other.length < length) other = NaiveMerkle.append(other, leaves[0]);
        _anchorAs(ALICE, treeSize, _root(leaves, treeSize), _none());
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.InclusionProofLength.selector,
                index,
                treeSize,
                length
            )
        );

        _anchor.verifyInclusion(_log, treeSize, index, leaves[index], other);
    }

    function test_inclusionNamesTheRootTheProofLeadsTo() public {
        bytes32[] memory leaves = _leaves(2, 1);
        bytes32 rootHash = _root(leaves, 2);
        _anchorAs(ALICE, 2, rootHash, _none());
        bytes32[] memory path = new bytes32[](1);
        path[0] = leaves[0];
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.AnchoredRootMismatch.selector,
                2,
                rootHash,
                NaiveMerkle.node(leaves[0], leaves[0])
            )
        );

        _anchor.verifyInclusion(_log, 2, 1, leaves[0], path);
    }

    function test_inclusionRefusesATreeThatIsNotAnchored() public {
        _anchorAs(ALICE, 4, bytes32(uint256(1)), _none());
        VM.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotAnchored.selector, _log, 3));
        _anchor.verifyInclusion(_log, 3, 0, bytes32(0), _none());
    }

    function testFuzz_inclusionRefusesAnIndexBeyondTheTree(uint64 index) public {
        VM.assume(index >= 4);
        _anchorAs(ALICE, 4, bytes32(uint256(1)), _none());
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.LeafIndexOutOfRange.selector, index, 4)
        );
        _anchor.verifyInclusion(_log, 4, index, bytes32(0), new bytes32[](2));
    }

    /// @dev Any refusal will do: which one depends on how the wrong place cuts the path.
    function _refusesInclusion(
        uint64 treeSize,
        uint64 index,
        bytes32 leaf,
        bytes32[] memory path
    ) private view {
        try _anchor.verifyInclusion(_log, treeSize, index, leaf, path) {
            revert("accepted");
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            bool expected =
                selector == ICheckpointAnchor.AnchoredRootMismatch.selector ||
                    selector == ICheckpointAnchor.InclusionProofLength.selector;
            require(expected, "another error");
        }
    }
}
