"""``credit``: people by roles, what each of them answered, and the same for other tools."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.attribution import credit_of
from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, LedgerURL, Output
from provenance.cli.files import write_file
from provenance.cli.gathering import (
    AllowDevChain,
    BlockHash,
    RecordId,
    entry_json,
    gather,
    record_id_of,
    signer_words,
    standing_words,
    time_words,
)
from provenance.cli.language import N_, _, current
from provenance.cli.output import print_json, print_table, say, warn
from provenance.cli.signing_about import OwnPolicy
from provenance.credit import ROLES
from provenance.errors import MalformedError
from provenance.exports import Subject, remarks, write_text
from provenance.record_values import Contributor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.attribution import Claim, Credit, Person, Status
    from provenance.case import Case

__all__ = ["register", "role_name"]

CREDITS = ("jats", "datacite", "citation-cff")
"""Formats that name the people of a deposit."""

STATUSES = {
    "claimed": N_("claimed, not answered"),
    "accepted": N_("accepted"),
    "objected": N_("OBJECTED"),
    "amended": N_("amended"),
    "own": N_("own statement"),
    "unclear": N_("unclear: the answers differ"),
}

_MARKS = {"claimed": "?", "accepted": "✓", "objected": "✗", "amended": "±", "own": "•"}
ANSWERED = {"accept": N_("accepts"), "object": N_("objects"), "amend": N_("amends")}


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("credit", credit, help=_("Show who did what on a deposit, and who says so."))


def credit(
    record_id: RecordId,
    ledger: LedgerURL,
    policy: OwnPolicy = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help=_("Write jats, datacite or citation-cff.")),
    ] = None,
    output: Output = None,
    block_hash: BlockHash = None,
    *,
    allow_dev_chain: AllowDevChain = False,
    as_json: AsJson = False,
) -> None:
    """Show people by roles; what nobody answered is claimed, never agreed."""
    if to is not None and to not in CREDITS:
        raise MalformedError(f"expected {', '.join(CREDITS)}; got {to!a:.40}", field="--to")
    case = gather(
        [record_id_of(record_id)],
        ledger,
        policy,
        block_hash=block_hash or (),
        allow_dev_chain=allow_dev_chain,
    )
    found = credit_of(case, record_id_of(record_id))
    if to is not None:
        _export(found, to, ledger, output)
    elif as_json:
        print_json(_credit_json(case, found))
    else:
        _tell(case, found)


@dataclass(frozen=True, slots=True)
class _Credited(Subject):
    """A receipt, with the people as all of the log has them."""

    credited: tuple[Contributor, ...] = ()

    @property
    def people(self) -> tuple[Contributor, ...]:
        """Everybody who did not object, with the roles that he did not object to."""
        return self.credited


def _export(found: Credit, to: str, ledger: str, output: Path | None) -> None:
    """Write the people in another format; say who has not answered."""
    own = Subject.parse(found.deposit.octets, now_unix=int(time.time()))
    subject = _Credited(
        own.octets,
        own.parts,
        own.now_unix,
        verdict=found.deposit.verdict,
        ledger=ledger.rstrip("/"),
        translate=_,
        credited=tuple(_credited(found)),
    )
    octets = b"".join(write_text(to, subject))
    if output is None:
        sys.stdout.buffer.write(octets)
    else:
        write_file(output, octets)
    for one in remarks(to, subject):
        warn(_("Note: {text}").format(text=_(one.key).format(**one.facts)))
    silent = sum(person.status.value in {"claimed", "unclear"} for person in found.people)
    if silent:
        said = _("Note: {count} of the people written have not answered: they are claimed.")
        warn(said.format(count=silent))


def _credited(found: Credit) -> Iterator[Contributor]:
    for person in found.people:
        if person.name is not None and person.is_credited:
            roles = tuple(slug for slug, one in person.roles.items() if one.value != "objected")
            yield Contributor(person.name, person.orcid, person.ror, roles)


def _tell(case: Case, found: Credit) -> None:
    """Print the matrix, then each answer with who gave it."""
    heads = ["", _("as a contributor"), *(role_name(slug) for slug in found.roles)]
    rows = [
        [
            _who(person),
            _(STATUSES[person.status.value]),
            *(_mark(person.roles.get(slug)) for slug in found.roles),
        ]
        for person in found.people
    ]
    if not rows:
        say(_("This record credits nobody."))
        return
    print_table(heads, rows)
    marks = [f"{mark} {_(STATUSES[status])}" for status, mark in _MARKS.items()]
    say("  ".join(marks))
    for person in found.people:
        for claim in person.claims:
            _tell_answers(claim)
    standing = case.standing(found.deposit.id)
    if not standing.is_sound:
        say(standing_words(standing))


def _who(person: Person) -> str:
    if person.name is None:
        return _("somebody who is not shown")
    return person.name if person.orcid is None else f"{person.name} ({person.orcid})"


def _mark(status: Status | None) -> str:
    return "" if status is None else _MARKS.get(status.value, "~")


def role_name(slug: str) -> str:
    """Return a role's official name in the reader's language."""
    role = ROLES[slug]
    return role.chinese if current().startswith("zh") else role.english


def _tell_answers(claim: Claim) -> None:
    """Print every answer to one claim, those that do not count among them."""
    name = None if claim.contributor is None else claim.contributor.name
    if claim.by == "other":
        line = _("{name}: named by {who}, who is neither depositor nor that person; not counted")
        say(line.format(name=name, who=signer_words(claim.entry.signer)))
    for one in claim.answers:
        line = _("{name}: {answer} at entry {index}, {time}; {who}{note}")
        note = "" if one.counts else " " + _("(does not count)")
        say(
            line.format(
                name=name or _("somebody who is not shown"),
                answer=_(ANSWERED[one.response.answer]),
                index=one.entry.leaf_index,
                time=time_words(one.entry),
                who=signer_words(one.entry.signer),
                note=note,
            )
        )
        if one.entry.key_note is not None:
            say("  " + one.entry.key_note.text(_))
        if one.response.reason:
            say("  " + one.response.reason.replace("\n", "\n  "))


def _credit_json(case: Case, found: Credit) -> dict[str, object]:
    return {
        "record": entry_json(found.deposit),
        "standing": case.standing(found.deposit.id).to_json(),
        "people": [
            {
                "name": person.name,
                "orcid": person.orcid,
                "ror": list(person.ror),
                "status": person.status.value,
                "roles": [
                    {
                        "role": slug,
                        "uri": ROLES[slug].uri,
                        "en": ROLES[slug].english,
                        "zh": ROLES[slug].chinese,
                        "status": status.value,
                    }
                    for slug, status in person.roles.items()
                ],
                "claims": [_claim_json(claim) for claim in person.claims],
            }
            for person in found.people
        ],
    }


def _claim_json(claim: Claim) -> dict[str, object]:
    return {
        "entry": entry_json(claim.entry),
        "contributor": claim.digest,
        "by": claim.by,
        "counts": claim.counts,
        "status": claim.status.value,
        "roles": {slug: status.value for slug, status in claim.roles.items()},
        "answers": [
            {
                "entry": entry_json(one.entry),
                "answer": one.response.answer,
                "roles": list(one.response.roles),
                "reason": one.response.reason,
                "matched_by": one.matched_by,
                "counts": one.counts,
            }
            for one in claim.answers
        ],
    }
