"""Types of record about keys: whose a key is, and until when.

              signed in the clear                             behind a digest (disclosures)
key           recovery                                        name orcid ror
"""

from __future__ import annotations

from typing import Final

from provenance.record_checks import (
    MAX_NAME,
    MAX_ROR,
    RecordType,
    array_of,
    check_orcid_value,
    check_ror_value,
    check_thumbprint,
    line_of,
)

__all__ = ["KEY_RECORDS"]

KEY_RECORDS: Final = (
    RecordType(
        name="key",
        plain={"recovery": check_thumbprint},
        required=frozenset(),
        disclosable={
            "name": line_of(MAX_NAME),
            "orcid": check_orcid_value,
            "ror": array_of(check_ror_value, MAX_ROR),
        },
    ),
)
"""Types of record about keys."""
