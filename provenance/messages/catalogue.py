"""Finds the reader's language and the catalogue for it."""

from __future__ import annotations

import functools
import gettext
import os
from collections.abc import Callable
from importlib import resources

__all__ = ["LANGUAGES", "Translate", "choose_language", "speak", "translator"]

_DOMAIN = "provenance"
_LOCALE = resources.files("provenance.messages").joinpath("locale")

LANGUAGES = ("en", "zh_Hans")
"""The languages there are; the first is the one of the message keys."""

Translate = Callable[[str], str]
"""From an English sentence or template to the reader's."""


def choose_language(*wishes: str | None) -> str:
    """Return the first of ``LANGUAGES`` that a wish asks for, else English.

    Args:
        wishes: in order of weight; each a tag or a list of tags in any usual spelling:
            ``zh``, ``zh_CN.UTF-8``, ``zh-Hans;q=0.9,en``. None and unknown tags are passed over.
    """
    for wish in wishes:
        for tag in _tags(wish or ""):
            if tag.startswith("zh"):
                return "zh_Hans"
            if tag.startswith("en") or tag in {"c", "posix"}:
                return "en"
    return LANGUAGES[0]


def _tags(wish: str) -> list[str]:
    """Split an Accept-Language value (RFC 9110 §12.5.4) or a locale name, best first."""
    weighted: list[tuple[float, str]] = []
    for part in wish.split(","):
        tag, _, weight = part.partition(";q=")
        try:
            weighted.append((float(weight or 1), tag.strip().lower().split(".")[0]))
        except ValueError:
            continue  # a header nobody can read is no wish
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


@functools.cache
def translator(language: str) -> Translate:
    """Return the function that turns English keys into ``language``, one of ``LANGUAGES``."""
    if language == LANGUAGES[0]:
        return gettext.NullTranslations().gettext
    catalogue = _LOCALE.joinpath(language, "LC_MESSAGES", f"{_DOMAIN}.mo")
    with catalogue.open("rb") as stream:
        return gettext.GNUTranslations(stream).gettext


def speak(language: str) -> None:
    """Let libraries that ask gettext for their words find them in our catalogue.

    For a process that speaks to one person; a service chooses anew for each request.
    """
    os.environ["LANGUAGE"] = language  # where gettext looks first
    gettext.bindtextdomain(_DOMAIN, str(_LOCALE))
    gettext.textdomain(_DOMAIN)
