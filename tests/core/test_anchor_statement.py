"""The operator's signed word on an anchor: one form, one signature, never anything else's."""

from dataclasses import replace
from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from provenance import anchor, checkpoint, note
from provenance.anchor_evidence import StatedEvidence, block_of, parse_evidence
from provenance.anchor_statement import (
    FIRST_LINE,
    AnchorStatement,
    open_statement,
    read_statement,
    sign_statement,
)
from provenance.checkpoint import Checkpoint
from provenance.digests import RootHash
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    NotNormalizedError,
    TooLargeError,
    VerificationError,
)
from provenance.keys import PrivateKey
from provenance.note import NoteSigner
from provenance.strict_json import Members

ORIGIN = "ledger.example/log"
SIGNER = NoteSigner(ORIGIN, PrivateKey.from_seed("Ed25519", bytes([2]) * 32))
OTHER = NoteSigner(ORIGIN, PrivateKey.from_seed("Ed25519", bytes([3]) * 32))
STATEMENT = AnchorStatement(
    origin=ORIGIN,
    chain_id=1030,
    contract=b"\xc0" * 20,
    log_id=keccak(b"log"),
    tree_size=13,
    root_hash=RootHash(keccak(b"root")),
    block_number=1_000_030,
    block_hash=keccak(b"block"),
    timestamp=1_780_000_201,
    tx_hash=keccak(b"transaction"),
)
TEXT = STATEMENT.to_text()
NOTE = sign_statement(STATEMENT, SIGNER)

HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 2**53 - 1)
STATEMENTS = st.builds(
    AnchorStatement,
    origin=st.sampled_from([ORIGIN, "例.example/日志", "a b"]),
    chain_id=st.integers(1, 2**53 - 1),
    contract=st.binary(min_size=20, max_size=20),
    log_id=HASHES,
    tree_size=st.integers(1, 2**63 - 1),
    root_hash=HASHES.map(RootHash),
    block_number=NUMBERS,
    block_hash=HASHES,
    timestamp=NUMBERS,
    tx_hash=HASHES,
)


# --- the text -----------------------------------------------------------------------------


@given(statement=STATEMENTS)
def test_statement_is_read_as_it_was_written(statement: AnchorStatement) -> None:
    assert AnchorStatement.from_text(statement.to_text()) == statement


def test_text_is_ten_lines_of_label_and_value() -> None:
    lines = TEXT.split("\n")

    assert lines.pop() == ""
    assert lines[0] == FIRST_LINE == "provenance-anchor-statement/v1"
    assert [line.split(" ")[0] for line in lines[1:]] == [
        "origin",
        "chain",
        "contract",
        "log",
        "size",
        "root",
        "block",
        "time",
        "transaction",
    ]
    assert lines[7] == f"block 1000030 0x{keccak(b'block').hex()}"


@given(data=st.data())
def test_any_other_byte_is_refused_or_says_something_else(data: st.DataObject) -> None:
    octets = bytearray(TEXT.encode())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(st.integers(0, 127).filter(lambda value: value != octets[place]))

    try:
        read = AnchorStatement.from_text(octets.decode())
    except MalformedError:
        return
    assert read != STATEMENT


@given(st.text())
def test_any_text_is_refused_and_nothing_else_gets_out(text: str) -> None:
    for candidate in (text, f"{FIRST_LINE}\n{text}", TEXT + text[1:] + "x"):
        with pytest.raises(MalformedError):
            AnchorStatement.from_text(candidate)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("/v1\n", "/v2\n", "statement"),
        ("size 13\n", "", "statement"),
        ("size 13\n", "size 13\nsize 13\n", "statement"),
        ("chain 1030\ncontract", "contract 0x00\nchain 1030\ncontract", "statement"),
        ("origin ", "Origin ", "statement"),
        ("size 13", "size 013", "statement.size"),
        ("size 13", "size +13", "statement.size"),
        ("size 13", "size 0", "statement.size"),
        ("size 13", f"size {2**63}", "statement.size"),
        ("size 13", "size 1٣", "statement.size"),
        ("chain 1030", "chain 0", "statement.chain"),
        ("chain 1030", f"chain {2**53}", "statement.chain"),
        ("chain 1030", "chain  1030", "statement.chain"),
        ("contract 0xc0", "contract 0xC0", "statement.contract"),
        ("contract 0xc0", "contract 0x", "statement.contract"),
        ("block 1000030 ", "block 1000030  ", "statement.block"),
        ("block 1000030 0x", "block 1000030", "statement.block"),
        ("time 1780000201", "time -1", "statement.time"),
        ("time 1780000201", "time 1780000201.0", "statement.time"),
        ("\ntransaction 0x", "\ntransaction ", "statement.transaction"),
        (f"origin {ORIGIN}", "origin ", "statement.origin"),
    ],
)
def test_bad_line_is_named(old: str, new: str, field: str) -> None:
    assert old in TEXT

    with pytest.raises(MalformedError) as refused:
        AnchorStatement.from_text(TEXT.replace(old, new, 1))

    assert refused.value.field == field


def test_origin_in_another_form_is_refused() -> None:
    with pytest.raises(NotNormalizedError):
        AnchorStatement.from_text(TEXT.replace(ORIGIN, "e\u0301.example"))


