"""A badge for a README, as SVG: what of the deposit is proved, in a few words.

    | provenance | anchored not after 2026-08-01 |     the policy and a vouched block prove it
    | provenance | entry 7 of ledger.example/log |     the policy proves that much
    | provenance | recorded                      |     nothing was checked

No script, no style sheet, no link and no font to fetch: each text is stretched to the width that
was computed for it, so that it fits whatever font the reader has. The title, which screen readers
say and pointers show, has the whole sentence.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from provenance.exports.xml_text import add, to_bytes
from provenance.imported import N_, remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject
    from provenance.exports.xml_text import Element
    from provenance.imported import Remark

__all__ = ["what_is_proved", "write"]

_HEIGHT: Final = 20
_PADDING: Final = 6
_NARROW, _WIDE = 6.5, 12.0
_FONTS: Final = "Verdana, DejaVu Sans, Noto Sans CJK SC, Microsoft YaHei, sans-serif"
_GREY, _GREEN, _BLUE = "#555555", "#2e6b34", "#35568f"


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the badge, in the subject's language."""
    said = what_is_proved(subject)
    text = subject.translate(said.key).format(**said.facts)
    label = subject.translate(N_("provenance"))
    left, right = _width(label), _width(text)
    root = add(
        None,
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "viewBox": f"0 0 {left + right} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": "title",
        },
    )
    add(root, "title", {"id": "title"}, f"{label}: {text}")
    colour = _GREY if not subject.is_in_log else _BLUE if subject.not_after is None else _GREEN
    _part(root, 0, left, "#333333", label)
    _part(root, left, right, colour, text)
    yield to_bytes(root)


def what_is_proved(subject: Subject) -> Remark:
    """Return the most that the verdict proves."""
    if subject.not_after is not None:
        date = datetime.fromtimestamp(subject.not_after.time_unix, UTC).date().isoformat()
        return remark(N_("anchored not after {date}"), date=date)
    if subject.is_in_log:
        return remark(N_("entry {index} of {log}"), index=subject.leaf_index, log=subject.origin)
    return remark(N_("recorded"))


def _part(root: Element, start: int, width: int, colour: str, text: str) -> None:
    place = {"x": str(start), "y": "0", "width": str(width), "height": str(_HEIGHT)}
    add(root, "rect", place | {"fill": colour})
    place = {"x": str(start + _PADDING), "y": "14", "font-family": _FONTS, "font-size": "11"}
    inner = width - 2 * _PADDING
    fitted = {"textLength": str(inner), "lengthAdjust": "spacingAndGlyphs", "fill": "#ffffff"}
    add(root, "text", place | fitted, text)


def _width(text: str) -> int:
    """Return how many pixels a text takes with its padding; Chinese characters are wide."""
    wide = sum(unicodedata.east_asian_width(one) in {"W", "F"} for one in text)
    return round(wide * _WIDE + (len(text) - wide) * _NARROW) + 2 * _PADDING
