"""``backup``, ``restore``: copy a running ledger into a file, and make a ledger of it again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Folder, KeysDatabase, databases_of
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.audit_log import AuditReport
    from provenance.service.backup import Backup

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("backup", backup, help=_("Copy a ledger into a file while it runs."))
    app.add("restore", restore, help=_("Make a ledger folder of a backup, and audit it."))


def backup(
    folder: Folder,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=_("The archive to write; of keys, a folder of dated ones, kept for 30 days."),
        ),
    ],
    *,
    disclosure_keys: Annotated[
        bool,
        typer.Option("--disclosure-keys", help=_("Copy the disclosures' keys instead of the log.")),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Private keys and the signer's memory are not in it: keep those by themselves."""
    # imported here: it loads the database's library, which most commands do not need
    from provenance.service.backup import DISCLOSURE_KEYS, LEDGER, make_backup  # noqa: PLC0415
    from provenance.service.rotate_keys import rotate_keys  # noqa: PLC0415 -- as above

    place = LedgerFolder(folder.absolute())
    if disclosure_keys and file.is_dir():
        file, removed = rotate_keys(place, file.absolute(), now_unix=int(time.time()))
        _tell_rotated(file, removed, as_json=as_json)
        return
    of = DISCLOSURE_KEYS if disclosure_keys else LEDGER
    made = make_backup(place, file.absolute(), of=of)
    if as_json:
        print_json(_of_backup(made, file))
        return
    say(_("Backup of {origin} written to {file}.").format(origin=made.origin, file=file))
    print_fields([(_("Entries"), str(made.tree_size))])


def _tell_rotated(file: Path, removed: Sequence[Path], *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "removed": [str(one) for one in removed]})
        return
    say(_("The disclosures' keys are in {file}.").format(file=file))
    for one in removed:
        say(_("Removed, its 30 days are over: {file}").format(file=one))


def _of_backup(made: Backup, file: Path) -> dict[str, object]:
    return {
        "file": str(file),
        "of": made.of,
        "origin": made.origin,
        "tree_size": made.tree_size,
        "database": made.database,
    }


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The archive."))],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=_("The folder to make."))],
    disclosure_keys: Annotated[
        Path | None,
        typer.Option(
            "--disclosure-keys",
            metavar="FILE",
            help=_("The archive of the disclosures' keys; without it they are erased."),
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="DSN", help=_("An empty PostgreSQL database.")),
    ] = None,
    keys_database: KeysDatabase = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Nothing is overwritten; the folder appears when every entry has been proved."""
    from provenance.service.backup import restore_backup  # noqa: PLC0415 -- as in backup

    place = LedgerFolder(folder.absolute())
    report = restore_backup(
        file.absolute(),
        place,
        keys=None if disclosure_keys is None else disclosure_keys.absolute(),
        databases=databases_of(database, keys_database),
    )
    if as_json:
        print_json(_of_restore(report, place))
        return
    say(_("Restored and audited."))
    print_fields(
        [
            (_("Entries"), str(report.tree_size)),
            (_("Disclosures that can be read"), str(report.disclosures)),
        ]
    )
    say(_("Now put back the newest signer.memory and the folder keys/: neither is in a backup."))


def _of_restore(report: AuditReport, place: LedgerFolder) -> dict[str, object]:
    return {
        "folder": str(place.root),
        "tree_size": report.tree_size,
        "root_hash": report.root_hash.hex(),
        "disclosures": report.disclosures,
    }
