"""A dossier's own receipt, which lies beside it: a deposit of its ``SHA256SUMS`` alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.digests import sha256
from provenance.dossier_sums import DossierFinding
from provenance.errors import MalformedError
from provenance.fingerprint import FileEntry, summarize
from provenance.receipt_parts import Parts
from provenance.record import deposit_of
from provenance.verify import check_parts, verify_receipt
from provenance.verify_blocks import blocks_of

if TYPE_CHECKING:
    from provenance.fingerprint import Summary
    from provenance.given import Given
    from provenance.policy import Policy
    from provenance.verdict import Verdict

__all__ = ["check_own_receipt", "sums_summary"]


def check_own_receipt(
    octets: bytes, sums: bytes, policy: Policy, given: Given, *, now_unix: int
) -> tuple[Verdict, DossierFinding | None]:
    """Verify the receipt that lies beside a dossier: a deposit of its ``SHA256SUMS`` alone."""
    try:
        parts = Parts.parse(octets)
    except MalformedError as error:
        wrong = DossierFinding("receipt-unreadable", "receipt", str(error))
        return verify_receipt(octets, policy, now_unix=now_unix), wrong
    named = {one.block_hash for one in blocks_of(parts)}
    of_it = tuple(one for one in given.blocks if one.block_hash in named)
    verdict = check_parts(parts, policy, replace(given, blocks=of_it), now_unix=now_unix)
    record = parts.record
    deposit = deposit_of(record) if record.type == "deposit" else None
    expected = sums_summary(sums).digest
    if deposit is None or deposit.dataset_digest != expected:
        return verdict, DossierFinding("own-receipt-differs", "SHA256SUMS", expected.hex())
    return verdict, None


def sums_summary(sums: bytes) -> Summary:
    """Return what a dossier's own deposit signs: the dataset of the one file ``SHA256SUMS``."""
    return summarize([FileEntry("SHA256SUMS", sha256(sums), len(sums))])
