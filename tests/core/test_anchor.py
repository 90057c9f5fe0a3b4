import itertools
from dataclasses import replace
from typing import Any

import pytest
import rlp as rlp_oracle  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak as keccak_oracle
from hypothesis import given
from hypothesis import strategies as st
from published import own_cases
from trie.hexary import HexaryTrie

from provenance import anchor, errors
from provenance.anchor import AnchorState, HistoryProof, StorageEvidence, parse_evidence
from provenance.errors import (
    BadTrieProofError,
    CodeMismatchError,
    HistoryMismatchError,
    MalformedError,
    NotAnchoredError,
    ProvenanceError,
    RootMismatchError,
    TooLargeError,
    VerificationError,
)
from provenance.header import BlockHeader
from provenance.strict_json import Members

Case = dict[str, Any]

ANCHORED: list[Case] = [
    case.values[0] for case in own_cases("anchor") if case.values[0]["expect"] == "ok"
]
GROWN: Case = next(case for case in ANCHORED if case["tree_size"] == 5)
HISTORY: Case = next(
    case.values[0] for case in own_cases("history") if case.values[0]["expect"] == "ok"
)


def evm(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def evidence_of(case: Case) -> StorageEvidence:
    evidence = parse_evidence(Members(case["evidence"], "evidence"))
    assert isinstance(evidence, StorageEvidence)
    return evidence


def history_of(case: Case) -> HistoryProof:
    return HistoryProof.from_json(Members(case["history"], "history"))


def verify(case: Case, evidence: StorageEvidence | None = None, **others: Any) -> BlockHeader:  # noqa: ANN401 -- facts of several types
    facts = {
        "contract": evm(case["contract"]),
        "code_hash": evm(case["code_hash"]),
        "log_id": evm(case["log_id"]),
        "tree_size": case["tree_size"],
        "root_hash": evm(case["root_hash"]),
        "roots_slot": case["roots_slot"],
        **others,
    }
    return anchor.verify_anchored_root(evidence or evidence_of(case), **facts)


def verify_history(case: Case, proof: HistoryProof | None = None) -> None:
    anchor.verify_history(
        evm(case["state_root"]),
        proof or history_of(case),
        case["number"],
        evm(case["block_hash"]),
    )


def outcome(check: Any, case: Case) -> str:  # noqa: ANN401 -- either check above
    try:
        check(case)
    except ProvenanceError as error:
        return error.code
    return "ok"


# --- recorded from a real node ------------------------------------------------------------


@pytest.mark.parametrize("case", own_cases("anchor"))
def test_recorded_anchor_is_judged_as_the_chain_had_it(case: Case) -> None:
    assert outcome(verify, case) == case["expect"]


@pytest.mark.parametrize("case", own_cases("history"))
def test_recorded_history_is_judged_as_the_chain_had_it(case: Case) -> None:
    assert outcome(verify_history, case) == case["expect"]


@pytest.mark.parametrize("case", ANCHORED)
def test_anchored_root_gives_the_header_of_its_block(case: Case) -> None:
    assert verify(case).hash == evm(case["block_hash"])


def test_one_block_proves_an_earlier_one_and_its_header() -> None:
    verify_history(HISTORY)

    earlier = BlockHeader.parse(evm(HISTORY["header"]))
    assert (earlier.number, earlier.hash) == (HISTORY["number"], evm(HISTORY["block_hash"]))


def test_log_id_is_the_contracts() -> None:
    assert anchor.log_id(evm(GROWN["registrar"]), GROWN["origin"]) == evm(GROWN["log_id"])


def test_history_code_is_that_of_every_ethereum_chain() -> None:
    assert anchor.HISTORY_CODE_HASH.hex() == (
        "6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d"
    )


@pytest.mark.parametrize(("number", "slot"), [(0, 0), (8190, 8190), (8191, 0), (16_383, 1)])
def test_history_slot_goes_round(number: int, slot: int) -> None:
    assert int.from_bytes(anchor.history_storage_slot(number), "big") == slot


# --- what does not fit --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "value", "error"),
    [
        ("contract", bytes(20), VerificationError),
        ("code_hash", bytes(32), CodeMismatchError),
        ("log_id", bytes(32), VerificationError),
        ("tree_size", 6, VerificationError),
        ("root_hash", bytes(32), RootMismatchError),
        ("root_hash", b"", RootMismatchError),
        ("roots_slot", 1, VerificationError),
    ],
)
def test_evidence_proves_nothing_of_other_facts(
    fact: str, value: object, error: type[ProvenanceError]
) -> None:
    others: Case = {fact: value}

    with pytest.raises(error):
        verify(GROWN, **others)


def test_code_mismatch_carries_both_hashes() -> None:
    with pytest.raises(CodeMismatchError) as refused:
        verify(GROWN, code_hash=bytes(32))

    assert (refused.value.expected, refused.value.found) == (bytes(32), evm(GROWN["code_hash"]))


