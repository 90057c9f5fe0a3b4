"""Records of every type and policies, odd in every way: refused as Python refuses them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import receipts
from certificates import LEAF, MIDDLE, pem
from in_node import Failed, ask
from key_records import ACADEMY
from mutations import MANY
from odd_json import altered, mutant

from provenance.digests import sha256
from provenance.errors import ProvenanceError
from provenance.policy import Policy
from provenance.record import parse_record

PROBE = "../../tests/web/probe_core.js"
FOLDER = Path(__file__).parents[1] / "vectors" / "records"
MUTANTS = 12
"""Of each published record that is good."""
POLICIES = 400

Json = Any


def outcome(compact: str, *, complete: bool) -> Json:
    """Return what Python reads of a record, or how it refuses it."""
    try:
        record = parse_record(compact.encode(), complete=complete)
    except ProvenanceError as error:
        return Failed(error.code, error.field, str(error))
    return [record.id_hex, record.kid, sorted(record.withheld), record.payload]


def test_odd_records_are_refused_alike() -> None:
    draw = random.Random(20)
    cases: list[tuple[str, bool]] = []
    for path in sorted(FOLDER.glob("*.json")):
        vector = json.loads(path.read_text("utf-8"))
        cases.append((vector["compact"], vector["complete"]))
        if vector["expect"] == "ok":
            cases += [(mutant(vector["compact"], draw), vector["complete"]) for _ in range(MUTANTS)]

    answers = ask([(PROBE, "readRecord", list(case)) for case in cases])

    assert sum(isinstance(answer, Failed) for answer in answers) < len(answers)
    for (compact, complete), answer in zip(cases, answers, strict=True):
        assert answer == outcome(compact, complete=complete), compact


def test_odd_policies_are_refused_alike() -> None:
    draw = random.Random(21)
    made = receipts.build(replace(MANY, institution=True))
    policy = json.loads(made.policy.octets)
    policy["institution_keys"].append(
        {"name": "A", "ror": None, "key": ACADEMY.public.jwk(), "certificate": pem(LEAF, MIDDLE)}
    )
    whole = json.dumps(policy).encode()
    odd = [json.dumps(altered(policy, draw), ensure_ascii=False).encode() for _ in range(POLICIES)]

    answers = ask([(PROBE, "readPolicy", [octets]) for octets in (whole, *odd)])

    assert answers[0] == sha256(whole).hex()
    for octets, answer in zip(odd, answers[1:], strict=True):
        try:
            expected: Json = Policy.parse(octets).digest.hex()
        except ProvenanceError as error:
            expected = Failed(error.code, error.field, str(error))
        assert answer == expected, octets
