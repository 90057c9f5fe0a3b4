"""No altered receipt passes for another than it is; ``mutations.py`` says which bytes are free.

Every third, fifth or thirteenth byte is altered, for odd steps meet both digits of hex and all four
of base64; ``scripts/mutate_receipt`` puts every value into every byte.
"""

from __future__ import annotations

from dataclasses import replace

import mutations
import pytest
import receipts
from mutations import (
    ALL,
    MANY,
    REPRESENTATIVES,
    REVOKED,
    SMALL,
    free,
    is_refused,
    span,
    survivors,
    verdict_of,
)

from provenance.verify import verify_receipt


def test_every_altered_byte_of_a_complete_receipt_is_refused() -> None:
    made = receipts.build(SMALL)
    assert verdict_of(made, made.octets).exit_code == 0

    assert survivors(made, REPRESENTATIVES, range(0, len(made.octets), 5)) == []


def test_every_truncation_is_refused_as_unusable() -> None:
    made = receipts.build(SMALL)

    codes = {verdict_of(made, made.octets[:end]).exit_code for end in range(len(made.octets))}

    assert codes == {2}


def test_every_byte_in_front_or_behind_is_refused_as_unusable() -> None:
    made = receipts.build(SMALL)

    for value in range(256):
        assert verdict_of(made, made.octets + bytes([value])).exit_code == 2
        assert verdict_of(made, bytes([value]) + made.octets).exit_code == 2


def test_every_deleted_byte_is_refused() -> None:
    made = receipts.build(SMALL)
    octets = made.octets

    for position in range(0, len(octets), 3):
        verdict = verdict_of(made, octets[:position] + octets[position + 1 :])
        assert is_refused(verdict), position


def test_a_line_of_an_unknown_key_may_change_and_nothing_else_does() -> None:
    made = receipts.build(replace(SMALL, anchors=(), cosigned=1))
    line = span(made.octets, b"\xe2\x80\x94 witness-0", b"\\n")
    whole = verdict_of(made, made.octets)

    free = survivors(made, b'ABXab019+/= "\\~\xff', line)

    assert free
    assert all(verdict == whole for _, _, verdict in free)
    # the dash, both spaces and the line feed hold the line together
    assert {position for position, _, _ in free} <= set(line[4:-2])


def test_a_line_of_a_known_key_may_not_change() -> None:
    made = receipts.build(replace(SMALL, anchors=(), cosigned=1, witnesses=1, quorum=1))
    line = span(made.octets, b"\xe2\x80\x94 witness-0", b"\\n")
    before = verdict_of(made, made.octets).check("witnesses")

    after = [verdict.check("witnesses") for _, _, verdict in survivors(made, REPRESENTATIVES, line)]

    assert before.code == "quorum-met"
    assert {check.code for check in after} == {"quorum-not-met"}


def test_a_header_nobody_vouches_for_proves_no_time_whatever_it_says() -> None:
    made = receipts.build(SMALL)
    header = span(made.octets, b'"evidence":{"kind":"storage","header":"0x', b'"')

    for _, mutant in mutations.mutants(made.octets, b"", header[::3]):
        verdict = verify_receipt(mutant, made.policy, now_unix=receipts.NOW)
        assert verdict.exit_code in {1, 2, 3}
        assert verdict.not_after is None
        assert verdict.not_before is None


def test_an_anchor_renamed_to_an_unknown_chain_counts_for_nothing() -> None:
    made = receipts.build(replace(SMALL, beacon=False))
    chain_id = span(made.octets, b'"chain_id":1', b",")

    left = survivors(made, ALL, chain_id)

    assert {verdict.exit_code for _, _, verdict in left} == {3}
    assert {verdict.check("not-after").code for _, _, verdict in left} == {"no-anchor-of-policy"}
    assert all(verdict.not_after is None for _, _, verdict in left)


# --- several sets, other kinds of evidence, witnesses ---------------------------------------


def test_no_altered_byte_makes_another_receipt_of_several_chains() -> None:
    made = receipts.build(MANY)
    assert verdict_of(made, made.octets).exit_code == 0

    left = survivors(made, b"", range(0, len(made.octets), 5))

    assert {position for position, _, _ in left} <= free(made.octets)
    assert {verdict.check("witnesses").code for _, _, verdict in left} <= {"quorum-met"}


def test_what_may_be_altered_makes_an_anchor_or_a_cosignature_count_for_nothing() -> None:
    made = receipts.build(MANY)
    whole = verdict_of(made, made.octets)

    left = survivors(made, b"", sorted(free(made.octets)))

    assert left
    for _, _, verdict in left:
        better = [check for check in verdict.checks if check not in whole.checks]
        assert {check.code for check in better} <= {"anchor-not-in-policy", "not-reached"}
        assert verdict.not_after == whole.not_after


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (b'"evidence":{"kind":"trusted-rpc"', b"}"),
        (b'"evidence":{"kind":"receipt"', b'"receipt_proof":["0x'),
        (b'"receipt_proof":["0x', b"]"),
        (b'{"chain_id":1030,', b'"history":null}'),
        (b'"anchored":[{"checkpoint":"', b"\xe2\x80\x94 ledger"),
    ],
)
def test_no_byte_of_the_other_kinds_of_evidence_is_free(start: bytes, end: bytes) -> None:
    made = receipts.build(MANY)
    places = span(made.octets, start, end)

    assert survivors(made, REPRESENTATIVES, places[:: 3 if len(places) < 1_000 else 13]) == []


def test_every_set_needs_a_signature_that_the_policy_knows() -> None:
    made = receipts.build(replace(MANY, cosigned=0, witnesses=0, quorum=0))
    line = "— ledger.example/log ".encode()
    starts = [at for at in range(len(made.octets)) if made.octets.startswith(line, at)]

    # in each of the three checkpoints, and in the statement
    assert len(starts) == 4
    for start in starts:
        place = start + len(line)
        assert survivors(made, range(0, 256, 3), range(place, place + 6)) == []


def test_no_byte_of_a_revocation_is_free() -> None:
    made = receipts.build(REVOKED)
    begins = made.octets.index(b',"revocations":')
    assert verdict_of(made, made.octets).check("key-status").code == "compromised-later-shown"

    assert survivors(made, REPRESENTATIVES, range(begins, len(made.octets), 5)) == []


def test_a_revocation_that_is_taken_out_leaves_only_what_was_proved_without_it() -> None:
    made = receipts.build(REVOKED)
    bare = replace(made.receipt, revocations=None).to_bytes()

    verdict = verdict_of(made, bare)

    assert verdict.exit_code == 0
    assert verdict.check("key-status").code == "revocation-not-shown"