def test_root_mismatch_carries_both_roots() -> None:
    with pytest.raises(RootMismatchError) as refused:
        verify(GROWN, root_hash=bytes(32))

    assert (refused.value.expected, refused.value.calculated) == (
        bytes(32),
        evm(GROWN["root_hash"]),
    )


def test_account_that_is_proved_absent_is_not_anchored() -> None:
    root_branch = evidence_of(GROWN).account_proof[:1]  # many of its 16 places are empty
    absent = set()
    for last in range(64):
        try:
            verify(
                GROWN,
                replace(evidence_of(GROWN), account_proof=root_branch),
                contract=bytes(19) + bytes([last]),
            )
        except VerificationError as error:
            absent.add(type(error))

    assert absent == {NotAnchoredError, BadTrieProofError}


@pytest.mark.parametrize("proof", ["account_proof", "storage_proof"])
def test_nodes_missing_added_or_out_of_order_are_refused(proof: str) -> None:
    evidence = evidence_of(GROWN)
    nodes: tuple[bytes, ...] = getattr(evidence, proof)
    assert len(nodes) > 1

    for wrong in ((), nodes[1:], nodes[:-1], nodes[::-1], (*nodes, nodes[-1])):
        changes: Case = {proof: wrong}
        with pytest.raises(BadTrieProofError):
            verify(GROWN, replace(evidence, **changes))


def test_proofs_of_another_block_are_refused() -> None:
    for case, other in itertools.permutations(ANCHORED, 2):
        if case["block_hash"] != other["block_hash"]:
            mixed = replace(evidence_of(case), header=evidence_of(other).header)
            with pytest.raises(BadTrieProofError):
                verify(case, mixed)


@given(data=st.data())
def test_any_flipped_bit_of_evidence_is_refused_or_names_another_block(
    data: st.DataObject,
) -> None:
    evidence = evidence_of(GROWN)
    parts = [evidence.header, *evidence.account_proof, *evidence.storage_proof]
    place = data.draw(st.integers(0, len(parts) - 1))
    rotten = bytearray(parts[place])
    bit = data.draw(st.integers(0, 8 * len(rotten) - 1))
    rotten[bit // 8] ^= 1 << bit % 8
    parts[place] = bytes(rotten)
    accounts = len(evidence.account_proof)
    mutant = StorageEvidence(parts[0], tuple(parts[1 : 1 + accounts]), tuple(parts[1 + accounts :]))

    try:
        header = verify(GROWN, mutant)
    except (MalformedError, VerificationError):
        return
    # only the hash that somebody vouches for can tell: it covers every byte of the header
    assert place == 0
    assert header.hash != evm(GROWN["block_hash"])


@given(data=st.data())
def test_any_flipped_bit_of_a_history_proof_is_refused(data: st.DataObject) -> None:
    proof = history_of(HISTORY)
    parts = [*proof.account_proof, *proof.storage_proof]
    place = data.draw(st.integers(0, len(parts) - 1))
    rotten = bytearray(parts[place])
    bit = data.draw(st.integers(0, 8 * len(rotten) - 1))
    rotten[bit // 8] ^= 1 << bit % 8
    parts[place] = bytes(rotten)
    accounts = len(proof.account_proof)

    with pytest.raises(BadTrieProofError):
        verify_history(HISTORY, HistoryProof(tuple(parts[:accounts]), tuple(parts[accounts:])))


def test_history_of_another_block_is_refused() -> None:
    with pytest.raises(HistoryMismatchError):
        anchor.verify_history(
            evm(HISTORY["state_root"]), history_of(HISTORY), HISTORY["number"], bytes(32)
        )


def test_history_is_not_taken_from_another_contract() -> None:
    evidence = evidence_of(GROWN)
    state_root = BlockHeader.parse(evidence.header).state_root

    with pytest.raises(VerificationError):
        anchor.verify_history(
            state_root,
            HistoryProof(evidence.account_proof, evidence.storage_proof),
            1,
            evm(GROWN["root_hash"]),
        )


# --- states that no chain has -------------------------------------------------------------


def synthetic(account: Any = None, slot: bytes = b"\x01") -> tuple[bytes, HistoryProof]:  # noqa: ANN401 -- any nested list
    """Return a state root, and the proofs of a history contract with ``slot`` in its slot 1.

    ``account`` stands in for the list of four fields; bytes go into the trie as they are.
    """
    storage, state = HexaryTrie(db={}), HexaryTrie(db={})
    slot_key = keccak_oracle(anchor.history_storage_slot(1))
    storage[slot_key] = slot
    if account is None:
        account = [b"", b"", storage.root_hash, anchor.HISTORY_CODE_HASH]
    account_key = keccak_oracle(anchor.HISTORY_CONTRACT)
    state[account_key] = account if isinstance(account, bytes) else rlp_oracle.encode(account)
    proofs = [
        tuple(rlp_oracle.encode(node) for node in tree.get_proof(key))  # type: ignore[no-untyped-call]  # the package's own lack
        for tree, key in ((state, account_key), (storage, slot_key))
    ]
    return state.root_hash, HistoryProof(*proofs)


def test_slot_gets_its_leading_zeros_back() -> None:
    state_root, proof = synthetic(slot=rlp_oracle.encode(b"\x12\x34"))

    anchor.verify_history(state_root, proof, 1, bytes(30) + b"\x12\x34")


@pytest.mark.parametrize(
    "slot",
    [
        pytest.param(rlp_oracle.encode(b""), id="zero, which no trie stores"),
        pytest.param(rlp_oracle.encode(b"\x00\x12"), id="a leading zero"),
        pytest.param(rlp_oracle.encode(b"\x01" * 33), id="33 bytes"),
        pytest.param(rlp_oracle.encode([b"\x12"]), id="a list"),
        pytest.param(b"\x12\x34", id="two items"),
        pytest.param(b"\xb8\x01", id="not RLP"),
    ],
)
def test_slot_of_an_impossible_form_is_refused(slot: bytes) -> None:
    state_root, proof = synthetic(slot=slot)

    with pytest.raises(BadTrieProofError):
        anchor.verify_history(state_root, proof, 1, b"\x12".rjust(32, b"\0"))


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(b"\xb8\x01", id="not RLP"),
        pytest.param(b"\x12", id="a string"),
        pytest.param([b"", b"", bytes(32)], id="three fields"),
        pytest.param([b"", b"", bytes(32), anchor.HISTORY_CODE_HASH, b""], id="five fields"),
        pytest.param([b"", b"", [], anchor.HISTORY_CODE_HASH], id="a list for the storage root"),
        pytest.param([b"", b"", bytes(32), []], id="a list for the code hash"),
        pytest.param([b"", b"", b"", anchor.HISTORY_CODE_HASH], id="no storage root"),
    ],
)
def test_account_of_an_impossible_form_is_refused(account: Any) -> None:  # noqa: ANN401 -- any nested list
    state_root, proof = synthetic(account=account)

    with pytest.raises(BadTrieProofError):
        anchor.verify_history(state_root, proof, 1, b"\x01".rjust(32, b"\0"))


