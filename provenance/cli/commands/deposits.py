"""``deposit``: fingerprint, sign, save, send, keep the receipt; or sign now and send later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.claims import (
    Flags,
    check_claims,
    flag_claims,
    read_metadata,
)
from provenance.cli.commands.fingerprints import Also, VerifyAll, WithChunks, algorithms_of
from provenance.cli.commands.imports import DataFolder, Kind, Rehash
from provenance.cli.commands.options import (
    AnyLedger,
    AnyPolicy,
    AsJson,
    Home,
    Key,
    Passphrase,
    home_of,
)
from provenance.cli.commands.sealing import (
    SECRET,
    check_sealing,
    keep_secret,
    seal_dataset,
)
from provenance.cli.files import make_output_folder
from provenance.cli.importing import read_wish, subject_of
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say, warn, when
from provenance.cli.places import (
    Engine,
    Scheduler,
    beside_place,
    check_outside_place,
    place_of,
    scheduler_of,
)
from provenance.cli.sending import MANIFEST, RECEIPT, Answer, Sending, receipt_name
from provenance.cli.signer import Signer, find_signer, origin_of, sign_record
from provenance.errors import (
    AlreadyExistsError,
    MalformedError,
)
from provenance.files.outbox import Outbox, read_submission, write_submission
from provenance.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.cli.importing import Subject

__all__ = ["register"]

SIGNED = "deposit.records"


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Deposit a dataset's fingerprint and get a receipt.")
    seen = _(
        "The data stay where they are. The ledger's operator is the first to see the fingerprint "
        "and what you say about the data; with --sealed not even the operator sees the fingerprint."
    )
    app.add("deposit", deposit, help=f"{does}\n\n{seen}")


def deposit(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH|URL", help=_("The dataset: a folder, one file, or a URL.")),
    ] = None,
    ledger: AnyLedger = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help=_("The dataset's title."))
    ] = None,
    dataset_version: Annotated[
        str | None,
        typer.Option(
            "--dataset-version", metavar="TEXT", help=_("Which version of the dataset it is.")
        ),
    ] = None,
    contributor: Annotated[
        list[str] | None,
        typer.Option(
            "--contributor",
            metavar="TEXT",
            help=_("As 'Name; orcid=...; ror=...; roles=investigation,software'; may repeat."),
        ),
    ] = None,
    license_: Annotated[
        str | None,
        typer.Option("--license", metavar="SPDX", help=_("The licence of the data, as CC-BY-4.0.")),
    ] = None,
    access: Annotated[
        str | None,
        typer.Option("--access", metavar="LEVEL", help=_("open, embargoed, restricted or closed.")),
    ] = None,
    identifier: Annotated[
        list[str] | None,
        typer.Option(
            "--identifier",
            metavar="TYPE:VALUE",
            help=_("A name of the data, as doi:10.1234/abc; may repeat."),
        ),
    ] = None,
    relation: Annotated[
        list[str] | None,
        typer.Option(
            "--relation",
            metavar="WORD=ID",
            help=_("Other data, as wasRevisionOf=<record id>; may repeat."),
        ),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            "--block", metavar="CHAIN:NUMBER:HASH", help=_("A block you saw before you signed.")
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata", metavar="FILE", help=_("JSON file with title, contributors, license, ...")
        ),
    ] = None,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            "--hold",
            metavar="NAME",
            help=_("Keep title or contributors out of public view; may repeat."),
        ),
    ] = None,
    key: Key = None,
    policy: AnyPolicy = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin", metavar="NAME", help=_("The log's name, to sign without a ledger.")
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help=_("Where manifest and receipt go; default: NAME.provenance beside the data."),
        ),
    ] = None,
    import_: Annotated[
        str | None,
        typer.Option(
            "--import",
            metavar="SOURCE",
            help=_("Take checksums and metadata from there, as `provenance import` does."),
        ),
    ] = None,
    kind: Kind = None,
    data: DataFolder = None,
    rehash: Rehash = "none",
    engine: Engine = "local",
    scheduler: Scheduler = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FILE", help=_("Send a saved record."))
    ] = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    also: Also = None,
    chunks: WithChunks = False,
    verify_all: VerifyAll = False,
    sealed: Annotated[
        bool, typer.Option("--sealed", help=_("Show the data's digest to nobody before `open`."))
    ] = False,
    seal: Annotated[
        list[str] | None,
        typer.Option(
            "--seal", metavar="NAME", help=_("Seal title, files or bytes as well; may repeat.")
        ),
    ] = None,
    sign_only: Annotated[
        bool, typer.Option("--sign-only", help=_("Sign and save; send later with --resume."))
    ] = False,
    publish_manifest: Annotated[
        bool, typer.Option("--publish-manifest", help=_("Let everybody see paths and digests."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deposit a dataset; only its fingerprint and the record leave this machine."""
    if resume is not None:
        given = {"PATH": path, "--metadata": metadata, "--origin": origin, "--sign-only": sign_only}
        given |= {"--import": import_, "--data": data, "--sealed": sealed}
        for name, value in given.items():
            if value:
                raise MalformedError("says nothing about a record already signed", field=name)
        _resume(
            resume,
            Sending(_needed(ledger, "--ledger"), policy, output or resume.parent, home),
            publish_with=(key, passphrase) if publish_manifest else None,
            as_json=as_json,
        )
        return
    subject = subject_of(
        place_of(path) if path else None,
        place_of(import_) if import_ else None,
        data,
        kind,
        read_wish(rehash),
        scheduler=scheduler_of(engine, scheduler),
        algorithms=algorithms_of(also, with_chunks=chunks),
        verify_all=verify_all,
    )
    flags = Flags(
        title, dataset_version, contributor, license_, access, identifier, relation, block
    )
    claims = subject.metadata | read_metadata(metadata) | flag_claims(flags)
    check_claims(claims, hold or [])
    folder = output or beside_place(subject.source, ".provenance")
    check_outside_place(folder, subject.data or subject.source)
    _check_unused(folder)
    sealing = check_sealing(seal, sealed=sealed, publish_manifest=publish_manifest)
    if publish_manifest:
        subject.check_publishable()
    _warn_of_omissions(claims, as_json=as_json)
    signer = find_signer(key, passphrase, home)
    name = origin or origin_of(ledger, policy)
    claims |= _write_into(folder, subject, as_json=as_json)
    compacts = _sign(folder, claims, sealing, signer=signer, origin=name, hold=hold or [])
    if sign_only or ledger is None:
        write_submission(folder / SIGNED, compacts)
        _tell_saved(folder / SIGNED, compacts, as_json=as_json)
        return
    sending = Sending(ledger, policy, folder, home)
    answer = sending.send(Outbox(home_of(home)).save(compacts))
    if publish_manifest:
        sending.publish(answer, signer.private)
    _tell_deposited(answer, as_json=as_json)


