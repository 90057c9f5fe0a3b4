// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointAnchor} from "../../contracts/ICheckpointAnchor.sol";
import {AnchorTest} from "./support/AnchorTest.sol";
import {NaiveMerkle} from "./support/NaiveMerkle.sol";

contract CheckpointAnchorTest is AnchorTest {
    // register

    function test_registerEmitsAndMakesTheCallerAnchorer() public {
        bytes32 expected = keccak256(abi.encode(BOB, keccak256(bytes(ORIGIN))));
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.LogRegistered(expected, BOB, ORIGIN);
        VM.prank(BOB);

        bytes32 logId = _anchor.register(ORIGIN);

        _same(logId, expected);
        (address anchorer, address candidate) = _anchor.anchorerOf(logId);
        _same(anchorer, BOB);
        _same(candidate, address(0));
        (uint64 treeSize, bytes32 rootHash) = _anchor.head(logId);
        _same(treeSize, 0);
        _same(rootHash, bytes32(0));
    }

    function test_registerRefusesAnEmptyOrigin() public {
        VM.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.EmptyOrigin.selector));
        _anchor.register("");
    }

    function test_registerRefusesASecondTime() public {
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.LogAlreadyRegistered.selector, _log, ALICE)
        );
        VM.prank(ALICE);
        _anchor.register(ORIGIN);
    }

    function test_registerRefusesTheFirstRegistrarAfterALogHasChangedHands() public {
        VM.prank(ALICE);
        _anchor.proposeAnchorer(_log, BOB);
        VM.prank(BOB);
        _anchor.acceptAnchorer(_log);

        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.LogAlreadyRegistered.selector, _log, ALICE)
        );
        VM.prank(ALICE);
        _anchor.register(ORIGIN);
    }

    function testFuzz_logIdDependsOnRegistrarAndOrigin(
        address registrar,
        string calldata origin
    ) public {
        VM.assume(bytes(origin).length != 0);
        bytes32 logId = _anchor.logIdOf(registrar, origin);

        _same(logId, keccak256(abi.encode(registrar, keccak256(bytes(origin)))));
        if (logId == _log) return;
        VM.prank(registrar);
        _same(_anchor.register(origin), logId);
    }

    // anchor: the first

    function test_firstAnchorStoresAndEmits() public {
        bytes32 rootHash = _root(_leaves(2, 1), 2);
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.CheckpointAnchored(_log, 2, rootHash);

        _anchorAs(ALICE, 2, rootHash, _none());

        _same(_anchor.roots(_log, 2), rootHash);
        (uint64 treeSize, bytes32 newest) = _anchor.head(_log);
        _same(treeSize, 2);
        _same(newest, rootHash);
    }

    function test_firstAnchorRefusesFewerThanTwoEntries() public {
        for (uint64 size = 0; size < 2; ++size) {
            VM.expectRevert(
                abi.encodeWithSelector(ICheckpointAnchor.TreeSizeTooSmall.selector, 2, size)
            );
            _anchorAs(ALICE, size, bytes32(uint256(1)), _none());
        }
    }

    function test_firstAnchorRefusesAProof() public {
        VM.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnexpectedProof.selector, 3));
        _anchorAs(ALICE, 8, bytes32(uint256(1)), new bytes32[](3));
    }

    function test_anchorRefusesAZeroRoot() public {
        VM.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.ZeroRootHash.selector, 2));
        _anchorAs(ALICE, 2, bytes32(0), _none());
    }

    function test_anchorRefusesAnUnknownLog() public {
        bytes32 unknown = keccak256("unknown");
        VM.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnknownLog.selector, unknown));
        VM.prank(ALICE);
        _anchor.anchor(unknown, 2, bytes32(uint256(1)), _none());
    }

    function testFuzz_anchorRefusesAnybodyElse(address caller) public {
        VM.assume(caller != ALICE);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotAnchorer.selector, _log, ALICE, caller)
        );
        _anchorAs(caller, 2, bytes32(uint256(1)), _none());
    }

    // anchor: growth

    function testFuzz_growthWithItsProofIsAccepted(uint8 old, uint8 more, uint256 seed) public {
        uint64 size1 = uint64(_between(old, 2, 70));
        uint64 size2 = size1 + uint64(_between(more, 1, 70));
        bytes32[] memory leaves = _leaves(size2, seed);
        bytes32 root2 = _root(leaves, size2);
        _anchorAs(ALICE, size1, _root(leaves, size1), _none());
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.CheckpointAnchored(_log, size2, root2);

        _anchorAs(ALICE, size2, root2, _growth(leaves, size1, size2));

        _same(_anchor.roots(_log, size1), _root(leaves, size1));
        _same(_anchor.roots(_log, size2), root2);
        (uint64 treeSize, bytes32 newest) = _anchor.head(_log);
        _same(treeSize, size2);
        _same(newest, root2);
    }

    function testFuzz_growthBetweenAnySizesAgreesWithTheRecursion(
        uint64 size1,
        uint64 size2,
        uint8 shift1,
        uint8 shift2,
        uint256 seed
    ) public {
        (size1, size2) = _twoSizes(size1 >> (shift1 % 62), size2 >> (shift2 % 62));
        bytes32[] memory proof = _leaves(NaiveMerkle.consistencyLength(size1, size2, true), seed);
        (bytes32 old, bytes32 grown, uint256 unread) = NaiveMerkle.readConsistency(
            proof,
            proof.length,
            size1,
            size2,
            bytes32(seed | 1),
            true
        );
        _same(unread, 0);

        _anchorAs(ALICE, size1, old, _none());
        _anchorAs(ALICE, size2, grown, proof);

        _same(_anchor.roots(_log, size2), grown);
    }

    /// A root does not commit to its tree's size, so some proofs hold for a second size too: the
    /// contract must say yes exactly where the recursion does, no more and no less.
    function testFuzz_aProofOfferedForAnotherSizeAgreesWithTheRecursion(
        uint8 old,
        uint8 more,
        uint8 said
    ) public {
        uint64 size1 = uint64(_between(old, 2, 40));
        uint64 size2 = size1 + uint64(_between(more, 1, 40));
        uint64 claimed = size1 + uint64(_between(said, 1, 80));
        bytes32[] memory leaves = _leaves(size2, 4);
        bytes32 root1 = _root(leaves, size1);
        bytes32 root2 = _root(leaves, size2);
        bytes32[] memory proof = _growth(leaves, size1, size2);
        bool right = NaiveMerkle.consistencyLength(size1, claimed, true) == proof.length;
        if (right) {
            (bytes32 hash1, bytes32 hash2, ) = NaiveMerkle.readConsistency(
                proof,
                proof.length,
                size1,
                claimed,
                root1,
                true
            );
            right = hash1 == root1 && hash2 == root2;
        }
        _anchorAs(ALICE, size1, root1, _none());

        VM.prank(ALICE);
        try _anchor.anchor(_log, claimed, root2, proof) {
            require(right, "accepted");
        } catch {
            require(!right, "refused");
        }
    }

    function test_growthRefusesALogWithAnotherPast() public {
        bytes32[] memory forged = _leaves(9, 1);
        bytes32 anchored = _root(forged, 5);
        _anchorAs(ALICE, 5, anchored, _none());
        forged[2] = bytes32(uint256(0xbad));
        bytes32 forgedRoot = _root(forged, 9);
        bytes32[] memory proof = _growth(forged, 5, 9);
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.AnchoredRootMismatch.selector,
                5,
                anchored,
                _root(forged, 5)
            )
        );

        _anchorAs(ALICE, 9, forgedRoot, proof);
    }

    function test_growthRefusesARootItsProofDoesNotLeadTo() public {
        bytes32[] memory leaves = _leaves(9, 1);
        bytes32[] memory proof = _growth(leaves, 4, 9);
        _anchorAs(ALICE, 4, _root(leaves, 4), _none());
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.OfferedRootMismatch.selector,
                9,
                bytes32(uint256(1)),
                _root(leaves, 9)
            )
        );

        _anchorAs(ALICE, 9, bytes32(uint256(1)), proof);
    }

    function testFuzz_growthRefusesAnotherLength(uint8 old, uint8 more, uint8 wanted) public {
        uint64 size1 = uint64(_between(old, 2, 40));
        uint64 size2 = size1 + uint64(_between(more, 1, 40));
        bytes32[] memory leaves = _leaves(size2, 1);
        bytes32[] memory proof = _growth(leaves, size1, size2);
        uint256 length = _between(wanted, 0, 9);
        VM.assume(length != proof.length);
        bytes32[] memory other = length < proof.length ? _head(proof, length) : proof;
        while (other.length < length) other = NaiveMerkle.append(other, leaves[0]);
        bytes32 root2 = _root(leaves, size2);
        _anchorAs(ALICE, size1, _root(leaves, size1), _none());
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.ConsistencyProofLength.selector,
                size1,
                size2,
                length
            )
        );

        _anchorAs(ALICE, size2, root2, other);
    }

    function testFuzz_growthRefusesAFlippedBit(
        uint8 old,
        uint8 more,
        uint256 where,
        uint8 bit
    ) public {
        uint64 size1 = uint64(_between(old, 2, 40));
        uint64 size2 = size1 + uint64(_between(more, 1, 40));
        bytes32[] memory leaves = _leaves(size2, 2);
        bytes32[] memory proof = _growth(leaves, size1, size2);
        bytes32 root2 = _root(leaves, size2);
        _anchorAs(ALICE, size1, _root(leaves, size1), _none());
        uint256 index = where % proof.length;
        proof[index] ^= bytes32(uint256(1) << bit);

        VM.prank(ALICE);
        try _anchor.anchor(_log, size2, root2, proof) {
            revert("accepted");
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            bool expected =
                selector == ICheckpointAnchor.AnchoredRootMismatch.selector ||
                    selector == ICheckpointAnchor.OfferedRootMismatch.selector;
            require(expected, "another error");
        }
        _same(_anchor.roots(_log, size2), bytes32(0));
    }

    function test_growthToTheLargestTreeSizeIsMeasuredWithoutOverflow() public {
        _anchorAs(ALICE, type(uint64).max - 1, bytes32(uint256(1)), _none());
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.ConsistencyProofLength.selector,
                type(uint64).max - 1,
                type(uint64).max,
                0
            )
        );
        _anchorAs(ALICE, type(uint64).max, bytes32(uint256(2)), _none());
    }

    // anchor: the same or less

    function test_headOfferedAgainSucceedsWithoutAnEventWhateverTheProof() public {
        bytes32[] memory leaves = _leaves(9, 1);
        bytes32[] memory proof = _growth(leaves, 3, 9);
        bytes32 root2 = _root(leaves, 9);
        _anchorAs(ALICE, 3, _root(leaves, 3), _none());
        _anchorAs(ALICE, 9, root2, proof);
        VM.recordLogs();

        _anchorAs(ALICE, 9, root2, proof);
        _anchorAs(ALICE, 9, root2, _none());

        _same(VM.getRecordedLogs().length, 0);
        _same(_anchor.roots(_log, 9), root2);
    }

    function test_anotherRootAtTheSameSizeIsRefused() public {
        bytes32 rootHash = _root(_leaves(4, 1), 4);
        bytes32 other = _root(_leaves(4, 2), 4);
        _anchorAs(ALICE, 4, rootHash, _none());
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.RootHashConflict.selector, 4, rootHash, other)
        );
        _anchorAs(ALICE, 4, other, _none());
    }

    function testFuzz_aSmallerTreeIsRefusedEvenIfItWasAnchored(uint64 larger, uint64 size) public {
        VM.assume(larger > 2);
        size = uint64(_between(size, 0, larger - 1));
        _anchorAs(ALICE, larger, bytes32(uint256(1)), _none());
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.TreeSizeNotGrowing.selector, larger, size)
        );
        _anchorAs(ALICE, size, bytes32(uint256(1)), _none());
    }

    function test_logsDoNotTouchEachOther() public {
        VM.prank(BOB);
        bytes32 other = _anchor.register(ORIGIN);
        _anchorAs(ALICE, 2, bytes32(uint256(1)), _none());

        VM.prank(BOB);
        _anchor.anchor(other, 2, bytes32(uint256(2)), _none());

        _same(_anchor.roots(_log, 2), bytes32(uint256(1)));
        _same(_anchor.roots(other, 2), bytes32(uint256(2)));
    }

    function testFuzz_rootsLieAtTheDocumentedSlot(uint64 treeSize, bytes32 rootHash) public {
        VM.assume(treeSize >= 2 && rootHash != bytes32(0));
        _anchorAs(ALICE, treeSize, rootHash, _none());

        bytes32 slot = keccak256(abi.encode(treeSize, keccak256(abi.encode(_log, uint256(0)))));
        _same(VM.load(address(_anchor), slot), rootHash);
    }

    // anchorers

    function test_aLogChangesHandsInTwoSteps() public {
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.AnchorerProposed(_log, ALICE, BOB);
        VM.prank(ALICE);
        _anchor.proposeAnchorer(_log, BOB);
        _anchorAs(ALICE, 2, bytes32(uint256(1)), _none());
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.AnchorerChanged(_log, ALICE, BOB);
        VM.prank(BOB);
        _anchor.acceptAnchorer(_log);

        (address anchorer, address candidate) = _anchor.anchorerOf(_log);
        _same(anchorer, BOB);
        _same(candidate, address(0));
        (uint64 treeSize, ) = _anchor.head(_log);
        _same(treeSize, 2);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotAnchorer.selector, _log, BOB, ALICE)
        );
        _anchorAs(ALICE, 2, bytes32(uint256(1)), _none());
        _anchorAs(BOB, 2, bytes32(uint256(1)), _none());
    }

    function testFuzz_onlyTheAnchorerProposes(address caller) public {
        VM.assume(caller != ALICE);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotAnchorer.selector, _log, ALICE, caller)
        );
        VM.prank(caller);
        _anchor.proposeAnchorer(_log, caller);
    }

    function testFuzz_onlyTheCandidateAccepts(address caller) public {
        VM.assume(caller != BOB);
        VM.prank(ALICE);
        _anchor.proposeAnchorer(_log, BOB);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotCandidate.selector, _log, BOB, caller)
        );
        VM.prank(caller);
        _anchor.acceptAnchorer(_log);
    }

    function test_aWithdrawnOfferIsNotAccepted() public {
        VM.startPrank(ALICE);
        _anchor.proposeAnchorer(_log, BOB);
        _anchor.proposeAnchorer(_log, address(0));
        VM.stopPrank();
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotCandidate.selector, _log, address(0), BOB)
        );
        VM.prank(BOB);
        _anchor.acceptAnchorer(_log);
    }

    function test_anOfferIsAcceptedOnce() public {
        VM.prank(ALICE);
        _anchor.proposeAnchorer(_log, BOB);
        VM.startPrank(BOB);
        _anchor.acceptAnchorer(_log);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotCandidate.selector, _log, address(0), BOB)
        );
        _anchor.acceptAnchorer(_log);
        VM.stopPrank();
    }

    function test_anUnregisteredLogCannotBeTaken() public {
        bytes32 unknown = keccak256("unknown");
        bytes memory refusal = abi.encodeWithSelector(
            ICheckpointAnchor.UnknownLog.selector,
            unknown
        );
        VM.expectRevert(refusal);
        _anchor.proposeAnchorer(unknown, BOB);
        VM.expectRevert(refusal);
        VM.prank(address(0));
        _anchor.acceptAnchorer(unknown);
        VM.expectRevert(refusal);
        _anchor.setSuccessor(unknown, 1, BOB, _log);
    }

    // successor

    function testFuzz_successorIsWrittenOnceAndClosesNothing(
        uint256 chainId,
        address successor,
        bytes32 logId
    ) public {
        VM.assume(chainId != 0 && successor != address(0) && logId != bytes32(0));
        VM.expectEmit(address(_anchor));
        emit ICheckpointAnchor.SuccessorSet(_log, chainId, successor, logId);
        VM.startPrank(ALICE);
        _anchor.setSuccessor(_log, chainId, successor, logId);
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.SuccessorAlreadySet.selector,
                chainId,
                successor,
                logId
            )
        );
        _anchor.setSuccessor(_log, 1, BOB, _log);
        VM.stopPrank();

        (uint256 storedChain, address storedContract, bytes32 storedLog) = _anchor.successorOf(
            _log
        );
        _same(storedChain, chainId);
        _same(storedContract, successor);
        _same(storedLog, logId);
        _anchorAs(ALICE, 2, bytes32(uint256(1)), _none());
    }

    function test_successorRefusesWhatIsIncomplete() public {
        _refusesSuccessor(0, BOB, _log);
        _refusesSuccessor(1, address(0), _log);
        _refusesSuccessor(1, BOB, bytes32(0));
    }

    function test_successorRefusesTheLogItselfButNotItsNeighbours() public {
        _refusesSuccessor(block.chainid, address(_anchor), _log);

        VM.prank(ALICE);
        _anchor.setSuccessor(_log, block.chainid, address(_anchor), keccak256("another log"));
    }

    function testFuzz_onlyTheAnchorerSetsTheSuccessor(address caller) public {
        VM.assume(caller != ALICE);
        VM.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.NotAnchorer.selector, _log, ALICE, caller)
        );
        VM.prank(caller);
        _anchor.setSuccessor(_log, 1, BOB, _log);
    }

    // views

    function test_viewsRefuseAnUnknownLog() public {
        bytes32 unknown = keccak256("unknown");
        bytes memory refusal = abi.encodeWithSelector(
            ICheckpointAnchor.UnknownLog.selector,
            unknown
        );
        VM.expectRevert(refusal);
        _anchor.head(unknown);
        VM.expectRevert(refusal);
        _anchor.anchorerOf(unknown);
        VM.expectRevert(refusal);
        _anchor.successorOf(unknown);
        _same(_anchor.roots(unknown, 2), bytes32(0));
    }

    function test_etherIsRefused() public {
        (bool plain, ) = address(_anchor).call{value: 1}("");
        require(!plain, "took ether");
        (bool withCall, ) = address(_anchor).call{value: 1}(
            abi.encodeCall(_anchor.register, ("another log"))
        );
        require(!withCall, "took ether with a call");
        _same(address(_anchor).balance, 0);
    }

    /// @dev Two different tree sizes, neither below 2, the smaller first.
    function _twoSizes(uint64 one, uint64 other) private pure returns (uint64, uint64) {
        VM.assume(one >= 2 && other >= 2 && one != other);
        return one < other ? (one, other) : (other, one);
    }

    function _refusesSuccessor(uint256 chainId, address successor, bytes32 logId) private {
        VM.expectRevert(
            abi.encodeWithSelector(
                ICheckpointAnchor.InvalidSuccessor.selector,
                chainId,
                successor,
                logId
            )
        );
        VM.prank(ALICE);
        _anchor.setSuccessor(_log, chainId, successor, logId);
    }
}
