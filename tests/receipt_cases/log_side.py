"""Receipts that cannot be read, and those whose log side is false: checks 1 to 8."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import receipts
from receipts import Built, Shape, build

from provenance.note import Note, NoteSigner
from provenance.policy import CheckpointKey, Policy
from receipt_cases.vector import FOREIGN_HASH, case, hashes_of, node, other_record_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provenance.receipt import Receipt
    from receipt_cases.vector import Case, Json

__all__ = ["log_side", "unreadable"]

UNANCHORED = Shape(anchors=())


# --- (1), (2) -----------------------------------------------------------------------------


def _edited(made: Built, old: str, new: str) -> bytes:
    text = made.octets.decode()
    assert old in text, old
    return text.replace(old, new, 1).encode()


def unreadable() -> Iterable[Case]:
    made = build(UNANCHORED)
    text = made.octets.decode()
    edits = {
        "empty": ("no bytes", "malformed-json", b""),
        "truncated": ("the last ten bytes are missing", "malformed-json", made.octets[:-10]),
        "no-newline": ("the newline at the end is missing", "malformed", made.octets[:-1]),
        "two-newlines": ("one newline too many", "malformed", made.octets + b"\n"),
        "spaced": (
            "a space that no writer of ours makes",
            "malformed",
            _edited(made, ":1,", ": 1,"),
        ),
        "unknown-member": (
            "a member that version 1 does not have",
            "malformed",
            _edited(made, '"v":1', '"v":1,"status":"proved"'),
        ),
        "duplicate-member": (
            "two versions",
            "malformed-json",
            _edited(made, '"v":1', '"v":1,"v":1'),
        ),
        "member-order": (
            "v before format",
            "malformed",
            _edited(
                made, '"format":"provenance-receipt","v":1', '"v":1,"format":"provenance-receipt"'
            ),
        ),
        "future-version": ("version 2", "unsupported-version", _edited(made, '"v":1', '"v":2')),
        "another-format": (
            "a policy is no receipt",
            "unsupported-version",
            _edited(made, "provenance-receipt", "provenance-policy"),
        ),
        "float-index": (
            "a leaf index that is not an integer",
            "malformed-json",
            _edited(made, '"leaf_index":6', '"leaf_index":6.0'),
        ),
        "negative-index": (
            "a leaf index below 0",
            "malformed",
            _edited(made, '"leaf_index":6', '"leaf_index":-6'),
        ),
        "upper-case-hex": ("hex has one form", "malformed", _edited(made, "0xf9", "0xF9")),
        "escaped": (
            "an escape where none is needed",
            "malformed",
            _edited(made, "ledger.example", "\\u006cedger.example"),
        ),
        "path-missing": (
            "no path for the key record",
            "malformed",
            re.sub(r'"keys":\[\[[^]]*\]\]', '"keys":[]', text).encode(),
        ),
        "beacon-path-missing": (
            "a beacon without its path",
            "malformed",
            re.sub(r'"beacon":\[[^]]*\]', '"beacon":null', text).encode(),
        ),
        "record-of-another-type": (
            "a deposit where a key record belongs",
            "malformed",
            replace(made.receipt, keys=(made.receipt.record,)).to_bytes(),
        ),
    }
    for name, (description, expect, octets) in edits.items():
        yield case(name, description, expect, made, octets=octets)
    elsewhere = replace(made, policy=_policy(made, "origin", "ledger.example/another"))
    yield case("another-log", "the policy is for another log", "other-log", elsewhere)
    bare = build(Shape(anchors=(), keys=False))
    yield case("no-key-record", "nobody can check the signature", "no-key-record", bare)
    other = build(Shape(anchors=(), alg="ES256"))
    yield case(
        "another-key-record",
        "the key record is of another key",
        "no-key-record",
        made,
        octets=replace(made.receipt, keys=other.receipt.keys).to_bytes(),
    )
    anchored = build()
    yield case(
        "node-of-another-chain",
        "the node's chain is not in the policy",
        "rpc-other-chain",
        anchored,
        rpc=node(anchored, chain_id=5),
    )
    yield case(
        "node-of-another-genesis",
        "the same id, another first block",
        "rpc-other-chain",
        anchored,
        rpc=node(anchored, genesis_hash=FOREIGN_HASH),
    )


def _policy(made: Built, member: str, value: Json) -> Policy:
    policy = json.loads(made.policy.octets)
    policy[member] = value
    return Policy.parse(json.dumps(policy).encode())


# --- (3) to (8) ---------------------------------------------------------------------------


def log_side() -> Iterable[Case]:
    made = build(UNANCHORED)
    first = made.receipt.first
    yield case(
        "record-signature",
        "the log holds a record with a bad signature",
        "bad-signature",
        build(replace(UNANCHORED, bad_signature=frozenset({6}))),
    )
    yield case(
        "key-signature",
        "the log holds a key record with a bad signature",
        "bad-signature",
        build(replace(UNANCHORED, bad_signature=frozenset({3}))),
    )
    relicensed = build(replace(UNANCHORED, claims={"license": "CC-BY-4.0"}))
    yield case(
        "record-not-this",
        "another record than the one in the log",
        "root-mismatch",
        made,
        octets=replace(made.receipt, record=relicensed.receipt.record).to_bytes(),
    )
    edits: dict[str, tuple[str, str, Callable[[Receipt], Receipt]]] = {
        "record-path": (
            "a sibling hash is another",
            "root-mismatch",
            lambda r: replace(r, first=other_record_path(first)),
        ),
        "record-path-short": (
            "a sibling hash is missing",
            "proof-shape",
            lambda r: replace(r, first=replace(first, record=first.record[:-1])),
        ),
        "record-path-long": (
            "a sibling hash too many",
            "proof-shape",
            lambda r: replace(r, first=replace(first, record=(*first.record, bytes(32)))),
        ),
        "key-path": (
            "the key record's path is another's",
            "root-mismatch",
            lambda r: replace(r, first=replace(first, keys=(first.record,))),
        ),
        "beacon-path": (
            "the beacon's path is another's",
            "root-mismatch",
            lambda r: replace(r, first=replace(first, beacon=first.record)),
        ),
        "record-index": (
            "another leaf index",
            "root-mismatch",
            lambda r: replace(r, record=replace(r.record, leaf_index=5)),
        ),
        "record-index-beyond": (
            "a leaf index beyond the tree",
            "proof-shape",
            lambda r: replace(r, record=replace(r.record, leaf_index=8)),
        ),
        "key-index": (
            "the key record is said to lie above the record",
            "unknown-key",
            lambda r: replace(r, keys=(replace(r.keys[0], leaf_index=7),)),
        ),
    }
    for name, (description, expect, edit) in edits.items():
        yield case(name, description, expect, made, octets=edit(made.receipt).to_bytes())
    yield case(
        "key-above-record",
        "the key record came after the record",
        "unknown-key",
        build(replace(UNANCHORED, key_index=7)),
    )
    yield case(
        "beacon-above-record",
        "the beacon came after the record",
        "verification-failed",
        build(replace(UNANCHORED, beacon_index=7)),
    )
    thief = NoteSigner(receipts.ORIGIN, receipts.key_of(9))
    yield case(
        "checkpoint-by-another-key",
        "no key of the policy signed; the log may have changed its keys since",
        "checkpoint-no-policy-key",
        build(replace(UNANCHORED, log_signer=thief)),
    )
    later = build(Shape(log_signer=thief, institution=True, own_block=receipts.MAINNET))
    yield case(
        "checkpoint-by-another-key-anchored",
        "no key of the policy signed: no time is claimed, whatever else holds",
        "checkpoint-no-policy-key",
        later,
        block_hashes=hashes_of(later),
    )
    forged = build(replace(UNANCHORED, log_signer=thief, filler=b"other"))
    yield case(
        "checkpoint-by-another-key-false-path",
        "no key of the policy signed, and a path does not lead to the root",
        "root-mismatch",
        forged,
        octets=replace(
            forged.receipt, first=replace(forged.receipt.first, record=first.record)
        ).to_bytes(),
    )
    retired = CheckpointKey(receipts.LOG_SIGNER.verifier, 0, 7)
    yield case(
        "checkpoint-by-retired-key",
        "the key was good up to tree size 7",
        "bad-signature",
        build(replace(UNANCHORED, checkpoint_key=retired)),
    )
    early = CheckpointKey(receipts.LOG_SIGNER.verifier, 9, None)
    yield case(
        "checkpoint-by-later-key",
        "the key is good from tree size 9 on",
        "bad-signature",
        build(replace(UNANCHORED, checkpoint_key=early)),
    )
    resized = replace(first, checkpoint=first.checkpoint.replace("\n8\n", "\n9\n"))
    yield case(
        "checkpoint-altered",
        "the tree size is not the signed one",
        "bad-signature",
        made,
        octets=replace(made.receipt, first=resized).to_bytes(),
    )
    seen = build(replace(UNANCHORED, cosigned=2, witnesses=2, quorum=1))
    note = Note.parse(seen.receipt.first.checkpoint)
    last = note.signatures[-1]
    altered = replace(last, octets=bytes(8) + last.octets[8:])
    text = Note(note.text, (*note.signatures[:-1], altered)).to_text()
    broken = replace(seen.receipt.first, checkpoint=text)
    yield case(
        "cosignature",
        "a known witness's line does not verify",
        "bad-signature",
        seen,
        octets=replace(seen.receipt, first=broken).to_bytes(),
    )
    yield case(
        "revoked-before",
        "the key had revoked itself before",
        "revoked-before",
        made,
        key_status={"tree_size": 8, "revoked_at": 5},
    )
