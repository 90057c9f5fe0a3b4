"""What is nearly the same in two folders, on data whose changes are known."""

from __future__ import annotations

import hashlib
import hmac
import random
import shutil
import unicodedata
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provenance.errors import UnusableDatasetError
from provenance.files import data_codes, row_sets
from provenance.files.overlap_search import OverlapSearch
from provenance.files.walk import hash_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.overlap import NearFiles, NearTables

DATA = Path(__file__).parents[2] / ".tools" / "data"
PENGUINS = DATA / "penguins" / "palmerpenguins" / "data" / "penguins-raw.csv"
IERS = [DATA / f"iers-2026-{day}" / "astropy_iers_data" / "data" for day in ("10-12", "11-02")]
SALT = b"a salt of tests, and 32 bytes or more"


@contextmanager
def searched(a: Path, b: Path) -> Iterator[OverlapSearch]:
    with OverlapSearch(SALT) as search:
        for side, path in enumerate((a, b)):
            search.load(side, hash_dataset(path))
        search.exact()
        for side, path in enumerate((a, b)):
            search.look_at(side, path)
        yield search


def near(a: Path, b: Path) -> tuple[list[NearFiles], list[NearTables]]:
    with searched(a, b) as search:
        return search.near()


def one_table(a: Path, b: Path) -> NearTables:
    _files, (found,) = near(a, b)
    return found


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """The penguins, alone in a folder."""
    folder = tmp_path / "a"
    folder.mkdir()
    shutil.copy(PENGUINS, folder)
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "b"
    folder.mkdir()
    return folder


def shuffled(octets: bytes) -> bytes:
    head, *rows = octets.splitlines(keepends=True)
    random.Random(1).shuffle(rows)
    return b"".join([head, *rows])


# --- penguins: distances as measured when the method was chosen --------------------------------


def test_one_cell_changed(original: Path, other: Path) -> None:
    (other / "企鹅.csv").write_bytes(PENGUINS.read_bytes().replace(b"39.1", b"39.2", 1))

    (file,), (table,) = near(original, other)

    assert (file.b, file.distance) == ("企鹅.csv", 9)
    assert table.findings == ("rows-changed",)
    assert (table.changed_in_place, table.common, table.distinct) == (1, 344, (345, 345))


def test_ten_rows_dropped(original: Path, other: Path) -> None:
    lines = PENGUINS.read_bytes().splitlines(keepends=True)
    (other / "fewer.csv").write_bytes(b"".join(lines[:100] + lines[110:]))

    (file,), (table,) = near(original, other)

    assert file.distance == 12
    assert table.findings == ("rows-dropped",)
    assert (table.containment(0), table.containment(1)) == (335 / 345, 1.0)


@pytest.mark.parametrize("name", ["penguins-raw.csv", "another name.tsv"])
def test_shuffled_rows_are_seen_by_rows_alone(original: Path, other: Path, name: str) -> None:
    (other / name).write_bytes(shuffled(PENGUINS.read_bytes()))

    files, (table,) = near(original, other)

    assert files == []
    assert table.findings == ("shuffled",)
    assert table.jaccard == 1.0


@pytest.mark.parametrize(("end", "name"), [(b"\r\n", "CRLF"), (b"\r", "CR")])
def test_other_line_ends_are_seen_by_rows_alone(
    original: Path, other: Path, end: bytes, name: str
) -> None:
    (other / "copy.txt").write_bytes(PENGUINS.read_bytes().replace(b"\n", end))

    files, (table,) = near(original, other)

    assert files == []
    assert table.findings == ("line-ends",)
    assert table.line_ends == ("LF", name)


def test_everything_at_once_is_told_apart(original: Path, other: Path) -> None:
    changed = shuffled(PENGUINS.read_bytes()).replace(b"39.1", b"39.2", 1)
    (other / "all.csv").write_bytes(b"\xef\xbb\xbf" + changed.replace(b"\n", b"\r\n"))

    table = one_table(original, other)

    assert table.findings == ("line-ends", "shuffled", "rows-differ")
    assert table.common == 344


def test_the_set_of_rows_stands_for_any_order_and_only_under_its_salt(
    original: Path, other: Path
) -> None:
    (other / "s.csv").write_bytes(shuffled(PENGUINS.read_bytes()))

    with searched(original, other) as search:
        search.near()
        one, two = search.tables.commitments("penguins-raw.csv", "s.csv")

    rows = {line.strip() for line in PENGUINS.read_bytes().splitlines()}
    hashes = sorted(hmac.new(SALT, row, hashlib.sha256).digest()[:16] for row in rows)
    digest = hashlib.sha256(b"".join(hashes)).digest()
    assert one == two == hmac.new(SALT, b"set of rows\0" + digest, hashlib.sha256).digest()


# --- releases of a series -----------------------------------------------------------------------


