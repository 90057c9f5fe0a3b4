// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CheckpointAnchor} from "../../../contracts/CheckpointAnchor.sol";
import {LogTest} from "./LogTest.sol";

/// @title A contract with one registered log, whose anchorer is Alice.
abstract contract AnchorTest is LogTest {
    string internal constant ORIGIN = "log.example.org/provenance";
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);

    CheckpointAnchor internal _anchor;
    bytes32 internal _log;

    function setUp() public {
        _anchor = new CheckpointAnchor();
        VM.prank(ALICE);
        _log = _anchor.register(ORIGIN);
    }

    function _anchorAs(
        address caller,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] memory proof
    ) internal {
        VM.prank(caller);
        _anchor.anchor(_log, treeSize, rootHash, proof);
    }
}
