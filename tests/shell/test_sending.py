"""What a sender takes for the receipt of its record, whatever the service answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import receipts
from receipts import Built, Shape

from provenance.cli import sending
from provenance.errors import VerificationError
from provenance.files.outbox import Submission
from provenance.note import NoteSigner
from provenance.record import parse_record

SHAPE = Shape(anchors=())
STRANGER = NoteSigner(receipts.ORIGIN, receipts.key_of(9))


def take(made: Built) -> int:
    record = parse_record(made.receipt.record.sd_jwt.encode(), complete=True)
    submission = Submission(Path("unused"), (record,), None)
    taken = sending._check(made.octets, submission, made.policy)  # noqa: SLF001 -- the one gate
    return taken.record.leaf_index


def test_a_receipt_of_the_policys_log_is_taken_before_its_anchor() -> None:
    assert take(receipts.build(SHAPE)) == 6


def test_a_receipt_of_a_made_up_log_is_not_taken() -> None:
    made = receipts.build(replace(SHAPE, log_signer=STRANGER))

    with pytest.raises(VerificationError, match=r"check 6, .*no key that your policy names"):
        take(made)
