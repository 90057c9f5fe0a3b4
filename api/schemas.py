"""Wire models: what the API documents and shapes, never the domain's own types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Anchor",
    "AnchorPage",
    "BatchResult",
    "BatchResults",
    "ChainSummary",
    "ConsistencyProof",
    "DisputeStanding",
    "FixityHit",
    "Health",
    "Hit",
    "HitPage",
    "InclusionProof",
    "LastAnchor",
    "LedgerSummary",
    "Part",
    "Person",
    "Problem",
    "Readiness",
    "RecordView",
    "Standing",
]

_DIGEST = "4f2c6f5b6a1de2f31d5d4d9a1f6a0b7a3f6f8f1e2d3c4b5a69788796a5b4c3d2"

Hex32 = Annotated[
    str, Field(pattern="^[0-9a-f]{64}$", description="32 bytes, lower-case hex", examples=[_DIGEST])
]
Base64Hash = Annotated[
    str,
    Field(
        description="32 bytes, padded base64",
        examples=["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
    ),
]
LeafIndex = Annotated[int, Field(ge=0, description="zero-based", examples=[17])]
Identity = Literal["unbound", "self-asserted", "institution-bound"]
TreeSize = Annotated[int, Field(ge=0, description="count of entries", examples=[64])]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(_Model):
    """RFC 9457 problem; `code` is stable, `title` is in the language asked for."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


class InclusionProof(_Model):
    """An RFC 9162 inclusion proof; sibling hashes, lowest level first."""

    leaf_index: LeafIndex
    tree_size: TreeSize
    path: list[Base64Hash]


class ConsistencyProof(_Model):
    """An RFC 9162 consistency proof."""

    from_tree_size: TreeSize
    to_tree_size: TreeSize
    path: list[Base64Hash]


class BatchResult(_Model):
    """What became of one record of a batch."""

    status: Literal["integrated", "repeat", "refused"]
    id: Hex32 | None = Field(default=None, description="absent when the record did not parse")
    leaf_index: LeafIndex | None = None
    receipt: dict[str, object] | None = Field(default=None, description="provenance-receipt v1")
    problem: Problem | None = None


class BatchResults(_Model):
    """One result per record, in the order sent; each record is taken or refused alone."""

    results: list[BatchResult]


class DisputeStanding(_Model):
    """A dispute about a record, and how far it has come."""

    id: Hex32
    state: Literal["open", "ruled", "corrected", "withdrawn"]
    ruling: Hex32 | None = Field(description="record id of the newest ruling")
    outcome: Literal["upheld", "partly-upheld", "dismissed", "settled"] | None


class Standing(_Model):
    """How a record stands today; nothing is ever removed, so it may stand badly."""

    owner: str = Field(description="thumbprint of the key that speaks for it")
    withdrawn: Hex32 | None = Field(description="record id of its withdrawal")
    disputed: bool = Field(description="whether a dispute about it is open")
    corrected: Hex32 | None = Field(description="record id of the newest correction")
    superseded_by: Hex32 | None = Field(description="record id of what holds instead")
    disputes: list[DisputeStanding]
    complete: bool = Field(description="false where there was more about it than is read here")


class RecordView(_Model):
    """A record as the ledger shows it: with public disclosures that were not erased."""

    id: Hex32
    leaf_index: LeafIndex
    type: str = Field(examples=["deposit"])
    key: str = Field(description="RFC 7638 thumbprint of the signing key")
    claimed_at: int = Field(
        description="the signer's own clock, POSIX seconds: claimed, never proved"
    )
    sd_jwt: str = Field(description="compact SD-JWT (RFC 9901)")
    claims: dict[str, object] = Field(description="payload with its disclosures in place")
    manifest: bool = Field(description="whether the depositor has published the manifest")
    standing: Standing


class Person(_Model):
    """Somebody whom a deposit credits, by its depositor's own word."""

    name: str
    orcid: str | None = None
    roles: list[str] = Field(description="CRediT roles; empty when not stated")


class FixityHit(_Model):
    """Who read the files of a deposit again, and what was found."""

    id: Hex32
    leaf_index: LeafIndex
    key: str
    identity: Identity
    witnessed: bool = Field(description="signed by another key than the deposit's")
    sound: bool = Field(description="every file that was looked for was there, unchanged")
    checked: int
    files: int
    ended_at: int = Field(description="by the signer's own clock, POSIX seconds")


