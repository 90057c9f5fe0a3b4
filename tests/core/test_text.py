"""Settled text, judged by the Unicode tables and by a second runtime (Node)."""

from __future__ import annotations

import bz2
import functools
import importlib.util
import json
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_vectors import ROOT, vector_path

from provenance.errors import MalformedError, NotNormalizedError
from provenance.text import (
    REFUSED,
    REFUSED_SINCE,
    REFUSED_UP_TO,
    casefold_key,
    check_line,
    check_path,
    check_text,
    is_settled,
    nfc,
)

REFUSED_POINTS = {point for first, last in REFUSED for point in range(first, last + 1)}
SURROGATES = range(0xD800, 0xE000)
SETTLED_POINTS = [p for p in range(0x110000) if p not in REFUSED_POINTS and p not in SURROGATES]
# Property Bidi_Control of PropList.txt
BIDI_CONTROLS = [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@functools.cache
def normalization_test() -> list[list[str]]:
    """Return the columns source, NFC, NFD, NFKC, NFKD of NormalizationTest.txt."""
    text = bz2.decompress(vector_path("unicode/NormalizationTest.txt.bz2").read_bytes()).decode()
    lines = [line.partition("#")[0].split(";")[:5] for line in text.splitlines()]
    return [
        ["".join(chr(int(point, 16)) for point in column.split()) for column in line]
        for line in lines
        if len(line) == 5
    ]


@functools.cache
def case_folding() -> dict[str, str]:
    """Return full case folding (statuses C and F) by CaseFolding.txt."""
    folds: dict[str, str] = {}
    for line in vector_path("unicode/CaseFolding.txt").read_text("utf-8").splitlines():
        fields = [field.strip() for field in line.partition("#")[0].split(";")]
        if len(fields) == 4 and fields[1] in "CF":
            mapped = "".join(chr(int(point, 16)) for point in fields[2].split())
            folds[chr(int(fields[0], 16))] = mapped
    return folds


def has_refused(text: str) -> bool:
    return any(ord(character) in REFUSED_POINTS for character in text)


# --- normalization ------------------------------------------------------------------------


def test_every_line_of_the_normalization_test_has_its_nfc_or_is_refused() -> None:
    lines = normalization_test()
    refused = 0
    for source, composed, decomposed, compat_composed, compat_decomposed in lines:
        for text, expected in (
            (source, composed),
            (composed, composed),
            (decomposed, composed),
            (compat_composed, compat_composed),
            (compat_decomposed, compat_composed),
        ):
            if has_refused(text):
                refused += 1
                with pytest.raises(NotNormalizedError):
                    nfc(text)
            else:
                assert nfc(text) == expected
                assert is_settled(text) == (text == expected)
    # the refused are the marks that came with Unicode 15.0: the file is of that version
    assert len(lines) == 19_074
    assert 0 < refused < 200


def test_a_character_the_normalization_test_does_not_name_is_its_own_nfc() -> None:
    named = {source for source, *_ in normalization_test() if len(source) == 1}

    for point in SETTLED_POINTS:
        if chr(point) not in named:
            assert is_settled(chr(point))


def test_this_runtime_is_covered_by_the_refused_code_points() -> None:
    """Fails on a Python newer than the tables: then make them anew."""

    def as_numbers(version: str) -> list[int]:
        return [int(part) for part in version.split(".")]

    assert as_numbers(REFUSED_SINCE) <= as_numbers(unicodedata.unidata_version)
    assert as_numbers(unicodedata.unidata_version) <= as_numbers(REFUSED_UP_TO)


def test_the_refused_code_points_are_what_the_script_makes() -> None:
    if sys.version_info[:2] != (3, 11) or importlib.util.find_spec("unicodedata2") is None:
        pytest.skip("the tables are made by Python 3.11 with unicodedata2")

    table = vector_path("unicode/CaseFolding.txt")
    result = subprocess.run(
        [sys.executable, "scripts/make_refused_code_points.py", "--check", str(table)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, "up to date\n")


@given(st.lists(st.sampled_from(SETTLED_POINTS), max_size=6).map(lambda p: "".join(map(chr, p))))
def test_nfc_is_settled_and_stays_as_it_is(text: str) -> None:
    composed = nfc(text)

    check_text(composed)
    assert nfc(composed) == composed
    assert is_settled(text) == (text == composed)


@pytest.mark.parametrize("point", sorted(REFUSED_POINTS))
def test_each_refused_code_point_is_refused_anywhere(point: int) -> None:
    for text in (chr(point), f"a{chr(point)}", f"{chr(point)}z"):
        with pytest.raises(NotNormalizedError) as caught:
            check_text(text, "title")
        assert caught.value.field == "title"
        with pytest.raises(NotNormalizedError):
            nfc(text)


@pytest.mark.parametrize(
    "text", ["e\u0301", "\u212b", "\u0344", "\ud800", "a\udfff", "\u1100\u1161"]
)
def test_text_that_is_not_nfc_is_refused(text: str) -> None:
    with pytest.raises(NotNormalizedError):
        check_text(text)


def node() -> str:
    for candidate in (Path(sys.executable).with_name("node"), shutil.which("node")):
        if candidate is not None and Path(candidate).exists():
            return str(candidate)
    pytest.skip("no Node here to compare with")


def in_node(script: str, value: object) -> object:
    """Run a function of one argument in Node; strings travel as JSON with escapes."""
    source = f"console.log(JSON.stringify(({script})(JSON.parse(require('fs').readFileSync(0)))))"
    result = subprocess.run(
        [node(), "-e", source], input=json.dumps(value).encode(), capture_output=True, check=True
    )
    return json.loads(result.stdout)


def test_node_has_the_same_nfc_for_all_that_is_accepted() -> None:
    columns = [text for line in normalization_test() for text in line if not has_refused(text)]
    single = [chr(point) for point in SETTLED_POINTS if point < 0x20000]
    marks = [character for character in single if unicodedata.combining(character)]
    stacked = [f"a{one}{other}" for one in marks for other in marks[::25]]
    texts = [*columns, *single, *stacked]

    normalized = in_node("texts => texts.map(text => text.normalize('NFC'))", texts)

    assert normalized == [unicodedata.normalize("NFC", text) for text in texts]


# --- case folding -------------------------------------------------------------------------


def test_case_folding_is_that_of_unicode_15() -> None:
    folds = case_folding()

    for point in SETTLED_POINTS:
        character = chr(point)
        folded = folds.get(character)
        decomposed = unicodedata.normalize("NFD", character)
        expected = "".join(folds.get(part, part) for part in decomposed)
        assert casefold_key(character) == unicodedata.normalize("NFD", expected)
        if folded is not None:  # what the table maps to is the same key
            assert casefold_key(character) == casefold_key(nfc(folded))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README", "readme"),
        ("straße", "STRASSE"),
        ("Å", "å"),
        ("ΑΣ", "ας"),
        ("ﬁle", "FILE"),
        ("\u1e9e", "ss"),
        ("K", "\u006b"),
        ("\u1c80", "в"),
        ("\u0390", "\u1fd3"),
        ("\U0001e900", "\U0001e922"),
    ],
)
def test_names_that_differ_in_case_alone_share_a_key(one: str, other: str) -> None:
    assert casefold_key(nfc(one)) == casefold_key(nfc(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("e", "é"),
        ("I", "ı"),  # Turkic folding is not applied
        ("数据", "數據"),
        # cased since Unicode 16.0: pairs in some runtimes only, so pairs in none here
        ("\ua7cb", "\u0264"),
        ("\U00010d50", "\U00010d70"),
        ("\u1c89", "\u1c8a"),
    ],
)
def test_other_names_keep_their_own_keys(one: str, other: str) -> None:
    assert casefold_key(one) != casefold_key(other)


