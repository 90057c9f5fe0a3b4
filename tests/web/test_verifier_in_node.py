"""The page's verifier finds what Python's does, word for word, on every receipt and mutant."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mutations
import pytest
import receipts
from published import own_cases
from receipt_cases.vector import data_of, rpc_of
from verdict_requests import Question, ask_page, ask_page_of_mutants, edited

from provenance.digests import from_evm_hex
from provenance.given import GivenBlock, KeyStatus

if TYPE_CHECKING:
    from verdict_requests import Edit

SHAPES = {
    "small": mutations.SMALL,
    "institution": replace(mutations.SMALL, alg="ES256", institution=True),
    "witnessed": replace(mutations.SMALL, cosigned=2, witnesses=2, quorum=2),
    "many": mutations.MANY,
    "revoked": mutations.REVOKED,
}
MUTANTS = 500
"""Of each shape; ``scripts/compare_verifiers`` tries more."""


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


def edits_of(octets: bytes, count: int, seed: int) -> list[Edit]:
    """Return random edits: a turned bit, another byte, some less, some more, or cut off."""
    draw = random.Random(seed)
    edits: list[Edit] = []
    for _ in range(count):
        at = draw.randrange(len(octets))
        kind = draw.randrange(10)
        if kind < 4:
            edits.append((at, 1, bytes([octets[at] ^ (1 << draw.randrange(8))])))
        elif kind < 6:
            edits.append((at, 1, bytes([draw.choice(b'019afAZ/+=-_"\\,:[]{} \n\xff')])))
        elif kind == 6:
            edits.append((at, draw.randrange(1, 4), b""))
        elif kind == 7:
            edits.append((at, 0, bytes([draw.randrange(256)])))
        elif kind == 8:
            start = draw.randrange(len(octets))
            edits.append((at, 0, octets[start : start + draw.randrange(1, 60)]))
        else:
            edits.append((at, len(octets) - at, b""))
    return edits


@pytest.mark.parametrize("shape", SHAPES)
def test_every_altered_receipt_has_pythons_verdict(shape: str) -> None:
    made = receipts.build(SHAPES[shape])
    blocks = [GivenBlock(block_hash) for block_hash in made.evidence_hashes.values()]
    question = Question(made.octets, made.policy.octets, receipts.NOW, blocks=blocks)
    edits = [(0, 0, b""), *edits_of(made.octets, MUTANTS, seed=len(shape))]

    answers = ask_page_of_mutants(question, edits)

    for edit, answer in zip(edits, answers, strict=True):
        assert answer == question.verdict(edited(made.octets, edit)), edit
