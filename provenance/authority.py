"""Who may sign which record about which other: pure rules over what the log is known to hold.

    contribution  any dataset's depositor; or a person, of nobody but himself
    response      whom a deposit or contribution names, by ORCID iD, else by the exact name
    transfer      the owner of the deposit: its signer, or whom he last transferred it to
    withdrawal    the owner of the record
    correction    the owner of the record, or who ruled that it is wrong
    dispute       a key that an institution of the policy has bound
    statement     anybody, about a deposit or a dispute
    ruling        a key of an institution, or one that an institution lets bind others
    revocation    the key itself, its recovery key, or a key that has bound it
    opening       the key that sealed, and no later owner

The service asks this once, when a new record is given its index; the facts are then those at
lower indexes. Whoever reads the log later judges by the same rules (``attribution``,
``dispute_case``), and believes no service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provenance.attribution_values import (
    named_people,
    read_contribution,
    read_correction,
    read_dispute,
    read_response,
    read_ruling,
    read_statement,
    read_transfer,
)
from provenance.errors import (
    InstitutionRequiredError,
    MalformedError,
    NotAuthorisedError,
    UnknownKeyError,
    UnknownRecordError,
)
from provenance.key_values import revocation_of
from provenance.sealed import check_opening, read_opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.record import Record
    from provenance.record_values import Contributor

__all__ = [
    "RULED",
    "WITHDRAWABLE",
    "Facts",
    "SignerFacts",
    "Target",
    "check_authority",
    "matched_by",
    "records_needed",
]

WITHDRAWABLE: Final = frozenset({"deposit", "contribution", "response", "statement", "dispute"})
"""What its owner may withdraw."""

CORRECTABLE: Final = frozenset({"deposit", "contribution", "response", "statement"})
"""What may be found wrong."""


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """What the log and the served policy say of the key that signed, at the record's index."""

    kid: str
    is_bound: bool = False
    """An institution of the policy has bound it, or it is an institution's own."""
    may_bind: bool = False
    """It is an institution's own, or one that the institution lets bind others."""
    name: str | None = None
    """What the key's ``key`` record says of its holder; None when erased. So is ``orcid``."""
    orcid: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A record of the log that the new one is about, or refers to."""

    record: Record
    """With those disclosures that are public and not erased."""
    owner: str
    """Thumbprint of the key that speaks for it: its signer, or who got it last by ``transfer``."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known to judge one new record."""

    signer: SignerFacts
    targets: Mapping[bytes, Target] = field(default_factory=dict)
    """By record id: each of ``records_needed`` that stands at a lower index."""
    known_keys: frozenset[str] = frozenset()
    """Which of the thumbprints that the record names have a ``key`` record at a lower index."""
    revokers: frozenset[str] = frozenset()
    """Of a ``revocation``, who may revoke the key: itself, the recovery key that its first
    ``key`` record names, and every key that has bound it; empty for a key not known."""


def records_needed(record: Record) -> tuple[bytes, ...]:
    """Return the ids of the records without which ``record`` cannot be judged, each once.

    What a deposit or statement merely relates to (``relations``) may lie in another log.
    """
    if record.type not in RULED:
        return ()
    claims = record.claims
    named: list[object] = [claims.get(one) for one in ("record", "ruling", "superseded_by")]
    for name in ("records", "corrects"):
        listed = claims.get(name)
        named += listed if isinstance(listed, list) else []
    return tuple(dict.fromkeys(bytes.fromhex(one) for one in named if isinstance(one, str)))


def check_authority(record: Record, facts: Facts) -> None:
    """Check that whoever signed ``record`` may say this of the records that it is about.

    Args:
        record: new, complete, its signature verified.

    Raises:
        UnknownRecordError: what it is about is not at a lower index, or of another type.
        NotAuthorisedError: the key may not; InstitutionRequiredError where only a bound one may.
        MalformedError: members that must agree and do not.
    """
    rule = RULED.get(record.type)
    if rule is not None:
        rule(record, facts)


def matched_by(
    name: str | None, orcid: str | None, other_name: str | None, other_orcid: str | None
) -> str | None:
    """Tell by what two descriptions are of one person: ``orcid``, ``name``, or None.

    Two ORCID iDs decide; only where one is missing the exact name does, which is weaker.
    """
    if orcid is not None and other_orcid is not None:
        return "orcid" if orcid == other_orcid else None
    return "name" if name is not None and name == other_name else None


# --- what is asked in several rules -------------------------------------------------------


def _target(facts: Facts, record_id: bytes, types: frozenset[str], where: str = "record") -> Target:
    """Return what the record is about, once it is there and of one of ``types``."""
    found = facts.targets.get(record_id)
    if found is None:
        raise UnknownRecordError(f"no record {record_id.hex()} at a lower index", field=where)
    if found.record.type not in types:
        expected = ", ".join(sorted(types))
        raise UnknownRecordError(f"expected {expected}, got {found.record.type}", field=where)
    return found


def _check_owner(target: Target, facts: Facts) -> None:
    if facts.signer.kid != target.owner:
        raise NotAuthorisedError(
            f"expected key {target.owner}, which speaks for the record; got {facts.signer.kid}",
            field="header.kid",
        )


