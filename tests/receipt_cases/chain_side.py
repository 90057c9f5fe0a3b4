"""Receipts whose chain side is false, and data that are another's: checks 9 to 14."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import receipts
from eth_hash.auto import keccak
from oracles import evm_state, naive_merkle
from receipts import MAINNET, OTHERNET, Built, Shape, build

from provenance.anchor import StorageEvidence
from provenance.digests import to_evm_hex
from provenance.file_proof import FileProof
from provenance.fingerprint import FileEntry
from receipt_cases.vector import FOREIGN_HASH, case, hashes_of, node, other_record_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from receipt_cases.vector import Case, Json


__all__ = ["chain_side", "data_side"]


# --- (9) to (13) --------------------------------------------------------------------------


def chain_side() -> Iterable[Case]:
    made = build()
    hashes = hashes_of(made)
    yield case(
        "another-hash",
        "the given hash is none of the receipt's blocks",
        "block-unmatched",
        made,
        block_hashes=[*hashes, FOREIGN_HASH],
    )
    far = evm_state.header(7, receipts.T0, bytes(32), bytes(32))
    yield case(
        "another-header",
        "the given header is of none of the receipt's blocks",
        "block-unmatched",
        made,
        block_hashes=hashes,
        headers=[to_evm_hex(far)],
    )
    evidence, beacon = str(receipts.EVIDENCE_NUMBER), str(receipts.BEACON_NUMBER)
    honest = node(made)["hashes"]
    yield case(
        "node-differs",
        "the node has another final block at that height",
        "block-differs",
        made,
        rpc=node(made, hashes={**honest, evidence: FOREIGN_HASH}),
    )
    yield case(
        "node-differs-from-you",
        "the reader and the node contradict each other",
        "block-differs",
        made,
        block_hashes=hashes,
        rpc=node(made, hashes={**honest, evidence: FOREIGN_HASH}),
    )
    yield case(
        "node-differs-at-beacon",
        "the beacon's block is not that chain's",
        "block-differs",
        made,
        rpc=node(made, hashes={**honest, beacon: FOREIGN_HASH}),
    )
    own = build(Shape(own_block=MAINNET, beacon=False))
    yield case(
        "node-differs-at-own-block",
        "the block in the record is not that chain's",
        "block-differs",
        own,
        rpc=node(own, hashes={**honest, beacon: FOREIGN_HASH}),
    )
    yield case(
        "another-code",
        "the contract at that address has other code",
        "code-mismatch",
        build(Shape(code=b"other")),
    )
    yield case(
        "another-root",
        "the contract holds another root at that size",
        "root-mismatch",
        build(Shape(stored_root=keccak(b"another root"))),
    )
    yield case(
        "history-of-another-block",
        "the history contract remembers another block",
        "history-mismatch",
        build(Shape(remembered=keccak(b"another block"))),
    )
    late = build(Shape(evidence_time=receipts.BEACON_TIME - 10))
    yield case(
        "bracket-inverted",
        "the beacon's block is later than the evidence block",
        "bracket-inverted",
        late,
        block_hashes=hashes_of(late),
    )
    forked = build(Shape(filler=b"fork"))
    yield case(
        "fork",
        "two signed checkpoints of one size with two roots",
        "checkpoint-fork",
        made,
        block_hashes=hashes,
        octets=replace(made.receipt, first=forked.receipt.anchored[0].proofs).to_bytes(),
    )
    yield from _evidence_edits(made, hashes)


def _evidence_edits(made: Built, hashes: list[str]) -> Iterable[Case]:
    [anchored] = made.receipt.anchored
    [anchor] = anchored.anchors
    evidence, history = anchor.evidence, anchor.history
    assert isinstance(evidence, StorageEvidence)
    assert history is not None
    header = evm_state.header(receipts.EVIDENCE_NUMBER, receipts.T0, bytes(32), bytes(32))
    account, storage = evidence.account_proof, evidence.storage_proof
    edits = {
        "header": (
            "another block's header",
            "bad-trie-proof",
            replace(anchor, evidence=replace(evidence, header=header)),
        ),
        "header-none": (
            "not a header",
            "malformed",
            replace(anchor, evidence=replace(evidence, header=b"\xc0")),
        ),
        "account-cut": (
            "the account proof ends early",
            "bad-trie-proof",
            replace(anchor, evidence=replace(evidence, account_proof=account[:-1])),
        ),
        "account-longer": (
            "a node that is on no way",
            "bad-trie-proof",
            replace(anchor, evidence=replace(evidence, account_proof=(*account, storage[0]))),
        ),
        "storage-cut": (
            "the storage proof ends early",
            "bad-trie-proof",
            replace(anchor, evidence=replace(evidence, storage_proof=storage[:-1])),
        ),
        "storage-empty": (
            "no storage proof",
            "bad-trie-proof",
            replace(anchor, evidence=replace(evidence, storage_proof=())),
        ),
        "swapped": (
            "account and storage proof in each other's place",
            "bad-trie-proof",
            replace(
                anchor, evidence=replace(evidence, account_proof=storage, storage_proof=account)
            ),
        ),
        "contract": (
            "another address beside the evidence",
            "bad-trie-proof",
            replace(anchor, contract=bytes(20)),
        ),
        "log-id": (
            "another log id beside the evidence",
            "bad-trie-proof",
            replace(anchor, log_id=bytes(32)),
        ),
        "chain-id": (
            "another chain id beside the evidence",
            "verification-failed",
            replace(anchor, chain_id=OTHERNET),
        ),
        "history-cut": (
            "the history proof ends early",
            "bad-trie-proof",
            replace(anchor, history=replace(history, storage_proof=history.storage_proof[:-1])),
        ),
        "history-of-contract": (
            "the contract's proof as history proof",
            "bad-trie-proof",
            replace(anchor, history=replace(history, account_proof=account, storage_proof=storage)),
        ),
    }
    for name, (description, expect, edited) in edits.items():
        receipt = replace(made.receipt, anchored=(replace(anchored, anchors=(edited,)),))
        yield case(
            f"evidence-{name}",
            description,
            expect,
            made,
            octets=receipt.to_bytes(),
            block_hashes=hashes[:0],
        )
    assert made.receipt.beacon is not None
    for name, octets, expect in (
        ("beacon-header", header, "verification-failed"),
        ("beacon-header-none", b"\xc0", "verification-failed"),
    ):
        beacon = replace(made.receipt.beacon, header=octets)
        yield case(
            name,
            "not the header of the block that the beacon names",
            expect,
            made,
            octets=replace(made.receipt, beacon=beacon).to_bytes(),
            block_hashes=hashes,
        )
    newest = replace(anchored, proofs=other_record_path(anchored.proofs))
    yield case(
        "anchored-path",
        "the path under the anchored checkpoint is another",
        "root-mismatch",
        made,
        block_hashes=hashes,
        octets=replace(made.receipt, anchored=(newest,)).to_bytes(),
    )


# --- (14) ---------------------------------------------------------------------------------


def data_side() -> Iterable[Case]:
    made = build()
    hashes = hashes_of(made)
    summary = receipts.dataset_summary()
    whole = {
        "kind": "whole",
        "digest": summary.digest.hex(),
        "files": summary.files,
        "bytes": summary.length,
    }
    part = {**whole, "kind": "part", "matched": 2, "changed": []}
    path = sorted(receipts.DATASET)[1]
    content = hashlib.sha256(receipts.DATASET[path])
    proof = FileProof(
        FileEntry(path, content.digest(), len(receipts.DATASET[path])),
        1,
        3,
        tuple(naive_merkle.path(1, receipts.dataset_entries())),
    )
    one = {"kind": "file", "proof": proof.to_bytes().decode(), "sha256": content.hexdigest()}
    short = {**one, "proof": replace(proof, path=proof.path[1:]).to_bytes().decode()}
    fewer = {**one, "proof": replace(proof, files=2).to_bytes().decode()}
    foreign = "09" * 32
    rows: list[tuple[str, str, str, dict[str, Json]]] = [
        ("data-whole", "the folder is the one in the record", "ok", whole),
        ("data-part", "two files are part of the dataset", "ok", part),
        ("data-file", "one file with its proof", "ok", one),
        ("data-differ", "another folder", "dataset-differs", {**whole, "digest": foreign}),
        (
            "data-count",
            "the record's file count is not the data's",
            "counts-differ",
            {**whole, "files": 4},
        ),
        (
            "data-length",
            "the record's length is not the data's",
            "counts-differ",
            {**whole, "bytes": 1},
        ),
        (
            "data-manifest",
            "the manifest is of another dataset",
            "manifest-differs",
            {**part, "digest": foreign},
        ),
        (
            "data-part-differs",
            "a file differs from the manifest",
            "files-differ",
            {**part, "changed": ["b/c.txt"]},
        ),
        ("data-part-empty", "no file was compared", "nothing-compared", {**part, "matched": 0}),
        (
            "data-file-differs",
            "not the file of the proof",
            "file-differs",
            {**one, "sha256": foreign},
        ),
        ("data-file-path", "the file's path in the tree is another", "proof-shape", short),
        ("data-file-count", "a proof for another number of files", "manifest-mismatch", fewer),
    ]
    for name, description, expect, data in rows:
        yield case(name, description, expect, made, block_hashes=hashes, data=data)
    declared = {"algorithm": "md5", "digest": "ab" * 32}
    claims = {"dataset_digest": None, "declared_digest": declared}
    import_ = build(Shape(claims=claims))
    yield case(
        "data-declared-only",
        "a declared digest is no identity",
        "no-dataset-digest",
        import_,
        block_hashes=hashes_of(import_),
        data=whole,
    )
