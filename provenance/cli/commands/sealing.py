"""``open``, and what ``deposit --sealed`` adds: a dataset whose digest is shown only later."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from provenance.cli.application import Application
from provenance.cli.claims import new_salts
from provenance.cli.commands.options import (
    AnyLedger,
    AnyPolicy,
    AsJson,
    Home,
    Key,
    Passphrase,
    home_of,
)
from provenance.cli.files import read_file, write_file
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say, when
from provenance.cli.sending import MANIFEST, Sending
from provenance.cli.signer import find_signer, sign_record
from provenance.errors import AlreadyExistsError, MalformedError
from provenance.files.atomic import PRIVATE
from provenance.files.manifest_file import read_manifest, seal_manifest
from provenance.files.outbox import Outbox
from provenance.receipt import Receipt
from provenance.record import Record, parse_record
from provenance.salted import file_opening
from provenance.sealed import MAX_SECRET_BYTES, SealedSecret, open_claims, seal_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.sdjwt import Disclosure

__all__ = ["SEALED_NAMES", "SECRET", "keep_secret", "register", "seal_dataset"]

SECRET: Final = "sealed.json"  # noqa: S105 -- a file's name
SEALED_NAMES: Final = ("title", "files", "bytes")
"""What may be sealed beside the digests."""

_SALTS_LENGTH: Final = 32


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Open a sealed deposit, for everybody or one file for one reader.")
    how = _(
        "Its manifest and sealed.json must lie beside the receipt, as deposit --sealed left them. "
        "Without --file an opening is signed and sent to the ledger; with it a file is written "
        "that proves this one file to whoever gets it, and nothing is sent."
    )
    app.add("open", open_sealed, help=f"{does}\n\n{how}")


# --- sealing --------------------------------------------------------------------------------


def check_sealing(
    names: Sequence[str] | None, *, sealed: bool, publish_manifest: bool
) -> Sequence[str] | None:
    """Return what is to be sealed beside the digests; None for a deposit that seals nothing.

    Raises:
        MalformedError: options that go ill together, or a name that cannot be sealed.
    """
    for name in names or ():
        if name not in SEALED_NAMES:
            raise MalformedError(f"expected one of {', '.join(SEALED_NAMES)}", field="--seal")
    if names and not sealed:
        raise MalformedError("says nothing without --sealed", field="--seal")
    if sealed and publish_manifest:
        raise MalformedError("would show what is sealed", field="--publish-manifest")
    return (names or ()) if sealed else None


def seal_dataset(
    claims: dict[str, object], manifest: Path, names: Sequence[str], *, key: str
) -> tuple[dict[str, object], tuple[Disclosure, ...]]:
    """Take what is to be sealed out of a deposit's claims; write the salts into its manifest.

    Returns:
        The claims that stay in the clear, and the disclosures of those that do not.

    Raises:
        MalformedError: the data have no digest of our own, or ``names`` cannot be sealed.
    """
    if "dataset_digest" not in claims:
        raise MalformedError(
            "a declared digest is none to seal; see --rehash all", field="--sealed"
        )
    if "additional_digests" in claims:
        raise MalformedError("would show what is sealed", field="--also")
    for name in names:
        if name not in claims:
            raise MalformedError(f"there is no {name} to seal", field="--seal")
    digest = seal_manifest(manifest, os.urandom(_SALTS_LENGTH))
    hidden = {"dataset_digest": claims["dataset_digest"], "salted_digest": digest.hex()}
    hidden |= {name: claims[name] for name in dict.fromkeys(names)}
    left = {name: value for name, value in claims.items() if name not in hidden}
    if "files" in hidden:
        left.pop("assurance", None)  # it says the count
    return left, seal_claims(hidden, key=key, salts=new_salts())


def keep_secret(folder: Path, compact: bytes, made: tuple[Disclosure, ...]) -> None:
    """Write what opens a sealed deposit, durably, before the record is sent anywhere."""
    record = parse_record(compact, complete=True)
    octets = SealedSecret(record.id, made).to_bytes()
    write_file(folder / SECRET, octets, mode=PRIVATE, replace=False)


# --- opening --------------------------------------------------------------------------------


def open_sealed(
    receipt_file: Annotated[
        Path, typer.Argument(metavar="RECEIPT", help=_("Receipt of the sealed deposit."))
    ],
    file: Annotated[
        str | None,
        typer.Option(
            "--file", metavar="PATH", help=_("Open this one file, as the manifest names it.")
        ),
    ] = None,
    ledger: AnyLedger = None,
    key: Key = None,
    policy: AnyPolicy = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where what opens it goes.")),
    ] = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a sealed deposit."""
    deposit = _deposit_at(receipt_file)
    secret = SealedSecret.parse(read_file(receipt_file.with_name(SECRET), limit=MAX_SECRET_BYTES))
    open_claims(secret.disclosures, deposit)
    if file is not None:
        target = output or receipt_file.with_name("file.opening.json")
        _open_file(receipt_file, file, secret, target, as_json=as_json)
        return
    if ledger is None:
        raise MalformedError("is needed here", field="--ledger")
    target = output or receipt_file.with_name("opening.receipt.json")
    if target.exists():
        raise AlreadyExistsError(f"{target}: name another file", field="--output")
    signer = find_signer(key or deposit.kid, passphrase, home)
    compacts = sign_record(
        "opening",
        {"record": deposit.id_hex},
        signer=signer,
        origin=deposit.aud,
        made=secret.disclosures,
    )
    sending = Sending(ledger, policy, target.parent, home, target.name)
    answer = sending.send(Outbox(home_of(home)).save(compacts))
    record = answer.submission.records[-1]
    if as_json:
        print_json({"id": record.id_hex, "leaf_index": answer.leaf_index, "receipt": str(target)})
        return
    print_fields(
        (
            (_("record id"), record.id_hex),
            (_("entry"), answer.leaf_index),
            (_("claimed time"), when(record.iat)),
            (_("receipt"), target),
        )
    )


def _deposit_at(path: Path) -> Record:
    receipt = Receipt.parse(read_file(path))
    record = parse_record(receipt.record.sd_jwt.encode("ascii"), complete=False)
    if "sealed" not in record.claims:
        raise MalformedError(f"{path}: its record seals nothing", field="RECEIPT")
    return record


def _open_file(
    receipt_file: Path, path: str, secret: SealedSecret, target: Path, *, as_json: bool
) -> None:
    manifest = read_manifest(receipt_file.with_name(MANIFEST))
    if manifest.salts is None:
        raise MalformedError("its header has no salts: not the manifest of a sealed deposit")
    named = {part.name for part in secret.disclosures} & {"salted_digest", "files"}
    opening = file_opening(
        manifest, path, manifest.salts, secret.named(sorted(filter(None, named)))
    )
    write_file(target, opening.to_bytes())
    if as_json:
        print_json({"path": path, "opening": str(target)})
        return
    say(_("Give this to whoever may know the file: {path}").format(path=target))
