"""``key request|bind|accept|rotate|revoke|show``: whose a key is, and until when."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.claims import new_salts
from provenance.cli.commands.options import (
    AnyLedger,
    AnyPolicy,
    AsJson,
    Home,
    Key,
    LedgerURL,
    Output,
    Passphrase,
    home_of,
    key_store,
    read_passphrase,
)
from provenance.cli.files import write_file
from provenance.cli.key_exchange import Binding, read_binding, read_request, request_bytes
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, print_table, say, when
from provenance.cli.sending import Sending
from provenance.cli.signer import Signer, find_signer, key_record_of, origin_of
from provenance.client import LedgerClient
from provenance.digests import from_b64url
from provenance.errors import MalformedError, NotFoundError
from provenance.files.outbox import Outbox
from provenance.key_binder import issue_binder, parse_binder
from provenance.key_types import COMPROMISE, REASONS, SUPERSEDED
from provenance.record import issue_record, key_binding_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.cli.application import Application
    from provenance.cli.sending import Answer
    from provenance.record import Record

__all__ = ["add_commands"]

Origin = Annotated[
    str | None,
    typer.Option("--origin", metavar="NAME", help=_("The log's name, to sign without a ledger.")),
]
To = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=_("The file to write."))]


def add_commands(group: Application) -> None:
    """Add the commands of this file to ``key``."""
    group.add("request", request, help=_("Ask an institution to bind your key: write a file."))
    group.add("bind", bind, help=_("As an institution, bind the key of a request."))
    group.add("accept", accept, help=_("Put your key into the log with an institution's word."))
    group.add("rotate", rotate, help=_("Make a successor of your key, and revoke the old one."))
    group.add("revoke", revoke, help=_("Revoke your key, or one that you are to answer for."))
    group.add("show", show, help=_("Show what the log says of a key."))


# --- binding ------------------------------------------------------------------------------


def request(
    output: To,
    key: Key = None,
    origin: Origin = None,
    ledger: AnyLedger = None,
    policy: AnyPolicy = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write your signed key record to a file for the institution; nothing is sent."""
    signer = find_signer(key, passphrase, home)
    record = key_record_of(signer, origin or origin_of(ledger, policy))
    write_file(output, request_bytes(record), replace=False)
    if as_json:
        print_json({"key": record.kid, "request": str(output)})
        return
    print_fields(((_("key"), record.kid), (_("request"), output)))
    say(_("Compare the key with the institution by another channel; it signs what you state."))


