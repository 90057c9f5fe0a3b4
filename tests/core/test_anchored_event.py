"""Evidence from a block's receipts: real blocks, py-trie's proofs, and whatever else could lie."""

from typing import Any

import pytest
import rlp as rlp_oracle  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak as keccak_oracle
from hypothesis import given
from hypothesis import strategies as st
from oracles import evm_state
from published import own_cases

from provenance.anchor import ReceiptEvidence, verify_anchored_event, verify_proof
from provenance.anchor_evidence import parse_evidence
from provenance.anchored_event import EVENT_TOPIC, prove_event
from provenance.errors import (
    BadTrieProofError,
    MalformedError,
    NotAnchoredError,
    ProvenanceError,
    TooLargeError,
    VerificationError,
)
from provenance.strict_json import Members

Case = dict[str, Any]

CASES: list[Case] = [case.values[0] for case in own_cases("event")]
TYPED = next(case for case in CASES if "types" in case["description"])
CONTRACT, LOG_ID, ROOT = b"\xc0" * 20, b"\x10" * 32, b"\x20" * 32


def evm(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def evidence_of(case: Case) -> ReceiptEvidence:
    evidence = parse_evidence(Members(case["evidence"], "evidence"))
    assert isinstance(evidence, ReceiptEvidence)
    return evidence


def facts_of(case: Case) -> dict[str, Any]:
    return {
        "contract": evm(case["contract"]),
        "log_id": evm(case["log_id"]),
        "tree_size": case["tree_size"],
        "root_hash": evm(case["root_hash"]),
    }


# --- recorded from a real node ------------------------------------------------------------


@pytest.mark.parametrize("case", own_cases("event"))
def test_recorded_event_is_judged_as_the_chain_had_it(case: Case) -> None:
    def judge() -> bytes:
        return verify_anchored_event(evidence_of(case), **facts_of(case)).hash

    if case["expect"] == "ok":
        assert judge() == evm(case["block_hash"])
        return
    with pytest.raises(ProvenanceError) as refused:
        judge()
    assert refused.value.code == case["expect"]


@pytest.mark.parametrize("case", CASES)
def test_our_proof_of_a_real_block_is_py_tries(case: Case) -> None:
    evidence, receipts = evidence_of(case), [evm(text) for text in case["receipts"]]
    if evidence.transaction_index >= len(receipts):
        with pytest.raises(RuntimeError):
            prove_event(evidence.header, receipts, evidence.transaction_index)
        return

    assert prove_event(evidence.header, receipts, evidence.transaction_index) == evidence


def test_real_block_has_receipts_of_every_type_in_use() -> None:
    kinds = {min(evm(text)[0], 0xC0) for text in TYPED["receipts"]}

    assert kinds == {0xC0, 1, 2, 4}


def test_receipts_of_another_block_are_refused() -> None:
    evidence = evidence_of(TYPED)
    receipts = [evm(text) for text in TYPED["receipts"]]

    with pytest.raises(BadTrieProofError):
        prove_event(evidence.header, receipts[::-1], evidence.transaction_index)


def test_topic_is_the_one_in_the_recorded_receipt() -> None:
    receipt = evm(TYPED["receipts"][TYPED["evidence"]["transaction_index"]])

    assert keccak_oracle(b"CheckpointAnchored(bytes32,uint64,bytes32)") == EVENT_TOPIC
    assert EVENT_TOPIC in receipt


def test_proof_of_either_kind_goes_by_one_name() -> None:
    evidence = evidence_of(TYPED)

    header = verify_proof(evidence, code_hash=bytes(32), roots_slot=0, **facts_of(TYPED))

    assert header.hash == evm(TYPED["block_hash"])


# --- what is refused ----------------------------------------------------------------------


@given(data=st.data())
def test_any_flipped_bit_is_refused_or_names_another_block(data: st.DataObject) -> None:
    evidence = evidence_of(TYPED)
    parts = [evidence.header, *evidence.receipt_proof]
    place = data.draw(st.integers(0, len(parts) - 1))
    rotten = bytearray(parts[place])
    bit = data.draw(st.integers(0, 8 * len(rotten) - 1))
    rotten[bit // 8] ^= 1 << bit % 8
    parts[place] = bytes(rotten)
    mutant = ReceiptEvidence(parts[0], evidence.transaction_index, tuple(parts[1:]))

    try:
        header = verify_anchored_event(mutant, **facts_of(TYPED))
    except (MalformedError, VerificationError):
        return
    # only the hash that somebody vouches for can tell: it covers every byte of the header
    assert place == 0
    assert header.hash != evm(TYPED["block_hash"])


@given(index=st.integers(0, 300).filter(lambda i: i != TYPED["evidence"]["transaction_index"]))
def test_proof_stands_for_one_index_only(index: int) -> None:
    evidence = evidence_of(TYPED)

    with pytest.raises(VerificationError):
        verify_anchored_event(
            ReceiptEvidence(evidence.header, index, evidence.receipt_proof), **facts_of(TYPED)
        )


Event = tuple[bytes, list[bytes], bytes]


def ours(size: int = 13) -> Event:
    return CONTRACT, [EVENT_TOPIC, LOG_ID, size.to_bytes(32, "big")], ROOT


def judge(receipt: bytes, others: int = 3) -> None:
    """Put a receipt between others into a block, and look for the event in it."""
    plain = [evm_state.transaction_receipt([], kind=at % 3) for at in range(others)]
    receipts = [*plain[:1], receipt, *plain[1:]]
    index = receipts.index(receipt)
    root, nodes = evm_state.prove_receipt(receipts, index)
    header = evm_state.header(7, 1_700_000_000, bytes(32), bytes(32), root)
    assert prove_event(header, receipts, index).receipt_proof == nodes
    verify_anchored_event(
        ReceiptEvidence(header, index, nodes),
        contract=CONTRACT,
        log_id=LOG_ID,
        tree_size=13,
        root_hash=ROOT,
    )


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 0x7F])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_event_counts_at_any_place_of_a_receipt_of_any_type(kind: int, place: int) -> None:
    events = [(bytes([at]) * 20, [keccak_oracle(bytes([at]))], b"data") for at in range(2)]
    events.insert(place, ours())

    judge(evm_state.transaction_receipt(events, kind=kind))


