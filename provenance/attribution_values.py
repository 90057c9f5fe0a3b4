"""What the records about attribution claim, as typed values; what was erased is None, or absent.

    read_contribution(record) -> Contribution      read_dispute(record) -> Dispute
    read_response(record)     -> Response          read_statement(record) -> Statement
    read_transfer(record)     -> Transfer          read_ruling(record) -> Ruling
    read_withdrawal(record)   -> Withdrawal        read_correction(record) -> Correction

A record has passed ``record.parse_record`` when it gets here, so nothing is checked again but its
type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from provenance.digests import from_b64
from provenance.record import expect_type
from provenance.record_values import Contributor, Relation, read_contributor, read_relation

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.record import Record

__all__ = [
    "Contribution",
    "Correction",
    "Dispute",
    "NamedPerson",
    "Party",
    "Response",
    "Ruling",
    "Statement",
    "Transfer",
    "Withdrawal",
    "named_people",
    "read_contribution",
    "read_correction",
    "read_dispute",
    "read_response",
    "read_ruling",
    "read_statement",
    "read_transfer",
    "read_withdrawal",
    "time_token_of",
]

# What JSON gives after it was checked; the readers below take it apart into typed values.
_Checked = Any
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """One contributor that a deposit or a contribution names."""

    digest: str
    """Base64url digest of the element: what a ``response`` names."""
    contributor: Contributor | None
    """None when withheld or erased."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """More contributors of a deposit, by the depositor or by somebody of himself."""

    record: bytes
    """Record id of the deposit, 32 bytes."""
    people: tuple[NamedPerson, ...]
    """In the signed order."""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of somebody who is named as a contributor."""

    record: bytes
    """Record id of the deposit or contribution that names him, 32 bytes."""
    contributor: str
    """Base64url digest of the element answered."""
    answer: str
    """One of ``attribution_types.ANSWERS``."""
    reason: str | None
    roles: tuple[str, ...]
    """What the roles are by his own word; only of an ``amend``, empty when erased."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The owner of a record hands it on: from here on another key speaks for it."""

    record: bytes
    to: str
    """Thumbprint of the new owner's key."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The owner of a record no longer stands by it."""

    record: bytes
    reason: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A record is wrong; it stays, and is shown with this."""

    record: bytes
    """The wrong one, 32 bytes."""
    ruling: bytes | None
    """Record id of the ruling that asked for it."""
    superseded_by: bytes | None
    """Record id of what holds instead."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """A party of a dispute, as the institution names it."""

    name: str
    orcid: str | None
    ror: tuple[str, ...]
    side: str
    """``claimant`` or ``respondent``."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """An institution opens a dispute about records."""

    records: tuple[bytes, ...]
    """Record ids, 32 bytes each."""
    claims: tuple[str, ...]
    """What it is about, of ``attribution_types.DISPUTED``."""
    question: str | None
    parties: tuple[Party | None, ...]
    """In the signed order; None stands for one who was erased."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody states something about a dataset, or as evidence in a dispute."""

    record: bytes
    """Record id of the deposit or dispute, 32 bytes."""
    event: str | None
    """One of ``attribution_types.EVENTS``; None in plain evidence."""
    occurred_unix: int | None
    """When, by the signer's word; never proved."""
    evidence: tuple[bytes, ...]
    """SHA-256 of each piece, 32 bytes."""
    evidence_names: tuple[str, ...]
    """One per piece of evidence, or empty."""
    text: str | None
    time_token: bytes | None
    """DER of an RFC 3161 time-stamp token, not yet checked."""
    relations: tuple[Relation, ...]
    """As in a deposit, read from the dataset to what is named; of event ``use`` the other way
    round: what is named was made from the dataset."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The institution decides a dispute."""

    record: bytes
    """Record id of the dispute, 32 bytes."""
    outcome: str
    """One of ``attribution_types.OUTCOMES``."""
    corrects: tuple[bytes, ...]
    """Record ids of what it finds wrong."""
    reasons: str | None


