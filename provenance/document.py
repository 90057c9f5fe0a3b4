"""A document for people as a list of blocks, whatever it becomes: pages, HTML or plain text.

    title, heading, paragraph, items, fields (label and value), table, picture, QR code, new page

Whoever states something makes blocks (``certificate``, ``dossier_report``); whoever typesets
turns them into pages (``documents/``). ``Both`` holds a sentence in English and Chinese, and
``Speech`` says which of them a document has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "SPEECHES",
    "Block",
    "Both",
    "Cell",
    "Document",
    "Fields",
    "Heading",
    "Items",
    "Mono",
    "NewPage",
    "Paragraph",
    "Picture",
    "QrCode",
    "Speech",
    "Table",
]

Language: TypeAlias = Literal["en", "zh"]


class Both(NamedTuple):
    """One sentence in both languages; names in braces are filled in."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The languages of one document, and where the fixed sentences of verdicts are translated."""

    languages: tuple[Language, ...]
    to_chinese: Callable[[str], str] = str

    def __call__(self, words: Both, /, **facts: object) -> str:
        """Return a sentence in each language, one a line."""
        return "\n".join(self._in(language, words, facts) for language in self.languages)

    def short(self, words: Both, /, **facts: object) -> str:
        """Return a label in each language, side by side."""
        return " ".join(self._in(language, words, facts) for language in self.languages)

    def fixed(self, sentence: str) -> str:
        """Return a sentence of ``wordings`` in each language, one a line."""
        both = Both(sentence, self.to_chinese(sentence))
        return "\n".join(dict.fromkeys(self._pick(language, both) for language in self.languages))

    def each(self, make: Callable[[Callable[[str], str]], str]) -> str:
        """Return what ``make`` says by way of each language's translation, one a line."""
        ways: dict[Language, Callable[[str], str]] = {"en": str, "zh": self.to_chinese}
        return "\n".join(dict.fromkeys(make(ways[language]) for language in self.languages))

    @staticmethod
    def _pick(language: Language, words: Both) -> str:
        return words.en if language == "en" else words.zh

    def _in(self, language: Language, words: Both, facts: Mapping[str, object]) -> str:
        text = self._pick(language, words)
        return text.format_map(facts) if facts else text


SPEECHES: Final[Mapping[str, tuple[Language, ...]]] = {
    "en": ("en",),
    "zh": ("zh",),
    "both": ("zh", "en"),
}
"""What ``--language`` may say -> the languages of the document."""


class Mono(str):
    """A digest, key or path: set in a fixed width, never hyphenated."""

    __slots__ = ()


Cell: TypeAlias = str
"""Text, or ``Mono``; a line feed in text begins a new line."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3; a document's title is not one."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``strong`` sets it apart as a warning."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of points."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels with their values."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row; ``widths`` are shares of the page's width."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in SVG, across the page."""

    svg: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class QrCode:
    """What a machine reads of the page, as a QR code."""

    content: str
    caption: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new page."""


Block: TypeAlias = Heading | Paragraph | Items | Fields | Table | Picture | QrCode | NewPage


@dataclass(frozen=True, slots=True)
class Document:
    """A title and what stands below it."""

    title: str
    footer: str
    """On every page, beside its number."""
    dated_unix: int
    """What the file gives as its date, POSIX seconds: of the newest block that it names, so that
    the same records make the same bytes."""
    blocks: tuple[Block, ...]

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures in order."""
        yield from (one for one in self.blocks if isinstance(one, Picture))
