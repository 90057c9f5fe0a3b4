"""Types of record about a dataset itself: that somebody had it, and that it is still the same.

              signed in the clear                             behind a digest (disclosures)
deposit       dataset_digest | declared_digest files bytes    title identifiers
              assurance additional_digests                    each contributor
              license access relations block held
fixity        record dataset_digest files checked failed
              missing started ended sample_seed
              report_digest
"""

from __future__ import annotations

from typing import Final, cast

from provenance.assurance import check_assurance, check_counts
from provenance.errors import HashOfNothingError, MalformedError
from provenance.record_checks import (
    BLOCK,
    MAX_TITLE,
    Check,
    RecordType,
    array_of,
    check_additional_digests,
    check_contributor,
    check_dataset_digest,
    check_declared_digest,
    check_hex32,
    check_identifier_value,
    check_license,
    check_relation,
    integer,
    line_of,
    object_of,
    one_of,
)

__all__ = ["ACCESS_LEVELS", "DEPOSIT_RECORDS"]

ACCESS_LEVELS: Final = frozenset({"open", "embargoed", "restricted", "closed"})
"""The access rights of COAR, as DataCite and most repositories use them."""

_FIXITY: Final[dict[str, Check]] = {
    "record": check_hex32,
    "dataset_digest": check_dataset_digest,
    "files": integer(1),
    "checked": integer(1),
    "failed": integer(0),
    "missing": integer(0),
    "started": integer(0),
    "ended": integer(0),
    "sample_seed": check_hex32,
    "report_digest": check_dataset_digest,
}
"""Somebody read the files of a deposit again: how many of them, and how many were not as signed."""


def _deposit(claims: dict[str, object], _: str) -> None:
    if ("dataset_digest" in claims) is ("declared_digest" in claims):
        raise MalformedError(
            "expected either dataset_digest or declared_digest", field="dataset_digest"
        )
    if claims.get("bytes") == 0:
        raise HashOfNothingError("expected data: every file of the dataset is empty", field="bytes")
    if "additional_digests" in claims and "declared_digest" in claims:
        raise MalformedError("expected a dataset_digest beside it", field="additional_digests")
    check_counts(claims)


def _fixity(claims: dict[str, object], _: str) -> None:
    """Check that the counts of a re-hash can be true of one dataset, and the times of one clock."""
    counts = ("files", "checked", "failed", "missing", "started", "ended")
    files, checked, failed, missing, started, ended = (cast("int", claims[one]) for one in counts)
    if checked > files:
        raise MalformedError(f"expected 1 to {files}, got {checked}", field="checked")
    if failed + missing > checked:
        message = f"expected at most {checked} with those that failed, got {failed + missing}"
        raise MalformedError(message, field="missing")
    if ended < started:
        raise MalformedError(f"expected {started} or later, got {ended}", field="ended")
    if ("sample_seed" in claims) is (checked == files):
        raise MalformedError("expected it exactly when not every file is", field="sample_seed")


DEPOSIT_RECORDS: Final = (
    RecordType(
        name="deposit",
        plain={
            "dataset_digest": check_dataset_digest,
            "declared_digest": check_declared_digest,
            "files": integer(1),
            "bytes": integer(0),
            "assurance": check_assurance,
            "additional_digests": check_additional_digests,
            "license": check_license,
            "access": one_of(ACCESS_LEVELS),
            "relations": array_of(check_relation),
            "block": object_of(BLOCK),
        },
        required=frozenset({"files"}),
        disclosable={"title": line_of(MAX_TITLE), "identifiers": array_of(check_identifier_value)},
        elements={"contributors": check_contributor},
        may_hold=True,
        whole=_deposit,
    ),
    RecordType(
        name="fixity",
        plain=_FIXITY,
        required=frozenset(_FIXITY.keys() - {"sample_seed"}),
        whole=_fixity,
    ),
)
"""Types of record about a dataset."""
