// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.4;

/// @title Anchors the checkpoints of append-only logs.
/// @notice One contract serves any number of logs. A log's root hash at a new tree size is
/// accepted only with a proof that the log grew: nothing anchored before was changed, moved or
/// dropped (RFC 9162 section 2.1.4). Nobody owns the contract, nobody can change it, and it holds
/// no ether.
/// @dev `roots` is the mapping at storage slot 0. A root therefore lies for ever at
/// `keccak256(abi.encode(treeSize, keccak256(abi.encode(logId, uint256(0)))))`, where anybody can
/// prove it with `eth_getProof` (EIP-1186) at any later block. The time of an anchor is the time of
/// its block and is not stored.
interface ICheckpointAnchor {
    /// @notice Emitted when a log comes into being; its registrar is its first anchorer.
    /// @param logId Identifies the log in this contract: see `logIdOf`.
    /// @param registrar Who registered it; part of `logId`, so nobody can take another's name.
    /// @param origin The log's name line, as in its checkpoints (C2SP tlog-checkpoint).
    event LogRegistered(bytes32 indexed logId, address indexed registrar, string origin);

    /// @notice Emitted once per anchored checkpoint; the evidence a receipt may cite.
    /// @param logId The log that grew.
    /// @param treeSize Entries in the log at this checkpoint (a count, never an index).
    /// @param rootHash RFC 9162 root over those entries, hashed with SHA-256.
    event CheckpointAnchored(bytes32 indexed logId, uint64 indexed treeSize, bytes32 rootHash);

    /// @notice Emitted when the anchorer names who may take over, or takes the offer back.
    /// @param logId The log concerned.
    /// @param anchorer Who may anchor now, and until the offer is accepted.
    /// @param candidate Who may accept; zero when nobody may.
    event AnchorerProposed(
        bytes32 indexed logId,
        address indexed anchorer,
        address indexed candidate
    );

    /// @notice Emitted when a proposed anchorer has taken over.
    /// @param logId The log concerned.
    /// @param previous Who may no longer anchor.
    /// @param anchorer Who may anchor from now on.
    event AnchorerChanged(
        bytes32 indexed logId,
        address indexed previous,
        address indexed anchorer
    );

    /// @notice Emitted when a log has named the place where its anchors will be found in future.
    /// @param logId The log in this contract.
    /// @param chainId The successor's chain (EIP-155).
    /// @param successor The successor's contract on that chain.
    /// @param successorLogId The log in that contract.
    event SuccessorSet(
        bytes32 indexed logId,
        uint256 chainId,
        address successor,
        bytes32 successorLogId
    );

    /// @notice Thrown when a log without a name would be registered.
    error EmptyOrigin();

    /// @notice Thrown when `registrar` has registered this origin before.
    error LogAlreadyRegistered(bytes32 logId, address registrar);

    /// @notice Thrown when no log has this id.
    error UnknownLog(bytes32 logId);

    /// @notice Thrown when `caller` is not the log's anchorer.
    error NotAnchorer(bytes32 logId, address anchorer, address caller);

    /// @notice Thrown when `caller` is not the one who was offered the log.
    error NotCandidate(bytes32 logId, address candidate, address caller);

    /// @notice Thrown when a log's first anchor has fewer entries than `minimum`.
    error TreeSizeTooSmall(uint64 minimum, uint64 offered);

    /// @notice Thrown when `offered` lies below the tree size anchored last.
    error TreeSizeNotGrowing(uint64 anchored, uint64 offered);

    /// @notice Thrown when another root is offered for the tree size anchored last: a forked log.
    error RootHashConflict(uint64 treeSize, bytes32 anchored, bytes32 offered);

    /// @notice Thrown for a root hash of zero, which would look like no anchor in storage.
    error ZeroRootHash(uint64 treeSize);

    /// @notice Thrown when a first anchor comes with a proof: there is nothing to be consistent with.
    error UnexpectedProof(uint256 length);

    /// @notice Thrown when no consistency proof between these tree sizes has `length` hashes.
    error ConsistencyProofLength(uint64 oldTreeSize, uint64 treeSize, uint256 length);

    /// @notice Thrown when no inclusion proof of this leaf in such a tree has `length` hashes.
    error InclusionProofLength(uint64 leafIndex, uint64 treeSize, uint256 length);

    /// @notice Thrown when a proof leads to another root than the one anchored at `treeSize`.
    error AnchoredRootMismatch(uint64 treeSize, bytes32 anchored, bytes32 calculated);

    /// @notice Thrown when a consistency proof leads to another root than the one offered.
    error OfferedRootMismatch(uint64 treeSize, bytes32 offered, bytes32 calculated);

    /// @notice Thrown when a leaf index is not below the tree size.
    error LeafIndexOutOfRange(uint64 leafIndex, uint64 treeSize);

