"""The commands, one file per thing they act on."""

from __future__ import annotations

from typing import Annotated

import typer

from provenance.cli.commands import deposits, fingerprints, keys, operation, policies, receipts
from provenance.cli.language import _

__all__ = ["make_app"]


def _settle_language(
    _lang: Annotated[
        str | None, typer.Option("--lang", metavar="LANG", help=_("en or zh; default: the locale."))
    ] = None,
) -> None:
    """Hold the options that stand before the command; the language is settled already."""


def make_app() -> typer.Typer:
    """Return the command line with every command in it."""
    app = typer.Typer(
        name="provenance",
        help=_("Prove when, and by whom, data was deposited."),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        callback=_settle_language,
    )
    for module in (fingerprints, deposits, receipts, policies, operation):
        module.register(app)
    app.add_typer(keys.make_app(), name="key")
    return app
