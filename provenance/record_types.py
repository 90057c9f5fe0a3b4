"""What each type of record may claim: every type this release knows, in one table.

    all types     signed in the clear: aud iat v _sd_alg _sd; the rest, and what stands behind a
                  digest, is drawn at the top of each module of types

What names a person or describes the data stands behind a digest and nowhere else, so that it can
be erased while the proof goes on verifying; a plain ``title`` is therefore refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.attribution_types import ATTRIBUTION_RECORDS
from provenance.deposit_types import DEPOSIT_RECORDS
from provenance.key_types import KEY_RECORDS
from provenance.operator_types import OPERATOR_RECORDS

if TYPE_CHECKING:
    from provenance.record_checks import RecordType

__all__ = ["OPERATOR_TYPES", "TYPES"]

TYPES: Final[dict[str, RecordType]] = {
    one.name: one
    for one in (*OPERATOR_RECORDS, *KEY_RECORDS, *DEPOSIT_RECORDS, *ATTRIBUTION_RECORDS)
}
"""By the first part of the ``typ`` header."""

OPERATOR_TYPES: Final = frozenset(one.name for one in OPERATOR_RECORDS)
"""Types that only the ledger itself may add; they never come in through the public API."""
