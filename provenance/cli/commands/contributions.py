"""``contribute``, ``invite``, ``respond``: who contributed, and what each of them answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urldefrag

import typer

from provenance import sdjwt
from provenance.attribution_types import ANSWERS
from provenance.attribution_values import named_people
from provenance.authority import matched_by
from provenance.cli.application import Application
from provenance.cli.claims import contributor_of, roles_of
from provenance.cli.commands.credits import role_name
from provenance.cli.commands.options import AsJson, Home, Key, LedgerURL, Passphrase, home_of
from provenance.cli.gathering import (
    RecordId,
    record_id_of,
)
from provenance.cli.language import _, current
from provenance.cli.output import print_json, say
from provenance.cli.signing_about import (
    OwnPolicy,
    Prose,
    ReceiptFile,
    Wish,
    own_profile,
    prose_of,
    sign_about,
)
from provenance.client import LedgerClient
from provenance.errors import MalformedError
from provenance.files.outbox import Outbox
from provenance.receipt import Receipt
from provenance.record import parse_record
from provenance.record_values import Contributor

if TYPE_CHECKING:
    from provenance.attribution_values import NamedPerson
    from provenance.files.keystore import Profile
    from provenance.record import Record

__all__ = ["register"]

_DIGEST = re.compile("[A-Za-z0-9_-]{43}")
_LINK = re.compile("respond=([0-9a-f]{64})[.]([A-Za-z0-9_-]+)")


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("contribute", contribute, help=_("Name contributors of a deposit, or yourself."))
    app.add("invite", invite, help=_("Print a link for each contributor, to answer by."))
    app.add("respond", respond, help=_("Answer a claim that you contributed."))


def contribute(
    record_id: RecordId,
    ledger: LedgerURL,
    contributor: Annotated[
        list[str] | None,
        typer.Option(
            "--contributor",
            metavar="TEXT",
            help=_("As 'Name; orcid=...; ror=...; roles=investigation,software'; may repeat."),
        ),
    ] = None,
    roles: Annotated[
        str | None,
        typer.Option("--roles", metavar="ROLES", help=_("Your own roles, as software,validation.")),
    ] = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a contribution: the depositor names anybody, everybody else himself."""
    record_id_of(record_id)
    people = [contributor_of(text) for text in contributor or ()]
    if bool(people) is bool(roles):
        raise MalformedError("expected either it or --roles", field="--contributor")
    if roles is not None:
        people = [_oneself(roles, key, home)]
    claims: dict[str, object] = {"record": record_id, "contributors": people}
    wish = Wish(ledger, policy, key, passphrase, home, output, as_json)
    sign_about("contribution", claims, wish)


def _oneself(roles: str, key: str | None, home: Path | None) -> dict[str, object]:
    """Return the holder of the key as a contributor with these roles."""
    profile = own_profile(key, home)
    if profile.name is None:
        raise MalformedError("expected a key with a name; see `provenance key new`", field="--key")
    person: dict[str, object] = {"name": profile.name, "roles": roles_of(roles)}
    person |= {} if profile.orcid is None else {"orcid": profile.orcid}
    return person | ({"ror": list(profile.ror)} if profile.ror else {})


# --- invitations --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invited:
    """Where an answer goes: a record, one element of it, and what the element says."""

    record_id: str
    digest: str
    contributor: Contributor | None


