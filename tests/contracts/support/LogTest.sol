// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveMerkle} from "./NaiveMerkle.sol";
import {Vm} from "./Vm.sol";

/// @title What the tests share: assertions, and made-up leaves.
abstract contract LogTest {
    error NotEqual(bytes32 left, bytes32 right);

    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function _same(bytes32 left, bytes32 right) internal pure {
        if (left != right) revert NotEqual(left, right);
    }

    function _same(uint256 left, uint256 right) internal pure {
        _same(bytes32(left), bytes32(right));
    }

    function _same(address left, address right) internal pure {
        _same(uint160(left), uint160(right));
    }

    /// @dev A value between `low` and `high`, both included.
    function _between(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + (value % (high - low + 1));
    }

    function _leaves(uint256 count, uint256 seed) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = sha256(bytes.concat(hex"00", abi.encode(seed, i)));
        }
    }

    function _root(bytes32[] memory leaves, uint256 size) internal pure returns (bytes32) {
        return NaiveMerkle.root(leaves, 0, size);
    }

    function _growth(
        bytes32[] memory leaves,
        uint256 size1,
        uint256 size2
    ) internal pure returns (bytes32[] memory) {
        return NaiveMerkle.consistency(leaves, size1, 0, size2, true);
    }

    function _none() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    function _head(bytes32[] memory list, uint256 length) internal pure returns (bytes32[] memory) {
        bytes32[] memory shorter = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) shorter[i] = list[i];
        return shorter;
    }
}
