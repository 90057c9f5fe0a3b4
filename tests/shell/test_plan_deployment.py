"""What setting up would cost, where gas is not all that is paid for."""

from __future__ import annotations

from typing import Any

from lying_node import lying

from provenance.chain.node import Node
from provenance.chain.plan_deployment import plan_deployment
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.keccak import keccak256

ORACLE = "0x420000000000000000000000000000000000000f"
GAS = 100_000


def rollup(request: dict[str, Any]) -> object:
    """Answer as a rollup with nothing of ours on it, whose oracle asks one wei a byte."""
    method, params = request["method"], request["params"]
    if method == "eth_getCode":
        return "0x01" if params[0].lower() == ORACLE else "0x"
    if method == "eth_call":
        data = bytes.fromhex(params[0]["data"][2:])
        assert params[0]["to"].lower() == ORACLE
        assert data[:4] == keccak256(b"getL1Fee(bytes)")[:4]
        assert int.from_bytes(data[4:36], "big") == 32
        length = int.from_bytes(data[36:68], "big")
        assert len(data) == 68 + length + -length % 32
        return f"0x{length:064x}"
    return {
        "eth_getTransactionCount": "0x0",
        "eth_estimateGas": hex(GAS),
        "eth_getBlockByNumber": {
            "number": "0x0",
            "hash": "0x" + "00" * 32,
            "timestamp": "0x0",
            "baseFeePerGas": "0x2",
        },
        "eth_maxPriorityFeePerGas": "0x1",
        "eth_chainId": "0x2105",
        "eth_getBalance": "0x0",
    }[method]


def test_an_op_stack_rollups_data_fee_is_in_the_cost() -> None:
    with lying(rollup) as server:
        plan = plan_deployment(Node(Rpc(CappedProvider(server.url))), bytes(20), "log.example")

    gas = sum(needed for _, needed in plan.gas)
    assert plan.data_fee_wei is not None
    assert plan.data_fee_wei > 2_000
    assert plan.cost_wei == 3 * gas + plan.data_fee_wei


def test_elsewhere_there_is_none() -> None:
    def answer(request: dict[str, Any]) -> object:
        return "0x" if request["method"] == "eth_getCode" else rollup(request)

    with lying(answer) as server:
        plan = plan_deployment(Node(Rpc(CappedProvider(server.url))), bytes(20), "log.example")

    assert plan.data_fee_wei is None
    assert plan.cost_wei == 3 * sum(needed for _, needed in plan.gas)