    /// @notice Thrown when the log has no root anchored at exactly this tree size.
    error NotAnchored(bytes32 logId, uint64 treeSize);

    /// @notice Thrown when a successor has a part that is zero, or is the log itself.
    error InvalidSuccessor(uint256 chainId, address successor, bytes32 successorLogId);

    /// @notice Thrown when the log has named its successor before; it stays what it was.
    error SuccessorAlreadySet(uint256 chainId, address successor, bytes32 successorLogId);

    /// @notice Thrown when the chain's SHA-256 precompile (address 2) gives no answer.
    error Sha256Failed();

    /// @notice Registers a log under the caller's address; the caller becomes its anchorer.
    /// @param origin The log's name line; never empty.
    /// @return logId The id under which the log is anchored.
    function register(string calldata origin) external returns (bytes32 logId);

    /// @notice Anchors a checkpoint. Only for the log's anchorer.
    /// @dev Offering the head again does nothing, emits nothing and succeeds whatever the proof,
    /// so that a repeated transaction never reverts.
    /// @param logId The log.
    /// @param treeSize Entries in the log, at least 2 and not below the tree size anchored last.
    /// @param rootHash RFC 9162 root over those entries.
    /// @param proof RFC 9162 consistency proof from the tree size anchored last to `treeSize`, in
    /// the order of section 2.1.4.1; empty for a log's first anchor.
    function anchor(
        bytes32 logId,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external;

    /// @notice Offers the log to another anchorer, who has to accept. Only for the log's anchorer.
    /// @param logId The log.
    /// @param candidate Who may accept; replaces an earlier candidate, and zero withdraws the offer.
    function proposeAnchorer(bytes32 logId, address candidate) external;

    /// @notice Takes over a log that was offered to the caller.
    /// @param logId The log.
    function acceptAnchorer(bytes32 logId) external;

    /// @notice Names, once and for ever, where the log's anchors will be found in future. Only for
    /// the log's anchorer.
    /// @dev A pointer for readers. It closes nothing: an anchor still under way does not revert.
    /// @param logId The log.
    /// @param chainId The successor's chain (EIP-155); not zero.
    /// @param successor The successor's contract; not zero.
    /// @param successorLogId The log in that contract; not zero.
    function setSuccessor(
        bytes32 logId,
        uint256 chainId,
        address successor,
        bytes32 successorLogId
    ) external;

    /// @notice The root hash anchored at a tree size; zero if none was.
    /// @param logId The log.
    /// @param treeSize The exact tree size of the anchored checkpoint.
    /// @return rootHash RFC 9162 root over the first `treeSize` entries.
    function roots(bytes32 logId, uint64 treeSize) external view returns (bytes32 rootHash);

    /// @notice The checkpoint anchored last; zeros before the first one.
    /// @param logId The log; unknown logs revert.
    /// @return treeSize Entries in the log at that checkpoint.
    /// @return rootHash Root over those entries.
    function head(bytes32 logId) external view returns (uint64 treeSize, bytes32 rootHash);

    /// @notice Who may anchor, and who was offered to take over.
    /// @param logId The log; unknown logs revert.
    /// @return anchorer The log's anchorer, never zero.
    /// @return candidate Who may accept the log; zero if nobody.
    function anchorerOf(bytes32 logId) external view returns (address anchorer, address candidate);

    /// @notice Where the log's anchors will be found in future; zeros while it has no successor.
    /// @param logId The log; unknown logs revert.
    /// @return chainId The successor's chain (EIP-155).
    /// @return successor The successor's contract.
    /// @return successorLogId The log in that contract.
    function successorOf(
        bytes32 logId
    ) external view returns (uint256 chainId, address successor, bytes32 successorLogId);

    /// @notice Proves that a leaf is in an anchored tree (RFC 9162 section 2.1.3.2), or reverts.
    /// @dev Returns a value so that a call to an address without code is not taken for a proof.
    /// @param logId The log.
    /// @param treeSize A tree size at which a root is anchored.
    /// @param leafIndex Zero-based position of the leaf, below `treeSize`.
    /// @param leafHash SHA-256 of a zero byte and the entry.
    /// @param proof Sibling hashes, lowest level first.
    /// @return rootHash The anchored root that the proof leads to.
    function verifyInclusion(
        bytes32 logId,
        uint64 treeSize,
        uint64 leafIndex,
        bytes32 leafHash,
        bytes32[] calldata proof
    ) external view returns (bytes32 rootHash);

    /// @notice The id of the log that `registrar` may register under `origin`, registered or not.
    /// @param registrar Who registers it.
    /// @param origin The log's name line.
    /// @return logId `keccak256(abi.encode(registrar, keccak256(bytes(origin))))`.
    function logIdOf(
        address registrar,
        string calldata origin
    ) external pure returns (bytes32 logId);
}
