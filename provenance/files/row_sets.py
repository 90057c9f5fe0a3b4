"""Rows of tables in plain text as salted hashes, and what two tables have in common.

Rows lie in a private database in the order of reading. Which tables are worth comparing is found
from the smallest hashes of each: tables that share much share some of those, so nobody looks at
every pair. Tables of the same name, and files that are near by their bytes, are compared anyway.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.overlap import (
    LEAST_ROWS,
    LEAST_SHARE,
    MOST_ROW_BYTES,
    MOST_ROWS,
    LineEnds,
    NearTables,
    hash_row,
    hash_set,
    split_rows,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["RowSets"]

_SKETCH_ROWS: Final = 256
_BEST: Final = 5
"""Tables of B that each table of A is compared with by their smallest hashes."""

_COMMON_FILES: Final = 16
"""A row in more tables than this of one side is too common to lead from one to another."""

_AT_ONCE: Final = 10_000
_TABLES = """
CREATE TABLE row_sets (
    file INTEGER PRIMARY KEY, side INTEGER, path TEXT, name TEXT, total INTEGER,
    distinct_rows INTEGER, line_ends TEXT, set_hash BLOB
);
CREATE TABLE row_hashes (file INTEGER, hash BLOB, position INTEGER);
CREATE TABLE sketches (hash BLOB, side INTEGER, file INTEGER);
"""
_INDEXES = (
    "CREATE INDEX by_hash ON row_hashes (file, hash, position)",
    "CREATE INDEX row_sets_by_path ON row_sets (side, path)",
    "CREATE INDEX row_sets_by_name ON row_sets (name, side)",
)
_DISTINCT = "SELECT DISTINCT hash FROM row_hashes WHERE file = ? ORDER BY hash"
_SKETCH_PAIRS = """
WITH telling AS (
    SELECT hash FROM sketches GROUP BY hash
    HAVING sum(side = 0) BETWEEN 1 AND :common AND sum(side = 1) BETWEEN 1 AND :common
), pairs AS (
    SELECT a.file AS one, b.file AS other, count(*) AS shared
    FROM telling JOIN sketches a ON a.hash = telling.hash AND a.side = 0
    JOIN sketches b ON b.hash = telling.hash AND b.side = 1 GROUP BY one, other
)
SELECT one, other FROM (
    SELECT *, row_number() OVER (PARTITION BY one ORDER BY shared DESC, other) AS place FROM pairs
) WHERE place <= :best
"""
_NAME_PAIRS = """
SELECT a.file, b.file FROM row_sets a JOIN row_sets b ON b.path = a.path AND b.side = 1
WHERE a.side = 0
UNION
SELECT a.file, b.file FROM
(SELECT name FROM row_sets WHERE side = 1 GROUP BY name HAVING count(*) <= :best) rare
JOIN row_sets a ON a.name = rare.name AND a.side = 0
JOIN row_sets b ON b.name = rare.name AND b.side = 1
"""
_COMMON = """
SELECT a.place, b.place FROM
(SELECT hash, min(position) AS place FROM row_hashes WHERE file = ? GROUP BY hash) a
JOIN (SELECT hash, min(position) AS place FROM row_hashes WHERE file = ? GROUP BY hash) b
ON a.hash = b.hash ORDER BY a.place
"""
_ALONE = """
SELECT position FROM row_hashes WHERE file = ? AND hash NOT IN
(SELECT hash FROM row_hashes WHERE file = ?) ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class _Set:
    """What is kept of one table beside its rows."""

    file: int
    path: str
    total: int
    distinct: int
    line_ends: str


