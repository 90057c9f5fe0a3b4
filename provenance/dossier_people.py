"""Items 8 to 10 of a dossier's report: who did what, whose keys, and what was done since."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from provenance.attribution import Status, credit_of
from provenance.credit import ROLES
from provenance.document import Both, Fields, Heading, Mono, Paragraph, Table
from provenance.dossier_words import WORDS
from provenance.key_values import revocation_of
from provenance.receipt_parts import Parts
from provenance.record import key_binding_of, parse_record
from provenance.record_codes import STATUSES, coded
from provenance.record_words import clock_text, tell_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.attribution import Person
    from provenance.case import Entry
    from provenance.document import Block, Cell, Speech
    from provenance.dossier_facts import DossierFacts
    from provenance.record import Record

__all__ = ["countersigned", "custody", "keys", "people", "side_of"]

_EVENTS: Final = frozenset(
    {"fixity", "statement", "correction", "withdrawal", "transfer", "opening", "ruling"}
)
"""Types that the chain of custody lists."""


def side_of(facts: DossierFacts, entry: Entry, speech: Speech | None) -> str:
    """Return the side of a dispute that signed an entry, by its key; empty where none is shown.

    Args:
        speech: None gives the code of the side.
    """
    for dispute in facts.disputes:
        for party in dispute.dispute.parties:
            if party is None:
                continue
            same_id = party.orcid is not None and party.orcid == entry.signer.orcid
            if same_id or (party.orcid is None and party.name == entry.signer.name):
                return party.side if speech is None else speech(WORDS[party.side])
    return ""


def countersigned(facts: DossierFacts, record_id: bytes, speech: Speech) -> str:
    """Say of everybody whom a deposit names how he stands to it, one a line."""
    deposit = facts.case.get(record_id)
    depositor = None if deposit is None else deposit.signer.name
    others = [
        f"{person.name or speech.short(WORDS['withheld'])}: "
        f"{speech.short(STATUSES[person.status.value])}"
        for person in credit_of(facts.case, record_id).people
        if person.status is not Status.OWN or person.name != depositor
    ]
    return "\n".join(others) or speech(WORDS["own-alone"])


# --- 8 who did what -----------------------------------------------------------------------


def people(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """Say who claimed, accepted and objected."""
    yield Paragraph(speech(WORDS["credit"]))
    for one in facts.deposits:
        credit = credit_of(facts.case, one.id)
        if not credit.people:
            continue
        yield Heading(3, f"{one.entry.leaf_index}: {one.title}")
        rows = tuple(_person(person, speech) for person in credit.people)
        head = (speech(WORDS["person"]), speech(WORDS["roles"]), speech(WORDS["answers"]))
        yield Table(head, rows, (0.28, 0.36, 0.36))


def _person(person: Person, speech: Speech) -> tuple[Cell, ...]:
    name = "\n".join(filter(None, [person.name or speech(WORDS["withheld"]), person.orcid]))
    roles = [
        f"{speech.short(Both(ROLES[slug].english, ROLES[slug].chinese))}: "
        f"{speech.short(STATUSES[status.value])}"
        for slug, status in person.roles.items()
    ]
    answers = [
        speech.short(
            WORDS["answer"],
            index=answer.entry.leaf_index,
            answer=coded(speech, answer.response.answer),
            level=coded(speech, answer.entry.signer.level.value),
        )
        + (f" {answer.response.reason}" if answer.response.reason else "")
        for claim in person.claims
        for answer in claim.answers
    ]
    overall = speech(STATUSES[person.status.value])
    return name, "\n".join(roles) or overall, "\n".join(answers) or speech(WORDS["no-answer"])


# --- 9 keys -------------------------------------------------------------------------------


def keys(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """Say which keys signed, who binds them, and what the receipts show of revocations."""
    yield Paragraph(speech(WORDS["keys"]))
    rows = []
    seen: set[str] = set()
    for entry in facts.case.entries:
        if entry.signer.kid in seen:
            continue
        seen.add(entry.signer.kid)
        identity = speech.each(entry.verdict.check("identity").text)
        status = speech.each(entry.verdict.check("key-status").text)
        recovery = _recovery(entry)
        said = [entry.signer.name or "", entry.signer.orcid or "", identity, status]
        if recovery is not None:
            said.append(speech(WORDS["recovery"]) + " " + recovery[:16])
        rows.append((Mono(entry.signer.kid), "\n".join(filter(None, said))))
    head = (speech(WORDS["key"]), speech(WORDS["identity"]))
    yield Table(head, tuple(rows), (0.36, 0.64))
    for index, record in sorted(_revocations(facts).items()):
        yield Fields(tuple(_revoked(index, record, speech)))
    yield Paragraph(speech(WORDS["custody-blank"]))


def _revocations(facts: DossierFacts) -> dict[int, Record]:
    """Return every revocation that is shown, by its entry: of the case, and inside receipts."""
    entries = facts.case.entries
    found = {one.leaf_index: one.record for one in entries if one.record.type == "revocation"}
    for entry in entries:
        shown = Parts.parse(entry.octets).receipt.revocations
        for proven in () if shown is None else shown.records:
            logged = proven.record
            found[logged.leaf_index] = parse_record(logged.sd_jwt.encode(), complete=False)
    return found


def _recovery(entry: Entry) -> str | None:
    parts = Parts.parse(entry.octets)
    own = [one for one in parts.keys if one.kid == entry.signer.kid]
    return key_binding_of(own[0]).recovery if own else None


def _revoked(index: int, record: Record, speech: Speech) -> Iterator[tuple[str, Cell]]:
    said = revocation_of(record)
    since = said.compromised_since_unix
    yield speech(WORDS["revoked"], index=index), Mono(said.key)
    yield speech(WORDS["revoked-by"]), Mono(said.signer)
    yield speech(WORDS["reason"]), coded(speech, said.reason)
    if since is not None:
        yield speech(WORDS["since"]), clock_text(since, speech)


# --- 10 chain of custody ------------------------------------------------------------------


def custody(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """List what was stated and checked since, in the order of the log."""
    yield Paragraph(speech(WORDS["custody"]))
    rows = [row for one in facts.case.entries if (row := _event(facts, one, speech)) is not None]
    if rows:
        head = (speech(WORDS["entry"]), speech(WORDS["event"]), speech(WORDS["who"]))
        yield Table(head, tuple(rows), (0.14, 0.58, 0.28))
    else:
        yield Paragraph(speech(WORDS["no-event"]))


def _event(facts: DossierFacts, entry: Entry, speech: Speech) -> tuple[Cell, ...] | None:
    if entry.record.type not in _EVENTS:
        return None
    who = entry.signer.name or entry.signer.binder or entry.signer.kid[:16]
    kind = f"{entry.leaf_index} {coded(speech, entry.record.type)}"
    said = tell_record(entry.record, partial(_index_of, facts, speech), speech) or ""
    return kind, said, f"{who}\n{coded(speech, entry.signer.level.value)}"


def _index_of(facts: DossierFacts, speech: Speech, record_id: bytes) -> str:
    """Return the entry of a record of the case, else the beginning of its id."""
    entry = facts.case.get(record_id)
    if entry is None:
        return record_id.hex()[:16]
    return speech.short(WORDS["of-entry"], index=entry.leaf_index)