@pytest.mark.parametrize(
    "event",
    [
        (bytes(20), ours()[1], ROOT),
        (CONTRACT, [keccak_oracle(b"Other()"), *ours()[1][1:]], ROOT),
        (CONTRACT, [EVENT_TOPIC, bytes(32), ours()[1][2]], ROOT),
        (CONTRACT, ours(12)[1], ROOT),
        (CONTRACT, [EVENT_TOPIC, LOG_ID, b"\x0d"], ROOT),
        (CONTRACT, ours()[1][:2], ROOT),
        (CONTRACT, [*ours()[1], bytes(32)], ROOT),
        (CONTRACT, ours()[1][::-1], ROOT),
        (CONTRACT, ours()[1], bytes(32)),
        (CONTRACT, ours()[1], ROOT + bytes(32)),
        (CONTRACT, ours()[1], b""),
    ],
)
def test_event_that_is_not_exactly_ours_is_none(event: Event) -> None:
    with pytest.raises(NotAnchoredError):
        judge(evm_state.transaction_receipt([event]))


@pytest.mark.parametrize("status", [0, 2, 256])
def test_only_status_1_is_success(status: int) -> None:
    with pytest.raises(NotAnchoredError):
        judge(evm_state.transaction_receipt([ours()], status=status))


def test_post_state_root_of_old_receipts_is_no_success() -> None:
    body = rlp_oracle.encode([b"\x01" * 32, 21_000, bytes(256), [ours()]])

    with pytest.raises(NotAnchoredError):
        judge(bytes(body))


@pytest.mark.parametrize(
    "body",
    [
        b"\x02",
        b"\x02\x80",
        b"\x02\xc0",
        b"\xb8\x40" + bytes(64),
        bytes(rlp_oracle.encode([1, 21_000, bytes(256), ours()[2]])),
        bytes(rlp_oracle.encode([1, 21_000, bytes(256)])),
        bytes(rlp_oracle.encode([1, 21_000, bytes(256), [ours()], 7])),
        b"\x02" + bytes(rlp_oracle.encode([1, 2, bytes(256), [ours()]])) + b"\0",
    ],
)
def test_what_is_not_a_receipt_is_a_bad_proof(body: bytes) -> None:
    with pytest.raises(BadTrieProofError):
        judge(body)


# --- as JSON ------------------------------------------------------------------------------


def test_evidence_is_written_as_it_was_read() -> None:
    written = evidence_of(TYPED).to_json()

    assert written == TYPED["evidence"]
    assert list(written) == ["kind", "header", "transaction_index", "receipt_proof"]


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("kind", "event", "evidence.kind"),
        ("kind", 1, "evidence.kind"),
        ("header", "00", "evidence.header"),
        ("transaction_index", -1, "evidence.transaction_index"),
        ("transaction_index", "3", "evidence.transaction_index"),
        ("transaction_index", 2**24, "evidence.transaction_index"),
        ("receipt_proof", None, "evidence.receipt_proof"),
        ("receipt_proof", ["0x0g"], "evidence.receipt_proof[0]"),
        ("account_proof", [], "evidence.account_proof"),
    ],
)
def test_malformed_member_is_named(member: str, value: object, field: str) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_evidence(Members({**TYPED["evidence"], member: value}, "evidence"))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("value", "limit"), [(["0x00"] * 13, 12), (["0x" + "00" * 16_385], 16_384)]
)
def test_proof_over_a_limit_is_refused(value: object, limit: int) -> None:
    with pytest.raises(TooLargeError) as refused:
        parse_evidence(Members({**TYPED["evidence"], "receipt_proof": value}, "evidence"))

    assert (refused.value.limit, refused.value.length) == (limit, limit + 1)