def named_people(record: Record) -> tuple[NamedPerson, ...]:
    """Return the contributors that a ``deposit`` or ``contribution`` names, in signed order."""
    shown = {part.digest: part.value for part in record.parts}
    places: _Checked = record.claims.get("contributors", ())
    return tuple(
        NamedPerson(place["..."], _if_any(read_contributor, shown.get(place["..."])))
        for place in places
    )


def read_contribution(record: Record) -> Contribution:
    """Read a ``contribution`` record; MalformedError for any other type."""
    return Contribution(_subject(record, "contribution"), named_people(record))


def read_response(record: Record) -> Response:
    """Read a ``response`` record; MalformedError for any other type."""
    subject, payload = _subject(record, "response"), _payload(record)
    return Response(
        record=subject,
        contributor=payload["contributor"],
        answer=payload["answer"],
        reason=payload.get("reason"),
        roles=tuple(payload.get("roles", ())),
    )


def read_transfer(record: Record) -> Transfer:
    """Read a ``transfer`` record; MalformedError for any other type."""
    return Transfer(_subject(record, "transfer"), _payload(record)["to"])


def read_withdrawal(record: Record) -> Withdrawal:
    """Read a ``withdrawal`` record; MalformedError for any other type."""
    return Withdrawal(_subject(record, "withdrawal"), _payload(record).get("reason"))


def read_correction(record: Record) -> Correction:
    """Read a ``correction`` record; MalformedError for any other type."""
    subject, payload = _subject(record, "correction"), _payload(record)
    return Correction(
        record=subject,
        ruling=_if_any(bytes.fromhex, payload.get("ruling")),
        superseded_by=_if_any(bytes.fromhex, payload.get("superseded_by")),
        reason=payload.get("reason"),
    )


def read_dispute(record: Record) -> Dispute:
    """Read a ``dispute`` record; MalformedError for any other type."""
    expect_type(record, "dispute")
    payload = _payload(record)
    shown = {part.digest: part.value for part in record.parts}
    places: _Checked = record.claims["parties"]
    return Dispute(
        records=tuple(map(bytes.fromhex, payload["records"])),
        claims=tuple(payload["claims"]),
        question=payload.get("question"),
        parties=tuple(_if_any(_party, shown.get(place["..."])) for place in places),
    )


def time_token_of(record: Record) -> bytes | None:
    """Return the RFC 3161 token that a ``statement`` carries, DER; None for any other record."""
    return read_statement(record).time_token if record.type == "statement" else None


def read_statement(record: Record) -> Statement:
    """Read a ``statement`` record; MalformedError for any other type."""
    subject, payload = _subject(record, "statement"), _payload(record)
    return Statement(
        record=subject,
        event=payload.get("event"),
        occurred_unix=payload.get("occurred"),
        evidence=tuple(map(bytes.fromhex, payload.get("evidence", ()))),
        evidence_names=tuple(payload.get("evidence_names", ())),
        text=payload.get("text"),
        time_token=_if_any(from_b64, payload.get("time_token")),
        relations=tuple(map(read_relation, payload.get("relations", ()))),
    )


def read_ruling(record: Record) -> Ruling:
    """Read a ``ruling`` record; MalformedError for any other type."""
    subject, payload = _subject(record, "ruling"), _payload(record)
    return Ruling(
        record=subject,
        outcome=payload["outcome"],
        corrects=tuple(map(bytes.fromhex, payload.get("corrects", ()))),
        reasons=payload.get("reasons"),
    )


def _party(value: _Checked) -> Party:
    return Party(value["name"], value.get("orcid"), tuple(value.get("ror", ())), value["side"])


def _if_any(read: Callable[[_Checked], _Value], value: _Checked) -> _Value | None:
    return None if value is None else read(value)


def _payload(record: Record) -> dict[str, _Checked]:
    return record.payload


def _subject(record: Record, expected: str) -> bytes:
    """Return the id of the record that this one is about, once its type is ``expected``."""
    expect_type(record, expected)
    return bytes.fromhex(_payload(record)["record"])
