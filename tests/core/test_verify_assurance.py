"""Check 16: what is said of the digests, and that no altered fixity record makes a witness."""

from __future__ import annotations

from dataclasses import replace

import mutations
import pytest
import receipts
from receipt_cases.assurance_side import fixity
from receipts import MAINNET, Shape, build

from provenance.chunks import CHUNK_BYTES, ChunkedFile
from provenance.fingerprint import Summary
from provenance.given import GivenBlock, GivenFixity, RangeOfFile
from provenance.receipt_parts import Parts
from provenance.record import fixity_of
from provenance.verdict import Outcome
from provenance.verify import read_fixity, verify_receipt

MADE = build(Shape(crowd=0))
BLOCKS = [GivenBlock(one) for one in MADE.evidence_hashes.values()]


def given(made: receipts.Built) -> GivenFixity:
    return read_fixity(made.octets, MADE.policy, now_unix=receipts.NOW)


def test_a_fixity_record_is_read_with_whose_key_signed_it() -> None:
    made = fixity(MADE, checked=2, sample_seed="5e" * 32)
    record = Parts.parse(made.octets).record

    read = given(made)

    assert read.state == "logged"
    assert (read.key, read.identity) == (record.kid, "key-self-asserted")
    assert read.fixity == fixity_of(record)
    assert read.fixity is not None
    assert read.fixity.record == Parts.parse(MADE.octets).record.id
    assert read.fixity.sample_seed == bytes.fromhex("5e" * 32)


def test_no_altered_byte_of_a_fixity_receipt_makes_a_witness() -> None:
    octets = fixity(MADE).octets
    assert read_fixity(octets, MADE.policy, now_unix=0).state == "logged"

    states = {
        read_fixity(mutant, MADE.policy, now_unix=0).state
        for _, mutant in mutations.mutants(octets, b"", range(0, len(octets), 3))
    }

    # a signature line of the log that became an unknown key's: 3, as for every receipt
    assert states == {"unusable", "false", "not-logged"}


def test_a_witness_is_vouched_for_by_another_key_and_changes_no_code() -> None:
    for fixities in ([], [given(fixity(MADE))], [given(fixity(MADE, signer=4))]):
        verdict = verify_receipt(
            MADE.octets, MADE.policy, now_unix=receipts.NOW, blocks=BLOCKS, fixity=fixities
        )

        assert verdict.exit_code == 0
        assert verdict.check("assurance").outcome is Outcome.NOT_CHECKED
        witnessed = fixities and fixities[0].key != Parts.parse(MADE.octets).record.kid
        assert verdict.assurance == ("witnessed" if witnessed else None)


def test_a_found_difference_is_false_and_no_time_is_claimed() -> None:
    verdict = verify_receipt(
        MADE.octets,
        MADE.policy,
        now_unix=receipts.NOW,
        blocks=BLOCKS,
        fixity=[given(fixity(MADE, failed=1))],
    )

    assert verdict.exit_code == 1
    assert verdict.not_after is None
    assert verdict.deciding is not None
    assert verdict.deciding.subject == "fixity[0]"
    assert verdict.assurance is None


def test_the_sentence_of_a_sample_says_what_it_would_miss() -> None:
    many = build(Shape(crowd=0, claims={"files": 10_000, "bytes": None}))
    sample = fixity(many, files=10_000, checked=300, sample_seed="5e" * 32)

    verdict = verify_receipt(
        many.octets, many.policy, now_unix=receipts.NOW, fixity=[given(sample)]
    )

    check = next(one for one in verdict.checks if one.subject == "fixity[0]")
    assert check.code == "fixity-witnessed-sample"
    assert (check.facts["bad"], check.facts["missed"]) == (100, "4.68 %")
    assert "with 100 bad files anywhere, the chance to meet none of them was 4.68 %" in check.text()


def test_a_hostile_count_of_files_is_judged_at_once() -> None:
    files = 2**53 - 1
    many = build(Shape(crowd=0, claims={"files": files, "bytes": None}))
    sample = fixity(many, files=files, checked=files - 1, sample_seed="5e" * 32)

    verdict = verify_receipt(many.octets, many.policy, now_unix=0, fixity=[given(sample)])

    assert verdict.assurance == "witnessed"


@pytest.mark.parametrize("kind", ["key", "beacon"])
def test_a_record_that_describes_no_data_has_no_assurance(kind: str) -> None:
    claims: dict[str, object] = {}
    if kind == "beacon":
        claims = {
            "chain_id": MAINNET,
            "number": 7,
            "block_hash": f"0x{'11' * 32}",
            "timestamp": 1,
        }
    made = build(Shape(crowd=0, anchors=(), kind=kind, claims=claims))

    verdict = verify_receipt(made.octets, made.policy, now_unix=0)

    assert verdict.check("assurance").code == "no-assurance"
    assert verdict.assurance is None


def test_a_range_names_the_place_that_differs() -> None:
    hashes = tuple(bytes([number]) * 32 for number in range(4))
    file = ChunkedFile("big.bin", 3 * CHUNK_BYTES + 5, hashes)
    root = "6b" * 32
    digests = [{"algorithm": "sha256-chunks", "digest": root}]
    made = build(Shape(crowd=0, claims={"additional_digests": digests}))
    side = Summary(bytes.fromhex(root), 3, None)
    good = RangeOfFile(side, file, 2, hashes[2:])

    def check(data: RangeOfFile) -> tuple[Outcome, dict[str, object]]:
        verdict = verify_receipt(made.octets, made.policy, now_unix=0, data=data)
        found = verdict.check("dataset")
        return found.outcome, dict(found.facts)

    outcome, facts = check(good)
    assert outcome is Outcome.PROVED
    assert (facts["start"], facts["stop"]) == (2 * CHUNK_BYTES, file.length)
    outcome, facts = check(replace(good, found=(hashes[2], bytes(32))))
    assert outcome is Outcome.FALSE
    assert facts == {"chunk": 3, "start": 3 * CHUNK_BYTES}
    assert check(replace(good, chunks=replace(side, files=2)))[0] is Outcome.FALSE
