// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CheckpointAnchor} from "../../../contracts/CheckpointAnchor.sol";
import {LogTest} from "./LogTest.sol";

/// @title Does to one log, in any order, what its anchorer or an enemy may try.
/// @notice Keeps a memory of its own of what the contract accepted. An attack that is accepted
/// raises `broken`; nothing here lets the contract decide what counts as right.
contract GrowingLog is LogTest {
    uint256 private constant LARGEST = 150; // the naive oracle hashes every leaf of every tree

    string private constant ORIGIN = "invariant.example.org";
    address private constant NEIGHBOUR = address(0xca11);

    CheckpointAnchor public immutable TARGET;
    bytes32 public immutable LOG_ID;
    bytes32 public immutable OTHER_LOG_ID; // of the same origin, by another registrar
    bytes32 public immutable OTHER_ROOT;
    uint256 public immutable SEED;

    address public anchorer = address(0xa11ce);
    uint64[] public sizes;
    mapping(uint64 treeSize => bytes32 rootHash) public accepted;
    string public broken;
    uint256 public refused;

    constructor() {
        TARGET = new CheckpointAnchor();
        SEED = 7;
        VM.prank(anchorer);
        LOG_ID = TARGET.register(ORIGIN);
        VM.prank(NEIGHBOUR);
        OTHER_LOG_ID = TARGET.register(ORIGIN);
        OTHER_ROOT = _root(_leaves(2, SEED + 1), 2);
        VM.prank(NEIGHBOUR);
        TARGET.anchor(OTHER_LOG_ID, 2, OTHER_ROOT, _none());
    }

    /// @notice The honest anchorer.
    function grow(uint8 more) external {
        uint64 old = headSize();
        uint64 size =
            old == 0 ? uint64(_between(more, 2, 20)) : old + uint64(_between(more, 1, 20));
        if (size > LARGEST) return;
        bytes32[] memory leaves = _leaves(size, SEED);
        bytes32 rootHash = _root(leaves, size);
        bytes32[] memory proof = old == 0 ? _none() : _growth(leaves, old, size);
        VM.prank(anchorer);
        TARGET.anchor(LOG_ID, size, rootHash, proof);
        sizes.push(size);
        accepted[size] = rootHash;
    }

    /// @notice A transaction sent twice.
    function repeat(bytes32[] calldata proof) external {
        uint64 size = headSize();
        if (size == 0) return;
        VM.prank(anchorer);
        TARGET.anchor(LOG_ID, size, accepted[size], proof);
    }

    /// @notice Growth of a log in which one old entry is another, with that log's own true proof.
    function rewrite(uint8 which, uint8 more) external {
        uint64 old = headSize();
        if (old == 0) return;
        uint64 size = old + uint64(_between(more, 1, 20));
        bytes32[] memory leaves = _leaves(size, SEED);
        leaves[which % old] = keccak256("rewritten");
        _attack("rewrote", anchorer, size, _root(leaves, size), _growth(leaves, old, size));
    }

    /// @notice Growth that drops the last entry and puts others after the rest.
    function drop(uint8 more) external {
        uint64 old = headSize();
        if (old == 0) return;
        uint64 size = old + uint64(_between(more, 1, 20));
        bytes32[] memory leaves = _leaves(size + 1, SEED);
        for (uint256 i = old - 1; i < size; ++i) leaves[i] = leaves[i + 1];
        _attack("dropped", anchorer, size, _root(leaves, size), _growth(leaves, old, size));
    }

    /// @notice An old size, its own root or another.
    function shrink(uint64 size, bytes32 rootHash, bool known) external {
        uint64 old = headSize();
        if (old == 0) return;
        size = size % old;
        _attack("shrank", anchorer, size, known ? accepted[size] : rootHash, _none());
    }

    /// @notice Another root at the head's own size.
    function fork(bytes32 rootHash, bytes32[] calldata proof) external {
        uint64 old = headSize();
        if (old == 0 || rootHash == accepted[old]) return;
        _attack("forked", anchorer, old, rootHash, proof);
    }

    /// @notice Hashes from nowhere.
    function guess(uint8 more, bytes32 rootHash, bytes32[] calldata proof) external {
        uint64 old = headSize();
        if (old == 0) return;
        _attack("guessed", anchorer, old + uint64(_between(more, 1, 255)), rootHash, proof);
    }

    /// @notice A stranger with an honest root and proof.
    function trespass(address stranger, uint8 more) external {
        uint64 old = headSize();
        if (old == 0 || stranger == anchorer) return;
        uint64 size = old + uint64(_between(more, 1, 20));
        bytes32[] memory leaves = _leaves(size, SEED);
        _attack("trespassed", stranger, size, _root(leaves, size), _growth(leaves, old, size));
    }

    /// @notice This log's anchorer at another's log, with growth that would be that log's own.
    function poach(uint8 more) external {
        if (anchorer == NEIGHBOUR) return;
        uint64 size = 2 + uint64(_between(more, 1, 20));
        bytes32[] memory leaves = _leaves(size, SEED + 1);
        bytes32[] memory proof = _growth(leaves, 2, size);
        VM.prank(anchorer);
        try TARGET.anchor(OTHER_LOG_ID, size, _root(leaves, size), proof) {
            broken = "poached";
        } catch {
            ++refused;
        }
    }

    /// @notice Ether beside any call, or with none.
    function pay(uint96 value, uint8 which, bytes calldata data) external {
        bytes4[5] memory selectors = [
            TARGET.register.selector,
            TARGET.anchor.selector,
            TARGET.proposeAnchorer.selector,
            TARGET.acceptAnchorer.selector,
            bytes4(0)
        ];
        VM.deal(address(this), value);
        if (value == 0) return;
        bytes4 selector = selectors[which % 5];
        bytes memory call = selector == 0 ? data : bytes.concat(selector, data);
        (bool taken, ) = address(TARGET).call{value: value}(call);
        if (taken) broken = "took ether";
        else ++refused;
    }

    /// @notice A change of hands; zero cannot send, so it is never offered the log for long.
    function handOver(address next) external {
        VM.prank(anchorer);
        TARGET.proposeAnchorer(LOG_ID, next);
        if (next == address(0)) return;
        VM.prank(next);
        TARGET.acceptAnchorer(LOG_ID);
        anchorer = next;
    }

    /// @notice The newest tree size that was accepted; 0 before the first.
    function headSize() public view returns (uint64) {
        return sizes.length == 0 ? 0 : sizes[sizes.length - 1];
    }

    /// @notice How many checkpoints were accepted.
    function count() external view returns (uint256) {
        return sizes.length;
    }

    function _attack(
        string memory name,
        address caller,
        uint64 size,
        bytes32 rootHash,
        bytes32[] memory proof
    ) private {
        VM.prank(caller);
        try TARGET.anchor(LOG_ID, size, rootHash, proof) {
            broken = name;
        } catch {
            ++refused;
        }
    }
}
