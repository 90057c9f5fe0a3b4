"""Check 14 of a sealed deposit: what was sealed, what an opening shows, and the data against it.

sealed, nothing opened        not checked: nobody but the owner knows the digests
opened by a record            the opened digest takes the place of the one in the record
one file opened by its owner  an inclusion path to the salted digest, no record needed
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.errors import MalformedError, ProvenanceError
from provenance.salted import verify_file_opening
from provenance.sealed import check_opening, open_claims, read_opening
from provenance.verdict import Check, Outcome

if TYPE_CHECKING:
    from provenance.given import Given, GivenOpening, OneSealedFile
    from provenance.receipt_parts import Parts
    from provenance.record_values import Deposit

__all__ = ["as_opened", "check_file_opening", "check_unopened", "open_deposit"]


def check_unopened(deposit: Deposit, given: Given) -> Check | None:
    """Say that what was given cannot be compared with what is sealed; None if it can be."""
    if deposit.sealed and given.opening is None:
        return Check(
            "dataset", Outcome.NOT_CHECKED, "dataset-sealed", needed=given.data is not None
        )
    return None


def open_deposit(parts: Parts, deposit: Deposit, given: GivenOpening) -> Deposit | Check:
    """Return the deposit with what its opening shows; or the check that says why it is none."""
    if given.record is None or given.state != "logged":
        outcome = Outcome.FALSE if given.state == "false" else Outcome.NOT_CHECKED
        return _refused(outcome, f"opening-{given.state}", given.because)
    try:
        check_opening(given.record, parts.record)
    except ProvenanceError as error:
        return _refused(Outcome.FALSE, "opening-false", str(error))
    sealed_at = parts.receipt.record.leaf_index
    if given.leaf_index <= sealed_at:
        because = f"entry {given.leaf_index} is not after entry {sealed_at}"
        return _refused(Outcome.FALSE, "opening-false", because)
    shown = read_opening(given.record)
    if shown.dataset_digest is None:
        return _refused(Outcome.NOT_CHECKED, "opening-shows-no-digest", "")
    return replace(
        deposit,
        dataset_digest=shown.dataset_digest,
        files=shown.files or deposit.files,
        length=deposit.length if shown.length is None else shown.length,
        title=deposit.title or shown.title,
    )


def _refused(outcome: Outcome, code: str, because: str) -> Check:
    return Check("dataset", outcome, code, facts={"because": because}, needed=True)


def as_opened(check: Check | None, parts: Parts, given: GivenOpening) -> Check:
    """Say of a comparison with opened digests that they were opened, and when."""
    entries = {"sealed": parts.receipt.record.leaf_index, "opened": given.leaf_index}
    if check is None:
        return Check("dataset", Outcome.NOT_CHECKED, "opened-not-compared", facts=entries)
    codes = {"dataset-same": "opened-same", "part-same": "opened-part-same"}
    if check.code not in codes:
        return check
    return replace(check, code=codes[check.code], facts={**check.facts, **entries})


def check_file_opening(data: OneSealedFile, parts: Parts, deposit: Deposit) -> Check:
    """Compare one file with the salted digest that its owner shows of a sealed deposit."""
    opening = data.opening
    if data.sha256 != opening.entry.sha256:
        facts = {"found": data.sha256.hex(), "expected": opening.entry.sha256.hex()}
        return Check("dataset", Outcome.FALSE, "file-differs", "files", dict(facts))
    try:
        shown = open_claims(opening.disclosures, parts.record)
        if "salted_digest" not in shown:
            raise MalformedError("expected its disclosure, got none", field="salted_digest")
        verify_file_opening(
            opening,
            digest=bytes.fromhex(shown["salted_digest"]["sha256"]),
            files=shown.get("files", deposit.files),
        )
    except ProvenanceError as error:
        facts = {"error": error.code, "detail": str(error)}
        return Check("dataset", Outcome.FALSE, "file-proof-false", "files", dict(facts))
    entry = parts.receipt.record.leaf_index
    return Check(
        "dataset",
        Outcome.PROVED,
        "sealed-file-same",
        "files",
        {"path": opening.entry.path, "sealed": entry},
        needed=True,
    )
