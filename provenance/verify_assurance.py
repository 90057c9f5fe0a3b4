"""Check 16: how the digests of a deposit came about, and who else hashed the files.

The first line repeats what the depositor says of itself, which is never called proved: whoever
wants to know gives the data, and check 14 compares them. Each ``fixity`` record that the reader
brings has a line of its own. One by another key makes the deposit *witnessed*: vouched for by
the holder of that key, who need not be another person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.assurance import chance_of_missing, percent_text
from provenance.record import deposit_of, fixity_of
from provenance.verdict import Check, Outcome

if TYPE_CHECKING:
    from provenance.given import Given, GivenFixity
    from provenance.receipt_parts import Parts
    from provenance.record_values import Deposit, Fixity
    from provenance.verdict import Fact

__all__ = ["check_assurance"]

_CLAIMED = {
    "rehashed": "assurance-rehashed",
    "sampled": "assurance-sampled",
    "imported": "assurance-imported",
    "declared": "assurance-declared",
}
"""What is said of a deposit, by its level."""

_REFUSED = {
    "unusable": (Outcome.UNUSABLE, "fixity-unusable"),
    "false": (Outcome.FALSE, "fixity-false"),
    "not-logged": (Outcome.NOT_CHECKED, "fixity-not-logged"),
}
"""What is said of a ``fixity`` record that is not shown to be an entry of the log, by its state."""

_BAD_SHARE = 100
"""A sample is judged by what it would miss if one file of so many were bad."""


def check_assurance(parts: Parts, given: Given) -> list[Check]:
    """Make check 16 on the record itself, then on each ``fixity`` record given."""
    record = parts.record
    if record.type == "deposit":
        own = _check_claim(deposit_of(record))
    elif record.type == "fixity":
        fixity = fixity_of(record)
        facts: dict[str, Fact] = {"record": fixity.record.hex(), **_counts(fixity)}
        own = Check("assurance", Outcome.NOT_CHECKED, "fixity-claimed", "key-holder", facts)
    else:
        own = Check("assurance", Outcome.NOT_CHECKED, "no-assurance")
    return [own, *(_check_fixity(parts, one, i) for i, one in enumerate(given.fixity))]


def _check_claim(deposit: Deposit) -> Check:
    """Repeat what the depositor says; a declared digest says it without a claim."""
    facts: dict[str, Fact] = {"files": deposit.files}
    claim, code = deposit.assurance, "assurance-not-stated"
    if deposit.declared_digest is not None:
        facts |= {"level": "declared", "algorithm": deposit.declared_digest.algorithm}
        code = "assurance-declared-only"
    if claim is not None:
        facts |= {"level": claim.level, "rehashed": claim.rehashed}
        code = _CLAIMED[claim.level]
        if claim.source is not None:
            facts["source"] = claim.source
    return Check("assurance", Outcome.NOT_CHECKED, code, "depositor", facts)


def _check_fixity(parts: Parts, given: GivenFixity, number: int) -> Check:
    """Judge one record: its receipt, then what it speaks of, then what it found, then whose."""
    subject = f"fixity[{number}]"
    fixity = given.fixity
    if fixity is None or given.state in _REFUSED:
        outcome, code = _REFUSED.get(given.state, _REFUSED["unusable"])
        because: dict[str, Fact] = {"because": given.because}
        return Check("assurance", outcome, code, facts=because, needed=True, subject=subject)
    another = _other_subject(parts, fixity)
    if another is not None:
        code = "fixity-of-another"
        return Check("assurance", Outcome.FALSE, code, facts=another, subject=subject)
    facts: dict[str, Fact] = {"key": given.key, "identity": given.identity, **_counts(fixity)}
    is_own = given.key == parts.record.kid
    trust = "depositor" if is_own else "other-key"
    if not fixity.is_sound:
        code = "fixity-failed"
        return Check("assurance", Outcome.FALSE, code, trust, facts, subject=subject)
    if is_own:
        code = "fixity-same-key"
        return Check("assurance", Outcome.NOT_CHECKED, code, trust, facts, subject=subject)
    code, facts["level"] = "fixity-witnessed", "witnessed"
    if fixity.checked < fixity.files:
        bad = -(-fixity.files // _BAD_SHARE)
        missed = chance_of_missing(fixity.files, fixity.checked, bad)
        code = "fixity-witnessed-sample"
        facts |= {"bad": bad, "missed": percent_text(missed)}
    return Check("assurance", Outcome.VOUCHED, code, trust, facts, subject=subject)


def _other_subject(parts: Parts, fixity: Fixity) -> dict[str, Fact] | None:
    """Return what the fixity record speaks of and what lies here; None when they are one."""
    if parts.record.type != "deposit" or fixity.record != parts.record.id:
        return {"found": fixity.record.hex(), "expected": parts.record.id_hex}
    deposit = deposit_of(parts.record)
    signed = (deposit.dataset_digest or b"", deposit.files)
    if (fixity.dataset_digest, fixity.files) == signed:
        return None
    digest = "" if deposit.dataset_digest is None else deposit.dataset_digest.hex()
    found = f"{fixity.dataset_digest.hex()} ({fixity.files})"
    return {"found": found, "expected": f"{digest} ({deposit.files})"}


def _counts(fixity: Fixity) -> dict[str, Fact]:
    return {
        "files": fixity.files,
        "checked": fixity.checked,
        "failed": fixity.failed,
        "missing": fixity.missing,
    }