def _resume(
    file: Path,
    sending: Sending,
    *,
    publish_with: tuple[str | None, Path | None] | None,
    as_json: bool,
) -> None:
    """Send a saved record, as often as it takes: the same bytes get the same entry."""
    saved = read_submission(file)
    sending = replace(sending, receipt=receipt_name(saved))
    # saved again among one's own, so that the receipt has its place
    submission = Outbox(home_of(sending.home)).save(saved.compacts)
    signer = None if publish_with is None else find_signer(*publish_with, sending.home)
    answer = sending.send(submission)
    if signer is not None:
        sending.publish(answer, signer.private)
    _tell_deposited(answer, as_json=as_json)


def _write_into(folder: Path, subject: Subject, *, as_json: bool) -> dict[str, object]:
    """Write the manifest and return its claims; folders made in vain are taken away again."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    make_output_folder(folder)
    try:
        return subject.write_manifest(folder / MANIFEST, as_json=as_json)
    except BaseException:  # Ctrl-C as well
        with suppress(OSError):
            for one in new:
                one.rmdir()
        raise


def _sign(
    folder: Path,
    claims: dict[str, object],
    sealing: Sequence[str] | None,
    *,
    signer: Signer,
    origin: str,
    hold: Sequence[str],
) -> list[bytes]:
    """Sign a deposit; what it seals is kept in ``folder`` before anything is sent."""
    if sealing is None:
        return sign_record("deposit", claims, signer=signer, origin=origin, hold=hold)
    kid = signer.private.public.thumbprint
    claims, made = seal_dataset(claims, folder / MANIFEST, sealing, key=kid)
    compacts = sign_record("deposit", claims, signer=signer, origin=origin, hold=hold, made=made)
    keep_secret(folder, compacts[-1], made)
    return compacts


def _check_unused(folder: Path) -> None:
    """Refuse to write over what an earlier deposit left; to deposit twice is a choice."""
    for name in (RECEIPT, SIGNED, SECRET):
        if (folder / name).exists():
            raise AlreadyExistsError(f"{folder / name}: name another folder", field="--output")


def _warn_of_omissions(claims: dict[str, object], *, as_json: bool) -> None:
    """Say what a record leaves out that nobody can add to it later."""
    match ("title" in claims, "contributors" in claims):
        case (True, True):
            return
        case (True, False):
            said = _("Note: this record credits nobody; see --contributor.")
        case (False, True):
            said = _("Note: this record gives the dataset no title; see --title.")
        case _:
            said = _("Note: this record has no title and credits nobody; see --metadata.")
    if not as_json:
        warn(said)


def _needed(value: str | Path | None, name: str) -> str:
    if value is None:
        raise MalformedError("is needed here", field=name)
    return str(value)


# --- telling --------------------------------------------------------------------------------


def _tell_saved(path: Path, compacts: Sequence[bytes], *, as_json: bool) -> None:
    record_id = parse_record(compacts[-1], complete=True).id_hex
    if as_json:
        print_json({"id": record_id, "saved": str(path)})
        return
    print_fields(((_("record id"), record_id), (_("signed and saved"), path)))
    say(_("Send it with: provenance deposit --resume {path} --ledger URL").format(path=path))


def _tell_deposited(answer: Answer, *, as_json: bool) -> None:
    record = answer.submission.records[-1]
    if as_json:
        print_json(
            {
                "id": record.id_hex,
                "leaf_index": answer.leaf_index,
                "status": "integrated" if answer.is_new else "repeat",
                "receipt": str(answer.receipt),
            }
        )
        return
    if not answer.is_new:
        say(_("This very record was in the log already."))
    print_fields(
        (
            (_("record id"), record.id_hex),
            (_("entry"), answer.leaf_index),
            (_("claimed time"), when(record.iat)),
            (_("receipt"), answer.receipt),
        )
    )
    wait = _("When the chain has it: provenance receipt {id} --wait -o {path}")
    say(wait.format(id=record.id_hex, path=answer.receipt))
