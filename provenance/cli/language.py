"""The language of this run, settled before any command's help text is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.messages import LANGUAGES, choose_language, speak, translator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["N_", "_", "current", "is_known", "settle"]

_settled = LANGUAGES[0]


def settle(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Choose the language: ``--lang``, else the locale as gettext reads it."""
    global _settled  # noqa: PLW0603 -- one process speaks one language, to one terminal
    asked = None
    for position, argument in enumerate(arguments):
        if argument == "--lang":
            asked = arguments[position + 1] if position + 1 < len(arguments) else None
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    wishes = [environment.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    _settled = choose_language(asked, *((wish or "").replace(":", ",") for wish in wishes))
    speak(_settled)


def is_known(wish: str) -> bool:
    """Tell whether ``wish`` names a language there is, in any usual spelling."""
    return choose_language(wish) == choose_language(wish, LANGUAGES[-1])


def current() -> str:
    """Return the settled language, one of ``LANGUAGES``."""
    return _settled


def _(text: str) -> str:
    """Translate a message key into the settled language."""
    return translator(_settled)(text)


def N_(text: str) -> str:  # noqa: N802 -- gettext's own name for "a key, translated later"
    """Mark a message key that is translated where it is shown."""
    return text
