"""The commands, one file per thing they act on.

Only the file of the command that was asked for is read: a receipt is verified without loading
what it takes to serve a ledger, and in a third of the time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, cast

import typer

from provenance.cli.application import Application
from provenance.cli.language import _, is_known
from provenance.cli.output import say
from provenance.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMANDS", "make_app"]

COMMANDS = {
    "fingerprint": "fingerprints",
    "file-proof": "fingerprints",
    "cache": "fingerprints",
    "import": "imports",
    "deposit": "deposits",
    "open": "sealing",
    "contribute": "contributions",
    "invite": "contributions",
    "respond": "contributions",
    "credit": "credits",
    "lineage": "lineages",
    "timeline": "timelines",
    "statement": "disputes",
    "dispute": "disputes",
    "ruling": "disputes",
    "correct": "disputes",
    "withdraw": "disputes",
    "transfer": "disputes",
    "receipt": "receipts",
    "fixity": "fixity",
    "verify": "verification",
    "show": "verification",
    "lookup": "lookups",
    "diff": "diffs",
    "overlap": "overlaps",
    "dossier": "dossiers",
    "export": "exports",
    "policy": "policies",
    "key": "keys",
    "init": "operation",
    "serve": "operation",
    "signer": "signing",
    "renew-memory": "signing",
    "scrub": "signing",
    "mode": "signing",
    "anchor": "anchoring",
    "audit": "audits",
    "backup": "backups",
    "restore": "backups",
    "configure": "configuration",
    "erase": "erasing",
    "witness": "witnesses",
}
"""In which file of this folder each command is."""


def _tell_version(asked: bool) -> None:  # noqa: FBT001 -- as Typer calls it
    if asked:
        # it takes as long to import as the rest of a small command
        from importlib.metadata import version as installed_version  # noqa: PLC0415 -- see above

        say(f"provenance {installed_version('provenance-ledger')}")
        raise typer.Exit


def _settle_language(
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="LANG", help=_("en or zh; default: the locale."))
    ] = None,
    *,
    version: Annotated[  # noqa: ARG001 -- its callback acts on it
        bool,
        typer.Option(
            "--version", help=_("Show the version and exit."), is_eager=True, callback=_tell_version
        ),
    ] = False,
) -> None:
    """Hold the options that stand before the command; the language is settled already."""
    if lang is not None and not is_known(lang):
        raise MalformedError(f"expected en or zh, got {lang!a:.40}", field="--lang")


def make_app(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line: the command asked for, or every one when none of them is."""
    app = Application(
        name="provenance",
        help=_("Prove when, and by whom, data was deposited."),
        callback=_settle_language,
    )
    asked = COMMANDS.get(_command_of(arguments))
    for name in dict.fromkeys(COMMANDS.values() if asked is None else [asked]):
        module = import_module(f"provenance.cli.commands.{name}")
        cast("Callable[[Application], None]", module.register)(app)
    return app


def _command_of(arguments: Sequence[str]) -> str:
    """Return the first argument that is no option before the command; empty when there is none."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--lang":
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return ""
