"""The page's verifier finds what Python's does, word for word, on every receipt and mutant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import mutations
import pytest
import receipts
from in_node import ask_one
from published import own_cases
from receipt_cases.vector import data_of, rpc_of
from receipt_edits import SHAPES, edits_of, question_about, rewritten
from verdict_requests import Question, ask_page, ask_page_of_mutants, edited

from provenance.digests import from_evm_hex
from provenance.given import GivenBlock, KeyStatus

MUTANTS = 300
"""Of each shape and each kind; ``scripts/compare_verifiers`` tries more."""


def question_of(vector: dict[str, Any]) -> Question:
    """Return what a vector asks."""
    given = vector["given"]
    headers = [from_evm_hex(text) for text in given.get("headers", [])]
    blocks = [GivenBlock.from_hash(text) for text in given.get("block_hashes", [])]
    status = given.get("key_status")
    return Question(
        receipt=vector["receipt"].encode(),
        policy=vector["policy"].encode(),
        now_unix=vector["now_unix"],
        blocks=[*blocks, *map(GivenBlock.from_header, headers)],
        headers=headers,
        rpc=rpc_of(given.get("rpc")),
        data=data_of(given.get("data")),
        key_status=None if status is None else KeyStatus(**status),
        require=frozenset(given.get("require", [])),
        allow_dev_chain=given.get("allow_dev_chain", False),
        fixity=[text.encode() for text in given.get("fixity", [])],
    )


def test_every_published_receipt_has_pythons_verdict() -> None:
    vectors = [parameter.values[0] for parameter in own_cases("receipts")]
    questions = [question_of(vector) for vector in vectors]

    answers = ask_page(questions)

    for vector, question, answer in zip(vectors, questions, answers, strict=True):
        assert answer == question.verdict(), vector["description"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_altered_receipt_has_pythons_verdict(shape: str) -> None:
    question = question_about(shape)
    edits = [(0, 0, b""), *edits_of(question.receipt, MUTANTS, seed=len(shape))]
    edits += rewritten(question.receipt, MUTANTS, seed=len(shape))

    answers = ask_page_of_mutants(question, edits)

    for edit, answer in zip(edits, answers, strict=True):
        assert answer == question.verdict(edited(question.receipt, edit)), edit


def test_a_number_that_no_real_block_has_is_no_trouble() -> None:
    made = receipts.build(replace(mutations.SMALL, evidence_time=2**63, history=False))
    question = Question(made.octets, made.policy.octets, receipts.NOW)

    (exact,) = ask_page([question])
    rounded = ask_one(
        "core/verify.js", "verifyReceipt", made.octets, made.policy.octets, {"now": receipts.NOW}
    )

    assert exact == question.verdict()
    assert " s after 1970" in json.dumps(exact)
    assert [check["text"] for check in rounded["checks"]] == [
        check["text"] for check in exact["checks"]
    ]
