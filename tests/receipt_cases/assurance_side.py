"""Receipts that say how the digests came about, fixity records beside them, ranges of a file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import receipts
from oracles import naive_merkle
from receipts import Shape, build

from provenance.chunks import CHUNK_BYTES, ChunkedFile, ChunkTree, write_chunks
from provenance.note import NoteSigner
from provenance.receipt_parts import Parts
from receipt_cases.vector import case, hashes_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from receipts import Built

    from receipt_cases.vector import Case, Json

__all__ = ["assurance_side", "range_side"]

_SMALL = Shape(crowd=0)
_WITNESS = 8
"""Number of a key that is not the depositor's."""


# --- (14), a range of a file ----------------------------------------------------------------


def range_side() -> Iterable[Case]:
    content = b"\1" * (2 * CHUNK_BYTES + 5)
    tree = ChunkTree()
    tree.update(content)
    file = ChunkedFile("big.bin", tree.length, tree.hashes())
    entry = hashlib.sha256(content).digest() + b"big.bin"
    # the tree of a declared manifest with one file, by hand
    declared = b"sha256-chunks\0" + tree.digest() + b"big.bin"
    claims = {
        "dataset_digest": naive_merkle.root([entry]).hex(),
        "files": 1,
        "bytes": len(content),
        "additional_digests": [
            {"algorithm": "sha256-chunks", "digest": naive_merkle.root([declared]).hex()}
        ],
    }
    made = build(replace(_SMALL, claims=claims))
    hashes = hashes_of(made)
    listed = [one.hex() for one in file.hashes]
    last: dict[str, Json] = {
        "kind": "range",
        "chunks": write_chunks([file]).decode(),
        "path": "big.bin",
        "first": 1,
        "found": listed[1:],
    }
    moved = {**last, "first": 0}
    shorter = ChunkedFile("big.bin", CHUNK_BYTES, file.hashes[:1])
    other = {**last, "chunks": write_chunks([shorter]).decode(), "first": 0, "found": listed[:1]}
    for name, description, expect, data in (
        ("range", "the last two of three chunks", "ok", last),
        ("range-differs", "one chunk is another", "range-differs", {**last, "found": ["09" * 32]}),
        ("range-moved", "the chunks of another place", "range-differs", moved),
        ("range-beyond", "more than the file has", "range-differs", {**last, "first": 2}),
        ("range-empty", "no chunk was read", "nothing-compared", {**last, "found": []}),
        ("range-nowhere", "behind the end", "nothing-compared", {**last, "first": 3}),
        ("range-other-list", "the chunk hashes are others", "chunks-differ", other),
    ):
        yield case(name, description, expect, made, block_hashes=hashes, data=data)
    plain = build(_SMALL)
    yield case(
        "range-not-signed",
        "the record signs no chunk hashes",
        "no-chunks-digest",
        plain,
        block_hashes=hashes_of(plain),
        data=last,
    )


# --- (16) ---------------------------------------------------------------------------------


def assurance_side() -> Iterable[Case]:
    for name, description, claim in (
        ("rehashed", "the depositor hashed everything", {"rehashed": 3}),
        (
            "sampled",
            "the depositor hashed one of three",
            {"source": "bagit", "imported": 2, "rehashed": 1},
        ),
        ("imported", "the depositor hashed nothing", {"source": "sha256sums", "imported": 3}),
    ):
        made = build(replace(_SMALL, claims={"assurance": claim}))
        yield case(f"assurance-{name}", description, "ok", made, block_hashes=hashes_of(made))
    claims = {
        "dataset_digest": None,
        "declared_digest": {"algorithm": "md5", "digest": "ab" * 32},
        "assurance": {"source": "dvc", "declared": 3},
    }
    made = build(replace(_SMALL, claims=claims))
    yield case("assurance-declared", "only MD5", "ok", made, block_hashes=hashes_of(made))
    yield from _fixity_alone()
    yield from _fixity_given()


