"""What is said of two tables, and how rows are made comparable."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.overlap import (
    METHOD,
    ROW_BYTES,
    Exact,
    LineEnds,
    NearTables,
    hash_row,
    hash_set,
    split_rows,
)


def tables(**changes: object) -> NearTables:
    same: dict[str, object] = {
        "a": "a.csv",
        "b": "b.csv",
        "rows": (10, 10),
        "distinct": (10, 10),
        "common": 10,
        "in_order": True,
        "changed_in_place": 0,
        "line_ends": ("LF", "LF"),
    }
    return NearTables(**(same | changes))  # type: ignore[arg-type]  # the tests give what fits


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({}, ("white-space",)),
        ({"line_ends": ("LF", "CRLF")}, ("line-ends",)),
        ({"in_order": False, "changed_in_place": None}, ("shuffled",)),
        ({"common": 9, "changed_in_place": 1}, ("rows-changed",)),
        ({"common": 9, "changed_in_place": None}, ("rows-differ",)),
        ({"common": 8, "distinct": (10, 8), "rows": (10, 8)}, ("rows-dropped",)),
        ({"common": 10, "distinct": (10, 12), "rows": (10, 12)}, ("rows-added",)),
        ({"rows": (10, 11), "changed_in_place": None}, ("rows-repeated",)),
        (
            {"common": 8, "in_order": False, "changed_in_place": None, "line_ends": ("CR", "LF")},
            ("line-ends", "shuffled", "rows-differ"),
        ),
    ],
)
def test_what_tells_two_tables_apart_is_named(
    changes: dict[str, object], findings: tuple[str, ...]
) -> None:
    assert tables(**changes).findings == findings


def test_shares_are_of_different_rows() -> None:
    near = tables(distinct=(10, 40), common=8)

    assert near.jaccard == 8 / 42
    assert (near.containment(0), near.containment(1)) == (0.8, 0.2)
    assert Exact(1, (4, 0), (1, 0), (9, 0), (3, 0)).share(0) == 0.25
    assert Exact(1, (4, 0), (1, 0), (9, 0), (3, 0)).share(1) == 0.0


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (b"a,b\n", [b"a,b"]),
        (b"a,b\r\n", [b"a,b"]),
        (b" a,b\t\r\n", [b"a,b"]),
        (b"\n", []),
        (b" \r\n", []),
        (b"a\rb\r\rc", [b"a", b"b", b"c"]),
        ("温度,値\r\n".encode(), ["温度,値".encode()]),
    ],
)
def test_rows_are_the_same_whatever_ends_them(line: bytes, rows: list[bytes]) -> None:
    assert split_rows(line) == rows
    assert split_rows(b"\xef\xbb\xbf" + line, is_first=True) == rows


@given(st.binary(min_size=16, max_size=32), st.binary(max_size=50))
def test_a_row_is_hashed_under_the_salt_alone(salt: bytes, row: bytes) -> None:
    assert hash_row(salt, row) == hmac.new(salt, row, hashlib.sha256).digest()[:ROW_BYTES]
    assert hash_row(salt + b"x", row) != hash_row(salt, row)
    assert hash_set(salt, bytes(32)) != hash_set(salt + b"x", bytes(32))


@pytest.mark.parametrize(
    ("ends", "name"),
    [
        (LineEnds(), "none"),
        (LineEnds(lf=3), "LF"),
        (LineEnds(crlf=1), "CRLF"),
        (LineEnds(cr=9), "CR"),
        (LineEnds(lf=1, crlf=1), "mixed"),
    ],
)
def test_line_ends_have_a_name(ends: LineEnds, name: str) -> None:
    assert ends.name == name


def test_a_report_says_what_it_cannot_see() -> None:
    assert "compressed" in str(METHOD["unseen"])
    assert set(METHOD) == {"exact", "bytes", "rows", "unseen"}
