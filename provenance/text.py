"""Text that means the same bytes in every runtime: NFC, paths and their comparison.

Two runtimes agree on NFC only as far as their Unicode tables do, and they do not carry the same:
Python 3.11 has 14.0, 3.13 has 15.1, a browser of today 17.0. Unicode never changes how an
assigned character normalizes, so the few characters that came later *and* take part in
normalization are refused (``docs/formats.md``, Fingerprint v1); every other string has one NFC
everywhere. Case folding is that of Unicode 15.0 and no other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from provenance.errors import MalformedError, NotNormalizedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "FOLDING",
    "REFUSED",
    "REFUSED_SINCE",
    "REFUSED_UP_TO",
    "casefold_key",
    "check_line",
    "check_path",
    "check_text",
    "is_settled",
    "nfc",
    "told_apart",
]

# --- made by scripts/make_refused_code_points.py: do not edit by hand ---
# fmt: off
REFUSED_SINCE = "14.0.0"
REFUSED_UP_TO = "18.0.0"
REFUSED = (
    (0x05C8, 0x05C9), (0x0897, 0x0897), (0x1ACF, 0x1AF0), (0x105C9, 0x105C9), (0x105D2, 0x105D2),
    (0x105DA, 0x105DA), (0x105E4, 0x105E4), (0x10D69, 0x10D6D), (0x10ECB, 0x10ECF),
    (0x10EF0, 0x10EFB), (0x10EFD, 0x10EFF), (0x11382, 0x11385), (0x1138B, 0x1138B),
    (0x1138E, 0x1138E), (0x11390, 0x11391), (0x113B8, 0x113B8), (0x113BB, 0x113BB),
    (0x113C2, 0x113C2), (0x113C5, 0x113C5), (0x113C7, 0x113C9), (0x113CE, 0x113D0),
    (0x11F41, 0x11F42), (0x1611E, 0x16129), (0x1612F, 0x1612F), (0x16D63, 0x16D63),
    (0x16D67, 0x16D6A), (0x1D127, 0x1D128), (0x1D250, 0x1D252), (0x1D25B, 0x1D25C),
    (0x1D25F, 0x1D25F), (0x1D280, 0x1D281), (0x1E08F, 0x1E08F), (0x1E4EC, 0x1E4EF),
    (0x1E5EE, 0x1E5EF), (0x1E6E3, 0x1E6E3), (0x1E6E6, 0x1E6E6), (0x1E6EE, 0x1E6EF),
    (0x1E6F5, 0x1E6F5),
)
FOLDING = (
    (0x0041, 0x0376), (0x037F, 0x037F), (0x0386, 0x038A), (0x038C, 0x038C), (0x038E, 0x03A1),
    (0x03A3, 0x052E), (0x0531, 0x0556), (0x0587, 0x0587), (0x10A0, 0x10C5), (0x10C7, 0x10C7),
    (0x10CD, 0x10CD), (0x13F8, 0x13FD), (0x1C80, 0x1C88), (0x1C90, 0x1CBA), (0x1CBD, 0x1CBF),
    (0x1E00, 0x1F0F), (0x1F18, 0x1F1D), (0x1F28, 0x1F3F), (0x1F48, 0x1F4D), (0x1F50, 0x1F56),
    (0x1F59, 0x1F59), (0x1F5B, 0x1F5B), (0x1F5D, 0x1F5D), (0x1F5F, 0x1F6F), (0x1F80, 0x1FB4),
    (0x1FB6, 0x1FC4), (0x1FC6, 0x1FD3), (0x1FD6, 0x1FDB), (0x1FE2, 0x1FEC), (0x1FF2, 0x1FF4),
    (0x1FF6, 0x1FFC), (0x2126, 0x2183), (0x24B6, 0x24CF), (0x2C00, 0x2CF2), (0xA640, 0xA69A),
    (0xA722, 0xA7C9), (0xA7D0, 0xA7D0), (0xA7D6, 0xA7D8), (0xA7F5, 0xA7F5), (0xAB70, 0xABBF),
    (0xFB00, 0xFB06), (0xFB13, 0xFB17), (0xFF21, 0xFF3A), (0x10400, 0x10427), (0x104B0, 0x104D3),
    (0x10570, 0x1057A), (0x1057C, 0x1058A), (0x1058C, 0x10592), (0x10594, 0x10595),
    (0x10C80, 0x10CB2), (0x118A0, 0x118BF), (0x16E40, 0x16E5F), (0x1E900, 0x1E921),
)
# fmt: on
# --- end of the made part ---

# A lone surrogate is no character: it has no UTF-8 (it stands for an undecodable file name).
_SURROGATES = (0xD800, 0xDFFF)


def _character_class(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _complement(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start = 0
    for first, last in sorted(ranges):
        yield start, first - 1
        start = last + 1
    yield start, 0x10FFFF


# "Not among the settled" rather than "among the refused": the ranges are tried in order, so that
# ASCII, Latin and Chinese are decided by the first few instead of by all.
_UNSETTLED = re.compile(f"[^{_character_class(_complement([*REFUSED, _SURROGATES]))}]")
_SETTLED_FOLDING = re.compile(f"[{_character_class(FOLDING)}]+")
# General category Cc: what a terminal or a line-based format might obey instead of show.
_CONTROL = r"\x00-\x1f\x7f-\x9f"
# Property Bidi_Control: they make a name look like another one (CVE-2021-42574).
_BIDI_CONTROL = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROLS = re.compile(f"[{_CONTROL}]")
_PATH_CONTROLS = re.compile(f"[{_CONTROL}{_BIDI_CONTROL}]")


def is_settled(value: str) -> bool:
    """Tell whether ``value`` is NFC and holds no code point whose NFC depends on the runtime."""
    if value.isascii():
        return True
    return unicodedata.is_normalized("NFC", value) and _UNSETTLED.search(value) is None


def check_text(value: str, field: str | None = None) -> None:
    """Check that ``value`` is in NFC, the same one in every runtime.

    Raises:
        NotNormalizedError: another form, a lone surrogate, or a code point newer than Unicode
            14.0 that takes part in normalization.
    """
    if is_settled(value):
        return
    _refuse_unsettled(value, field)
    raise NotNormalizedError(f"expected NFC, got {value[:80]!a}", field=field)


def check_line(value: str, field: str | None = None) -> None:
    """Check text that is shown on one line: as ``check_text``, and no control character.

    Raises:
        NotNormalizedError: see ``check_text``.
        MalformedError: a control character (general category Cc), line ends included.
    """
    check_text(value, field)
    _refuse_match(_CONTROLS.search(value), field)


def check_path(path: str, field: str | None = None) -> None:
    r"""Check one relative path of a dataset (Fingerprint v1); uniqueness is the caller's.

    ``/`` separates the parts; every other printable character, ``\`` included, is a name's own.

    Raises:
        NotNormalizedError: see ``check_text``.
        MalformedError: an empty, ``.`` or ``..`` part (so no leading or trailing ``/``), or a
            control or bidirectional-control character.
    """
    check_text(path, field)
    _refuse_match(_PATH_CONTROLS.search(path), field)
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            raise MalformedError(f"expected a relative path, got {path[:80]!r}", field=field)


def nfc(value: str, field: str | None = None) -> str:
    """Return the NFC of ``value``, the same one in every runtime.

    Raises:
        NotNormalizedError: a lone surrogate, or a code point newer than Unicode 14.0 that takes
            part in normalization.
    """
    if value.isascii():
        return value
    _refuse_unsettled(value, field)
    return unicodedata.normalize("NFC", value)


def casefold_key(path: str) -> str:
    """Return what two checked paths have in common exactly when they differ in case alone.

    The canonical caseless match of Unicode 15.0 (D145): NFD, full case folding, NFD.
    """
    if path.isascii():
        return path.lower()
    folded = _SETTLED_FOLDING.sub(_fold, unicodedata.normalize("NFD", path))
    return unicodedata.normalize("NFD", folded)


def told_apart(one: str, other: str) -> str:
    """Return two different names for a sentence, by their code points if they look alike."""
    is_alike = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    if is_alike:
        return f"{one!a:.400} and {other!a:.400}"
    return f"{one!r:.200} and {other!r:.200}"


def _fold(match: re.Match[str]) -> str:
    return match[0].casefold()


def _refuse_unsettled(value: str, field: str | None) -> None:
    found = _UNSETTLED.search(value)
    if found is None:
        return
    point = ord(found[0])
    if _SURROGATES[0] <= point <= _SURROGATES[1]:
        raise NotNormalizedError(f"expected text, got half a surrogate U+{point:04X}", field=field)
    raise NotNormalizedError(
        f"U+{point:04X} does not normalize alike in every runtime", field=field
    )


def _refuse_match(found: re.Match[str] | None, field: str | None) -> None:
    if found is not None:
        raise MalformedError(
            f"expected no control character, got U+{ord(found[0]):04X}", field=field
        )
