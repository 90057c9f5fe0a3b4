"""Two datasets side by side: what they share exactly, and what is nearly the same.

Each file that is not in both is read once more, and must be the one that was hashed. All that is
kept lies in a private database on the disk, so two datasets of any size can be compared.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from provenance.errors import FileAccessError, UnusableDatasetError
from provenance.files.data_codes import DataCodes, read_code
from provenance.files.difference_spool import private_database
from provenance.files.hash_file import OPEN_FLAGS
from provenance.files.row_sets import RowSets
from provenance.files.tree import NOT_READABLE, Problems, walk_tree
from provenance.files.walk import CHANGED_FILE
from provenance.overlap import Exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from provenance.files.tree import Found
    from provenance.fingerprint import FileEntry
    from provenance.overlap import NearFiles, NearTables

__all__ = ["OverlapSearch"]

_NOTHING: Final = hashlib.sha256().digest()
_TABLE = """
CREATE TABLE files (
    side INTEGER, path TEXT, sha256 BLOB, length INTEGER, PRIMARY KEY (side, path)
) WITHOUT ROWID
"""
_CONTENTS = """
SELECT count(*) FROM (SELECT sha256 FROM files WHERE side = 0 AND sha256 != :nothing
INTERSECT SELECT sha256 FROM files WHERE side = 1)
"""
_SUMS = """
SELECT count(*), CASE WHEN count(length) = count(*) THEN coalesce(sum(length), 0) END
FROM files WHERE side = :side AND sha256 != :nothing
"""
_IN_BOTH = " AND sha256 IN (SELECT sha256 FROM files WHERE side = 1 - :side)"
_ONLY_HERE = """
SELECT sha256 FROM files here WHERE side = :side AND path = :path AND sha256 != :nothing
AND NOT EXISTS (SELECT 1 FROM files b WHERE b.sha256 = here.sha256 AND b.side = 1 - :side)
"""
_SHARED = """
SELECT a.path, min(b.path) FROM files a JOIN files b ON b.sha256 = a.sha256 AND b.side = 1
WHERE a.side = 0 AND a.sha256 != :nothing GROUP BY a.path ORDER BY a.path LIMIT :limit
"""


class OverlapSearch:
    """A context manager, whose answers last as long as it is open. Side 0 is A, side 1 is B.

    ``load`` both sides, then ask for what is ``exact``; ``look_at`` both, then ask for the rest.
    """

    def __init__(self, salt: bytes) -> None:
        """Hash rows under ``salt``."""
        self._database = private_database()
        self._database.execute(_TABLE)
        self.codes = DataCodes(self._database)
        self.tables = RowSets(self._database, salt)

    def __enter__(self) -> Self:
        """Return the search itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._database.close()

    def load(self, side: int, entries: Iterable[FileEntry]) -> None:
        """Take the files of one side."""
        rows = ((side, one.path, one.sha256, one.length) for one in entries)
        with self._writing():
            self._database.executemany("INSERT INTO files VALUES (?, ?, ?, ?)", rows)

    def exact(self) -> Exact:
        """Return what the two share to the last bit."""
        with self._writing():
            self._database.execute("CREATE INDEX by_content ON files (sha256, side)")
        (contents,) = self._database.execute(_CONTENTS, {"nothing": _NOTHING}).fetchone()
        (files_a, bytes_a), (files_b, bytes_b) = self._sums(_SUMS)
        (in_both_a, same_a), (in_both_b, same_b) = self._sums(_SUMS + _IN_BOTH)
        return Exact(
            contents=contents,
            files=(files_a, files_b),
            shared_files=(in_both_a, in_both_b),
            length=(bytes_a, bytes_b),
            shared_length=(same_a, same_b),
        )

    def _sums(self, statement: str) -> list[tuple[int, int | None]]:
        sides = ({"side": side, "nothing": _NOTHING} for side in (0, 1))
        return [self._database.execute(statement, side).fetchone() for side in sides]

    def shared(self, limit: int) -> Iterator[tuple[str, str]]:
        """Yield files of A that are in B, each with the first place where B has it."""
        yield from self._database.execute(_SHARED, {"nothing": _NOTHING, "limit": limit})

    # --- nearly the same ----------------------------------------------------------------------

    def look_at(self, side: int, path: Path) -> None:
        """Read those files of the data at ``path`` whose content is not on the other side.

        Raises:
            UnusableDatasetError: a file is another one than when it was hashed, or is unreadable.
        """
        problems = Problems()
        with self._writing():
            for found in walk_tree(path, problems):
                for name in found.names:
                    self._look_at_file(side, found, name, problems)
        if problems:
            raise UnusableDatasetError(sorted(problems))

    def _look_at_file(self, side: int, found: Found, name: str, problems: Problems) -> None:
        path = found.prefix + name
        asked = {"side": side, "path": path, "nothing": _NOTHING}
        row = self._database.execute(_ONLY_HERE, asked).fetchone()
        if row is None:
            return
        try:
            on_disk = found.on_disk.get(name) or name.encode()
            opened = os.open(on_disk, OPEN_FLAGS, dir_fd=found.folder.descriptor)
            with os.fdopen(opened, "rb") as source:
                digest, length, code = read_code(source)
                if digest != row[0]:
                    problems.add(path, CHANGED_FILE)
                    return
                if code is not None:
                    self.codes.add(side, path, length, code)
                source.seek(0)
                self.tables.add(side, path, source)
        except OSError as error:
            problems.add(path, NOT_READABLE, error.strerror or "")

    def near(self) -> tuple[list[NearFiles], list[NearTables]]:
        """Return files that are near by their bytes, and tables that share rows."""
        with self._writing():
            self.tables.finish()
            files = list(self.codes.near())
            return files, list(self.tables.near([(one.a, one.b) for one in files]))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Write in one transaction: each of its own would go to the disk at once."""
        try:
            self._database.execute("BEGIN")
            yield
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise FileAccessError(f"temporary files: {error}") from error
