"""The records of a dossier along one axis of time, as SVG: a bar from not-before to not-after.

A record without a proved interval gets a hollow mark at the end, so that nothing that was not
proved looks like a time. Letters are those of the font that the pages are set in.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from provenance.lineage_svg import fit
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MAX_BARS", "Bar", "draw_timeline"]

MAX_BARS: Final = 34
"""Records on one page; the table lists them all."""

_WIDTH: Final = 1000
_LABELS: Final = 360
_LEFT: Final = _LABELS + 20
_RIGHT: Final = _WIDTH - 30
_ROW: Final = 36
_TOP: Final = 60
_SVG: Final = "http://www.w3.org/2000/svg"
_SIZE: Final = 14
_FONT: Final = "Noto Sans SC, Noto Sans CJK SC, sans-serif"
_COLOURS: Final = {"claimant": "#2a5d9f", "respondent": "#a0522d", "": "#555555"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One record of the picture."""

    label: str
    side: str
    """``claimant``, ``respondent`` or empty."""
    start: int | None
    """POSIX seconds; None where nothing is proved."""
    end: int | None


def draw_timeline(bars: Sequence[Bar], *, unproved: str, more: str) -> bytes:
    """Return the picture.

    Args:
        unproved: what is written where no interval is proved.
        more: a template with ``{count}``, for records that found no room.
    """
    shown = bars[:MAX_BARS]
    times = [time for bar in shown for time in (bar.start, bar.end) if time is not None]
    low, high = (min(times), max(times)) if times else (0, 1)
    axis = _Axis(low, max(high, low + 1))
    height = _TOP + _ROW * len(shown) + 40
    parts = [
        f'<svg xmlns="{_SVG}" viewBox="0 0 {_WIDTH} {height}" font-family="{_FONT}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *(axis.draw(height - 30) if times else ()),
    ]
    for row, bar in enumerate(shown):
        parts += _draw(bar, axis, _TOP + row * _ROW, unproved)
    if len(bars) > len(shown):
        said = more.format(count=len(bars) - len(shown))
        parts.append(_text(_LABELS, height - 8, said, "end"))
    return "\n".join([*parts, "</svg>"]).encode()


@dataclass(frozen=True, slots=True)
class _Axis:
    low: int
    high: int

    def x(self, time: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (time - self.low) / (self.high - self.low), 1)

    def draw(self, bottom: int) -> Iterator[str]:
        for number, share in enumerate((0.0, 0.5, 1.0)):
            time = round(self.low + (self.high - self.low) * share)
            x = self.x(time)
            yield f'<path d="M{x} 40V{bottom}" stroke="#cccccc"/>'
            yield _text(x, 24, utc_text(time), ("start", "middle", "end")[number])


def _draw(bar: Bar, axis: _Axis, y: int, unproved: str) -> Iterator[str]:
    colour = _COLOURS.get(bar.side, _COLOURS[""])
    yield _text(_LABELS, y + 17, "".join(fit(bar.label, _SIZE, _LABELS - 10)), "end")
    start = bar.end if bar.start is None else bar.start
    end = bar.start if bar.end is None else bar.end
    if start is None or end is None:
        yield _text(_LEFT, y + 17, unproved, "start")
        return
    left, right = axis.x(start), axis.x(end)
    width = max(right - left, 5.0)
    left = min(left, _RIGHT - width)
    is_open = bar.start is None or bar.end is None
    style = f'fill="none" stroke="{colour}"' if is_open else f'fill="{colour}"'
    yield f'<rect x="{left}" y="{y + 4}" width="{width:.1f}" height="18" rx="2" {style}/>'


def _text(x: float, y: int, text: str, anchor: str) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{_SIZE}" text-anchor="{anchor}" fill="#222222">'
        f"{escape(text)}</text>"
    )