def bind(
    file: Annotated[Path, typer.Argument(metavar="REQUEST", help=_("The person's request."))],
    output: To,
    key: Key = None,
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="NAMES",
            help=_("What you vouch for, of name, orcid, ror; default: all that is stated."),
        ),
    ] = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    may_bind: Annotated[
        bool, typer.Option("--may-bind", help=_("A department: let the key bind others, too."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign that a key belongs to whom its request names; nothing is sent."""
    record = read_request(file)
    signer = find_signer(key, passphrase, home)
    stated = {part.name: part.digest for part in record.parts if part.name is not None}
    wanted = sorted(stated) if claims is None else [one.strip() for one in claims.split(",")]
    unknown = sorted(set(wanted) - stated.keys())
    if unknown:
        raise MalformedError(f"the request does not state {unknown[0]!a:.40}", field="--claims")
    text = issue_binder(
        private_key=signer.private,
        key=record.kid,
        digests=[stated[name] for name in wanted],
        aud=record.aud,
        iat=int(time.time()),
        may_bind=may_bind,
    )
    own = key_record_of(signer, record.aud)
    write_file(output, Binding(record, parse_binder(text), own).to_bytes(), replace=False)
    shown = [(name, _text(record.payload[name])) for name in wanted]
    if as_json:
        said = {"key": record.kid, "vouched_for": dict(shown), "may_bind": may_bind}
        print_json({**said, "binder": own.kid, "log": record.aud, "binding": str(output)})
        return
    print_fields(((_("key"), record.kid), (_("log"), record.aud), *shown, (_("binding"), output)))


def accept(
    file: Annotated[Path, typer.Argument(metavar="BINDING", help=_("The institution's file."))],
    ledger: LedgerURL,
    key: Key = None,
    policy: AnyPolicy = None,
    output: Output = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign your key record with the institution's word in it, and send both key records."""
    binding = read_binding(file)
    signer = find_signer(key or binding.request.kid, passphrase, home)
    if signer.private.public.thumbprint != binding.binder.key:
        raise MalformedError(f"expected a binding of {signer.stored.thumbprint}", field="BINDING")
    plain: dict[str, object] = {
        name: binding.request.claims[name]
        for name in ("recovery", "previous")
        if name in binding.request.claims
    }
    record = issue_record(
        "key",
        {**plain, "binder": binding.binder.text},
        private_key=signer.private,
        aud=binding.request.aud,
        iat=int(time.time()),
        salts=new_salts(),
        made=binding.request.parts,
    )
    sent = [binding.binder_key, record]
    _tell(_send(sent, ledger, policy, output, home), as_json=as_json)


# --- the end of a key ---------------------------------------------------------------------


def rotate(
    label: Annotated[str, typer.Option("--label", help=_("Your own name for the new key."))],
    ledger: LedgerURL,
    key: Key = None,
    policy: AnyPolicy = None,
    output: Output = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a new key under the same passphrase, put it into the log, revoke the old one."""
    origin = origin_of(ledger, policy)
    old = find_signer(key, passphrase, home)
    store, secret = key_store(home), read_passphrase(passphrase)
    own_keys = store.keys()
    known = [one for one in own_keys if one.label == label]
    # a first try that broke off has left the key: it is taken up again
    new = (
        known[0]
        if known
        else store.new(secret, label=label, alg=old.stored.public.alg, profile=old.stored.profile)
    )
    if new.thumbprint == old.stored.thumbprint:
        raise MalformedError("expected another label than the old key's", field="--label")
    successor = Signer(new, store.unlock(new, secret))
    records = [
        key_record_of(old, origin),
        key_record_of(successor, origin, previous=old.stored.thumbprint),
        _revocation(old, origin, old.stored.thumbprint, SUPERSEDED, new.thumbprint, None),
    ]
    _tell(_send(records, ledger, policy, output, home), as_json=as_json)
    if not as_json:
        say(_("New key: {key}. No institution has bound it yet.").format(key=new.thumbprint))


def revoke(
    ledger: LedgerURL,
    target: Annotated[
        str | None,
        typer.Argument(metavar="KEY", help=_("The key to revoke; default: the one that signs.")),
    ] = None,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", help=_("One of {names}.").format(names=", ".join(sorted(REASONS)))
        ),
    ] = "unspecified",
    since: Annotated[
        int | None,
        typer.Option(
            "--compromised-since",
            metavar="SECONDS",
            help=_("POSIX seconds; only by the recovery key or an institution."),
        ),
    ] = None,
    successor: Annotated[
        str | None, typer.Option("--successor", metavar="KEY", help=_("The key in its place."))
    ] = None,
    key: Key = None,
    policy: AnyPolicy = None,
    output: Output = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke a key from now on; whoever bound it or is its recovery key may say since when."""
    if since is not None and reason == "unspecified":
        reason = COMPROMISE
    origin = origin_of(ledger, policy)
    signer = find_signer(key or (None if target is None else _own(target, home)), passphrase, home)
    kid = signer.stored.thumbprint if target is None else _thumbprint(target, home)
    heir = None if successor is None else _thumbprint(successor, home)
    records = [
        key_record_of(signer, origin),
        _revocation(signer, origin, kid, reason, heir, since),
    ]
    _tell(_send(records, ledger, policy, output, home), as_json=as_json)


def _revocation(
    signer: Signer, origin: str, kid: str, reason: str, successor: str | None, since: int | None
) -> Record:
    said = {"key": kid, "reason": reason, "successor": successor, "compromised_since": since}
    return issue_record(
        "revocation",
        {name: value for name, value in said.items() if value is not None},
        private_key=signer.private,
        aud=origin,
        iat=int(time.time()),
        salts=new_salts(),
    )


def _own(target: str, home: Path | None) -> str | None:
    """Return the thumbprint of a key of one's own, None for another's."""
    try:
        return key_store(home).find(target).thumbprint
    except NotFoundError:
        return None


def _thumbprint(text: str, home: Path | None) -> str:
    """Return the thumbprint of a key of one's own, or the text if it is one."""
    own = _own(text, home)
    if own is not None:
        return own
    from_b64url(text, length=32, field="KEY")
    return text


# --- showing ------------------------------------------------------------------------------


def show(
    target: Annotated[
        str | None, typer.Argument(metavar="KEY", help=_("Label or thumbprint."))
    ] = None,
    ledger: AnyLedger = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a key of yours, and with a ledger what its entries say of any key."""
    store = key_store(home)
    own = store.find(target) if target is None or _own(target, home) else None
    kid = _thumbprint(target, home) if own is None and target is not None else ""
    kid = own.thumbprint if own is not None else kid
    found: list[dict[str, object]] = []
    if ledger is not None:
        with LedgerClient(ledger, language=current()) as client:
            signed = [one for one in client.lookup(key=kid) if one.get("type") == "key"]
            about = list(client.lookup(digest=from_b64url(kid, length=32).hex()))
        found = sorted([*signed, *about], key=lambda one: int(str(one["leaf_index"])))
    if as_json:
        label = None if own is None else own.label
        print_json({"key": kid, "label": label, "entries": found})
        return
    fields = [(_("key"), kid)]
    if own is not None:
        fields += [(_("label"), own.label), (_("name"), own.profile.name or "")]
    print_fields(tuple(fields))
    if found:
        heads = (_("entry"), _("type"), _("signed by"), _("identity"), _("record id"))
        names = ("leaf_index", "type", "key", "identity", "id")
        print_table(heads, [tuple(str(one.get(name, "")) for name in names) for one in found])


# --- sending ------------------------------------------------------------------------------


def _send(
    records: Sequence[Record],
    ledger: str,
    policy: Path | None,
    output: Path | None,
    home: Path | None,
) -> Answer:
    submission = Outbox(home_of(home)).save([one.compact for one in records])
    name = f"{records[-1].type}-{submission.id[:16]}.receipt.json"
    target = output or Path(name)
    return Sending(ledger, policy, target.parent, home, target.name).send(submission)


def _tell(answer: Answer, *, as_json: bool) -> None:
    record = answer.submission.records[-1]
    if as_json:
        print_json(
            {
                "id": record.id_hex,
                "type": record.type,
                "key": record.kid,
                "leaf_index": answer.leaf_index,
                "status": "integrated" if answer.is_new else "repeat",
                "receipt": str(answer.receipt),
            }
        )
        return
    binder = key_binding_of(record).binder if record.type == "key" else None
    fields = [(_("type"), record.type), (_("record id"), record.id_hex)]
    if binder is not None:
        fields.append((_("bound by"), binder.kid))
    fields += [
        (_("entry"), str(answer.leaf_index)),
        (_("claimed time"), when(record.iat)),
        (_("receipt"), str(answer.receipt)),
    ]
    print_fields(tuple(fields))


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
