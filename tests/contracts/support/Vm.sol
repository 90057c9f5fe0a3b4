// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The cheat codes of the test runner that these tests use.
interface Vm {
    /// @notice Makes the next call come from `sender`.
    function prank(address sender) external;

    /// @notice Makes every call come from `sender` until `stopPrank`.
    function startPrank(address sender) external;

    /// @notice Ends `startPrank`.
    function stopPrank() external;

    /// @notice Demands that the next call reverts with exactly these bytes.
    function expectRevert(bytes calldata revertData) external;

    /// @notice Demands that the next call emits, from `emitter`, the event that follows this line.
    function expectEmit(address emitter) external;

    /// @notice Drops a fuzzed case that says nothing.
    function assume(bool condition) external pure;

    /// @notice Records emitted events from here on.
    function recordLogs() external;

    /// @notice The events recorded since the last call.
    function getRecordedLogs() external returns (Log[] memory logs);

    /// @notice Reads a storage slot of `target`.
    function load(address target, bytes32 slot) external view returns (bytes32 value);

    /// @notice Gives `who` a balance.
    function deal(address who, uint256 balance) external;

    /// @notice Replaces the code at `target`.
    function etch(address target, bytes calldata code) external;

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }
}
