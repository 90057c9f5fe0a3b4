"""The lineage as a picture: an SVG file that needs no font of ours, no script and no network.

Widths are those of wide glyphs (a Chinese character is one em), so that no text leaves its box
whatever font the reader has; what is longer is cut with an ellipsis. Characters that a reader
would not see, or that would turn the others round, are written as ``[U+202E]``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from provenance.lineage_layout import arrows_of, layers_of, route_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from provenance.lineage import Lineage, Node
    from provenance.lineage_layout import Arrow

__all__ = ["Caption", "draw_lineage", "fit", "width_of"]

_TITLE: Final = 15
_SMALL: Final = 12
_LABEL: Final = 11
_BOX: Final = 280.0
_PAD: Final = 14.0
_LINE: Final = 19.0
_GAP: Final = 44.0
"""Between two boxes of a layer."""
_LAYER_GAP: Final = 84.0
_LANE: Final = 24.0
"""Width that an arrow takes where it passes a layer."""
_PORT: Final = 118.0
"""Width for one incoming arrow: the longest word of PROV-O in small letters."""
_MARGIN: Final = 32.0

_COLOURS: Final = {
    "withdrawn": ("#7a1f1f", "#fbe6e6"),
    "superseded": ("#5b4a00", "#fbf1c7"),
    "corrected": ("#5b4a00", "#fbf1c7"),
    "disputed": ("#8a3b00", "#ffe8d6"),
}
_FONTS: Final = (
    "'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',"
    "'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
)
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_STYLE: Final = f'font-family="{_FONTS}" fill="#1b1f24"'
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
    'markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="#57606a"/></marker></defs>'
)
_PAPER: Final = '<rect width="100%" height="100%" fill="#ffffff"/>'
_MOST_MARKS: Final = 4
_NARROW: Final = frozenset(" .,:;'|!ijl()[]ftr-")


@dataclass(frozen=True, slots=True)
class Caption:
    """What is written into the box of one node, below its title."""

    title: str
    lines: tuple[str, ...]
    code: str
    """A digest or an identifier, in letters of one width."""


def draw_lineage(
    lineage: Lineage,
    caption: Callable[[Node], Caption],
    *,
    title: str,
    words: Mapping[str, str],
) -> str:
    """Return the picture as the text of an SVG file.

    Args:
        caption: what to write of a node.
        title: heading of the picture.
        words: the marks (``lineage.MARKS``) in the reader's language.
    """
    edges = arrows_of(lineage)
    layers = layers_of(list(lineage.nodes), edges)
    boxes = {key: _box(node, caption(node), edges, words) for key, node in lineage.nodes.items()}
    return _Picture(lineage, edges, layers, boxes, title).draw()


# --- text ---------------------------------------------------------------------------------


def width_of(text: str, size: float) -> float:
    """Return how wide a line may become, in pixels, with whatever font there is."""
    total = 0.0
    for one in text:
        if unicodedata.combining(one):
            continue
        if unicodedata.east_asian_width(one) in {"W", "F", "A"}:
            total += 1.03
        elif one in _NARROW:
            total += 0.42
        else:
            total += 0.8 if one.isupper() or one in "mwMW@%" else 0.62
    return total * size


def fit(text: str, size: float, room: float, lines: int = 1) -> list[str]:
    """Break a text into at most ``lines`` lines that are no wider than ``room``."""
    found: list[str] = []
    rest = _visible(text)
    while rest and len(found) < lines:
        cut = _cut(rest, size, room)
        if cut < len(rest) and len(found) == lines - 1:
            found.append(rest[: _cut(rest, size, room - width_of("…", size))].rstrip() + "…")
            return found
        if cut < len(rest) and (space := rest.rfind(" ", 0, cut + 1)) > cut // 2:
            cut = space
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return found


def _cut(text: str, size: float, room: float) -> int:
    """Return how many characters fit, at least one; no mark is torn from its letter."""
    total = 0.0
    for place, one in enumerate(text):
        total += width_of(one, size)
        if total > room and place and not unicodedata.combining(one):
            return place
    return len(text)


def _visible(text: str) -> str:
    """Return text whose every character is seen and leaves the others in their order."""
    shown, marks = [], 0
    for one in text:
        marks = marks + 1 if unicodedata.combining(one) else 0
        # a letter needs few marks; a heap of them would be drawn over the lines above
        is_seen = one.isprintable() and marks <= _MOST_MARKS
        shown.append(one if is_seen else f"[U+{ord(one):04X}]")
    return "".join(shown)


# --- boxes --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Box:
    """A node with its text broken into lines."""

    node: Node
    title: list[str]
    lines: list[str]
    code: str
    marks: tuple[tuple[str, str], ...]
    """Mark and its word in the reader's language."""
    width: float

    @property
    def height(self) -> float:
        rows = len(self.title) + len(self.lines) + bool(self.code)
        return 2 * _PAD + rows * _LINE + (_LINE + 6 if self.marks else 0)


