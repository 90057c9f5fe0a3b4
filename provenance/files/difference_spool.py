"""What differs between two lists of files of any length, kept on the disk and not in memory.

The lists are in order and merged as they come; only differences are written down, in a private
database that vanishes with its connection. There the renames are found: what was removed and
what was added, with the same content, paired first with first.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self, TypeAlias

from provenance.comparison import side_by_side
from provenance.errors import FileAccessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.fingerprint import FileEntry

__all__ = ["KINDS", "Difference", "DifferenceSpool", "Kind", "Total", "private_database"]

Kind: TypeAlias = Literal["changed", "renamed", "removed", "added"]

KINDS: Final[tuple[Kind, ...]] = ("changed", "renamed", "removed", "added")

_CACHE_KIB: Final = 65_536
"""Memory of a private database; what is beyond goes to the disk."""

_AT_ONCE: Final = 10_000

_TABLES = """
CREATE TABLE gone (path TEXT PRIMARY KEY, sha256 BLOB, length INTEGER) WITHOUT ROWID;
CREATE TABLE come (path TEXT PRIMARY KEY, sha256 BLOB, length INTEGER) WITHOUT ROWID;
CREATE TABLE changed (
    before TEXT PRIMARY KEY, after TEXT, length_before INTEGER, length_after INTEGER
) WITHOUT ROWID;
CREATE TABLE renamed (before TEXT PRIMARY KEY, after TEXT, length_before, length_after)
WITHOUT ROWID;
"""
_PAIR = """
INSERT INTO renamed
SELECT g.path, c.path, g.length, c.length
FROM (SELECT *, row_number() OVER (PARTITION BY sha256 ORDER BY path) AS n FROM gone) g
JOIN (SELECT *, row_number() OVER (PARTITION BY sha256 ORDER BY path) AS n FROM come) c
ON g.sha256 = c.sha256 AND g.n = c.n
"""
_ROWS: Final[dict[Kind, str]] = {
    "changed": "SELECT before, after, length_before, length_after FROM changed",
    "renamed": "SELECT before, after, length_before, length_after FROM renamed",
    "removed": "SELECT path, NULL, length, NULL FROM gone",
    "added": "SELECT NULL, path, NULL, length FROM come",
}


class Difference(NamedTuple):
    """One file that is not the same in both; None stands where one has no such file."""

    kind: Kind
    before: str | None
    after: str | None
    length_before: int | None
    length_after: int | None


class Total(NamedTuple):
    """Files, and their bytes in the first list and in the second; None where not all are known."""

    files: int
    bytes_before: int | None
    bytes_after: int | None


def private_database() -> sqlite3.Connection:
    """Open a database that only this connection sees and that leaves nothing behind."""
    connection = sqlite3.connect("", isolation_level=None)
    connection.executescript(
        f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-{_CACHE_KIB};"
        "PRAGMA temp_store=FILE;"
    )
    return connection


class DifferenceSpool:
    """Compares two lists; a context manager, whose answers last as long as it is open."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self._database = private_database()
        self._database.executescript(_TABLES)
        self._same = _Sum()

    def __enter__(self) -> Self:
        """Return the spool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._database.close()

    def compare(self, before: Iterable[FileEntry], after: Iterable[FileEntry]) -> None:
        """Read two lists in order to their ends.

        Raises:
            FileAccessError: the disk for temporary files is full.
        """
        try:
            self._database.execute("BEGIN")
            self._spool(before, after)
            self._database.execute(_PAIR)
            self._database.executescript(
                "DELETE FROM gone WHERE path IN (SELECT before FROM renamed);"
                "DELETE FROM come WHERE path IN (SELECT after FROM renamed);"
            )
        except sqlite3.Error as error:
            raise FileAccessError(f"temporary files: {error}") from error

    def _spool(self, before: Iterable[FileEntry], after: Iterable[FileEntry]) -> None:
        rows: dict[str, list[tuple[object, ...]]] = {"gone": [], "come": [], "changed": []}
        for one, other in side_by_side(before, after):
            if one is None or other is None:
                entry, table = (other, "come") if one is None else (one, "gone")
                if entry is not None:
                    rows[table].append((entry.path, entry.sha256, entry.length))
            elif one.sha256 == other.sha256:
                self._same.add(one.length, other.length)
            else:
                rows["changed"].append((one.path, other.path, one.length, other.length))
            if sum(map(len, rows.values())) >= _AT_ONCE:
                self._flush(rows)
        self._flush(rows)

    def _flush(self, rows: dict[str, list[tuple[object, ...]]]) -> None:
        for table, some in rows.items():
            if some:
                marks = ", ".join("?" * len(some[0]))
                self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", some)  # noqa: S608 -- names of ours
                some.clear()

    def same(self) -> Total:
        """Return how much is the same at the same path."""
        return self._same.total()

    def total(self, kind: Kind) -> Total:
        """Return how much differs in this way."""
        total = _Sum()
        for one in self.differences(kind):
            total.add(one.length_before, one.length_after, one.before, one.after)
        return total.total()

    def differences(self, kind: Kind) -> Iterator[Difference]:
        """Yield what differs in this way, by path."""
        for row in self._database.execute(_ROWS[kind]):
            yield Difference(kind, *row)


class _Sum:
    """Files and bytes, counted one by one."""

    def __init__(self) -> None:
        self._files = 0
        self._bytes: list[int | None] = [0, 0]

    def add(
        self,
        length_before: int | None,
        length_after: int | None,
        before: str | None = "",
        after: str | None = "",
    ) -> None:
        self._files += 1
        sides = ((before, length_before), (after, length_after))
        for side, (path, length) in enumerate(sides):
            known = self._bytes[side]
            if path is not None and known is not None:
                self._bytes[side] = None if length is None else known + length

    def total(self) -> Total:
        return Total(self._files, *self._bytes)
