"""The golden receipts: what they must give, and that they are what their script writes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import receipt_cases
from published import own_cases

FOLDER = Path(__file__).parents[1] / "vectors" / "receipts"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def cases() -> dict[str, receipt_cases.Case]:
    """Make them when the first is asked for: to collect the tests is not to run them."""
    return {case.name: case for case in receipt_cases.all_cases()}


@pytest.mark.parametrize("vector", own_cases("receipts"))
def test_vector_has_its_verdict(vector: dict[str, Any]) -> None:
    verdict = receipt_cases.verify_case(vector)

    assert receipt_cases.verdict_json(verdict) == vector["verdict"]
    deciding = verdict.deciding
    if vector["expect"] == "ok":
        assert deciding is None
        assert verdict.exit_code == 0
    else:
        assert deciding is not None
        assert vector["expect"] == deciding.facts.get("error", deciding.code)


@pytest.mark.parametrize("name", NAMES)
def test_stored_vector_is_what_the_script_makes(name: str) -> None:
    stored = (FOLDER / f"{name}.json").read_text()

    assert receipt_cases.to_text(receipt_cases.to_vector(cases()[name])) == stored


def test_no_vector_is_left_over_and_the_sums_hold() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    listed = {line[66:]: line[:64] for line in lines}

    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FOLDER.glob("*.json")
    }

    assert found == listed
    assert set(found) == {f"{name}.json" for name in cases()}
