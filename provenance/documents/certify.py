"""A receipt file -> its certificate, as pages or as HTML, with the receipt inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.certificate import certificate_of
from provenance.documents.html import to_html
from provenance.documents.pages import Attachment, to_pdf
from provenance.given import Given, GivenBlock
from provenance.receipt_parts import Parts
from provenance.verify import check_parts
from provenance.verify_blocks import blocks_of

if TYPE_CHECKING:
    from provenance.document import Speech
    from provenance.policy import Policy
    from provenance.verdict import Verdict

__all__ = ["FORMATS", "as_if_vouched", "certify"]

FORMATS: Final = ("pdf", "html")


def as_if_vouched(parts: Parts, policy: Policy) -> Verdict:
    """Verify as if the chain had every block that the receipt names, which is then always said.

    Nothing of it depends on who reads when; the reader's part is to look the blocks up.
    """
    blocks = tuple(GivenBlock(one.block_hash) for one in blocks_of(parts))
    given = Given(blocks, allow_dev_chain=True)
    return check_parts(parts, policy, given, now_unix=parts.record.iat)


def certify(octets: bytes, policy: Policy, speech: Speech, *, kind: str, version: str) -> bytes:
    """Return the certificate of a receipt.

    Args:
        kind: one of ``FORMATS``.
        version: of the program, for the footer.

    Raises:
        MalformedError: the receipt cannot be read.
        DriverMissingError: the extra ``documents`` is not installed.
    """
    parts = Parts.parse(octets)
    document = certificate_of(parts, as_if_vouched(parts, policy), speech, version=version)
    receipt = Attachment("receipt.json", octets, "application/json", "The receipt, verbatim")
    if kind == "html":
        return to_html(document, receipt)
    return to_pdf(document, [receipt])
