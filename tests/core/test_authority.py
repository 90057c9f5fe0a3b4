"""Who may sign what: every rule with somebody who may and everybody who may not."""

# ruff: noqa: ANN401 -- claims of records of every type
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from attribution_case import Log, claim
from small_ledger import key_of

from provenance.attribution_values import (
    read_contribution,
    read_correction,
    read_dispute,
    read_response,
    read_ruling,
    read_statement,
    read_transfer,
    read_withdrawal,
)
from provenance.authority import Facts, SignerFacts, Target, check_authority, records_needed
from provenance.errors import (
    InstitutionRequiredError,
    MalformedError,
    NotAuthorisedError,
    ProvenanceError,
    UnknownKeyError,
    UnknownRecordError,
)
from provenance.record import parse_record
from provenance.record_standing import owner_of, targets_of

if TYPE_CHECKING:
    from provenance.case import Entry
    from provenance.record import Record

LI = "0000-0002-1825-0097"


@dataclass
class Court:
    """Judges a new record against a log, as the service does."""

    log: Log

    def judge(self, record: Record, **signer: Any) -> ProvenanceError | None:
        known = {one.id: one for one in self.log.entries if one.record is not record}
        targets = {
            one: Target(known[one].record, owner_of(known[one], self.log.entries))
            for one in records_needed(record)
            if one in known
        }
        kids = frozenset(key_of(name).public.thumbprint for name in ("ann", "li"))
        facts = Facts(SignerFacts(record.kid, **signer), targets, kids)
        try:
            check_authority(record, facts)
        except ProvenanceError as error:
            return error
        return None

    def made(self, key: str, kind: str, *, by: dict[str, Any] | None = None, **claims: Any) -> Any:
        """Judge a record that is signed now; it is not kept."""
        record = self.log.sign(key, kind, **claims).record
        self.log.entries.pop()
        return self.judge(record, **(by or {}))


@pytest.fixture
def court() -> Court:
    return Court(Log())


@pytest.fixture
def deposit(court: Court) -> Entry:
    return court.log.deposit("ann", claim("Li Lei", "software", orcid=LI), claim("Wang"))


BOUND = {"is_bound": True}
BINDER = {"is_bound": True, "may_bind": True}


def test_a_contribution_is_the_owners_or_of_oneself(court: Court, deposit: Entry) -> None:
    about: dict[str, Any] = {"record": deposit.id.hex()}
    wang, zhou = claim("Wang"), claim("Zhou")

    assert court.made("ann", "contribution", contributors=[wang, zhou], **about) is None
    assert (
        court.made("x", "contribution", by={"name": "Zhou"}, contributors=[zhou], **about) is None
    )
    for by, people in (
        ({"name": "Wang"}, [zhou]),
        ({"name": "Zhou"}, [zhou, wang]),
        ({}, [zhou]),
        ({"name": "Zhou", "orcid": LI}, [claim("Zhou", orcid="0000-0001-5109-3700")]),
    ):
        refused = court.made("x", "contribution", by=by, contributors=people, **about)
        assert type(refused) is NotAuthorisedError, by
    missing = court.made("ann", "contribution", contributors=[wang], record="ab" * 32)
    assert type(missing) is UnknownRecordError


def test_a_response_is_the_named_persons(court: Court, deposit: Entry) -> None:
    elements: Any = deposit.record.claims["contributors"]
    about: dict[str, Any] = {
        "record": deposit.id.hex(),
        "contributor": elements[0]["..."],
        "answer": "accept",
    }

    assert court.made("x", "response", by={"orcid": LI}, **about) is None
    assert court.made("x", "response", by={"name": "Li Lei"}, **about) is None
    for by in ({}, {"name": "Wang"}, {"name": "Li Lei", "orcid": "0000-0001-5109-3700"}):
        assert type(court.made("x", "response", by=by, **about)) is NotAuthorisedError
    stranger: dict[str, Any] = {**about, "contributor": "A" * 43}
    assert type(court.made("x", "response", by={"orcid": LI}, **stranger)) is UnknownRecordError
    amended: dict[str, Any] = {**about, "answer": "amend"}
    assert type(court.made("x", "response", by={"orcid": LI}, **amended)) is MalformedError
    roles: dict[str, Any] = {**about, "roles": ["software"]}
    assert court.made("x", "response", by={"orcid": LI}, **roles).field == "roles"
    assert court.made("x", "response", by={"orcid": LI}, **{**roles, "answer": "amend"}) is None


def test_of_somebody_who_is_not_shown_the_service_cannot_tell(court: Court, deposit: Entry) -> None:
    hidden = parse_record(deposit.record.entry + b"~", complete=False)
    court.log.entries[0] = replace(deposit, record=hidden)
    elements: Any = deposit.record.claims["contributors"]

    about: dict[str, Any] = {
        "record": deposit.id.hex(),
        "contributor": elements[0]["..."],
        "answer": "object",
    }

    assert court.made("x", "response", **about) is None


def test_withdrawal_and_transfer_are_the_owners_of_today(court: Court, deposit: Entry) -> None:
    about: dict[str, Any] = {"record": deposit.id.hex()}
    li = key_of("li").public.thumbprint

    assert court.made("ann", "withdrawal", **about) is None
    assert type(court.made("li", "withdrawal", **about)) is NotAuthorisedError
    assert type(court.made("li", "transfer", to=li, **about)) is NotAuthorisedError
    assert type(court.made("ann", "transfer", to="A" * 43, **about)) is UnknownKeyError
    assert court.made("ann", "transfer", to=li, **about) is None
    court.log.sign("ann", "transfer", to=li, **about)
    assert type(court.made("ann", "withdrawal", **about)) is NotAuthorisedError
    assert court.made("li", "withdrawal", **about) is None
    withdrawn = court.log.sign("li", "withdrawal", **about)
    again = court.made("li", "withdrawal", record=withdrawn.id.hex())
    assert type(again) is UnknownRecordError


