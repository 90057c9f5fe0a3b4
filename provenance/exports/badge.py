"""A badge for a README, as SVG: what of the deposit is proved, in a few words.

    | provenance | anchored not after 2026-08-01 |     the policy and a vouched block prove it
    | provenance | entry 7 of ledger.example/log |     the policy proves that much
    | provenance | recorded                      |     nothing was checked
    | provenance | disputed                      |     what a service tells of its own record

No script, no style sheet, no link and no font to fetch: each text is stretched to the width that
was computed for it, so that it fits whatever font the reader has. The title, which screen readers
say and pointers show, has the whole sentence.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.exports.xml_text import add, to_bytes
from provenance.imported import N_, remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.exports.subject import Subject
    from provenance.exports.xml_text import Element
    from provenance.imported import Remark
    from provenance.verdict import Bound

__all__ = ["Told", "write", "write_told"]

_HEIGHT: Final = 20
_PADDING: Final = 6
_NARROW, _WIDE = 6.5, 12.0
_FONTS: Final = "Verdana, DejaVu Sans, Noto Sans CJK SC, Microsoft YaHei, sans-serif"
_GREY, _GREEN, _BLUE, _BROWN = "#555555", "#2e6b34", "#35568f", "#8a3b12"
_BAD: Final = {
    "withdrawn": N_("withdrawn"),
    "disputed": N_("disputed"),
    "corrected": N_("found wrong"),
    "superseded": N_("superseded"),
}


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the badge, in the subject's language."""
    said = _what_is_proved(subject)
    colour = _GREY if not subject.is_in_log else _BLUE if subject.not_after is None else _GREEN
    yield _draw(said, colour, subject.translate)


class Told(NamedTuple):
    """What a ledger's service says of a record; nobody who sees the badge has checked it."""

    log: str
    leaf_index: int
    standing: str
    """``sound``, or in what way it is not, the worst first."""
    not_after: Bound | None
    """What the service's own anchors show, if there are any."""


def write_told(told: Told, translate: Callable[[str], str]) -> bytes:
    """Return the badge that a service gives of a record: never in the colour of what is proved."""
    said, colour = _what_is_told(told)
    sentence = N_("as {log} says; whoever has the receipt can check it")
    return _draw(said, colour, translate, translate(sentence).format(log=told.log))


def _what_is_told(told: Told) -> tuple[Remark, str]:
    worst = told.standing.partition(",")[0]
    if worst != "sound":
        return remark(_BAD.get(worst, N_("not as it was"))), _BROWN
    bound = told.not_after
    if bound is None:
        return remark(N_("entry {index}, not anchored yet"), index=told.leaf_index), _GREY
    if not bound.independent:
        return remark(N_("entry {index}, on a test chain"), index=told.leaf_index), _GREY
    date = datetime.fromtimestamp(bound.time_unix, UTC).date().isoformat()
    return remark(N_("anchored not after {date}"), date=date), _BLUE


def _draw(
    said: Remark, colour: str, translate: Callable[[str], str], more: str | None = None
) -> bytes:
    text = translate(said.key).format(**said.facts)
    label = translate(N_("provenance"))
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
    add(root, "title", {"id": "title"}, f"{label}: {text}" + (f", {more}" if more else ""))
    _part(root, 0, left, "#333333", label)
    _part(root, left, right, colour, text)
    return to_bytes(root)


def _what_is_proved(subject: Subject) -> Remark:
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
