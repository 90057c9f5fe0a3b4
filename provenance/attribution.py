"""Who did what on a dataset: people by roles, and what each of them says to it.

    claimed    somebody else says so, and he has not answered: never shown as agreed
    accepted   he says so too
    objected   he says that he did not
    amended    he says so of himself, where others said otherwise
    own        he says so of himself: he signed the deposit, or a contribution of his own
    unclear    keys that are tied to his name equally well say different things

An answer counts for a person when the answering key has his ORCID iD, else his exact name; the
better tied key goes before (an institution's binding, an ORCID iD), and of one key the newest
answer. Who signed of himself has answered by that, with that key. What is withdrawn, found wrong
or refuted is shown and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from provenance.attribution_values import NamedPerson, named_people, read_response
from provenance.authority import matched_by
from provenance.credit import ROLES
from provenance.errors import MalformedError
from provenance.identity import Level
from provenance.record_standing import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.attribution_values import Response
    from provenance.case import Case, Entry
    from provenance.record_values import Contributor

__all__ = ["Answer", "Claim", "Credit", "Person", "Status", "credit_of"]


class Status(StrEnum):
    """How a person stands to one of his roles."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    AMENDED = "amended"
    OWN = "own"
    UNCLEAR = "unclear"


_OF_ANSWER = {"accept": Status.ACCEPTED, "object": Status.OBJECTED, "amend": Status.AMENDED}

_RANK = {
    Status.OBJECTED: 0,
    Status.CLAIMED: 1,
    Status.UNCLEAR: 2,
    Status.OWN: 3,
    Status.AMENDED: 4,
    Status.ACCEPTED: 5,
}
"""Which status a role has that is claimed twice: the one that the person himself supports most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One ``response`` to a claim, counted or not."""

    entry: Entry
    response: Response
    matched_by: str | None
    """``orcid`` or ``name``: by what the key is the person's; None when nothing shows it."""
    counts: bool
    """Whether it makes the status: not when overtaken, outranked, withdrawn, wrong or refuted."""

    @property
    def strength(self) -> int:
        """How well the key is tied to the person: 0 to 2."""
        return _strength(self.entry, self.matched_by)


def _strength(entry: Entry, by: str | None) -> int:
    return (entry.signer.level is Level.INSTITUTION_BOUND) + (by == "orcid")


@dataclass(frozen=True, slots=True)
class Claim:
    """One element of a deposit or a contribution: somebody is named, with his roles."""

    entry: Entry
    digest: str
    """Base64url digest of the element: what a response names."""
    contributor: Contributor | None
    """None when it is withheld or erased."""
    by: str
    """``depositor``, ``person`` (of himself), or ``other``: nobody's to make, and not counted."""
    counts: bool
    status: Status
    answers: tuple[Answer, ...]
    """All of them, oldest first."""

    @property
    def orcid(self) -> str | None:
        """ORCID iD of whom it names: stated, or of the key of who signed it of himself."""
        own = self.entry.signer.orcid if self.by == "person" else None
        return own if self.contributor is None else self.contributor.orcid or own

    @property
    def roles(self) -> dict[str, Status]:
        """Each role with its status, in the taxonomy's order; empty when none is stated."""
        named = () if self.contributor is None else self.contributor.roles
        stated = dict.fromkeys(named, self.status)
        if self.status is Status.AMENDED:
            own = {slug for one in self.answers if one.counts for slug in one.response.roles}
            stated = {slug: Status.ACCEPTED if slug in own else Status.OBJECTED for slug in named}
            stated |= dict.fromkeys(own - stated.keys(), Status.AMENDED)
        return {slug: stated[slug] for slug in ROLES if slug in stated}


@dataclass(frozen=True, slots=True)
class Person:
    """All claims about one person, as far as ORCID iD and name tell that it is one."""

    name: str | None
    """None when nobody's copy shows it."""
    orcid: str | None
    ror: tuple[str, ...]
    claims: tuple[Claim, ...]

    @property
    def roles(self) -> dict[str, Status]:
        """Each role that is claimed for or by the person, in the taxonomy's order."""
        found: dict[str, Status] = {}
        for claim in self.claims:
            for slug, status in claim.roles.items() if claim.counts else ():
                old = found.get(slug)
                if old is None or _RANK[status] > _RANK[old]:
                    found[slug] = status
        return {slug: found[slug] for slug in ROLES if slug in found}

    @property
    def is_credited(self) -> bool:
        """Tell whether somebody who may say so names the person, and he did not object to it."""
        return any(one.counts for one in self.claims) and self.status is not Status.OBJECTED

    @property
    def status(self) -> Status:
        """Status of the person as a contributor, whatever the roles."""
        counted = [one.status for one in self.claims if one.counts] or [Status.CLAIMED]
        return max(counted, key=lambda one: _RANK[one])


@dataclass(frozen=True, slots=True)
class Credit:
    """The matrix of one deposit: a row per person, a column per role."""

    deposit: Entry
    people: tuple[Person, ...]
    """In the order in which the log first names them."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The columns: every role that somebody has, in the taxonomy's order."""
        used = {slug for person in self.people for slug in person.roles}
        return tuple(slug for slug in ROLES if slug in used)