class Hit(_Model):
    """One record that answers a look-up."""

    id: Hex32
    leaf_index: LeafIndex
    type: str
    key: str
    identity: Identity
    claimed_at: int
    assurance: Literal["declared", "imported", "sampled", "rehashed"] | None = Field(
        default=None,
        description="how the digests of a deposit came about, by its depositor's own word",
    )

    title: str | None = Field(default=None, description="of a deposit, if it is public")
    people: list[Person] = Field(
        default_factory=list, description="the first contributors of a deposit that are public"
    )
    contributors: int = Field(
        default=0, description="contributors signed, those that are not public among them"
    )
    fixity: list[FixityHit] = Field(
        default_factory=list, description="the first records of who read the files again"
    )
    more_fixity: bool = Field(
        default=False, description="whether there are more: ask for `digest` = the record's id"
    )
    standing: Standing
    sealed: Hex32 | None = Field(
        default=None, description="of an opening: id of the sealed record that it opens"
    )
    signer_bound: bool | None = Field(
        default=None,
        description="asked by an institution: whether the signing key is bound under it; "
        "if not, the record only names it",
    )
    digest: Hex32 | None = Field(default=None, description="what was found, asked by a prefix")
    of: Literal["dataset", "file", "record", "opened"] | None = Field(
        default=None, description="what the digest is of, asked by a prefix"
    )


class HitPage(_Model):
    """Hits, lowest leaf index first: the order in which they entered the log.

    Asked by a prefix, they are in the order of their digests, and of each one oldest first.
    """

    items: list[Hit]
    next: str | None = Field(default=None, description="cursor of the next page, or null")


class History(_Model):
    """An EIP-2935 proof that the evidence block knows an older block by its hash."""

    block_number: int
    block_hash: str
    proof: dict[str, object]


class Anchor(_Model):
    """One anchored checkpoint and how far it has come."""

    anchor_id: int
    chain_id: int
    tree_size: TreeSize
    root_hash: Hex32
    state: Literal["prepared", "sent", "included", "final"]
    block_number: int | None = Field(description="the block that the evidence is from")
    block_hash: str | None
    block_time: int | None = Field(description="the evidence block's time, POSIX seconds")
    transactions: list[str] = Field(description="hashes of every attempt")
    evidence: dict[str, object] | None = Field(
        description="a proof from a block's header, or a signed statement, as in a receipt"
    )
    level: Literal["proof", "trusted-rpc"] | None = Field(
        description="what stands behind the evidence: mathematics, or the operator's word"
    )
    widened_by: int | None = Field(
        description="blocks from the one that holds the transaction to the evidence's"
    )
    histories: list[History]


class AnchorPage(_Model):
    """Anchors, oldest first."""

    items: list[Anchor]
    next: str | None = None


class LastAnchor(_Model):
    """An anchor in short; `/v1/anchors` has its evidence."""

    anchor_id: int
    tree_size: TreeSize
    state: Literal["prepared", "sent", "included", "final"]
    block_number: int | None
    block_hash: str | None
    block_time: int | None = Field(description="the evidence block's time, POSIX seconds")
    level: Literal["proof", "trusted-rpc"] | None
    cost_at_most_wei: str = Field(
        description="gas limit times the highest fee signed for, in decimal digits",
        examples=["2100000000000000"],
    )


class ChainSummary(_Model):
    """How far the log is anchored on one chain of its policy."""

    chain_id: int
    name: str
    independent: bool = Field(description="whether others than the operator run the chain")
    retired: bool = Field(description="the ledger anchors there no more; what is there stays")
    newest: LastAnchor | None
    final: LastAnchor | None


class LedgerSummary(_Model):
    """A ledger in numbers, as its service says; nothing of it is proved by being said here."""

    origin: str
    size: TreeSize
    began_at: int = Field(description="by the operator's clock, POSIX seconds")
    newest_at: int = Field(
        description="the newest record's time by its signer's own clock: claimed, never proved"
    )
    last_hour: int = Field(
        description="records of the last hour, to a minute or so, by the operator's clock"
    )
    last_day: int = Field(description="records of the last 24 hours, likewise")
    chains: list[ChainSummary]
    parts: dict[str, bool] = Field(description="whether each part can do its work: `/v1/ready`")


class Health(_Model):
    """The process is alive."""

    status: Literal["alive"]
    origin: str
    version: str


class Part(_Model):
    """Whether one part of the service can do its work."""

    ready: bool
    detail: str


class Readiness(_Model):
    """Whether records are taken now, and which part is away if not."""

    ready: bool
    parts: dict[str, Part]
