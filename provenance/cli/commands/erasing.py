"""``erase``: destroy what a ledger discloses, with its root key, while it is stopped."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.options import AsJson, Folder, Passphrase, read_passphrase
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say
from provenance.digests import from_hex
from provenance.errors import MalformedError
from provenance.identifiers import bare_orcid, check_orcid
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from provenance.cli.application import Application
    from provenance.keys import PrivateKey
    from provenance.service.erase import Done
    from provenance.service.operator_keys import OperatorKeys

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Erase what a ledger discloses of a person; its service must be stopped.")
    how = _(
        "The keys of the disclosures are destroyed, and the log says so in an entry signed by the "
        "root key. Every proof goes on verifying. There is no way back."
    )
    app.add("erase", erase, help=f"{does}\n\n{how}")


def erase(
    folder: Folder,
    records: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help=_("Records; none to look through the whole log.")),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="ORCID", help=_("Only what names this person.")),
    ] = None,
    digest: Annotated[
        list[str] | None,
        typer.Option(
            "--digest", metavar="DIGEST", help=_("Only this disclosure of one record; may repeat.")
        ),
    ] = None,
    root_key: Annotated[
        Path | None,
        typer.Option(
            "--root-key",
            metavar="FILE",
            help=_("The root key's file; default: keys/root.jwe in the folder."),
        ),
    ] = None,
    passphrase: Passphrase = None,
    *,
    manifest: Annotated[
        bool, typer.Option("--manifest", help=_("The published manifest, or that as well."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Order an erasure, and carry it out."""
    # imported here: it loads the database's library, which most commands do not need
    from provenance.service.erase import Wish  # noqa: PLC0415
    from provenance.service.erase import erase as erase_now  # noqa: PLC0415

    if digest and (person is not None or len(records or ()) != 1):
        raise MalformedError("is of one record, and not together with --person", field="--digest")
    if person is not None:
        person = bare_orcid(person)
        check_orcid(person, "--person")
    wish = Wish(
        records=tuple(from_hex(one, field="ID") for one in records or ()),
        person=person,
        digests=tuple(digest or ()),
        manifest=manifest,
    )

    def unlock_root(keys: OperatorKeys) -> PrivateKey:
        return keys.open_root(read_passphrase(passphrase), root_key)

    place = LedgerFolder(folder.absolute())
    done = erase_now(place, wish, unlock_root=unlock_root, now_unix=int(time.time()))
    if as_json:
        print_json(_as_json(done))
        return
    print_fields(
        (
            (_("erased in records"), len(done.erased)),
            (_("entry"), ", ".join(map(str, done.entries))),
        )
    )
    say(
        _(
            "Archives of the disclosures' keys that were made before now hold them still: see that "
            "all are gone within 30 days (docs/erasure.md)."
        )
    )


def _as_json(done: Done) -> dict[str, object]:
    return {
        "records": [one.to_claim() for one in done.erased],
        "entries": list(done.entries),
    }