def test_disputes_and_rulings_need_an_institution(court: Court, deposit: Entry) -> None:
    claims: dict[str, Any] = {
        "records": [deposit.id.hex()],
        "claims": ["roles"],
        "parties": [{"name": "Li Lei", "side": "claimant"}],
    }

    assert type(court.made("x", "dispute", **claims)) is InstitutionRequiredError
    assert court.made("x", "dispute", by=BOUND, **claims) is None
    unknown = court.made("x", "dispute", by=BOUND, **{**claims, "records": ["ab" * 32]})
    assert (type(unknown), unknown.field) == (UnknownRecordError, "records[0]")
    dispute = court.log.sign("judge", "dispute", **claims)
    ruled: dict[str, Any] = {
        "record": dispute.id.hex(),
        "outcome": "upheld",
        "corrects": [deposit.id.hex()],
    }
    assert type(court.made("x", "ruling", by=BOUND, **ruled)) is InstitutionRequiredError
    assert court.made("x", "ruling", by=BINDER, **ruled) is None
    other = court.log.deposit("ann", license="CC0-1.0")
    beside = court.made("x", "ruling", by=BINDER, **{**ruled, "corrects": [other.id.hex()]})
    assert (type(beside), beside.field) == (MalformedError, "corrects[0]")


def test_a_correction_is_the_owners_or_follows_a_ruling(court: Court, deposit: Entry) -> None:
    right = court.log.deposit("ann", license="CC0-1.0")
    about: dict[str, Any] = {"record": deposit.id.hex()}
    parties = [{"name": "X", "side": "claimant"}]
    records = [deposit.id.hex(), right.id.hex()]
    dispute = court.log.sign("judge", "dispute", records=records, claims=["roles"], parties=parties)
    ruling = court.log.sign(
        "judge", "ruling", record=dispute.id.hex(), outcome="upheld", corrects=[deposit.id.hex()]
    )
    cited: dict[str, Any] = {**about, "ruling": ruling.id.hex()}

    assert court.made("ann", "correction", superseded_by=right.id.hex(), **about) is None
    assert court.made("ann", "correction", **cited) is None
    assert court.made("judge", "correction", **cited) is None
    assert type(court.made("judge", "correction", **about)) is NotAuthorisedError
    assert type(court.made("li", "correction", **cited)) is NotAuthorisedError
    beside = court.made("judge", "correction", record=right.id.hex(), ruling=ruling.id.hex())
    assert (type(beside), beside.field) == (MalformedError, "ruling")
    wrong_type = court.made("ann", "correction", superseded_by=dispute.id.hex(), **about)
    assert (type(wrong_type), wrong_type.field) == (UnknownRecordError, "superseded_by")


def test_a_statement_is_anybodys_with_a_name_for_each_piece(court: Court, deposit: Entry) -> None:
    about: dict[str, Any] = {"record": deposit.id.hex(), "evidence": ["5f" * 32, "6f" * 32]}

    assert court.made("x", "statement", **about) is None
    assert court.made("x", "statement", evidence_names=["a", "a"], **about) is None
    short = court.made("x", "statement", evidence_names=["a"], **about)
    assert (type(short), short.field) == (MalformedError, "evidence_names")
    statement = court.log.sign("x", "statement", **about)
    nested = court.made("x", "statement", record=statement.id.hex(), text="y")
    assert type(nested) is UnknownRecordError


def test_typed_values_are_what_was_signed(court: Court, deposit: Entry) -> None:
    sign, about = court.log.sign, {"record": deposit.id.hex()}
    relations = [{"relation": "wasDerivedFrom", "identifier": "10.1234/a"}]
    statement = read_statement(
        sign("x", "statement", event="use", occurred=5, relations=relations, **about).record
    )
    party = {"name": "X", "orcid": LI, "side": "respondent"}
    dispute = sign(
        "x", "dispute", records=[deposit.id.hex()], claims=["other"], parties=[party]
    ).record
    contribution = sign("x", "contribution", contributors=[claim("Q")], **about).record

    assert (statement.event, statement.occurred_unix) == ("use", 5)
    assert statement.relations[0].identifier == "10.1234/a"
    assert statement.time_token is None
    assert read_dispute(dispute).records == (deposit.id,)
    (read,) = read_dispute(dispute).parties
    assert read is not None
    assert (read.name, read.orcid, read.ror, read.side) == ("X", LI, (), "respondent")
    erased = parse_record(dispute.entry + b"~", complete=False)
    assert read_dispute(erased).parties == (None,)
    (named,) = read_contribution(contribution).people
    assert named.contributor is not None
    assert named.contributor.name == "Q"
    assert targets_of(dispute) == (deposit.id,)


@pytest.mark.parametrize(
    "read",
    [
        read_contribution,
        read_correction,
        read_dispute,
        read_response,
        read_ruling,
        read_statement,
        read_transfer,
        read_withdrawal,
    ],
)
def test_a_reader_takes_its_own_type_alone(read: Any, deposit: Entry) -> None:
    with pytest.raises(MalformedError):
        read(deposit.record)
