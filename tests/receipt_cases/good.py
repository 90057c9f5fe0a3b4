"""Receipts that prove what they say, and those that do not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import receipts
from receipts import DEVNET, MAINNET, OTHERNET, Shape, build

from provenance.anchor import StorageEvidence
from provenance.digests import to_evm_hex
from provenance.given import RPC_AWAY
from receipt_cases.vector import FOREIGN_HASH, case, hashes_of, node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from receipt_cases.vector import Case


__all__ = ["good", "pending"]

_DEV = Shape(anchors=(DEVNET,), policy_chains=(DEVNET,), beacon_chain=DEVNET)


def good() -> Iterable[Case]:
    made = build()
    hashes = hashes_of(made)
    evidence = made.receipt.anchored[0].anchors[0].evidence
    assert isinstance(evidence, StorageEvidence)
    yield case(
        "complete-by-hash", "one trusted hash proves both ends", "ok", made, block_hashes=hashes
    )
    yield case(
        "complete-by-header",
        "the header stands for its hash",
        "ok",
        made,
        headers=[to_evm_hex(evidence.header)],
    )
    yield case(
        "complete-by-node",
        "a node has the block at or below finalized",
        "ok",
        made,
        rpc=node(made),
    )
    yield case(
        "complete-by-hash-and-node",
        "both say the same",
        "ok",
        made,
        block_hashes=hashes,
        rpc=node(made),
    )
    yield case(
        "beacon-by-its-own-hash",
        "both blocks are vouched for",
        "ok",
        nohist := build(Shape(history=False)),
        block_hashes=[*hashes_of(nohist), to_evm_hex(nohist.beacon_hash)],
    )
    yield case(
        "no-history", "the lower end is not checked", "ok", nohist, block_hashes=hashes_of(nohist)
    )
    yield case(
        "beacon-header-given",
        "the reader gives the beacon's header",
        "ok",
        nohead := build(Shape(beacon_header=False)),
        block_hashes=hashes_of(nohead),
        headers=[to_evm_hex(nohead.beacon_header)],
    )
    yield case(
        "no-beacon",
        "a receipt without lower end",
        "ok",
        plain := build(Shape(beacon=False)),
        block_hashes=hashes_of(plain),
    )
    deep = build(Shape(depth=64))
    yield case(
        "by-depth",
        "a chain without finality, 71 confirmations",
        "ok",
        deep,
        rpc=node(deep, finalized=None),
    )
    yield case(
        "es256",
        "a P-256 key signed the record",
        "ok",
        es := build(Shape(alg="ES256")),
        block_hashes=hashes_of(es),
    )
    yield case(
        "institution",
        "the key is an institution's in the policy",
        "ok",
        inst := build(Shape(institution=True)),
        block_hashes=hashes_of(inst),
        require=["identity"],
    )
    yield case(
        "unbound",
        "the key record says nothing of its holder",
        "ok",
        unbound := build(Shape(identity={})),
        block_hashes=hashes_of(unbound),
    )
    yield case(
        "witnessed",
        "two of two witnesses cosigned",
        "ok",
        seen := build(Shape(cosigned=2, witnesses=2, quorum=2)),
        block_hashes=hashes_of(seen),
    )
    yield case(
        "unknown-witness",
        "a cosignature by nobody the policy knows is ignored",
        "ok",
        stranger := build(Shape(cosigned=1)),
        block_hashes=hashes_of(stranger),
    )
    yield case(
        "withheld-title",
        "the holder keeps the title back",
        "ok",
        held := build(Shape(hold=("title",))),
        block_hashes=hashes_of(held),
    )
    yield case(
        "signed-not-before",
        "the record names the beacon's block itself",
        "ok",
        own := build(Shape(own_block=MAINNET)),
        block_hashes=[*hashes_of(own), to_evm_hex(own.beacon_hash)],
    )
    yield case(
        "not-revoked",
        "an audit read every entry",
        "ok",
        made,
        block_hashes=hashes,
        key_status={"tree_size": 13, "revoked_at": None},
        require=["key-status"],
    )
    yield case(
        "revoked-later",
        "a key revoked after the record still speaks for it",
        "ok",
        made,
        block_hashes=hashes,
        key_status={"tree_size": 13, "revoked_at": 9},
    )
    both = build(Shape(anchors=(MAINNET, OTHERNET), policy_chains=(MAINNET, OTHERNET)))
    yield case(
        "two-chains-one-vouched",
        "one anchor is enough",
        "ok",
        both,
        block_hashes=hashes_of(both)[1:],
    )
    yield case(
        "two-chains-one-known",
        "an anchor the policy does not know is not checked",
        "ok",
        half := build(Shape(anchors=(MAINNET, OTHERNET))),
        block_hashes=hashes_of(half),
    )
    dev = build(_DEV)
    yield case(
        "dev-chain-allowed",
        "proves nothing independently, and says so",
        "ok",
        dev,
        block_hashes=hashes_of(dev),
        allow_dev_chain=True,
    )


def pending() -> Iterable[Case]:
    made = build()
    hashes = hashes_of(made)
    fresh = build(Shape(anchors=()))
    yield case("not-anchored", "the receipt of the first second", "not-anchored", fresh)
    yield case("no-block-given", "nobody vouches for the block", "no-block-given", made)
    yield case(
        "beacon-hash-only",
        "the lower end alone is not enough",
        "no-block-given",
        made,
        block_hashes=[to_evm_hex(made.beacon_hash)],
    )
    yield case(
        "node-not-final",
        "the node has the block above finalized",
        "block-not-final",
        made,
        rpc=node(made, finalized=receipts.EVIDENCE_NUMBER - 1),
    )
    yield case(
        "node-not-final-but-hash",
        "what was asked for is not confirmed yet",
        "block-not-final",
        made,
        block_hashes=hashes,
        rpc=node(made, finalized=receipts.EVIDENCE_NUMBER - 1),
    )
    yield case(
        "node-reorganised",
        "another hash above finalized is no lie yet",
        "block-not-final",
        made,
        rpc=node(made, finalized=0, hashes={str(receipts.EVIDENCE_NUMBER): FOREIGN_HASH}),
    )
    yield case(
        "node-lacks-block",
        "the node does not know the height",
        "block-not-final",
        made,
        rpc=node(made, hashes={}),
    )
    yield case(
        "node-no-finality",
        "the policy wants finality, the node has none",
        "block-not-final",
        made,
        rpc=node(made, finalized=None),
    )
    deep = build(Shape(depth=72))
    yield case(
        "not-deep-enough",
        "71 of 72 confirmations",
        "block-not-final",
        deep,
        rpc=node(deep, finalized=None),
    )
    yield case("node-away", "the node did not answer", "rpc-away", made, rpc=RPC_AWAY)
    yield case(
        "node-away-but-hash",
        "the reader vouches, the node was asked too",
        "rpc-away",
        made,
        block_hashes=hashes,
        rpc=RPC_AWAY,
    )
    dev = build(_DEV)
    yield case(
        "dev-chain",
        "id 31337 counts for nothing by itself",
        "dev-chain",
        dev,
        block_hashes=hashes_of(dev),
    )
    yield case(
        "own-chain",
        "the policy says that the operator runs the chain",
        "dev-chain",
        private := build(Shape(not_independent=frozenset({MAINNET}))),
        block_hashes=hashes_of(private),
    )
    yield case(
        "chain-not-in-policy",
        "anchored where the policy does not look",
        "no-anchor-of-policy",
        other := build(Shape(policy_chains=(OTHERNET,))),
        block_hashes=hashes_of(other),
    )
    yield case(
        "quorum-not-met",
        "one of two witnesses cosigned",
        "quorum-not-met",
        one := build(Shape(cosigned=1, witnesses=2, quorum=2)),
        block_hashes=hashes_of(one),
    )
    yield case(
        "start-required",
        "no beacon, but the lower end is asked for",
        "no-beacon",
        plain := build(Shape(beacon=False)),
        block_hashes=hashes_of(plain),
        require=["not-before"],
    )
    yield case(
        "identity-required",
        "a self-asserted identity is not enough",
        "key-self-asserted",
        made,
        block_hashes=hashes,
        require=["identity"],
    )
    yield case(
        "key-status-required",
        "a receipt cannot prove absence",
        "revocation-not-shown",
        made,
        block_hashes=hashes,
        require=["key-status"],
    )
    yield case(
        "key-status-too-short",
        "the audit stopped below the record",
        "revocation-not-shown",
        made,
        block_hashes=hashes,
        require=["key-status"],
        key_status={"tree_size": 6, "revoked_at": None},
    )
