"""Text on the page means the same bytes as in Python: over all code points, and what is refused."""

from __future__ import annotations

import bz2
import os
import unicodedata
from pathlib import Path

import pytest
from code_points import block_digests
from in_node import Failed, ask, ask_one

from provenance.errors import ProvenanceError
from provenance.text import REFUSED, casefold_key, check_path, nfc, told_apart

VECTORS = Path(
    os.environ.get("PROVENANCE_VECTORS", Path(__file__).parents[3] / "shared" / "vectors")
)
REFUSED_POINTS = {point for first, last in REFUSED for point in range(first, last + 1)}
MARKS = [chr(point) for point in range(0x20000) if unicodedata.combining(chr(point))]
PATHS = [
    "a", "a/b", "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a/..b", "a\\b", " ", "a b ",
    "é", "e\u0301", "中文/数据.csv", "😀/a", "\ud800", "a\udfffb", "\u05c8", "\u1acf", "a\x00b",
    "a\nb", "a\x7f", "a\x85b", "\u202eabc", "a\u200e", "\u061c", "\u2066", "\U00011382",
    "Å", "\u212b", "각", "\u1100\u1161\u11a8", "a" * 90 + "\u0301", '"' * 3, "'", "'\"",
    "\u0344", "ﬁ", "\U0001d15e", "\x1b[31m", "\u00ad", "\u2028", "\ufeff", "con", "nul.txt", "~",
]  # fmt: skip


def test_all_code_points_normalize_and_fold_alike() -> None:
    digests = ask_one("../../tests/web/code_points.mjs", "blockDigests")

    assert digests == block_digests()


def test_names_fold_alike_in_their_context() -> None:
    bases = ("İ", "ß", "Σ", "ϒ", "\u1e9e", "a")
    names = [f"{base}{mark}X" for base in bases for mark in MARKS]

    folded = ask([("core/casefold.js", "casefoldKey", [name]) for name in names])

    assert folded == [casefold_key(name) for name in names]


def test_every_line_of_the_normalization_test_has_its_nfc() -> None:
    place = VECTORS / "unicode" / "NormalizationTest.txt.bz2"
    if not place.exists():
        pytest.skip(f"published vectors are absent: looked for {place}")
    lines = bz2.decompress(place.read_bytes()).decode().splitlines()
    rows = [line.partition("#")[0].split(";")[:5] for line in lines]
    columns = [
        ["".join(chr(int(point, 16)) for point in column.split()) for column in row]
        for row in rows
        if len(row) == 5
    ]
    rows_taken = [
        row for row in columns if not any(ord(one) in REFUSED_POINTS for one in "".join(row))
    ]

    answers = ask([("core/text.js", "nfc", [text]) for row in rows_taken for text in row])

    expected = [wanted for _, n, _d, kc, kd in rows_taken for wanted in (n, n, n, kc, nfc(kd))]
    assert answers == expected
    assert len(rows_taken) > 18_000


def test_paths_are_taken_and_refused_in_the_same_words() -> None:
    answers = ask([("core/text.js", "checkPath", [path, "path"]) for path in PATHS])

    assert answers == [outcome(path) for path in PATHS]


def outcome(path: str) -> Failed | None:
    """Return what Python says of a path."""
    try:
        check_path(path, "path")
    except ProvenanceError as error:
        return Failed(error.code, error.field, str(error))
    return None


def test_names_that_look_alike_are_told_apart_in_the_same_words() -> None:
    for one, other in (("é", "e\u0301"), ("A", "a"), ("文", "ﬁ"), ("\u1e9e", "ß")):
        assert ask_one("core/casefold.js", "toldApart", one, other) == told_apart(one, other)
