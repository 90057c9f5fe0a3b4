"""``signer``, ``renew-memory``, ``scrub``, ``mode``: what signs, and what stops the signing."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Folder
from provenance.cli.language import _
from provenance.cli.log_format import JSONLines
from provenance.cli.output import print_fields, print_json, say
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from provenance.service.standing import Standing

__all__ = ["register"]


class Wanted(Enum):
    """What ``mode`` can be told."""

    READ_ONLY = "read-only"
    WRITABLE = "writable"


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("signer", signer, help=_("Run the signer as a process of its own."))
    app.add(
        "renew-memory",
        renew_memory,
        help=_("Make a signer's memory anew that is lost, after everybody was asked."),
    )
    app.add("scrub", scrub, help=_("Show how far the scrub has come, and the damage it found."))
    app.add("mode", mode, help=_("Show whether a ledger takes records, or change it."))


def signer(
    folder: Folder,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65_535, help=_("Port on 127.0.0.1; 0 takes a free one.")),
    ] = 9100,
) -> None:
    """Hold the checkpoint key and sign what extends the last head, until SIGTERM or Ctrl-C."""
    from provenance.service.signer_process import SignerServer  # noqa: PLC0415 -- only this needs it

    handler = logging.StreamHandler()
    handler.setFormatter(JSONLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    server = SignerServer(LedgerFolder(folder.absolute()), port=port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # another thread has to stop it: this one is inside ``serve``
        signal.signal(number, lambda *_: threading.Thread(target=server.stop).start())
    say(_("The signer of {origin} answers at {url}").format(origin=server.origin, url=server.url))
    sys.stdout.flush()  # whoever started it may wait for this line at the end of a pipe
    server.serve()


def renew_memory(
    folder: Folder,
    tree_size: Annotated[
        int,
        typer.Option(
            "--tree-size",
            metavar="N",
            min=1,
            help=_("The newest signed tree size, as you know it from outside this copy."),
        ),
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="NAME",
            help=_("A chain's id or a witness's name that may be away; may repeat."),
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Ask the log itself, every chain and every witness first; the service must be stopped."""
    from provenance.service.renew_memory import renew_memory as renew  # noqa: PLC0415 -- as above

    place = LedgerFolder(folder.absolute())
    renewed = renew(place, tree_size=tree_size, without=without or ())
    root = renewed.checkpoint.root_hash.hex()
    if as_json:
        print_json(
            {
                "tree_size": tree_size,
                "root_hash": root,
                "asked": list(renewed.asked),
                "unasked": list(renewed.unasked),
            }
        )
        return
    print_fields(
        (
            (_("tree size"), tree_size),
            (_("root hash"), root),
            (_("asked"), ", ".join(renewed.asked) or "-"),
            (_("not asked"), ", ".join(renewed.unasked) or "-"),
        )
    )
    say(_("Nobody who was asked knows of a later head. One that nobody saw is not known to them."))


def scrub(
    folder: Folder,
    *,
    clear: Annotated[
        bool,
        typer.Option("--clear", help=_("Forget the damage, after you have looked and mended it.")),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the scrub; the running service goes on from the place of the damage once cleared."""
    from provenance.service.standing import clear_damage, read_standing  # noqa: PLC0415 -- loads SQL

    place = LedgerFolder(folder.absolute())
    if clear:
        clear_damage(place)
    _show(read_standing(place), as_json=as_json)


def mode(
    folder: Folder,
    wanted: Annotated[
        Wanted | None, typer.Argument(help=_("read-only or writable; without it, show."))
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help=_("What those whose records are refused are told."))
    ] = "maintenance",
    *,
    as_json: AsJson = False,
) -> None:
    """Make every process of a ledger refuse records, over restarts, or take them again."""
    from provenance.service.standing import read_standing, set_read_only  # noqa: PLC0415 -- loads SQL

    place = LedgerFolder(folder.absolute())
    if wanted is not None:
        set_read_only(place, reason if wanted is Wanted.READ_ONLY else None, int(time.time()))
    _show(read_standing(place), as_json=as_json)


def _show(standing: Standing, *, as_json: bool) -> None:
    mode_, scrub_ = standing.mode, standing.scrub
    if as_json:
        print_json(
            {
                "read_only": mode_.read_only,
                "reason": mode_.reason,
                "since": mode_.since_unix if mode_.read_only else None,
                "damage": mode_.damage,
                "scrub_next_index": scrub_.next_index,
                "scrub_rounds": scrub_.rounds,
                "scrub_completed": scrub_.completed_unix,
            }
        )
        return
    print_fields(
        (
            (_("mode"), _("read-only: {reason}").format(reason=mode_.reason))
            if mode_.read_only
            else (_("mode"), _("writable")),
            (_("damage"), mode_.damage or _("none found")),
            (_("scrub"), _("at entry {index}").format(index=scrub_.next_index)),
            (_("whole rounds"), scrub_.rounds),
        )
    )
