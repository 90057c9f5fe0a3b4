"""Receipts of several chains, and evidence of all three kinds: checks 6 and 9 to 11."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import receipts
from eth_hash.auto import keccak
from receipts import LOG_KEY, MAINNET, OTHERNET, Built, Shape, build

from provenance.anchor import ReceiptEvidence, StatedEvidence
from provenance.digests import to_evm_hex
from provenance.note import NoteSigner
from receipt_cases.vector import FOREIGN_HASH, case, hashes_of, node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from receipt_cases.vector import Case, Json

__all__ = ["several_chains"]

EVENT = Shape(kinds={MAINNET: "receipt"})
TWO_SIZES = Shape(
    anchors=(MAINNET, OTHERNET), policy_chains=(MAINNET, OTHERNET), sizes={OTHERNET: 10}
)
STATED = Shape(
    anchors=(OTHERNET,),
    policy_chains=(MAINNET, OTHERNET),
    kinds={OTHERNET: "trusted-rpc"},
    levels={OTHERNET: "trusted-rpc"},
)
BESIDE = replace(STATED, anchors=(MAINNET, OTHERNET), sizes={OTHERNET: 10})


def several_chains() -> Iterable[Case]:
    yield from _good()
    yield from _not_proved()
    yield from _unusable()
    yield from _false_events()
    yield from _false_statements()


def _good() -> Iterable[Case]:
    shapes = {
        "event-proof": ("the state is gone, a receipt of the block shows the event", EVENT),
        "event-untyped": (
            "a transaction without a type",
            replace(EVENT, event={"kind": 0}),
        ),
        "event-alone-in-block": ("the only transaction of its block", replace(EVENT, crowd=0)),
        "two-sizes": ("two chains, each anchored at its own tree size", TWO_SIZES),
        "two-kinds": (
            "a storage proof and an event of one checkpoint",
            replace(TWO_SIZES, sizes={}, kinds={OTHERNET: "receipt"}),
        ),
        "proof-and-statement": ("a proof counts beside what is only stated", BESIDE),
        "sequencer-time": (
            "a chain whose sequencer sets the time",
            Shape(block_times={MAINNET: "sequencer"}),
        ),
        "validators-time": (
            "a chain whose validators set the time",
            Shape(block_times={MAINNET: "validators"}),
        ),
        "witnessed-sizes": (
            "both anchored checkpoints have the quorum",
            replace(TWO_SIZES, cosigned=2, witnesses=2, quorum=2),
        ),
    }
    for name, (description, shape) in shapes.items():
        made = build(shape)
        yield case(name, description, "ok", made, block_hashes=hashes_of(made))
    made = build(TWO_SIZES)
    yield case(
        "two-sizes-one-vouched",
        "the later of two anchors is the one that is vouched for",
        "ok",
        made,
        block_hashes=[to_evm_hex(made.evidence_hashes[OTHERNET])],
    )


def _not_proved() -> Iterable[Case]:
    made = build(STATED)
    yield case("stated-only", "nothing but the operator's word", "trusted-rpc-only", made)
    yield case(
        "stated-block-vouched",
        "the reader vouches for the block, but nothing shows the root in it",
        "trusted-rpc-only",
        made,
        block_hashes=hashes_of(made),
    )
    yield case(
        "stated-confirmed",
        "a node holds what is stated, which proves nothing",
        "trusted-rpc-only",
        made,
        rpc=_node_of(made),
    )
    yield case(
        "stated-block-confirmed",
        "a node has the block and was not asked for the root",
        "trusted-rpc-only",
        made,
        rpc=_node_of(made, roots=[]),
    )
    yield case(
        "stated-not-final",
        "the block is not final at the node",
        "block-not-final",
        made,
        rpc=_node_of(made, finalized=receipts.EVIDENCE_NUMBER - 1),
    )
    unknown = build(replace(STATED, policy_chains=(MAINNET,)))
    yield case(
        "stated-chain-unknown",
        "a statement about a chain that the policy does not name",
        "no-anchor-of-policy",
        unknown,
    )
    signer = NoteSigner(receipts.ORIGIN, receipts.key_of(9))
    later = build(replace(BESIDE, log_signer=signer, statement_signer=signer))
    yield case(
        "statement-by-later-key",
        "checkpoints and statement are signed by a key that the policy may not know yet",
        "checkpoint-no-policy-key",
        later,
        block_hashes=hashes_of(later),
    )
    weak = build(replace(Shape(), levels={MAINNET: "trusted-rpc"}))
    yield case(
        "chain-without-proofs",
        "a proof on a chain of which the policy expects none",
        "trusted-rpc-only",
        weak,
        block_hashes=hashes_of(weak),
    )


def _node_of(made: Built, **members: Json) -> Json:
    """Return a node of the other chain that holds what is stated."""
    [anchored] = made.receipt.anchored
    evidence = anchored.anchors[0].evidence
    assert isinstance(evidence, StatedEvidence)
    stated = evidence.read()
    root = {
        "chain_id": stated.chain_id,
        "contract": to_evm_hex(stated.contract),
        "log_id": to_evm_hex(stated.log_id),
        "tree_size": stated.tree_size,
        "root": to_evm_hex(stated.root_hash),
    }
    hashes = {str(stated.block_number): to_evm_hex(stated.block_hash)}
    genesis = to_evm_hex(keccak(b"genesis %d" % OTHERNET))
    honest = {"chain_id": OTHERNET, "hashes": hashes, "genesis_hash": genesis, "roots": [root]}
    return node(made, **{**honest, **members})


def _unusable() -> Iterable[Case]:
    made = build(TWO_SIZES)
    smaller, greater = made.receipt.anchored
    yield case(
        "sets-in-another-order",
        "the greater checkpoint comes first",
        "malformed",
        made,
        octets=replace(made.receipt, anchored=(greater, smaller)).to_bytes(),
    )
    again = replace(smaller, anchors=greater.anchors)
    yield case(
        "anchor-twice",
        "two anchors of one contract on one chain",
        "malformed",
        made,
        octets=replace(made.receipt, anchored=(again, greater)).to_bytes(),
    )
    two = build(STATED)
    [anchored] = two.receipt.anchored
    [anchor] = anchored.anchors
    assert isinstance(anchor.evidence, StatedEvidence)
    line = anchor.evidence.note.split("\n\n")[1]
    twice = replace(anchor, evidence=StatedEvidence(anchor.evidence.note + line))
    yield case(
        "statement-signed-twice",
        "a second signature line, which nobody would read",
        "malformed",
        two,
        octets=replace(two.receipt, anchored=(replace(anchored, anchors=(twice,)),)).to_bytes(),
    )


def _false_events() -> Iterable[Case]:
    differing: dict[str, tuple[str, dict[str, Any]]] = {
        "event-reverted": ("the transaction failed", {"status": 0}),
        "event-of-another-contract": ("another contract said so", {"contract": bytes(20)}),
        "event-of-another-log": ("the event is of another log", {"log_id": bytes(32)}),
        "event-of-another-size": ("the event is of another tree size", {"size": 12}),
        "event-of-another-root": ("the event is of another root", {"root": bytes(32)}),
    }
    for name, (description, event) in differing.items():
        made = build(replace(EVENT, event=event))
        yield case(name, description, "not-anchored", made, block_hashes=hashes_of(made))
    made = build(EVENT)
    [anchored] = made.receipt.anchored
    [anchor] = anchored.anchors
    evidence = anchor.evidence
    assert isinstance(evidence, ReceiptEvidence)
    nodes = evidence.receipt_proof
    edits: dict[str, tuple[str, dict[str, Any]]] = {
        "event-proof-cut": ("the proof ends early", {"receipt_proof": nodes[:-1]}),
        "event-proof-empty": ("no proof", {"receipt_proof": ()}),
        "event-proof-longer": ("a node that is on no way", {"receipt_proof": (*nodes, nodes[0])}),
        "event-another-index": ("the proof of another transaction", {"transaction_index": 3}),
    }
    for name, (description, changes) in edits.items():
        edited = replace(anchor, evidence=replace(evidence, **changes))
        octets = replace(made.receipt, anchored=(replace(anchored, anchors=(edited,)),)).to_bytes()
        yield case(
            name,
            description,
            "bad-trie-proof",
            made,
            octets=octets,
            block_hashes=hashes_of(made),
        )


def _false_statements() -> Iterable[Case]:
    differing: dict[str, tuple[str, dict[str, Any]]] = {
        "statement-of-another-log": ("about another log", {"origin": "other.example/log"}),
        "statement-of-another-chain": ("about another chain", {"chain_id": MAINNET}),
        "statement-of-another-contract": ("about another contract", {"contract": bytes(20)}),
        "statement-of-another-log-id": ("about another log id", {"log_id": bytes(32)}),
        "statement-of-another-size": ("about another tree size", {"tree_size": 12}),
        "statement-of-another-root": ("about another root", {"root_hash": bytes(32)}),
    }
    for name, (description, statement) in differing.items():
        made = build(replace(BESIDE, statement=statement))
        yield case(name, description, "verification-failed", made, block_hashes=hashes_of(made)[:1])
    foreign = build(
        replace(BESIDE, statement_signer=NoteSigner(receipts.ORIGIN, receipts.ROOT_KEY))
    )
    renamed = build(replace(BESIDE, statement_signer=NoteSigner("another.example", LOG_KEY)))
    for name, description, made in (
        ("statement-by-another-key", "signed by a key that signs no checkpoints", foreign),
        ("statement-by-another-name", "signed under another name", renamed),
    ):
        yield case(name, description, "bad-signature", made, block_hashes=hashes_of(made)[:1])
    made = build(STATED)
    honest = _node_of(made)
    yield case(
        "stated-block-differs",
        "the node has another final block at that height",
        "block-differs",
        made,
        rpc={**honest, "hashes": {str(receipts.EVIDENCE_NUMBER): FOREIGN_HASH}},
    )
    for name, description, root in (
        ("stated-root-differs", "the node's contract holds another root", FOREIGN_HASH),
        ("stated-root-missing", "the node's contract holds none", to_evm_hex(bytes(32))),
    ):
        roots = [{**honest["roots"][0], "root": root}]
        yield case(name, description, "root-differs", made, rpc={**honest, "roots": roots})