def test_releases_of_a_series_are_near_by_bytes_and_by_rows() -> None:
    with searched(*IERS) as search:
        files, tables = search.near()

    distances = {one.a: one.distance for one in files}
    series = next(one for one in tables if one.a == "eopc04.1962-now")

    assert distances["eopc04.1962-now"] <= 5
    assert distances["finals2000A.all"] <= 20
    assert series.findings == ("rows-differ",)
    assert series.jaccard > 0.99
    assert (series.common, series.distinct) == (23_602, (23_629, 23_654))


def test_the_first_half_of_a_series_is_contained(tmp_path: Path, other: Path) -> None:
    octets = (IERS[0] / "eopc04.1962-now").read_bytes()
    half = octets.splitlines(keepends=True)[: octets.count(b"\n") // 2]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "whole").write_bytes(octets)
    (other / "前半").write_bytes(b"".join(half))

    (file,), (table,) = near(tmp_path / "one", other)

    assert 30 < file.distance < 60
    assert table.findings == ("rows-dropped",)
    assert table.containment(1) == 1.0


# --- what is not alike ---------------------------------------------------------------------------


def test_unlike_files_are_not_told(original: Path, other: Path) -> None:
    (other / "random.bin").write_bytes(random.Random(2).randbytes(53_098))
    (other / "table.csv").write_text("".join(f"{at},{at * at}\n" for at in range(400)))
    (other / "few.csv").write_bytes(b"".join(PENGUINS.read_bytes().splitlines(keepends=True)[:3]))

    assert near(original, other) == ([], [])


def test_rows_that_every_table_has_lead_nowhere(tmp_path: Path) -> None:
    for side in "ab":
        (tmp_path / side).mkdir()
        for number in range(80):
            own = "".join(f"{side}{number},{at}\n" for at in range(40))
            (tmp_path / side / f"{side}{number}.csv").write_text("x,y\nNA,NA\n0,0\n" + own)

    assert near(tmp_path / "a", tmp_path / "b") == ([], [])


def test_what_has_nul_bytes_or_endless_lines_is_no_table(original: Path, other: Path) -> None:
    octets = PENGUINS.read_bytes()
    (other / "nul.csv").write_bytes(octets + b"\0\n")
    (other / "penguins-raw.csv").write_bytes(octets + b"x" * (2 << 20))

    files, tables = near(original, other)

    assert {one.b for one in files} == {"nul.csv"}
    assert tables == []


def test_a_table_that_is_too_long_is_not_compared_by_rows(
    original: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (other / "c.csv").write_bytes(PENGUINS.read_bytes() + b"one more\n")
    assert one_table(original, other).findings == ("rows-added",)

    monkeypatch.setattr(row_sets, "MOST_ROWS", 100)

    assert near(original, other)[1] == []


def test_pairs_beyond_the_limit_are_said_to_be_left_out(
    original: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (other / f"{number}.csv").write_bytes(PENGUINS.read_bytes() + b"%d" % number)
    monkeypatch.setattr(data_codes, "MOST_PAIRS", 2)

    with searched(original, other) as search:
        search.near()
        assert search.codes.is_cut


# --- names, and data that change ---------------------------------------------------------------


def test_decomposed_names_are_opened_as_they_lie_there(tmp_path: Path, other: Path) -> None:
    folder = tmp_path / "one" / unicodedata.normalize("NFD", "Données é")
    folder.mkdir(parents=True)
    (folder / unicodedata.normalize("NFD", "ガ.csv")).write_bytes(PENGUINS.read_bytes() + b"1\n")
    (other / "b.csv").write_bytes(PENGUINS.read_bytes())

    table = one_table(tmp_path / "one", other)

    assert table.a == "Données é/ガ.csv"
    assert table.findings == ("rows-dropped",)


def test_a_file_that_is_another_one_by_now_is_an_error(original: Path, other: Path) -> None:
    (other / "b.csv").write_text("other")
    with OverlapSearch(SALT) as search:
        for side, path in enumerate((original, other)):
            search.load(side, hash_dataset(path))
        search.exact()
        (original / "penguins-raw.csv").write_text("changed meanwhile")

        with pytest.raises(UnusableDatasetError, match=r"penguins-raw\.csv"):
            search.look_at(0, original)


def test_exact_shares_are_counted_without_empty_files(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for folder, names in ((a, "xyz"), (b, "xw")):
        folder.mkdir()
        (folder / "empty").touch()
        for name in names:
            (folder / f"{name}.txt").write_text(name)
    shutil.copy(a / "x.txt", a / "x again.txt")

    with OverlapSearch(SALT) as search:
        for side, path in enumerate((a, b)):
            search.load(side, hash_dataset(path))
        exact = search.exact()
        shared = list(search.shared(9))

    assert exact.contents == 1
    assert (exact.files, exact.shared_files) == ((4, 2), (2, 1))
    assert (exact.length, exact.shared_length) == ((4, 2), (2, 1))
    assert shared == [("x again.txt", "x.txt"), ("x.txt", "x.txt")]