@given(st.text(st.characters(codec="utf-8"), max_size=6))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    if not has_refused(text):
        key = casefold_key(nfc(text))
        assert casefold_key(key) == key
        assert not has_refused(key)


# --- lines and paths ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["a", "a/b.csv", "数据/größe.csv", "...", "a/..b/c.", " ", "a\\b", "~", "\u200b", "CON"]
)
def test_a_relative_path_is_accepted(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "path", ["", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "../a", "a/../b", "a/./b"]
)
def test_a_path_that_is_not_plainly_relative_is_refused(path: str) -> None:
    with pytest.raises(MalformedError) as caught:
        check_path(path, "manifest[3].path")

    assert caught.value.field == "manifest[3].path"


@pytest.mark.parametrize("point", [*range(0x20), *range(0x7F, 0xA0), *BIDI_CONTROLS])
def test_a_control_character_in_a_path_is_refused(point: int) -> None:
    with pytest.raises(MalformedError):
        check_path(f"a{chr(point)}b")


def test_the_refused_controls_are_those_of_the_unicode_tables() -> None:
    for point in SETTLED_POINTS:
        character = chr(point)
        if not is_settled(character) or character in "/.":
            continue
        refused = unicodedata.category(character) == "Cc" or point in BIDI_CONTROLS
        try:
            check_path(character)
        except MalformedError:
            assert refused
        else:
            assert not refused


def test_a_line_has_no_control_character_and_may_be_bidirectional() -> None:
    check_line("שלום \u200f(world)")
    for text in ("a\nb", "a\rb", "\0", "\x1b[31m", "\x85"):
        with pytest.raises(MalformedError):
            check_line(text)


@given(st.text(max_size=12))
def test_nothing_but_a_malformed_error_comes_out(text: str) -> None:
    for check in (check_text, check_line, check_path):
        try:
            check(text)
        except MalformedError:
            continue
        assert nfc(text) == text
