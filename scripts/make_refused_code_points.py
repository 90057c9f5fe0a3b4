"""Make the tables of ``provenance/text.py`` from two versions of the Unicode database.

    .venv/bin/python scripts/make_refused_code_points.py [--check | --json] CaseFolding.txt

Run it with Python 3.11, whose own database is Unicode 14.0, and with ``unicodedata2`` installed,
which brings the newest. Without a flag it rewrites the block between the markers in ``text.py``;
``--check`` exits 1 when the block is not what it would write; ``--json`` prints both tables for
implementations in other languages.

REFUSED: code points that gained a canonical decomposition, a composition or a combining class
after Unicode 14.0. Unicode never changes these properties of an assigned character, so only
characters assigned since then can have them, and a string without any of them has one NFC in
every runtime from 14.0 up to the newest database this script has read.

FOLDING: a cover of the code points that case folding changes in Unicode 15.0, every member of it
assigned in that version, so that the folding of each is settled for ever. What lies outside is
never folded, whatever the runtime's own tables say.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import unicodedata2  # type: ignore[import-not-found,unused-ignore]  # a tool of this script only

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["case_folding", "folding", "main", "refused"]

TARGET = Path(__file__).parent.parent / "provenance" / "text.py"
BEGIN = "# --- made by scripts/make_refused_code_points.py: do not edit by hand ---\n"
END = "# --- end of the made part ---\n"
BASE = "14.0.0"
SURROGATES = range(0xD800, 0xE000)
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)  # composed by arithmetic in every version (UAX #15)
PLANES = range(0x110000)

Ranges = list[tuple[int, int]]


def refused() -> set[int]:
    """Return the code points whose NFC depends on the version of the database."""
    found: set[int] = set()
    for point in _scalar_values():
        character = chr(point)
        if unicodedata2.combining(character) != unicodedata.combining(character):
            found.add(point)
        parts = unicodedata2.normalize("NFD", character)
        if parts != unicodedata.normalize("NFD", character):
            found.add(point)
            found.update(_new_parts(unicodedata2.decomposition(character)))
    settled = [hex(point) for point in sorted(found) if not _is_new(point)]
    if settled:  # the stability policy of Unicode says that this cannot happen
        raise RuntimeError(f"normalization of assigned characters changed: {settled}")
    return found


def _new_parts(decomposition: str) -> Iterator[int]:
    """Yield the parts of a new composite that are new themselves; there is always one."""
    parts = [int(part, 16) for part in decomposition.split()]
    fresh = [part for part in parts if _is_new(part)]
    if not fresh:
        raise RuntimeError(f"a new composite of settled characters: {decomposition}")
    yield from fresh


def case_folding(text: str) -> dict[int, str]:
    """Parse CaseFolding.txt: full case folding, statuses C and F, without the Turkic ones."""
    table: dict[int, str] = {}
    for line in text.splitlines():
        fields = [field.strip() for field in line.partition("#")[0].split(";")]
        if len(fields) == 4 and fields[1] in {"C", "F"}:
            table[int(fields[0], 16)] = "".join(chr(int(part, 16)) for part in fields[2].split())
    return table


def folding(table: dict[int, str]) -> Ranges:
    """Cover the keys of ``table`` by ranges of code points that are all assigned by now."""
    cover: Ranges = []
    for point in sorted(table):
        # a gap of characters assigned in 14.0 that fold to themselves may be covered as well
        if cover and not any(_is_new(gap) for gap in range(cover[-1][1] + 1, point)):
            cover[-1] = (cover[-1][0], point)
        else:
            cover.append((point, point))
    return cover


def _is_new(point: int) -> bool:
    return unicodedata.category(chr(point)) == "Cn"


def _scalar_values() -> Iterator[int]:
    return (p for p in PLANES if p not in SURROGATES and p not in HANGUL_SYLLABLES)


def _as_ranges(points: Iterable[int]) -> Ranges:
    ranges: Ranges = []
    for point in sorted(points):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1] = (ranges[-1][0], point)
        else:
            ranges.append((point, point))
    return ranges


def _as_source(name: str, ranges: Ranges) -> Iterator[str]:
    """Yield the lines of a tuple of pairs, filled to the line length of the house."""
    yield f"{name} = ("
    line = "   "
    for first, last in ranges:
        pair = f" (0x{first:04X}, 0x{last:04X}),"
        if len(line) + len(pair) > 100:
            yield line
            line = "   "
        line += pair
    yield line
    yield ")"


def _block(table: dict[int, str]) -> str:
    lines = [
        "# fmt: off",
        f'REFUSED_SINCE = "{BASE}"',
        f'REFUSED_UP_TO = "{unicodedata2.unidata_version}"',
        *_as_source("REFUSED", _as_ranges(refused())),
        *_as_source("FOLDING", folding(table)),
        "# fmt: on",
    ]
    return BEGIN + "".join(f"{line}\n" for line in lines) + END


def main(arguments: list[str]) -> int:
    """Write, check or print the tables; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the tables of provenance/text.py.")
    parser.add_argument("--check", action="store_true", help="exit 1 when they are out of date")
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")
    parser.add_argument("case_folding", type=Path, help="CaseFolding.txt of Unicode 15.0")
    options = parser.parse_args(arguments)
    if unicodedata.unidata_version != BASE:
        parser.error(f"needs a Python with Unicode {BASE}, this is {unicodedata.unidata_version}")
    table = case_folding(options.case_folding.read_text("utf-8"))
    if options.json:
        folds = {f"{point:04X}": folded for point, folded in sorted(table.items())}
        print(json.dumps({"refused": _as_ranges(refused()), "folding": folds}))
        return 0
    return _write(_block(table), check=options.check)


def _write(block: str, *, check: bool) -> int:
    source = TARGET.read_text("utf-8")
    before, _, rest = source.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = before + block + after
    if check:
        print("up to date" if made == source else f"{TARGET} is out of date")
        return int(made != source)
    TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
