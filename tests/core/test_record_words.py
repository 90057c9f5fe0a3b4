"""What one record says, in sentences: of every type, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attribution_case import Log, claim
from record_cases import all_cases

from provenance.document import SPEECHES, Speech
from provenance.record import parse_record
from provenance.record_codes import CODES
from provenance.record_types import OPERATOR_TYPES, TYPES
from provenance.record_words import tell_record

if TYPE_CHECKING:
    from provenance.case import Entry

LI = "0000-0002-1825-0097"


def told(entry: Entry, language: str = "en") -> str | None:
    return tell_record(entry.record, lambda one: one.hex()[:8], Speech(SPEECHES[language]))


def test_a_ruling_is_told_with_what_it_finds_wrong() -> None:
    log = Log()
    deposit = log.deposit("ann", claim("李雷", "software", orcid=LI))
    dispute = log.sign(
        *("institute", "dispute"),
        records=[deposit.id.hex()],
        claims=["priority"],
        question="谁先？",
        parties=[{"name": "李雷", "orcid": LI, "side": "claimant"}],
    )
    ruling = log.sign(
        *("institute", "ruling"),
        record=dispute.id.hex(),
        outcome="upheld",
        corrects=[deposit.id.hex()],
        reasons="The sealed one came first.",
    )
    wrong, about = deposit.id.hex()[:8], dispute.id.hex()[:8]

    assert told(ruling) == (
        f"decides {about}: upheld\nfinds wrong: {wrong}\nThe sealed one came first."
    )
    assert "支持" in str(told(ruling, "zh"))
    assert f"claimant: 李雷 {LI}" in str(told(dispute))
    assert "谁先？" in str(told(dispute, "zh"))


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_every_type_is_told_and_has_a_word_in_chinese(language: str) -> None:
    seen = set()
    for case in all_cases():
        if case.expect != "ok":
            continue
        record = parse_record(case.compact, complete=False)
        said = tell_record(record, bytes.hex, Speech(SPEECHES[language]))
        seen.add(record.type)
        assert (said is None) == (record.type == "deposit" or record.type in OPERATOR_TYPES)

    assert seen >= TYPES.keys() - OPERATOR_TYPES
    assert set(TYPES) <= CODES.keys()
