"""The fonts that pages are set in, and which characters they have.

Noto Sans SC holds the text, DejaVu Sans Mono (inside Typst) the digests. A character that no font
has would stop the typesetting, or worse, vanish from somebody's name: it is printed as
``[U+20BB7]``, and a note on the page says so.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from provenance.errors import DriverMissingError

__all__ = ["FAMILY", "MONO", "Printable", "font_folder", "glyphs", "module_of"]

FAMILY: Final = "Noto Sans SC"
MONO: Final = "DejaVu Sans Mono"
_PLAIN: Final = re.compile(r"[\n -~]*")


def font_folder() -> Path:
    """Return the folder that the fonts lie in.

    Raises:
        DriverMissingError: the extra ``documents`` is not installed.
    """
    return Path(module_of("pylopdf_fonts_zh_cn").sans_path()).parent


@cache
def glyphs() -> frozenset[int]:
    """Return the code points that the text font has."""
    path = font_folder() / "NotoSansSC-Regular.otf"
    with module_of("fontTools.ttLib").TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def module_of(name: str) -> Any:  # noqa: ANN401 -- packages without types
    """Import what only documents need.

    Raises:
        DriverMissingError: the extra ``documents`` is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise DriverMissingError(
            f"documents need {name}; at the root of the repository: "
            ".tools/bin/uv pip install -e '.[documents]'"
        ) from error


class Printable:
    """Turns text into what can be printed, and remembers what could not."""

    def __init__(self) -> None:
        """Begin with nothing missing."""
        self.missing: set[str] = set()

    def __call__(self, text: str) -> str:
        """Return the text with every character that no font has as ``[U+XXXX]``."""
        if _PLAIN.fullmatch(text):
            return text
        has = glyphs()
        return "".join(one if one == "\n" or ord(one) in has else self._name(one) for one in text)

    def _name(self, character: str) -> str:
        self.missing.add(character)
        return f"[U+{ord(character):04X}]"