def credit_of(case: Case, deposit: bytes) -> Credit:
    """Put together who did what on a deposit.

    Raises:
        MalformedError: the case has no deposit of that id.
    """
    entry = case.get(deposit)
    if entry is None or entry.record.type != "deposit":
        raise MalformedError(f"expected a deposit, got {deposit.hex()}", field="ID")
    sources = [entry, *case.about(deposit, "contribution")]
    claims = [
        _claim(case, entry, source, person)
        for source in sources
        for person in named_people(source.record)
    ]
    return Credit(entry, tuple(_people(claims)))


# --- one claim ----------------------------------------------------------------------------


def _claim(case: Case, deposit: Entry, source: Entry, person: NamedPerson) -> Claim:
    by = _made_by(case, deposit, source, person)
    answers = _answers(case, source, person, is_own=by == "person")
    status = _status(source, answers, is_own=by == "person")
    counts = by != "other" and (source is deposit or _stands(case, source))
    return Claim(source, person.digest, person.contributor, by, counts, status, answers)


def _status(source: Entry, answers: Iterable[Answer], *, is_own: bool) -> Status:
    """Tell what the answers that count make of a claim."""
    counted = [one for one in answers if one.counts]
    said = {(one.response.answer, frozenset(one.response.roles)) for one in counted}
    if is_own and all(one.entry.record.kid != source.record.kid for one in counted):
        # his signature stands beside what keys say that are tied to him as well as this one
        agreed = {answer for answer, _ in said} <= {"accept"}
        return Status.OWN if agreed else Status.UNCLEAR
    if len(said) > 1:
        return Status.UNCLEAR
    return _OF_ANSWER[next(iter(said))[0]] if said else Status.CLAIMED


def _made_by(case: Case, deposit: Entry, source: Entry, person: NamedPerson) -> str:
    """Tell who claims it: the depositor, the person of himself, or somebody else."""
    transfers = [one for one in case.about(deposit.id, "transfer") if one.is_effective]
    owner = owner_of(deposit, transfers, below=source.leaf_index)
    may_name_others = source is deposit or source.record.kid == owner
    people = named_people(source.record)
    # of two namesakes in one record nobody can say which one signed it
    himself = [one for one in people if _matched(one.contributor, source) is not None]
    is_himself = [one.digest for one in himself] == [person.digest]
    if is_himself and (may_name_others or len(people) == 1):
        return "person"
    return "depositor" if may_name_others else "other"


def _matched(contributor: Contributor | None, entry: Entry) -> str | None:
    if contributor is None:
        return None
    signer = entry.signer
    return matched_by(contributor.name, contributor.orcid, signer.name, signer.orcid)


def _stands(case: Case, entry: Entry) -> bool:
    """Tell whether an entry still holds: neither refuted nor withdrawn nor found wrong."""
    standing = case.standing(entry.id)
    return entry.is_effective and standing.withdrawn is standing.correction is None


def _answers(case: Case, source: Entry, person: NamedPerson, *, is_own: bool) -> tuple[Answer, ...]:
    """Return every answer to one element; those that count are marked.

    Args:
        is_own: the person signed the element himself; a key that is tied to him less well says
            nothing against that.
    """
    given = [
        Answer(one, response, _matched(person.contributor, one), counts=False)
        for one in case.about(source.id, "response")
        if (response := read_response(one.record)).contributor == person.digest
        and response.record == source.id
    ]
    standing = [one for one in given if one.matched_by and _stands(case, one.entry)]
    newest = {one.entry.record.kid: one for one in standing}.values()
    own = _strength(source, _matched(person.contributor, source)) if is_own else 0
    best = max([own, *(one.strength for one in newest)])
    counted = {one.entry.id for one in newest if one.strength == best}
    return tuple(
        Answer(one.entry, one.response, one.matched_by, one.entry.id in counted) for one in given
    )


# --- people -------------------------------------------------------------------------------


def _people(claims: Iterable[Claim]) -> Iterable[Person]:
    """Put the claims about one person together, in the order of their first claim.

    Two elements of one record are two people: nobody names a person twice on purpose, and two
    namesakes must not become one. So must not somebody whose ORCID iD is known and a namesake who
    speaks of himself without one.
    """
    groups: list[list[Claim]] = []
    for claim in claims:
        group = next((one for one in groups if _is_same(one, claim)), None)
        if group is None:
            groups.append([claim])
        else:
            group.append(claim)
    return map(_person, groups)


def _is_same(group: list[Claim], claim: Claim) -> bool:
    new = claim.contributor
    known = [one.contributor for one in group if one.contributor is not None]
    if new is None or not known or any(one.entry is claim.entry for one in group):
        return False
    orcid = next((one.orcid for one in group if one.orcid is not None), None)
    by = matched_by(new.name, claim.orcid, known[0].name, orcid)
    unknown = any(one.by == "person" and one.orcid is None for one in (claim, *group))
    return by == "orcid" or (by == "name" and not (unknown and (claim.orcid or orcid)))


def _person(claims: list[Claim]) -> Person:
    known = [one.contributor for one in claims if one.contributor is not None]
    return Person(
        name=next((one.name for one in known), None),
        orcid=next((one.orcid for one in known if one.orcid is not None), None),
        ror=tuple(dict.fromkeys(ror for one in known for ror in one.ror)),
        claims=tuple(claims),
    )