def _box(node: Node, caption: Caption, arrows: Sequence[Arrow], words: Mapping[str, str]) -> _Box:
    incoming = [word for one in arrows if one.newer == node.key for word in one.words]
    width = max(_BOX, _PORT * len(incoming) + 2 * _PAD)
    room = width - 2 * _PAD
    return _Box(
        node=node,
        title=fit(caption.title, _TITLE, room, lines=2),
        lines=[line for text in caption.lines for line in fit(text, _SMALL, room, lines=3)],
        code=next(iter(fit(caption.code, _SMALL, room)), ""),
        marks=tuple((mark, words[mark]) for mark in node.marks),
        width=width,
    )


@dataclass
class _Picture:
    """Everything with its place."""

    lineage: Lineage
    arrows: Sequence[Arrow]
    layers: list[list[str]]
    boxes: Mapping[str, _Box]
    title: str

    def draw(self) -> str:
        """Return the SVG."""
        widths = [sum(map(self._width, keys)) + _GAP * (len(keys) - 1) for keys in self.layers]
        head = fit(self.title, 18, max([*widths, _BOX]), lines=2)
        self._top = _MARGIN + 26 * len(head) + 18
        whole = max([*widths, _BOX]) + 2 * _MARGIN
        self._place(whole)
        body = [*self._arrows(), *(line for key in self.boxes for line in self._draw(key))]
        bottom = self._tops[-1] + self._heights[-1] + _MARGIN
        titles = [
            f'<text x="{_MARGIN:.0f}" y="{_MARGIN + 26 * at + 14:.0f}" font-size="18" '
            f'font-weight="600">{escape(line)}</text>'
            for at, line in enumerate(head)
        ]
        size = f'width="{whole:.0f}" height="{bottom:.0f}" viewBox="0 0 {whole:.0f} {bottom:.0f}"'
        opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {_STYLE}>'
        name = f"<title>{escape(_visible(self.title))}</title>"
        return "\n".join((_XML, opening, name, _TIP, _PAPER, *titles, *body, "</svg>", ""))

    def _width(self, key: str) -> float:
        return self.boxes[key].width if key in self.boxes else _LANE

    def _place(self, whole: float) -> None:
        """Give every box and lane its middle, and every layer its top."""
        self._middle: dict[str, float] = {}
        self._tops, self._heights = [], []
        self._level: dict[str, int] = {}
        top = self._top
        for level, keys in enumerate(self.layers):
            height = max((self.boxes[key].height for key in keys if key in self.boxes), default=0.0)
            self._tops.append(top)
            self._heights.append(height)
            top += height + _LAYER_GAP
            left = (whole - sum(map(self._width, keys)) - _GAP * (len(keys) - 1)) / 2
            for key in keys:
                self._level[key] = level
                self._middle[key] = left + self._width(key) / 2
                left += self._width(key) + _GAP

    def _ports(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Return where each arrow leaves its older box, and where it enters its newer one."""
        leaving: dict[str, list[Arrow]] = {}
        entering: dict[str, list[Arrow]] = {}
        for one in self.arrows:
            route = route_of(one, self._level)
            leaving.setdefault(one.older, []).append(one)
            entering.setdefault(one.newer, []).append(one)
            self._routes[one.older, one.newer] = route
        out: dict[tuple[str, str], float] = {}
        into: dict[tuple[str, str], float] = {}
        for key, arrows in leaving.items():
            arrows.sort(key=lambda one: self._middle[self._routes[one.older, one.newer][1]])
            for at, one in enumerate(arrows, 1):
                out[one.older, one.newer] = self._port(key, at / (len(arrows) + 1))
        for key, arrows in entering.items():
            arrows.sort(key=lambda one: self._middle[self._routes[one.older, one.newer][-2]])
            total = sum(len(one.words) for one in arrows)
            before = 0.0
            for one in arrows:
                middle = (before + len(one.words) / 2) / total
                into[one.older, one.newer] = self._port(key, middle)
                before += len(one.words)
        return {pair: (out[pair], into[pair]) for pair in out}

    def _port(self, key: str, share: float) -> float:
        width = self.boxes[key].width - 2 * _PAD
        return self._middle[key] + (share - 0.5) * width

    def _arrows(self) -> Iterable[str]:
        self._routes: dict[tuple[str, str], list[str]] = {}
        ports = self._ports()
        labels = []
        for one in self.arrows:
            start, end = ports[one.older, one.newer]
            route = self._routes[one.older, one.newer]
            level = self._level[one.older]
            box = self._tops[level] + self.boxes[one.older].height
            path = [f"M{start:.1f} {box:.1f}"]
            at_x, at_y = start, box
            foot = self._tops[level] + self._heights[level]
            if foot > box:  # a lower neighbour in the layer must not be crossed
                path.append(f"V{foot:.1f}")
                at_y = foot
            for key in route[1:]:
                level = self._level[key]
                x = self._middle[key] if key not in self.boxes else end
                y = self._tops[level] - (0 if key not in self.boxes else 2)
                bend = (at_y + y - 26) / 2
                path.append(f"C{at_x:.1f} {bend:.1f} {x:.1f} {bend:.1f} {x:.1f} {y - 26:.1f}")
                path.append(f"V{y + (self._heights[level] if key not in self.boxes else 0):.1f}")
                at_x, at_y = x, y + (self._heights[level] if key not in self.boxes else 0)
            yield (
                f'<path d="{" ".join(path)}" fill="none" stroke="#57606a" stroke-width="1.4" '
                'marker-end="url(#tip)"/>'
            )
            word = ", ".join(one.words)
            labels.append(_label(word, end, self._tops[self._level[one.newer]] - 16))
        yield from labels

    def _draw(self, key: str) -> Iterable[str]:
        """Draw one box: title, lines, digest, marks."""
        box = self.boxes[key]
        left = self._middle[key] - box.width / 2
        top = self._tops[self._level[key]]
        asked, outside = key == self.lineage.asked, box.node.is_outside
        stroke = "#0550ae" if asked else "#8c959f"
        yield (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="7" fill="{"#f6f8fa" if outside else "#ffffff"}" '
            f'stroke="{stroke}" stroke-width="{2.6 if asked else 1.2}"'
            + (' stroke-dasharray="5 4"' if outside else "")
            + "/>"
        )
        x, y = left + _PAD, top + _PAD + 13
        struck = ' text-decoration="line-through"' if "withdrawn" in box.node.marks else ""
        for line in box.title:
            yield (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_TITLE}" font-weight="600"{struck}>'
                f"{escape(line)}</text>"
            )
            y += _LINE
        for line in box.lines:
            yield (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_SMALL}" fill="#424a53">'
                f"{escape(line)}</text>"
            )
            y += _LINE
        if box.code:
            yield (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_SMALL}" fill="#57606a" '
                f"font-family=\"'DejaVu Sans Mono',Consolas,monospace\">{escape(box.code)}</text>"
            )
            y += _LINE
        yield from _pills(box, x, y)


def _pills(box: _Box, x: float, y: float) -> Iterable[str]:
    """Draw the marks side by side."""
    for mark, word in box.marks:
        ink, paper = _COLOURS[mark]
        width = width_of(word, _LABEL) + 16
        yield (
            f'<rect x="{x:.1f}" y="{y - 11:.1f}" width="{width:.1f}" height="20" rx="10" '
            f'fill="{paper}" stroke="{ink}"/>'
            f'<text x="{x + width / 2:.1f}" y="{y + 3:.1f}" font-size="{_LABEL}" '
            f'font-weight="600" text-anchor="middle" fill="{ink}">{escape(word)}</text>'
        )
        x += width + 8


def _label(word: str, x: float, y: float) -> str:
    """Draw the word of a relation over its arrow, on a ground of its own."""
    width = width_of(word, _LABEL) * 0.9 + 6
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - 11:.1f}" width="{width:.1f}" height="15" '
        'fill="#ffffff" fill-opacity="0.92"/>'
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_LABEL}" text-anchor="middle" '
        f'fill="#1b1f24">{escape(word)}</text>'
    )