def invite(
    record_id: RecordId,
    ledger: LedgerURL,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the links; the ledger sends no mail, and sees nothing of what is behind the #."""
    record = _with_disclosures(record_id, ledger, home)
    texts = {part.digest: part.text for part in record.parts}
    links = [
        {
            "name": None if one.contributor is None else one.contributor.name,
            "contributor": one.digest,
            "link": _link(ledger, record.id_hex, texts.get(one.digest, one.digest)),
        }
        for one in named_people(record)
    ]
    if not links:
        raise MalformedError("expected a deposit or contribution that names people", field="ID")
    if as_json:
        print_json(links)
        return
    for one in links:
        say(f"{one['name'] or _('somebody who is not shown')}:")
        say(f"  {one['link']}")
    say(_("Send each link to its person alone; he answers with: provenance respond LINK accept"))


def _link(ledger: str, record_id: str, shown: str) -> str:
    return f"{ledger.rstrip('/')}/respond#respond={record_id}.{shown}"


def _with_disclosures(record_id: str, ledger: str, home: Path | None) -> Record:
    """Return a record as its holder saved it, else with what the ledger shows of it."""
    record_id_of(record_id)
    for submission in Outbox(home_of(home)).submissions():
        if submission.id == record_id:
            return submission.records[-1]
    return _shown(record_id, ledger)


def _shown(record_id: str, ledger: str) -> Record:
    with LedgerClient(ledger, language=current()) as client:
        receipt = Receipt.parse(client.receipt(record_id))
    record = parse_record(receipt.record.sd_jwt.encode("ascii"), complete=False)
    if record.id_hex != record_id:
        raise MalformedError("the ledger gave another record than was asked for", field="ID")
    return record


def respond(
    where: Annotated[
        str, typer.Argument(metavar="LINK|ID", help=_("The link you got, or the record's id."))
    ],
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help=_("accept, object or amend."))],
    ledger: LedgerURL,
    roles: Annotated[
        str | None,
        typer.Option(
            "--roles", metavar="ROLES", help=_("With amend: your roles, as software,validation.")
        ),
    ] = None,
    reason: Prose = None,
    contributor: Annotated[
        str | None,
        typer.Option("--contributor", metavar="DIGEST", help=_("Which of the named people.")),
    ] = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign the answer; the newest one of your key counts, and all are kept."""
    if answer not in ANSWERS:
        raise MalformedError(
            f"expected accept, object or amend; got {answer!a:.40}", field="ANSWER"
        )
    if (answer == "amend") is (roles is None):
        raise MalformedError("expected it exactly with amend", field="--roles")
    invited = _invited(where, ledger, contributor, key, home)
    if not as_json and invited.contributor is not None:
        _tell_claim(invited.contributor)
    claims: dict[str, object] = {
        "record": invited.record_id,
        "contributor": invited.digest,
        "answer": answer,
        "roles": None if roles is None else roles_of(roles),
        "reason": prose_of(reason, "--reason"),
    }
    sign_about("response", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def _tell_claim(person: Contributor) -> None:
    roles = ", ".join(role_name(slug) for slug in person.roles) or _("role not stated")
    say(_("The record says: {name}, {roles}").format(name=person.name, roles=roles))


def _invited(
    where: str, ledger: str, contributor: str | None, key: str | None, home: Path | None
) -> Invited:
    """Read a link, or find oneself among the people of a record.

    Raises:
        MalformedError: a link to nothing, or nobody of the record is the key's holder.
    """
    match = _LINK.fullmatch(urldefrag(where).fragment)
    record_id = where if match is None else match[1]
    record_id_of(record_id)
    record = _shown(record_id, ledger)
    if match is not None:
        return _linked(record, match[2])
    people = named_people(record)
    if contributor is not None:
        found = [one for one in people if one.digest == contributor]
    else:
        own = own_profile(key, home)
        found = [one for one in people if _is(one, own)]
    if len(found) != 1:
        raise MalformedError(
            f"{len(found)} of the people named have your name or ORCID iD: choose one",
            field="--contributor",
        )
    return Invited(record_id, found[0].digest, found[0].contributor)


def _is(one: NamedPerson, own: Profile) -> bool:
    shown = one.contributor
    if shown is None:
        return False
    return matched_by(shown.name, shown.orcid, own.name, own.orcid) is not None


def _linked(record: Record, text: str) -> Invited:
    """Check that what a link shows stands in the record.

    Raises:
        MalformedError: it does not.
    """
    if _DIGEST.fullmatch(text) is not None:
        digest = text
    else:
        digest = sdjwt.digest_of(text)
        if digest not in {part.digest for part in record.parts}:
            # its holder keeps it to himself: only who has the link can read it
            shown = record.compact + text.encode("ascii") + b"~"
            record = parse_record(shown, complete=False)
    named = {one.digest: one.contributor for one in named_people(record)}
    if digest not in named:
        raise MalformedError("shows nobody whom the record names", field="LINK")
    return Invited(record.id_hex, digest, named[digest])