# --- JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ANCHORED)
def test_evidence_is_written_as_it_was_read(case: Case) -> None:
    written = evidence_of(case).to_json()

    assert written == case["evidence"]
    assert list(written) == ["kind", "header", "account_proof", "storage_proof"]


def test_history_proof_is_written_as_it_was_read() -> None:
    assert history_of(HISTORY).to_json() == HISTORY["history"]


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("header", None, "evidence.header"),
        ("header", "00", "evidence.header"),
        ("header", "0X00", "evidence.header"),
        ("header", "0xAB", "evidence.header"),
        ("header", "0x0", "evidence.header"),
        ("account_proof", "0x00", "evidence.account_proof"),
        ("account_proof", ["0x00", 1], "evidence.account_proof[1]"),
        ("storage_proof", [["0x00"]], "evidence.storage_proof[0]"),
        ("storage_proof", ["0x0g"], "evidence.storage_proof[0]"),
        ("status", "final", "evidence.status"),
    ],
)
def test_malformed_member_is_named(member: str, value: object, field: str) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_evidence(Members({**GROWN["evidence"], member: value}, "evidence"))

    assert refused.value.field == field


@pytest.mark.parametrize("member", ["kind", "header", "account_proof", "storage_proof"])
def test_missing_member_is_named(member: str) -> None:
    members = {name: value for name, value in GROWN["evidence"].items() if name != member}

    with pytest.raises(MalformedError) as refused:
        parse_evidence(Members(members, "evidence"))

    assert refused.value.field == f"evidence.{member}"


@pytest.mark.parametrize(
    ("member", "value", "limit"),
    [
        ("header", "0x" + "00" * 8_193, 8_192),
        ("account_proof", ["0x00"] * 66, 65),
        ("storage_proof", ["0x" + "00" * 1_025], 1_024),
    ],
)
def test_evidence_over_a_limit_is_refused(member: str, value: object, limit: int) -> None:
    with pytest.raises(TooLargeError) as refused:
        parse_evidence(Members({**GROWN["evidence"], member: value}, "evidence"))

    assert (refused.value.limit, refused.value.length) == (limit, limit + 1)


# --- states -------------------------------------------------------------------------------


def test_anchor_goes_only_forward_or_back_to_sent_when_displaced() -> None:
    allowed = {("prepared", "sent"), ("sent", "included"), ("included", "final")}
    allowed.add(("included", "sent"))

    for old, new in itertools.product(AnchorState, repeat=2):
        if (old.value, new.value) in allowed:
            anchor.check_transition(old, new)
        else:
            with pytest.raises(errors.FatalError if old.value == "final" else RuntimeError):
                anchor.check_transition(old, new)
