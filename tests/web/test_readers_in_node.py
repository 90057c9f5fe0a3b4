"""Whatever a reader gives beside a receipt, the page's verdict is Python's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import receipts
from mutations import MANY, REVOKED, SMALL
from receipts import MAINNET, OTHERNET
from verdict_requests import Question, ask_page

from provenance.comparison import Comparison, Rename
from provenance.fingerprint import Summary
from provenance.given import RPC_AWAY, GivenBlock, KeyStatus, RootName, RpcView, WholeData
from provenance.key_life import Right, Word
from provenance.key_values import Revocation
from provenance.record import parse_record
from provenance.verify import blocks_to_look_up, roots_to_ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from receipts import Built

DEVNET = 31337
ON_DEVNET = replace(
    SMALL, anchors=(DEVNET,), policy_chains=(DEVNET,), beacon_chain=DEVNET, own_block=DEVNET
)
SHAPES = {
    "plain": SMALL,
    "many": MANY,
    "not anchored": replace(SMALL, anchors=()),
    "own block": replace(SMALL, own_block=MAINNET),
    "own block, no header": replace(SMALL, own_block=MAINNET, beacon_header=False),
    "own block elsewhere": replace(SMALL, own_block=OTHERNET),
    "development chain": ON_DEVNET,
    "event on a development chain": replace(ON_DEVNET, history=False, kinds={DEVNET: "receipt"}),
    "statement of a development chain": replace(
        ON_DEVNET, history=False, kinds={DEVNET: "trusted-rpc"}, levels={DEVNET: "trusted-rpc"}
    ),
    "development chain without proofs": replace(ON_DEVNET, levels={DEVNET: "trusted-rpc"}),
    "sequencer and depth": replace(SMALL, depth=12, block_times={MAINNET: "sequencer"}),
    "operator's own chain": replace(SMALL, not_independent=frozenset({MAINNET})),
    "beacon of another chain": replace(
        SMALL, beacon_chain=OTHERNET, history=False, policy_chains=(MAINNET, OTHERNET)
    ),
    "no beacon": replace(SMALL, beacon=False),
    "named holder": replace(SMALL, identity={"name": "Josiah Carberry", "ror": ["05dxps055"]}),
    "no key record": replace(SMALL, keys=False),
    "institution": replace(SMALL, alg="ES256", institution=True),
    "revoked": REVOKED,
    "revoked by itself": replace(SMALL, words={9: (4, {"reason": "superseded"})}),
    "compromised before": replace(
        REVOKED, words={11: (17, {"compromised_since": receipts.EVIDENCE_TIME - 9_000})}
    ),
    "compromised meanwhile": replace(
        REVOKED, words={11: (17, {"compromised_since": receipts.EVIDENCE_TIME - 100})}
    ),
    "withheld": replace(SMALL, hold=("title",)),
}


def views(made: Built) -> Iterator[RpcView]:
    """Yield what nodes may answer: all final, not yet, another chain, another block, no root."""
    names, roots = blocks_to_look_up(made.octets), roots_to_ask(made.octets)
    for chain_id in {one.chain_id for one in names} | {MAINNET}:
        hashes = {one.number: one.block_hash for one in names if one.chain_id == chain_id}
        top = max(hashes, default=1) + 20
        answers: dict[RootName, bytes] = {one: bytes(32) for one in roots}
        for finalized in (None, top, top - 20, 0):
            yield RpcView(chain_id, top, finalized, hashes)
        genesis = next(
            (one.genesis_hash for one in made.policy.chains if one.chain_id == chain_id), None
        )
        yield RpcView(chain_id, top, top, hashes, genesis, answers)
        yield RpcView(chain_id, top, top, dict.fromkeys(hashes, b"\x09" * 32), bytes(32))
        yield RpcView(chain_id, top, top, {})
    yield RpcView(4_242, 1, 1, {})


def statuses(made: Built) -> Iterator[KeyStatus]:
    """Yield what reading the whole log may find about the signing key."""
    kid = parse_record(made.receipt.record.sd_jwt.encode(), complete=False).kid
    yield KeyStatus(99, None)
    yield KeyStatus(3, None)
    yield KeyStatus(99, 8)
    yield KeyStatus(99, 2)
    yield KeyStatus(99, None, bound_later=(20, "Academy"))
    for since in (None, receipts.EVIDENCE_TIME - 9_000, receipts.EVIDENCE_TIME + 9):
        for right, index in ((Right.RECOVERY, 12), (Right.ITSELF, 5), (Right.OTHER_BINDER, 30)):
            said = Revocation(kid, "x" * 43, "keyCompromise", "y" * 43, since)
            yield KeyStatus(99, index, (Word(index, said, right),))


def givens(made: Built) -> Iterator[dict[str, Any]]:
    """Yield what a reader may give."""
    hashes = [*made.evidence_hashes.values(), made.beacon_hash]
    blocks = [GivenBlock(one) for one in hashes]
    everything = frozenset({"identity", "key-status", "not-before"})
    header = {"blocks": [*blocks, GivenBlock.from_header(made.beacon_header)]}
    yield {}
    yield {"blocks": blocks}
    yield {"blocks": blocks, "allow_dev_chain": True, "require": everything}
    yield {**header, "headers": [made.beacon_header], "allow_dev_chain": True}
    yield {"blocks": blocks[:1]}
    yield {"blocks": [GivenBlock(b"\x07" * 32)]}
    yield {"rpc": RPC_AWAY}
    yield {"rpc": RPC_AWAY, "blocks": blocks}
    for view in views(made):
        yield {"rpc": view}
        yield {"rpc": view, "blocks": blocks, "allow_dev_chain": True}
    for status in statuses(made):
        yield {"key_status": status, "blocks": blocks, "require": everything}
    summary = Summary(b"\x01" * 32, 3, 18)
    renames = tuple(Rename(f"a{n}", "ü" * 70 + f"/b{n}" + "x" * 130) for n in range(5))
    compared = Comparison(1, ("b", "a", "\uffee", "\U0001f600"), ("c",), (), renames, (), renames)
    yield {"data": WholeData(summary)}
    yield {"data": WholeData(summary, compared)}


def test_every_reader_has_pythons_verdict() -> None:
    asked = [
        (name, Question(made.octets, made.policy.octets, receipts.NOW, **given))
        for name, made in ((name, receipts.build(shape)) for name, shape in SHAPES.items())
        for given in givens(made)
    ]

    answers = ask_page([question for _, question in asked])

    for (name, question), answer in zip(asked, answers, strict=True):
        assert answer == question.verdict(), (name, question)
