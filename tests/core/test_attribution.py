"""People by roles: what counts, and what is only shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from attribution_case import Log, claim

from provenance.attribution import Credit, Person, Status, credit_of
from provenance.errors import MalformedError
from provenance.identity import Level
from provenance.record import parse_record

LI, WANG = "0000-0002-1825-0097", "0000-0001-5109-3700"
BOUND = Level.INSTITUTION_BOUND


def person(credit: Credit, name: str) -> Person:
    (found,) = [one for one in credit.people if one.name == name]
    return found


@pytest.fixture
def log() -> Log:
    log = Log()
    log.person("depositor", "Ann")
    log.person("li", "Li Lei", LI)
    return log


def test_silence_is_a_claim_and_the_signer_speaks_for_himself(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Ann", "software"), claim("Li Lei", orcid=LI))

    credit = credit_of(log.case(deposit), deposit.id)

    assert person(credit, "Ann").roles == {"software": Status.OWN}
    assert person(credit, "Li Lei").status is Status.CLAIMED
    assert person(credit, "Li Lei").roles == {}
    assert credit.roles == ("software",)


@pytest.mark.parametrize("answer", ["accept", "object"])
def test_a_namesake_says_nothing_against_who_signed_himself(log: Log, answer: str) -> None:
    log.person("li", "Li Lei", LI, BOUND)
    log.person("namesake", "Li Lei")
    deposit = log.deposit("li", claim("Li Lei", "software", orcid=LI))
    log.answer("namesake", deposit, 0, answer)

    found = person(credit_of(log.case(deposit), deposit.id), "Li Lei")

    assert found.roles == {"software": Status.OWN}
    assert [one.counts for one in found.claims[0].answers] == [False]


def test_who_signed_himself_and_an_equal_key_that_objects_are_unclear(log: Log) -> None:
    log.person("namesake", "Ann")
    deposit = log.deposit("depositor", claim("Ann", "software"))
    log.answer("namesake", deposit, 0, "accept")
    agreed = person(credit_of(log.case(deposit), deposit.id), "Ann")
    log.answer("namesake", deposit, 0, "object")
    contested = person(credit_of(log.case(deposit), deposit.id), "Ann")
    log.answer("depositor", deposit, 0, "object")
    denied = person(credit_of(log.case(deposit), deposit.id), "Ann")

    found = [agreed.status, contested.status, denied.status]
    assert found == [Status.OWN, Status.UNCLEAR, Status.OBJECTED]


def test_a_namesake_without_an_orcid_is_a_row_of_his_own(log: Log) -> None:
    log.person("namesake", "Li Lei")
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    named = [claim("Li Lei", "software")]
    log.sign("namesake", "contribution", record=deposit.id.hex(), contributors=named)

    credit = credit_of(log.case(deposit), deposit.id)

    rows = [(one.orcid, one.roles) for one in credit.people]
    assert rows == [(LI, {"software": Status.CLAIMED}), (None, {"software": Status.OWN})]


def test_the_newest_answer_of_a_key_counts_and_a_withdrawn_one_does_not(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    log.answer("li", deposit, 0, "object", reason="no")
    newest = log.answer("li", deposit, 0, "accept")

    before = credit_of(log.case(deposit), deposit.id)
    log.sign("li", "withdrawal", record=newest.id.hex())
    after = credit_of(log.case(deposit), deposit.id)

    assert person(before, "Li Lei").status is Status.ACCEPTED
    assert person(after, "Li Lei").status is Status.OBJECTED
    assert not person(after, "Li Lei").is_credited
    assert len(person(after, "Li Lei").claims[0].answers) == 2


def test_an_amendment_keeps_drops_and_adds(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Li Lei", "software", "validation", orcid=LI))
    log.answer("li", deposit, 0, "amend", roles=["validation", "methodology"])

    found = person(credit_of(log.case(deposit), deposit.id), "Li Lei")

    assert found.roles == {
        "methodology": Status.AMENDED,
        "software": Status.OBJECTED,
        "validation": Status.ACCEPTED,
    }


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ((("Li Lei", LI), BOUND), (("Li Lei", None), Level.SELF_ASSERTED)),
        ((("Li Lei", LI), Level.SELF_ASSERTED), (("Li Lei", None), Level.SELF_ASSERTED)),
        ((("Li Lei", LI), BOUND), (("Li Lei", LI), Level.SELF_ASSERTED)),
    ],
    ids=["bound-orcid-over-name", "orcid-over-name", "bound-over-self-asserted"],
)
def test_a_namesake_never_outweighs_the_better_tied_key(
    log: Log,
    strong: tuple[tuple[str, str | None], Level],
    weak: tuple[tuple[str, str | None], Level],
) -> None:
    log.person("strong", *strong[0], strong[1])
    log.person("weak", *weak[0], weak[1])
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    log.answer("strong", deposit, 0, "object")
    log.answer("weak", deposit, 0, "accept")

    found = person(credit_of(log.case(deposit), deposit.id), "Li Lei")

    assert found.status is Status.OBJECTED
    assert [one.counts for one in found.claims[0].answers] == [True, False]


def test_keys_tied_equally_well_that_differ_leave_it_unclear(log: Log) -> None:
    log.person("bound namesake", "Li Lei", None, BOUND)
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    log.answer("li", deposit, 0, "accept")
    log.answer("bound namesake", deposit, 0, "object")

    found = person(credit_of(log.case(deposit), deposit.id), "Li Lei")

    assert found.status is Status.UNCLEAR
    assert found.roles == {"software": Status.UNCLEAR}


def test_another_orcid_is_another_person_whatever_the_name(log: Log) -> None:
    log.person("other", "Li Lei", WANG)
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    log.answer("other", deposit, 0, "object")

    (found,) = credit_of(log.case(deposit), deposit.id).people

    assert found.status is Status.CLAIMED
    assert found.claims[0].answers[0].matched_by is None


def test_what_a_stranger_says_of_others_is_shown_and_does_not_count(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Ann"))
    log.sign(
        "li", "contribution", record=deposit.id.hex(), contributors=[claim("Wang", "software")]
    )

    found = person(credit_of(log.case(deposit), deposit.id), "Wang")

    assert found.roles == {}
    assert not found.is_credited
    assert [one.by for one in found.claims] == ["other"]


def test_one_person_of_several_records_is_one_row_and_namesakes_are_two(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Li Lei", "software"), claim("Li Lei", "resources"))
    log.sign(
        "li", "contribution", record=deposit.id.hex(), contributors=[claim("Li Lei", orcid=LI)]
    )

    credit = credit_of(log.case(deposit), deposit.id)

    assert [(one.name, one.orcid, len(one.claims)) for one in credit.people] == [
        ("Li Lei", LI, 2),
        ("Li Lei", None, 1),
    ]


def test_after_a_transfer_the_new_owner_names_people(log: Log) -> None:
    log.person("heir", "Heir")
    deposit = log.deposit("depositor", claim("Ann"))
    kid = log.sign("heir", "key", name="Heir").record.kid
    two = [claim("Wang", "software"), claim("Zhou", "resources")]
    log.sign("heir", "contribution", record=deposit.id.hex(), contributors=two)
    log.sign("depositor", "transfer", record=deposit.id.hex(), to=kid)
    log.sign("heir", "contribution", record=deposit.id.hex(), contributors=[*two, claim("Qian")])

    credit = credit_of(log.case(deposit), deposit.id)

    assert [one.by for one in person(credit, "Wang").claims] == ["other", "depositor"]
    assert person(credit, "Qian").is_credited


def test_whoever_is_not_shown_has_a_row_and_his_answer_is_not_matched(log: Log) -> None:
    deposit = log.deposit("depositor", claim("Li Lei", "software", orcid=LI))
    log.answer("li", deposit, 0, "accept")
    hidden = parse_record(deposit.record.entry + b"~", complete=False)
    log.entries[0] = replace(deposit, record=hidden)

    (found,) = credit_of(log.case(deposit), deposit.id).people

    assert (found.name, found.status) == (None, Status.CLAIMED)
    assert [one.counts for one in found.claims[0].answers] == [False]


def test_a_case_without_the_deposit_is_refused(log: Log) -> None:
    deposit = log.deposit("depositor")
    answer = log.sign("li", "statement", record=deposit.id.hex(), text="x")

    with pytest.raises(MalformedError):
        credit_of(log.case(deposit), answer.id)
    with pytest.raises(MalformedError):
        credit_of(log.case(deposit), bytes(32))