class RowSets:
    """The tables of two sides."""

    def __init__(self, database: sqlite3.Connection, salt: bytes) -> None:
        """Begin with none; rows are hashed under ``salt``."""
        self._database = database
        self._database.executescript(_TABLES)
        self._salt = salt

    def add(self, side: int, path: str, source: BinaryIO) -> None:
        """Read a file from where it is; keep its rows if it is a table."""
        found = self._database.execute(
            "INSERT INTO row_sets (side, path, name) VALUES (?, ?, ?)",
            (side, path, path.rpartition("/")[2].casefold()),
        )
        file = found.lastrowid or 0
        reading = _Reading(source)
        numbered = zip(itertools.count(), reading.rows())
        rows = ((file, hash_row(self._salt, row), place) for place, row in numbered)
        while some := list(itertools.islice(rows, _AT_ONCE)):
            self._database.executemany("INSERT INTO row_hashes VALUES (?, ?, ?)", some)
        if not reading.is_table:
            self._database.execute("DELETE FROM row_hashes WHERE file = ?", (file,))
            self._database.execute("DELETE FROM row_sets WHERE file = ?", (file,))
            return
        ends = LineEnds(reading.lf, reading.crlf, reading.cr)
        self._database.execute(
            "UPDATE row_sets SET total = ?, line_ends = ? WHERE file = ?",
            (reading.count, ends.name, file),
        )

    def finish(self) -> None:
        """Sort what was read; call it once, before asking."""
        for index in _INDEXES:
            self._database.execute(index)
        files = self._database.execute("SELECT file, side FROM row_sets").fetchall()
        sketches = (row for file, side in files for row in self._sketch(file, side))
        while some := list(itertools.islice(sketches, _AT_ONCE)):
            self._database.executemany("INSERT INTO sketches VALUES (?, ?, ?)", some)
        self._database.execute("CREATE INDEX sketches_by_hash ON sketches (hash, side)")

    def _sketch(self, file: int, side: int) -> list[tuple[bytes, int, int]]:
        """Note how many different rows a table has; return the smallest hashes of them."""
        joined, sketch, distinct = hashlib.sha256(), [], 0
        for distinct, (one,) in enumerate(self._database.execute(_DISTINCT, (file,)), start=1):
            joined.update(one)
            if distinct <= _SKETCH_ROWS:
                sketch.append((one, side, file))
        if distinct < LEAST_ROWS:
            self._database.execute("DELETE FROM row_sets WHERE file = ?", (file,))
            return []
        self._database.execute(
            "UPDATE row_sets SET distinct_rows = ?, set_hash = ? WHERE file = ?",
            (distinct, hash_set(self._salt, joined.digest()), file),
        )
        return sketch

    def near(self, also: list[tuple[str, str]]) -> Iterator[NearTables]:
        """Yield tables with enough rows in common, by the paths of A and then of B.

        Args:
            also: paths of A and B to compare whatever their smallest hashes say.
        """
        limits = {"common": _COMMON_FILES, "best": _BEST}
        pairs = {*self._database.execute(_SKETCH_PAIRS, limits)}
        pairs |= {*self._database.execute(_NAME_PAIRS, {"best": _BEST})}
        for a, b in also:
            one, other = self._file_at(0, a), self._file_at(1, b)
            if one is not None and other is not None:
                pairs.add((one, other))
        sets = {file: self._set(file) for pair in pairs for file in pair}
        for one, other in sorted(pairs, key=lambda pair: [sets[file].path for file in pair]):
            found = self._compare(sets[one], sets[other])
            if found.common >= LEAST_SHARE * min(found.distinct):
                yield found

    def commitments(self, path_a: str, path_b: str) -> tuple[bytes, bytes]:
        """Return what stands for the sets of rows of two tables, 32 bytes each."""
        rows = [
            self._database.execute(
                "SELECT set_hash FROM row_sets WHERE side = ? AND path = ?", (side, path)
            ).fetchone()[0]
            for side, path in enumerate((path_a, path_b))
        ]
        return rows[0], rows[1]

    def _file_at(self, side: int, path: str) -> int | None:
        found = self._database.execute(
            "SELECT file FROM row_sets WHERE side = ? AND path = ?", (side, path)
        ).fetchone()
        return None if found is None else int(found[0])

    def _set(self, file: int) -> _Set:
        row = self._database.execute(
            "SELECT file, path, total, distinct_rows, line_ends FROM row_sets WHERE file = ?",
            (file,),
        ).fetchone()
        return _Set(*row)

    def _compare(self, a: _Set, b: _Set) -> NearTables:
        common, in_order, last = 0, True, -1
        for _place, place in self._database.execute(_COMMON, (a.file, b.file)):
            common += 1
            in_order = in_order and place > last
            last = place
        return NearTables(
            a=a.path,
            b=b.path,
            rows=(a.total, b.total),
            distinct=(a.distinct, b.distinct),
            common=common,
            in_order=in_order,
            changed_in_place=self._changed_in_place(a, b) if in_order else None,
            line_ends=(a.line_ends, b.line_ends),
        )

    def _changed_in_place(self, a: _Set, b: _Set) -> int | None:
        """Count rows that only one table has, if those of both stand at the same places."""
        if a.total != b.total:
            return None
        alone = self._database.execute(_ALONE, (a.file, b.file))
        others = self._database.execute(_ALONE, (b.file, a.file))
        count = 0
        for one, other in itertools.zip_longest(alone, others):
            if one != other:
                return None
            count += 1
        return count


class _Reading:
    """The rows of one file, as long as it looks like a table; what ends them is counted."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.is_table = True
        self.count = 0
        self.lf = self.crlf = self.cr = 0

    def rows(self) -> Iterator[bytes]:
        """Yield rows; ends early when it is no table."""
        is_first = True
        while line := self._source.readline(MOST_ROW_BYTES):
            if b"\0" in line or len(line) == MOST_ROW_BYTES or self.count > MOST_ROWS:
                self.is_table = False
                return
            self._count_ends(line)
            for row in split_rows(line, is_first=is_first):
                self.count += 1
                yield row
            is_first = False

    def _count_ends(self, line: bytes) -> None:
        is_crlf = line.endswith(b"\r\n")
        self.crlf += is_crlf
        self.lf += line.endswith(b"\n") and not is_crlf
        self.cr += line.count(b"\r") - is_crlf
