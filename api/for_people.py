"""Receipts as people read them, by the log's own policy: certificates, and the words of a badge."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from provenance.document import SPEECHES, Speech
from provenance.documents.certify import as_if_vouched, certify
from provenance.errors import DriverMissingError, NotAcceptableError
from provenance.messages import choose_language, translator
from provenance.receipt_parts import Parts

if TYPE_CHECKING:
    from provenance.policy import Policy
    from provenance.verdict import Bound

__all__ = ["CERTIFICATES", "make_certificate", "told_not_after"]

CERTIFICATES = {"application/pdf": "pdf", "text/html": "html"}
"""Media types of a certificate -> the ending of its file."""


def make_certificate(receipt: bytes, policy: Policy, media_type: str, spoken: str | None) -> bytes:
    """Return a receipt's certificate, with the receipt inside.

    Args:
        spoken: the Accept-Language header; both languages without one.

    Raises:
        NotAcceptableError: the extra that typesets is not installed here.
    """
    language = "both" if spoken is None else choose_language(spoken)[:2]
    speech = Speech(SPEECHES[language], translator("zh_Hans"))
    kind, program = CERTIFICATES[media_type], version("provenance-ledger")
    try:
        return certify(receipt, policy, speech, kind=kind, version=program)
    except DriverMissingError as error:
        raise NotAcceptableError(f"not made here: {error}", field="accept") from error


def told_not_after(receipt: bytes, policy: Policy) -> Bound | None:
    """Return by when a record was in the log, as our own anchors show it; None without any."""
    return as_if_vouched(Parts.parse(receipt), policy).not_after
