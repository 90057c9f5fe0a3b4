// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointAnchor} from "./ICheckpointAnchor.sol";
import {MerkleProof} from "./libraries/MerkleProof.sol";

/// @title Anchors the checkpoints of append-only logs.
/// @notice See `ICheckpointAnchor`.
/// @dev The first variable below is storage slot 0, which verifiers know: nothing may be put before
/// it. The contract has no constructor and no immutable variable, so its code hash is the same
/// wherever it is deployed.
contract CheckpointAnchor is ICheckpointAnchor {
    struct Successor {
        uint256 chainId;
        address successor;
        bytes32 logId;
    }

    struct Log {
        address anchorer; // never zero once the log is registered
        uint64 treeSize; // of the newest anchor, in the same slot as who may replace it; 0: none
        address candidate;
        Successor successor; // chainId is zero until it is set
    }

    /// @dev A log begins with its genesis and a beacon, so its first checkpoint has two entries.
    uint64 private constant MINIMUM_TREE_SIZE = 2;

    /// @inheritdoc ICheckpointAnchor
    mapping(bytes32 logId => mapping(uint64 treeSize => bytes32 rootHash)) public override roots;

    mapping(bytes32 logId => Log log) private _logs;

    /// @inheritdoc ICheckpointAnchor
    function register(string calldata origin) external override returns (bytes32 logId) {
        if (bytes(origin).length == 0) revert EmptyOrigin();
        logId = logIdOf(msg.sender, origin);
        if (_logs[logId].anchorer != address(0)) revert LogAlreadyRegistered(logId, msg.sender);

        _logs[logId].anchorer = msg.sender;
        emit LogRegistered(logId, msg.sender, origin);
    }

    /// @inheritdoc ICheckpointAnchor
    function anchor(
        bytes32 logId,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external override {
        Log storage log = _logOfCaller(logId);
        if (rootHash == bytes32(0)) revert ZeroRootHash(treeSize);
        uint64 anchored = log.treeSize;
        if (anchored == 0) {
            if (treeSize < MINIMUM_TREE_SIZE) revert TreeSizeTooSmall(MINIMUM_TREE_SIZE, treeSize);
            if (proof.length != 0) revert UnexpectedProof(proof.length);
        } else {
            if (treeSize < anchored) revert TreeSizeNotGrowing(anchored, treeSize);
            bytes32 anchoredRoot = roots[logId][anchored];
            if (treeSize == anchored) {
                if (rootHash == anchoredRoot) return;
                revert RootHashConflict(treeSize, anchoredRoot, rootHash);
            }
            _verifyConsistency(anchored, treeSize, anchoredRoot, rootHash, proof);
        }

        log.treeSize = treeSize;
        roots[logId][treeSize] = rootHash;
        emit CheckpointAnchored(logId, treeSize, rootHash);
    }

    /// @inheritdoc ICheckpointAnchor
    function proposeAnchorer(bytes32 logId, address candidate) external override {
        Log storage log = _logOfCaller(logId);

        log.candidate = candidate;
        emit AnchorerProposed(logId, msg.sender, candidate);
    }

    /// @inheritdoc ICheckpointAnchor
    function acceptAnchorer(bytes32 logId) external override {
        Log storage log = _registered(logId);
        if (msg.sender != log.candidate) revert NotCandidate(logId, log.candidate, msg.sender);
        address previous = log.anchorer;

        log.anchorer = msg.sender;
        log.candidate = address(0);
        emit AnchorerChanged(logId, previous, msg.sender);
    }

    /// @inheritdoc ICheckpointAnchor
    function setSuccessor(
        bytes32 logId,
        uint256 chainId,
        address successor,
        bytes32 successorLogId
    ) external override {
        Log storage log = _logOfCaller(logId);
        Successor storage old = log.successor;
        if (old.chainId != 0) revert SuccessorAlreadySet(old.chainId, old.successor, old.logId);
        bool incomplete = chainId == 0 || successor == address(0) || successorLogId == bytes32(0);
        bool itself =
            chainId == block.chainid && successor == address(this) && successorLogId == logId;
        if (incomplete || itself) revert InvalidSuccessor(chainId, successor, successorLogId);

        log.successor = Successor(chainId, successor, successorLogId);
        emit SuccessorSet(logId, chainId, successor, successorLogId);
    }

    /// @inheritdoc ICheckpointAnchor
    function head(
        bytes32 logId
    ) external view override returns (uint64 treeSize, bytes32 rootHash) {
        treeSize = _registered(logId).treeSize;
        rootHash = roots[logId][treeSize];
    }

    /// @inheritdoc ICheckpointAnchor
    function anchorerOf(
        bytes32 logId
    ) external view override returns (address anchorer, address candidate) {
        Log storage log = _registered(logId);
        return (log.anchorer, log.candidate);
    }

    /// @inheritdoc ICheckpointAnchor
    function successorOf(
        bytes32 logId
    ) external view override returns (uint256 chainId, address successor, bytes32 successorLogId) {
        Successor storage named = _registered(logId).successor;
        return (named.chainId, named.successor, named.logId);
    }

    /// @inheritdoc ICheckpointAnchor
    function verifyInclusion(
        bytes32 logId,
        uint64 treeSize,
        uint64 leafIndex,
        bytes32 leafHash,
        bytes32[] calldata proof
    ) external view override returns (bytes32 rootHash) {
        rootHash = roots[logId][treeSize];
        if (rootHash == bytes32(0)) revert NotAnchored(logId, treeSize);
        if (leafIndex >= treeSize) revert LeafIndexOutOfRange(leafIndex, treeSize);

        bytes32 calculated = MerkleProof.inclusionRoot(leafIndex, treeSize, leafHash, proof);
        if (calculated != rootHash) revert AnchoredRootMismatch(treeSize, rootHash, calculated);
    }

    /// @inheritdoc ICheckpointAnchor
    function logIdOf(
        address registrar,
        string calldata origin
    ) public pure override returns (bytes32 logId) {
        return keccak256(abi.encode(registrar, keccak256(bytes(origin))));
    }

    /// @dev The log, for a call that only its anchorer may make.
    function _logOfCaller(bytes32 logId) private view returns (Log storage log) {
        log = _registered(logId);
        if (msg.sender != log.anchorer) revert NotAnchorer(logId, log.anchorer, msg.sender);
    }

    function _registered(bytes32 logId) private view returns (Log storage log) {
        log = _logs[logId];
        if (log.anchorer == address(0)) revert UnknownLog(logId);
    }

    function _verifyConsistency(
        uint64 size1,
        uint64 size2,
        bytes32 root1,
        bytes32 root2,
        bytes32[] calldata proof
    ) private view {
        (bytes32 hash1, bytes32 hash2) = MerkleProof.consistencyRoots(size1, size2, root1, proof);
        if (hash1 != root1) revert AnchoredRootMismatch(size1, root1, hash1);
        if (hash2 != root2) revert OfferedRootMismatch(size2, root2, hash2);
    }
}
