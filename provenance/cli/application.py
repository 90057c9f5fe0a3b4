"""The Typer application and its commands, with Typer's own words in the reader's language.

Typer takes most of its words from gettext, which ``language.settle`` has pointed at our
catalogue; two it writes in English whatever the locale, and they are put right here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

from provenance.cli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typer._click.core import Context, Parameter  # what the methods below are handed
    from typer.core import TyperOption

__all__ = ["TYPER_WORDS", "Application"]

_USAGE = N_("Usage: ")
_SHOW_HELP = N_("Show this message and exit.")
_DASHED_KEY = re.compile("-[A-Za-z0-9_-]{42}")

TYPER_WORDS = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("[default: {}]"),
    N_("[env var: {}]"),
    N_("[required]"),
    N_("Aborted!"),
)
"""What Typer asks gettext for; a test looks each of them up in Typer's own source."""


class _Command(TyperCommand):
    """A command whose help is in one language throughout."""

    def get_usage(self, ctx: Context) -> str:
        """Return the usage line."""
        return _(_USAGE) + super().get_usage(ctx).removeprefix(_USAGE)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """Return ``--help``."""
        return _translated(super().get_help_option(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the words behind the command."""
        return super().parse_args(ctx, _dashed_key_last(args))

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return what the command takes."""
        return _plain(super().get_params(ctx))


class _Group(TyperGroup):
    """A command with commands below it; else as ``_Command``."""

    def get_usage(self, ctx: Context) -> str:
        """Return the usage line."""
        return _(_USAGE) + super().get_usage(ctx).removeprefix(_USAGE)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """Return ``--help``."""
        return _translated(super().get_help_option(ctx))

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return what stands before the commands below."""
        return _plain(super().get_params(ctx))


def _dashed_key_last(words: list[str]) -> list[str]:
    """Keep a thumbprint that begins with a dash, as one in 64 does, from being read as options."""
    for place, word in enumerate(words):
        is_value = place > 0 and words[place - 1] == "--key"
        if _DASHED_KEY.fullmatch(word) and not is_value and "--" not in words:
            return [*words[:place], *words[place + 1 :], "--", word]
    return words


def _plain(parameters: list[Parameter]) -> list[Parameter]:
    """Let a flag show no type, since it takes no value."""
    for one in parameters:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return parameters


def _translated(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.help = _(_SHOW_HELP)
    return option


class Application(typer.Typer):
    """A group of commands, as every group of this command line is."""

    def __init__(self, *, help: str, **settings: Any) -> None:  # noqa: A002, ANN401 -- Typer's own
        """Make a group that answers to nothing with its help."""
        super().__init__(
            cls=_Group,
            help=help,
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            **settings,
        )

    def add(self, name: str, run: Callable[..., None], *, help: str) -> None:  # noqa: A002 -- Typer's
        """Add a command."""
        self.command(name, cls=_Command, help=help)(run)
