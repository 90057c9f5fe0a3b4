"""Receipts that show what was said against the signing key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from receipts import EVIDENCE_TIME, MAINNET, Shape, build, key_of

from receipt_cases.vector import case, hashes_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from receipt_cases.vector import Case

__all__ = ["SAID", "revoked"]

SAFE = 17
"""Number of the recovery key."""
STRANGER = 18

_GUARDED = Shape(identity={"recovery": key_of(SAFE).public.thumbprint}, revoker=SAFE)
SAID = replace(_GUARDED, words={11: (SAFE, {"compromised_since": EVIDENCE_TIME + 2})})
"""The recovery key says that the key was stolen just after the record was anchored."""


def revoked() -> Iterable[Case]:
    """Yield receipts with revocations, the good ones first."""
    made = build(SAID)
    yield case(
        "compromised-later",
        "the recovery key says since when, and the record is older",
        "ok",
        made,
        block_hashes=hashes_of(made),
    )
    itself = build(Shape(words={9: (Shape().signer, {"reason": "superseded"})}))
    yield case(
        "revoked-later-by-itself",
        "the key revoked itself at a later entry",
        "ok",
        itself,
        block_hashes=hashes_of(itself),
    )
    undecided = build(replace(SAID, words={11: (SAFE, {"compromised_since": EVIDENCE_TIME + 1})}))
    yield case(
        "compromised-undecided",
        "compromised since the very second of the evidence block",
        "compromised-undecided",
        undecided,
        block_hashes=hashes_of(undecided),
    )
    void = build(replace(SAID, own_block=MAINNET, words={11: (SAFE, {"compromised_since": 1_000})}))
    yield case(
        "compromised-before",
        "the record entered the log after the compromise",
        "compromised-before",
        void,
        block_hashes=hashes_of(void),
    )
    stranger = build(Shape(revoker=STRANGER, words={11: (STRANGER, {"compromised_since": 1_000})}))
    yield case(
        "revoked-by-a-stranger",
        "nobody gave that key a right to speak: it counts for nothing",
        "ok",
        stranger,
        block_hashes=hashes_of(stranger),
    )
    shown = made.receipt.revocations
    assert shown is not None
    yield case(
        "revocation-without-revoker",
        "the revoker's key record is left out",
        "unknown-key",
        made,
        octets=replace(made.receipt, revocations=replace(shown, keys=())).to_bytes(),
    )
    moved = replace(shown.records[0], path=shown.keys[0].path)
    yield case(
        "revocation-not-included",
        "the revocation's path is another entry's",
        "root-mismatch",
        made,
        octets=replace(made.receipt, revocations=replace(shown, records=(moved,))).to_bytes(),
    )
    yield case(
        "revocations-empty",
        "the member without a revocation in it",
        "malformed",
        made,
        octets=replace(made.receipt, revocations=replace(shown, records=())).to_bytes(),
    )
    wrong = replace(shown.records[0].record, sd_jwt=made.receipt.keys[0].sd_jwt)
    other = replace(shown.records[0], record=wrong)
    yield case(
        "revocation-of-another-type",
        "a key record where a revocation has to be",
        "malformed",
        made,
        octets=replace(made.receipt, revocations=replace(shown, records=(other,))).to_bytes(),
    )
    foreign = replace(shown, checkpoint=shown.checkpoint.replace("\n13\n", "\n12\n", 1))
    yield case(
        "revocations-checkpoint",
        "the revocations' own checkpoint is altered",
        "bad-signature",
        made,
        octets=replace(made.receipt, revocations=foreign).to_bytes(),
    )
