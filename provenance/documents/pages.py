"""A ``Document`` as PDF/A-3b: the same document and files always make the same bytes.

The one template is ``page.typ``. Typst is given a folder of its own with the blocks as JSON, the
pictures and the files to carry; it looks at no font of the system and writes no time.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.document import (
    Document,
    Fields,
    Heading,
    Items,
    Mono,
    NewPage,
    Paragraph,
    Picture,
    QrCode,
    Table,
)
from provenance.documents.fonts import FAMILY, MONO, Printable, font_folder, module_of
from provenance.documents.qr import qr_svg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.document import Block, Cell

__all__ = ["Attachment", "to_pdf"]

_LABELS: Final = 0.29
"""Share of the width that labels take."""

_MISSING: Final = (
    "本文档字体所缺的字符以 [U+XXXX]（Unicode 编号）表示。\n"
    "Characters that this document's font lacks are printed as [U+XXXX], their Unicode number."
)


_DIGEST: Final = re.compile(r"((?<![0-9A-Za-z])(?:0x)?[0-9a-f]{64}(?![0-9A-Za-z]))")
_DIGEST_FITS: Final = 54
"""Least limit of a place in which a digest, set smaller than text, has room on one line."""
_WORD: Final = re.compile(r"[!-~]{6,}")
_ACROSS: Final = 110
"""Characters of a table's text that fit across the page, seldom less."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file carried inside a PDF."""

    name: str
    content: bytes
    media_type: str
    description: str


def to_pdf(document: Document, attachments: Iterable[Attachment] = ()) -> bytes:
    """Typeset a document.

    Raises:
        DriverMissingError: the extra ``documents`` is not installed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        attached = [_attach(folder, one) for one in attachments]
        data = _Layout(folder).data(document) | {"attached": attached}
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        template = resources.files("provenance.documents").joinpath("page.typ").read_bytes()
        (folder / "main.typ").write_bytes(template)
        made: bytes = module_of("typst").compile(
            folder / "main.typ",
            root=folder,
            font_paths=[font_folder()],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["a-3b"],
        )
    return made


def _attach(folder: Path, one: Attachment) -> dict[str, str]:
    (folder / one.name).write_bytes(one.content)  # Typst names it by its path
    return {
        "path": one.name,
        "relation": "source",
        "mime": one.media_type,
        "description": one.description,
    }


def _date(time_unix: int) -> list[int]:
    try:
        moment = datetime.fromtimestamp(time_unix, UTC)
    except (OverflowError, OSError, ValueError):
        moment = datetime.fromtimestamp(0, UTC)
    return [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]


def _breakable(text: str, limit: int) -> str:
    """Put a space of no width after each character of the words that are too long."""
    return _WORD.sub(lambda found: _break_long(found[0], limit), text)


def _break_long(word: str, limit: int) -> str:
    return word if len(word) <= limit else "\u200b".join(word)


class _Layout:
    """Writes blocks as the template reads them; pictures go into its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pictures = 0
        self._printable = Printable()

    def data(self, document: Document) -> dict[str, object]:
        """Return what ``data.json`` holds."""
        text = self._runs
        blocks = [self._block(one) for one in document.blocks]
        title, footer = text(document.title), text(document.footer)
        if self._printable.missing:
            blocks.insert(0, self._block(Paragraph(_MISSING)))
        return {
            "title": title,
            "name": self._printable(document.title).replace("\n", " · "),
            "footer": footer,
            "date": _date(document.dated_unix),
            "family": FAMILY,
            "mono": MONO,
            "lang": "zh" if any(ord(one) > 0x2E80 for one in document.title) else "en",
            "blocks": blocks,
        }

    def _block(self, block: Block) -> dict[str, object]:  # noqa: PLR0911 -- one a kind
        text = self._runs
        match block:
            case Heading(level, words):
                return {"kind": "heading", "level": level, "text": text(words)}
            case Paragraph(words, strong):
                return {"kind": "paragraph", "text": text(words), "strong": strong}
            case Items(texts):
                return {"kind": "items", "texts": [text(one) for one in texts]}
            case Fields(rows):
                pairs = [{"label": text(name), "value": self._cell(value)} for name, value in rows]
                return {"kind": "fields", "width": _LABELS, "rows": pairs}
            case Table(head, table_rows, widths):
                limits = [max(6, int(_ACROSS * width / sum(widths))) for width in widths]
                cells = [list(map(self._cell, row, limits)) for row in table_rows]
                heads = list(map(text, head, limits))
                return {"kind": "table", "head": heads, "rows": cells, "widths": list(widths)}
            case Picture(svg, caption):
                file = self._picture(svg)
                return {"kind": "picture", "file": file} | self._caption(caption)
            case QrCode(content, caption):
                file = self._picture(qr_svg(content))
                return {"kind": "qr", "file": file} | self._caption(caption)
            case NewPage():
                return {"kind": "page"}

    def _cell(self, cell: Cell, limit: int = 80) -> dict[str, object]:
        is_mono = isinstance(cell, Mono)
        return {"mono": is_mono, "empty": not cell, "text": self._runs(cell, limit)}

    def _caption(self, caption: str) -> dict[str, object]:
        return {"caption": self._runs(caption), "alt": self._printable(caption)}

    def _runs(self, text: str, limit: int = 80) -> list[list[dict[str, object]]]:
        """Return text as lines of runs; digests are runs of their own.

        Args:
            limit: characters that fit beside one another; a longer word gets places to break at.
        """
        lines = self._printable(text).split("\n")
        if limit < _DIGEST_FITS:
            return [[{"text": _breakable(line, limit), "mono": False}] for line in lines]
        return [
            [
                {"text": part if at % 2 else _breakable(part, limit), "mono": bool(at % 2)}
                for at, part in enumerate(_DIGEST.split(line))
                if part
            ]
            for line in lines
        ]

    def _picture(self, svg: bytes) -> str:
        self._pictures += 1
        name = f"picture-{self._pictures}.svg"
        printable = self._printable(svg.decode())
        (self._folder / name).write_text(printable, "utf-8")
        return name