# --- never anything else ------------------------------------------------------------------


@given(statement=STATEMENTS)
def test_statement_is_no_checkpoint_and_no_checkpoint_is_one(statement: AnchorStatement) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.from_text(statement.to_text())
    for origin in (FIRST_LINE, ORIGIN):
        text = Checkpoint(origin, statement.tree_size, statement.root_hash).to_text()
        with pytest.raises(MalformedError):
            AnchorStatement.from_text(text)


def test_signed_checkpoint_is_not_opened_as_a_statement() -> None:
    signed = checkpoint.sign(Checkpoint(FIRST_LINE, 13, STATEMENT.root_hash), SIGNER)

    with pytest.raises(MalformedError):
        open_statement(signed, [SIGNER.verifier])
    with pytest.raises(MalformedError):
        checkpoint.open_checkpoint(NOTE, FIRST_LINE, [SIGNER.verifier])


# --- the signature ------------------------------------------------------------------------


def test_signed_statement_is_opened_by_the_key_that_signed() -> None:
    assert open_statement(NOTE, [OTHER.verifier, SIGNER.verifier]) == STATEMENT
    assert read_statement(NOTE) == STATEMENT


@pytest.mark.parametrize("known", [[], [OTHER]])
def test_statement_of_another_key_is_refused(known: list[NoteSigner]) -> None:
    with pytest.raises(BadSignatureError) as refused:
        open_statement(NOTE, [signer.verifier for signer in known])

    assert refused.value.field == "statement"


def test_every_altered_character_of_the_note_is_refused() -> None:
    for place, character in enumerate(NOTE):
        mutant = NOTE[:place] + ("A" if character != "A" else "B") + NOTE[place + 1 :]
        with pytest.raises((MalformedError, BadSignatureError)):
            open_statement(mutant, [SIGNER.verifier])


@pytest.mark.parametrize("signer", [SIGNER, OTHER])
def test_second_signature_line_is_refused(signer: NoteSigner) -> None:
    twice = note.sign(TEXT, [SIGNER, signer])

    for read in (read_statement, lambda text: open_statement(text, [SIGNER.verifier])):
        with pytest.raises(MalformedError) as refused:
            read(twice)
        assert refused.value.field == "statement"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "two\nlines"),
        ("origin", ""),
        ("tree_size", 0),
        ("chain_id", 0),
        ("contract", b"\xc0" * 19),
        ("block_hash", b""),
        ("timestamp", 2**53),
    ],
)
def test_what_is_no_statement_is_never_signed(name: str, value: object) -> None:
    changed: dict[str, Any] = {name: value}

    with pytest.raises(MalformedError):
        sign_statement(replace(STATEMENT, **changed), SIGNER)


# --- as evidence --------------------------------------------------------------------------


def facts(**others: object) -> dict[str, Any]:
    return {
        "origin": ORIGIN,
        "chain_id": 1030,
        "contract": STATEMENT.contract,
        "log_id": STATEMENT.log_id,
        "tree_size": 13,
        "root_hash": STATEMENT.root_hash,
        **others,
    }


def test_statement_of_exactly_this_is_believed_to_be_the_operators() -> None:
    verifiers = [SIGNER.verifier]

    assert anchor.verify_statement(StatedEvidence(NOTE), verifiers, **facts()) == STATEMENT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "other.example/log"),
        ("chain_id", 1),
        ("contract", bytes(20)),
        ("log_id", bytes(32)),
        ("tree_size", 12),
        ("root_hash", bytes(32)),
    ],
)
def test_statement_of_something_else_is_refused(name: str, value: object) -> None:
    with pytest.raises(VerificationError) as refused:
        anchor.verify_statement(StatedEvidence(NOTE), [SIGNER.verifier], **facts(**{name: value}))

    assert refused.value.field == "statement"


def test_evidence_is_written_as_it_was_read() -> None:
    evidence = StatedEvidence(NOTE)
    written = evidence.to_json()

    assert written == {"kind": "trusted-rpc", "statement": NOTE}
    assert parse_evidence(Members(written)) == evidence
    assert (evidence.kind, evidence.level) == ("trusted-rpc", "trusted-rpc")
    block = block_of(evidence)
    assert (block.number, block.block_hash) == (1_000_030, STATEMENT.block_hash)
    assert block.timestamp == STATEMENT.timestamp


@pytest.mark.parametrize(
    "statement", ["", 7, None, "a note", TEXT, NOTE.replace("size 13", "size 013"), NOTE + "\n"]
)
def test_evidence_without_a_statement_is_named(statement: object) -> None:
    members = Members({"kind": "trusted-rpc", "statement": statement}, "evidence")

    with pytest.raises(MalformedError) as refused:
        parse_evidence(members)

    assert refused.value.field == "evidence.statement"


def test_statement_of_any_length_is_not_read() -> None:
    members = Members({"kind": "trusted-rpc", "statement": "x" * 4_097}, "evidence")

    with pytest.raises(TooLargeError):
        parse_evidence(members)


def test_evidence_with_a_header_beside_the_statement_is_refused() -> None:
    members = {**StatedEvidence(NOTE).to_json(), "header": "0x00"}

    with pytest.raises(MalformedError) as refused:
        parse_evidence(Members(members, "evidence"))

    assert refused.value.field == "evidence.header"
