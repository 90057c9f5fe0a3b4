"""Digests of files that were read before and have not been touched since, on this machine.

A file is known by device and inode, and by length, modification and change time: the last one
cannot be set by a program, so whoever wants to change content unseen must turn the clock. What
was changed within two seconds of being read is not kept (``hash_file.remembered``), since it may
change again without another time to show for it.

One SQLite file for each machine (inodes are its own, and a home folder may be many machines')::

    digests    slot      made of device and inode; a file whose slot is another's displaces it
               known_by  40 bytes: device ‖ inode ‖ length ‖ mtime ‖ ctime
               sha256    32 bytes
               day       on which it was read, since 1970

Rows are committed every few seconds, so an interrupted run is soon where it was. Several runs at
once wait for each other for a moment. Nothing depends on it: where it cannot be read or written,
files are hashed as if it were not there.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from provenance.errors import FileAccessError
from provenance.files.atomic import make_folder
from provenance.files.hash_file import STATE_BYTES, open_look_up, slot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CacheSize", "DigestCache", "cache_path", "prune_cache", "size_of_cache"]

COMMIT_SECONDS = 2.0
COMMIT_ROWS = 20_000
"""Rows are kept in memory until either is reached: some 5 MB, or two seconds of lost work."""

BUSY_SECONDS = 2.0
"""How long to wait for another run's commit, which takes milliseconds."""

_NO_STATE = bytes(STATE_BYTES)
_DAY_SECONDS = 86_400
_TABLE = (
    "CREATE TABLE IF NOT EXISTS digests (slot INTEGER PRIMARY KEY, known_by BLOB NOT NULL, "
    "sha256 BLOB NOT NULL, day INTEGER NOT NULL)"
)
_PUT = "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)"


def cache_path(environ: Mapping[str, str]) -> Path:
    """Return where this machine's cache lies: PROVENANCE_CACHE, else XDG's folder for such."""
    if environ.get("PROVENANCE_CACHE"):
        folder = Path(environ["PROVENANCE_CACHE"])
    else:
        xdg = environ.get("XDG_CACHE_HOME", "")
        # a relative one is to be ignored (XDG Base Directory Specification)
        folder = (Path(xdg) if Path(xdg).is_absolute() else Path.home() / ".cache") / "provenance"
    machine = re.sub(r"[^\w.-]", "_", platform.node() or "machine")
    return folder / f"digests-{machine}.sqlite"


class DigestCache:
    """The cache during one run; a context manager, and leaving it commits what it was told."""

    def __init__(self, path: Path, *, verify_all: bool = False) -> None:
        """Use the cache at ``path``; with ``verify_all`` it answers nothing, and is put right."""
        self.path = path
        self._rows: list[tuple[int, bytes, bytes, int]] = []
        self._committed_at = time.monotonic()
        self._database = _open(path)
        self.answers = not verify_all and self._has_rows()
        """Whether it is worth asking."""
        self.look_up = open_look_up(str(path)) if self.answers else None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Commit, also what a run that failed has hashed."""
        self._commit()
        if self._database is not None:
            self._database.close()

    def remember(self, states: bytes, digests: bytes) -> None:
        """Keep the SHA-256 of files by place and state, both joined; zeros stand for none."""
        if not any(states):
            return
        day = int(time.time()) // _DAY_SECONDS
        for number in range(len(digests) // 32):
            known_by = states[STATE_BYTES * number : STATE_BYTES * (number + 1)]
            if known_by != _NO_STATE:
                sha256 = digests[32 * number : 32 * (number + 1)]
                self._rows.append((slot_of(known_by), known_by, sha256, day))
        waited = time.monotonic() - self._committed_at
        if len(self._rows) >= COMMIT_ROWS or waited >= COMMIT_SECONDS:
            self._commit()

    def _commit(self) -> None:
        # whatever fails here costs time at the next run, and nothing else
        with contextlib.suppress(sqlite3.Error):
            if self._database is not None and self._rows:
                with self._database:
                    self._database.executemany(_PUT, self._rows)
        self._rows.clear()
        self._committed_at = time.monotonic()

    def _has_rows(self) -> bool:
        if self._database is None:
            return False
        try:
            return self._database.execute("SELECT 1 FROM digests LIMIT 1").fetchone() is not None
        except sqlite3.Error:
            return False


class CacheSize(NamedTuple):
    """How many files a cache knows, and how many bytes it takes."""

    files: int
    length: int


def size_of_cache(path: Path) -> CacheSize:
    """Return the size of the cache at ``path``; one that is not there is empty.

    Raises:
        FileAccessError: it cannot be read.
    """
    if not path.exists():
        return CacheSize(0, 0)
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
            (files,) = database.execute("SELECT count(*) FROM digests").fetchone()
        return CacheSize(files, path.stat().st_size)
    except (OSError, sqlite3.Error) as error:
        raise FileAccessError(f"{path}: {error}") from error


def prune_cache(path: Path, *, days: int) -> int:
    """Forget the files read ``days`` ago or earlier, and return how many; 0 forgets all.

    Raises:
        FileAccessError: the cache cannot be written.
    """
    if not path.exists():
        return 0
    before = int(time.time()) // _DAY_SECONDS - days
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
            with database:
                gone = database.execute("DELETE FROM digests WHERE day <= ?", (before,)).rowcount
            database.execute("VACUUM")
    except sqlite3.Error as error:
        raise FileAccessError(f"{path}: {error}") from error
    return gone


def _open(path: Path) -> sqlite3.Connection | None:
    """Open the cache, making it anew where what lies there is none; None where that fails."""
    try:
        make_folder(path.parent)
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise  # locked, or not ours to write
        except sqlite3.DatabaseError:
            path.unlink()
            return _connect(path)
    except (OSError, sqlite3.Error):
        return None


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        # by a journal that is rolled back, not a WAL: homes are often on a network
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_TABLE)
        database.commit()
    except sqlite3.Error:
        database.close()
        raise
    return database
