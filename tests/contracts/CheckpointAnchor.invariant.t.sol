// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CheckpointAnchor} from "../../contracts/CheckpointAnchor.sol";
import {GrowingLog} from "./support/GrowingLog.sol";
import {LogTest} from "./support/LogTest.sol";

contract CheckpointAnchorInvariantTest is LogTest {
    GrowingLog private _log;

    function setUp() public {
        _log = new GrowingLog();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_log);
    }

    function invariant_noAttackIsAccepted() external view {
        require(bytes(_log.broken()).length == 0, _log.broken());
    }

    function invariant_rootsNeverChange() external view {
        CheckpointAnchor target = _log.TARGET();
        for (uint256 i = 0; i < _log.count(); ++i) {
            uint64 size = _log.sizes(i);
            _same(target.roots(_log.LOG_ID(), size), _log.accepted(size));
        }
    }

    function invariant_rootsLieOnlyAtAcceptedSizes() external view {
        CheckpointAnchor target = _log.TARGET();
        for (uint64 size = 0; size <= _log.headSize() + 40; ++size) {
            _same(target.roots(_log.LOG_ID(), size), _log.accepted(size));
        }
    }

    function invariant_headIsTheLargestAcceptedTree() external view {
        (uint64 size, bytes32 rootHash) = _log.TARGET().head(_log.LOG_ID());
        _same(size, _log.headSize());
        _same(rootHash, _log.accepted(size));
        for (uint256 i = 1; i < _log.count(); ++i) {
            require(_log.sizes(i - 1) < _log.sizes(i), "the head went back");
        }
    }

    function invariant_everyAcceptedTreeIsAPrefixOfTheNewest() external view {
        bytes32[] memory leaves = _leaves(_log.headSize(), _log.SEED());
        for (uint256 i = 0; i < _log.count(); ++i) {
            uint64 size = _log.sizes(i);
            _same(_log.accepted(size), _root(leaves, size));
        }
    }

    function invariant_onlyTheLastAcceptedAnchorerIsIt() external view {
        (address anchorer, ) = _log.TARGET().anchorerOf(_log.LOG_ID());
        _same(anchorer, _log.anchorer());
    }

    function invariant_anotherLogIsUntouched() external view {
        CheckpointAnchor target = _log.TARGET();
        (uint64 size, bytes32 rootHash) = target.head(_log.OTHER_LOG_ID());
        _same(size, 2);
        _same(rootHash, _log.OTHER_ROOT());
        for (uint64 other = 3; other <= 40; ++other) {
            _same(target.roots(_log.OTHER_LOG_ID(), other), bytes32(0));
        }
    }

    function invariant_noEtherStays() external view {
        _same(address(_log.TARGET()).balance, 0);
    }

    /// Without this, invariants over a handler that never gets through would prove nothing.
    function test_theHandlerGrowsTheLogAndItsAttacksReachTheContract() external {
        bytes32[] memory none = _none();
        _log.grow(1);
        _log.grow(2);
        _log.repeat(none);
        _log.rewrite(0, 1);
        _log.drop(1);
        _log.shrink(_log.sizes(0), bytes32(0), true);
        _log.fork(bytes32(uint256(1)), none);
        _log.guess(1, bytes32(uint256(1)), none);
        _log.trespass(address(0xbad), 1);
        _log.poach(1);
        _log.pay(1, 1, "");
        _log.pay(1, 4, "");
        _log.handOver(address(0xb0b));
        _log.grow(3);

        _same(_log.count(), 3);
        _same(_log.refused(), 9);
    }
}