def _fixity_alone() -> Iterable[Case]:
    made = fixity(build(_SMALL), anchors=(receipts.MAINNET,))
    yield case(
        "fixity",
        "what a fixity record claims is not proved",
        "ok",
        made,
        block_hashes=hashes_of(made),
    )
    yield case(
        "fixity-with-data",
        "a fixity record is no deposit to compare data with",
        "no-dataset-digest",
        made,
        block_hashes=hashes_of(made),
        data={
            "kind": "whole",
            "digest": receipts.dataset_summary().digest.hex(),
            "files": 3,
            "bytes": 18,
        },
    )


def _fixity_given() -> Iterable[Case]:
    made = build(_SMALL)
    hashes = hashes_of(made)
    sample = {"checked": 2, "sample_seed": "5e" * 32}
    good = fixity(made)
    stranger = replace(_SMALL, claims={"title": "Another"})
    rows: list[tuple[str, str, str, list[Built]]] = [
        ("fixity-witnessed", "another key hashed everything", "ok", [good]),
        ("fixity-sample", "another key hashed two of three", "ok", [fixity(made, **sample)]),
        ("fixity-same-key", "the depositor looked again", "ok", [fixity(made, signer=4)]),
        (
            "fixity-twice",
            "the depositor looked again, and so did somebody else",
            "ok",
            [fixity(made, signer=4), good],
        ),
        ("fixity-failed", "one file was another", "fixity-failed", [fixity(made, failed=1)]),
        (
            "fixity-missing",
            "one of two sound records is not",
            "fixity-failed",
            [good, fixity(made, signer=9, missing=1)],
        ),
        (
            "fixity-of-another-record",
            "it speaks of another deposit",
            "fixity-of-another",
            [fixity(build(stranger))],
        ),
        (
            "fixity-of-another-dataset",
            "the right deposit, but other files",
            "fixity-of-another",
            [fixity(made, dataset_digest="09" * 32)],
        ),
        (
            "fixity-of-more-files",
            "the right deposit, but more files",
            "fixity-of-another",
            [fixity(made, files=4, checked=4)],
        ),
        (
            "fixity-by-unknown-log-key",
            "signed by nobody the policy names",
            "fixity-not-logged",
            [fixity(made, log_signer=NoteSigner(receipts.ORIGIN, receipts.key_of(77)))],
        ),
        (
            "fixity-bad-signature",
            "its record is not signed by its key",
            "fixity-false",
            [fixity(made, bad_signature=frozenset({6}))],
        ),
        ("fixity-is-deposit", "the receipt of something else", "fixity-unusable", [made]),
    ]
    for name, description, expect, given in rows:
        texts = [one.octets.decode() for one in given]
        yield case(name, description, expect, made, block_hashes=hashes, fixity=texts)
    yield case(
        "fixity-unreadable",
        "no receipt at all",
        "fixity-unusable",
        made,
        block_hashes=hashes,
        fixity=["{}"],
    )
    yield case(
        "fixity-of-fixity",
        "only a deposit has witnesses",
        "fixity-of-another",
        anchored := fixity(made, anchors=(receipts.MAINNET,)),
        block_hashes=hashes_of(anchored),
        fixity=[fixity(anchored).octets.decode()],
    )


_SHAPE = {"anchors", "signer", "log_signer", "bad_signature"}


def fixity(made: Built, **other: Json) -> Built:
    """Return the receipt of a fixity record about the record of ``made``, not anchored."""
    data = receipts.dataset_summary()
    claims: dict[str, Json] = {
        "record": Parts.parse(made.octets).record.id_hex,
        "dataset_digest": data.digest.hex(),
        "files": data.files,
        "checked": data.files,
        "failed": 0,
        "missing": 0,
        "started": receipts.T0 - 90,
        "ended": receipts.T0 - 30,
        "report_digest": "7f" * 32,
    }
    claims |= {name: value for name, value in other.items() if name not in _SHAPE}
    shape = {"anchors": (), "signer": _WITNESS, **{n: v for n, v in other.items() if n in _SHAPE}}
    return build(replace(_SMALL, kind="fixity", claims=claims, **shape))
