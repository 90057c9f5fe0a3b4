"""Types of record about a dataset itself: that somebody had it, and that it is still the same.

              signed in the clear                             behind a digest (disclosures)
deposit       dataset_digest | declared_digest files bytes    title version identifiers
              assurance additional_digests                    each contributor
              license access relations block held
              sealed
opening       record                                          dataset_digest salted_digest
                                                              title files bytes
fixity        record dataset_digest files checked failed
              missing started ended sample_seed
              report_digest

A ``sealed`` claim names a digest of ``_sd`` whose disclosure nobody gets before an ``opening``
shows it: the very text, so that the salt is the same and nothing else fits the digest.
"""

from __future__ import annotations

from typing import Final, cast

from provenance.assurance import check_assurance, check_counts
from provenance.errors import HashOfNothingError, MalformedError
from provenance.record_checks import (
    BLOCK,
    MAX_TITLE,
    MAX_VERSION,
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
    check_thumbprint,
    integer,
    line_of,
    object_of,
    one_of,
)

__all__ = ["ACCESS_LEVELS", "DEPOSIT_RECORDS", "SEALABLE", "SEALED_DIGESTS"]

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


_sealed_digest: Final = object_of({"sha256": check_dataset_digest, "key": check_thumbprint})
"""A digest with the key that seals it: whoever copies the commitment shows whose it is."""

SEALABLE: Final[dict[str, Check]] = {
    "dataset_digest": _sealed_digest,
    "salted_digest": _sealed_digest,
    "title": line_of(MAX_TITLE),
    "files": integer(1),
    "bytes": integer(1),
}
"""What a deposit may seal, and an ``opening`` discloses."""

SEALED_DIGESTS: Final = ("dataset_digest", "salted_digest")
"""Sealed both or not at all, each with the key that seals it."""

_sealed_members: Final = object_of(dict.fromkeys(SEALABLE, check_thumbprint), frozenset(SEALABLE))


def _check_sealed(value: object, where: str) -> None:
    """Check the digests of what is sealed; both digests of the dataset, or neither is hidden."""
    _sealed_members(value, where)
    if not value:
        raise MalformedError("expected both digests, or no such member", field=where)
    sealed = cast("dict[str, str]", value)
    for name in SEALED_DIGESTS:
        if name not in sealed:
            raise MalformedError("expected the member, got none", field=f"{where}.{name}")
    if len(set(sealed.values())) != len(sealed):
        raise MalformedError("expected each digest once", field=where)


def _deposit(claims: dict[str, object], _: str) -> None:
    if ("dataset_digest" in claims) + ("declared_digest" in claims) + ("sealed" in claims) != 1:
        raise MalformedError(
            "expected one of dataset_digest, declared_digest and sealed", field="dataset_digest"
        )
    sealed = cast("dict[str, str]", claims.get("sealed", {}))
    for name in sealed:
        if name in claims:
            raise MalformedError("expected it sealed or shown, not both", field=name)
    if "files" not in claims and "files" not in sealed:
        raise MalformedError("expected the member, got none", field="files")
    if claims.get("bytes") == 0:
        raise HashOfNothingError("expected data: every file of the dataset is empty", field="bytes")
    if sealed and "additional_digests" in claims:
        raise MalformedError(
            "expected none beside a sealed digest: it says the same", field="additional_digests"
        )
    if "files" in sealed and "assurance" in claims:
        raise MalformedError("expected none beside a sealed count of files", field="assurance")
    if "additional_digests" in claims and "declared_digest" in claims:
        raise MalformedError("expected a dataset_digest beside it", field="additional_digests")
    check_counts(claims)


def _opening(claims: dict[str, object], _: str) -> None:
    if "_sd" not in claims:
        raise MalformedError("expected what is opened", field="_sd")


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
            "sealed": _check_sealed,
        },
        required=frozenset(),
        disclosable={
            "title": line_of(MAX_TITLE),
            "version": line_of(MAX_VERSION),
            "identifiers": array_of(check_identifier_value),
        },
        elements={"contributors": check_contributor},
        may_hold=True,
        whole=_deposit,
    ),
    RecordType(
        name="opening",
        plain={"record": check_hex32},
        required=frozenset({"record"}),
        disclosable=SEALABLE,
        whole=_opening,
    ),
    RecordType(
        name="fixity",
        plain=_FIXITY,
        required=frozenset(_FIXITY.keys() - {"sample_seed"}),
        whole=_fixity,
    ),
)
"""Types of record about a dataset."""
