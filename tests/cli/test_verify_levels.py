"""What a person is told of anchors on several chains: levels, and who sets a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mutations
import pytest
import receipts
from command_line import CommandLine, Ran
from receipts import MAINNET, OTHERNET, THIRDNET, Built, Shape

from provenance.digests import to_evm_hex

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


def verify(line: CommandLine, made: Built, *words: object, language: str = "C.UTF-8") -> Ran:
    (line.folder / "receipt.json").write_bytes(made.octets)
    (line.folder / "policy.json").write_bytes(made.policy.octets)
    return line.here("verify", "receipt.json", "--policy", "policy.json", *words, LANG=language)


def vouched(made: Built, *chains: int) -> list[str]:
    return [f"--block-hash={to_evm_hex(made.evidence_hashes[chain])}" for chain in chains]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "C.UTF-8",
            [
                "took the root at tree size 11; the code of the contract was not checked",
                "trusted RPC: the operator of the log says that contract",
                "the root at tree size 13 lies in contract",
                "block 1000030 of Ethereum; the chain's sequencer sets this time",
            ],
        ),
        (
            "zh_CN.UTF-8",
            [
                "已接受树大小 11 的根；未核验合约代码",
                "可信 RPC：日志运营方声明",
                "树大小 13 的根已存于",
                "的区块 1000030；该时间由链的排序器设定",
            ],
        ),
    ],
)
def test_every_anchor_is_told_with_what_it_is_worth(
    line: CommandLine, language: str, sentences: list[str]
) -> None:
    made = receipts.build(
        Shape(
            anchors=(MAINNET, OTHERNET, THIRDNET),
            policy_chains=(MAINNET, OTHERNET, THIRDNET),
            kinds=mutations.MANY.kinds,
            levels=mutations.MANY.levels,
            sizes=mutations.MANY.sizes,
            block_times={MAINNET: "sequencer"},
        )
    )

    ran = verify(line, made, *vouched(made, MAINNET, OTHERNET), language=language)

    assert ran.code == 0, ran.err
    for sentence in sentences:
        assert sentence in ran.out


def test_a_statement_alone_is_told_with_what_to_do_next(line: CommandLine) -> None:
    made = receipts.build(
        Shape(anchors=(OTHERNET,), policy_chains=(OTHERNET,), kinds={OTHERNET: "trusted-rpc"})
    )

    ran = verify(line, made, *vouched(made, OTHERNET))

    assert ran.code == 3
    assert "only stated by the operator of the log (trusted RPC), not proved" in ran.out
    assert "existed no later than            (not proved)" in ran.out
    assert "Next: wait for an anchor on a chain that gives proofs" in ran.out
