"""Types of record about who did what: contributions, answers to them, disputes and their ends.

              signed in the clear                             behind a digest (disclosures)
contribution  record                                          each contributor
response      record contributor answer                       reason roles
transfer      record to
withdrawal    record                                          reason
correction    record ruling superseded_by                     reason
dispute       records claims                                  question; each of parties
statement     record event occurred evidence time_token       text evidence_names
              relations
ruling        record outcome corrects                         reasons

What a person writes, and what names a person, stands behind a digest; words of closed lists, ids
and digests stand in the clear. Who may sign which of them is decided in ``authority``, which
knows the records that they are about.
"""

from __future__ import annotations

from typing import Final

from provenance.credit import ROLES
from provenance.digests import from_b64
from provenance.errors import MalformedError, TooLargeError
from provenance.record_checks import (
    MAX_ITEMS,
    MAX_NAME,
    MAX_ROR,
    Check,
    RecordType,
    array_of,
    check_contributor,
    check_hex32,
    check_orcid_value,
    check_relation,
    check_ror_value,
    check_text,
    check_thumbprint,
    integer,
    line_of,
    object_of,
    one_of,
)
from provenance.text import check_line

__all__ = [
    "ANSWERS",
    "ATTRIBUTION_RECORDS",
    "DISPUTED",
    "EVENTS",
    "MAX_FILE_NAME",
    "MAX_PROSE",
    "MAX_TOKEN_BYTES",
    "OUTCOMES",
    "SIDES",
    "check_prose",
]

ANSWERS: Final = ("accept", "object", "amend")
"""What a named person may answer."""

DISPUTED: Final = ("priority", "authorship", "roles", "content", "rights", "other")
"""What a dispute may be about."""

SIDES: Final = ("claimant", "respondent")

OUTCOMES: Final = ("upheld", "partly-upheld", "dismissed", "settled")

EVENTS: Final = {
    "collect": "采集",
    "process": "加工整理",
    "submit": "汇交",
    "preserve": "保存",
    "share": "共享",
    "use": "利用",
    "classify": "定密/分级",
    "restrict": "限制",
    "retire": "销毁",
    "transfer-of-rights": "权利转移",
}
"""Events in the life of a dataset, with the words of the Measures for Managing Scientific Data."""

MAX_PROSE: Final = 20_000
"""Characters of a text, reason or question: some ten pages."""

MAX_FILE_NAME: Final = 1_000

MAX_TOKEN_BYTES: Final = 16 << 10
"""An RFC 3161 token with its chain of certificates has 3 to 8 kB."""

_MAX_TOKEN_TEXT: Final = (MAX_TOKEN_BYTES + 2) // 3 * 4


def check_prose(value: object, where: str) -> None:
    """Check text of several lines: a line feed ends one, no other control character is there."""
    text = check_text(value, where)
    if len(text) > MAX_PROSE:
        raise TooLargeError(limit=MAX_PROSE, length=len(text), unit="characters", field=where)
    if not text or text[0].isspace() or text[-1].isspace():
        raise MalformedError("expected text without spaces around it", field=where)
    check_line(text.replace("\n", " "), where)


def _check_token(value: object, where: str) -> None:
    """Check base64 of a DER object (RFC 3161 token); what it says is read in the shell."""
    text = check_text(value, where)
    if len(text) > _MAX_TOKEN_TEXT:
        length = len(text) // 4 * 3
        raise TooLargeError(limit=MAX_TOKEN_BYTES, length=length, unit="bytes", field=where)
    if not from_b64(text, field=where).startswith(b"\x30"):  # a SEQUENCE
        raise MalformedError("expected a DER time-stamp token", field=where)


_check_party: Final = object_of(
    {
        "name": line_of(MAX_NAME),
        "orcid": check_orcid_value,
        "ror": array_of(check_ror_value, MAX_ROR),
        "side": one_of(frozenset(SIDES)),
    },
    frozenset({"orcid", "ror"}),
)

_STATEMENT: Final[dict[str, Check]] = {
    "record": check_hex32,
    "event": one_of(frozenset(EVENTS)),
    "occurred": integer(0),
    "evidence": array_of(check_hex32),
    "time_token": _check_token,
    "relations": array_of(check_relation),
}


def _check_names(value: object, where: str) -> None:
    """Check one name per piece of evidence: two pieces may have the same name."""
    if not isinstance(value, list) or not value:
        raise MalformedError("expected an array with elements, or no such member", field=where)
    if len(value) > MAX_ITEMS:
        raise TooLargeError(limit=MAX_ITEMS, length=len(value), unit="elements", field=where)
    for number, one in enumerate(value):
        line_of(MAX_FILE_NAME)(one, f"{where}[{number}]")


def _statement(claims: dict[str, object], _: str) -> None:
    """Refuse a statement that says nothing: a time alone is of no event."""
    if not {"event", "evidence", "time_token", "relations", "_sd"} & claims.keys():
        raise MalformedError("expected text, an event or evidence", field="event")
    if "occurred" in claims and "event" not in claims:
        raise MalformedError("expected the event that occurred", field="event")


def _correction(claims: dict[str, object], _: str) -> None:
    if claims["record"] == claims.get("superseded_by"):
        raise MalformedError("expected another record", field="superseded_by")


ATTRIBUTION_RECORDS: Final = (
    RecordType(
        name="contribution",
        plain={"record": check_hex32},
        required=frozenset({"record", "contributors"}),
        elements={"contributors": check_contributor},
    ),
    RecordType(
        name="response",
        plain={
            "record": check_hex32,
            "contributor": check_thumbprint,  # base64url of 32 bytes, like every digest in _sd
            "answer": one_of(frozenset(ANSWERS)),
        },
        required=frozenset({"record", "contributor", "answer"}),
        disclosable={
            "reason": check_prose,
            "roles": array_of(one_of(frozenset(ROLES)), len(ROLES)),
        },
    ),
    RecordType(
        name="transfer",
        plain={"record": check_hex32, "to": check_thumbprint},
        required=frozenset({"record", "to"}),
    ),
    RecordType(
        name="withdrawal",
        plain={"record": check_hex32},
        required=frozenset({"record"}),
        disclosable={"reason": check_prose},
    ),
    RecordType(
        name="correction",
        plain={"record": check_hex32, "ruling": check_hex32, "superseded_by": check_hex32},
        required=frozenset({"record"}),
        disclosable={"reason": check_prose},
        whole=_correction,
    ),
    RecordType(
        name="dispute",
        plain={
            "records": array_of(check_hex32),
            "claims": array_of(one_of(frozenset(DISPUTED)), len(DISPUTED)),
        },
        required=frozenset({"records", "claims", "parties"}),
        disclosable={"question": check_prose},
        elements={"parties": _check_party},
    ),
    RecordType(
        name="statement",
        plain=_STATEMENT,
        required=frozenset({"record"}),
        disclosable={"text": check_prose, "evidence_names": _check_names},
        whole=_statement,
    ),
    RecordType(
        name="ruling",
        plain={
            "record": check_hex32,
            "outcome": one_of(frozenset(OUTCOMES)),
            "corrects": array_of(check_hex32),
        },
        required=frozenset({"record", "outcome"}),
        disclosable={"reasons": check_prose},
    ),
)
"""Types of record about who did what."""