def _is(person: Contributor, signer: SignerFacts) -> bool:
    return matched_by(person.name, person.orcid, signer.name, signer.orcid) is not None


# --- one rule for each type ---------------------------------------------------------------


def _contribution(record: Record, facts: Facts) -> None:
    claimed = read_contribution(record)
    target = _target(facts, claimed.record, frozenset({"deposit"}))
    if facts.signer.kid == target.owner:
        return
    people = [one.contributor for one in claimed.people]
    if len(people) != 1 or people[0] is None or not _is(people[0], facts.signer):
        raise NotAuthorisedError(
            "expected the depositor, or one contributor with the name or ORCID iD of the key",
            field="contributors",
        )


def _response(record: Record, facts: Facts) -> None:
    answer = read_response(record)
    if (answer.answer == "amend") is not bool(answer.roles):
        raise MalformedError("expected it exactly when the answer is amend", field="roles")
    target = _target(facts, answer.record, frozenset({"deposit", "contribution"}))
    named = {one.digest: one.contributor for one in named_people(target.record)}
    if answer.contributor not in named:
        raise UnknownRecordError("no contributor of the record has it", field="contributor")
    person = named[answer.contributor]
    if person is not None and not _is(person, facts.signer):  # None: held back, or erased
        raise NotAuthorisedError(
            "expected a key with the ORCID iD or the exact name of that contributor",
            field="header.kid",
        )


def _transfer(record: Record, facts: Facts) -> None:
    transfer = read_transfer(record)
    _check_owner(_target(facts, transfer.record, frozenset({"deposit"})), facts)
    if transfer.to not in facts.known_keys:
        raise UnknownKeyError(f"no key record of {transfer.to} at a lower index", field="to")


def _withdrawal(record: Record, facts: Facts) -> None:
    record_id = bytes.fromhex(str(record.claims["record"]))
    _check_owner(_target(facts, record_id, WITHDRAWABLE), facts)


def _correction(record: Record, facts: Facts) -> None:
    correction = read_correction(record)
    target = _target(facts, correction.record, CORRECTABLE)
    if correction.superseded_by is not None:
        same = frozenset({target.record.type})
        _target(facts, correction.superseded_by, same, "superseded_by")
    if correction.ruling is None:
        _check_owner(target, facts)
        return
    ruling = _target(facts, correction.ruling, frozenset({"ruling"}), "ruling")
    if correction.record not in read_ruling(ruling.record).corrects:
        raise MalformedError("expected a ruling that finds this record wrong", field="ruling")
    if facts.signer.kid != ruling.owner:
        _check_owner(target, facts)


def _dispute(record: Record, facts: Facts) -> None:
    for number, record_id in enumerate(read_dispute(record).records):
        if record_id not in facts.targets:
            where = f"records[{number}]"
            raise UnknownRecordError(f"no record {record_id.hex()} at a lower index", field=where)
    if not facts.signer.is_bound:
        raise InstitutionRequiredError(
            "expected a key that an institution of the policy has bound", field="header.kid"
        )


def _statement(record: Record, facts: Facts) -> None:
    statement = read_statement(record)
    _target(facts, statement.record, frozenset({"deposit", "dispute"}))
    names, evidence = len(statement.evidence_names), len(statement.evidence)
    if names not in {0, evidence}:
        message = f"expected {evidence}, one for each piece of evidence; got {names}"
        raise MalformedError(message, field="evidence_names")


def _ruling(record: Record, facts: Facts) -> None:
    ruling = read_ruling(record)
    dispute = _target(facts, ruling.record, frozenset({"dispute"}))
    disputed = read_dispute(dispute.record).records
    for number, record_id in enumerate(ruling.corrects):
        if record_id not in disputed:
            where = f"corrects[{number}]"
            raise MalformedError("expected a record that is in dispute", field=where)
    if not facts.signer.may_bind:
        raise InstitutionRequiredError(
            "expected a key of an institution, or one that may bind keys for it",
            field="header.kid",
        )


def _opening(record: Record, facts: Facts) -> None:
    deposit = _target(facts, read_opening(record).record, frozenset({"deposit"}))
    check_opening(record, deposit.record)


def _revocation(record: Record, facts: Facts) -> None:
    revocation = revocation_of(record)
    if not facts.revokers:
        raise UnknownKeyError(f"no key record of {revocation.key} at a lower index", field="key")
    if record.kid not in facts.revokers:
        raise NotAuthorisedError(
            f"expected {revocation.key} itself, its recovery key or one that has bound it",
            field="header.kid",
        )


RULED: Final[Mapping[str, Callable[[Record, Facts], None]]] = {
    "contribution": _contribution,
    "response": _response,
    "transfer": _transfer,
    "withdrawal": _withdrawal,
    "correction": _correction,
    "dispute": _dispute,
    "statement": _statement,
    "ruling": _ruling,
    "revocation": _revocation,
    "opening": _opening,
}
"""Record type -> its rule; every other type needs nothing but a known key."""
