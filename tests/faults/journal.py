"""What the ledger has said, to anybody, ever: the auditor's memory, outside the ledger's folder.

A file of its own (SQLite), so that an interrupted campaign goes on where it was. What two answers
may never say is refused at once, when the second one arrives.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from typing import TYPE_CHECKING

from faults.wire import demand, entry_of, leaf_hash, record_id, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS acks (
    id BLOB PRIMARY KEY, leaf_index INTEGER UNIQUE, compact BLOB, life INTEGER, retried INTEGER);
CREATE TABLE IF NOT EXISTS receipts (digest INTEGER PRIMARY KEY, octets BLOB);
CREATE TABLE IF NOT EXISTS notes (note TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS finals (anchor_id INTEGER PRIMARY KEY, facts TEXT);
CREATE TABLE IF NOT EXISTS kills (
    number INTEGER PRIMARY KEY, target TEXT, moment TEXT);
CREATE TABLE IF NOT EXISTS times (name TEXT, seconds REAL);
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER);
"""

_COMMIT_EVERY = 500


class Journal:
    """Everything acknowledged; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # the campaign itself is not under fault
        self._db.executescript(_SCHEMA)
        self._unsaved = 0
        self._indexes: dict[bytes, int] = {}
        self._leaves: dict[int, bytes] = {}
        self._new: set[bytes] = set()
        for found, index, compact in self._db.execute("SELECT id, leaf_index, compact FROM acks"):
            self._indexes[found] = index
            self._leaves[index] = leaf_hash(entry_of(compact))
        self.counts: dict[str, int] = dict(self._db.execute("SELECT name, value FROM counts"))
        self.life = 0
        """Counts the processes under test; an acknowledgement notes in which one it came."""
        self.last_ack_at = 0.0

    # --- what clients were told ------------------------------------------------------------

    def ack(
        self,
        compact: bytes,
        index: int,
        receipt: bytes,
        *,
        is_new: bool,
        retried: bool,
        at: float,
    ) -> None:
        """Note that ``compact`` was acknowledged at ``index``, by this receipt.

        Args:
            is_new: the answer said that this request integrated it.
            retried: the same bytes were sent before, and no answer came.
            at: the monotonic clock when the answer was whole.
        """
        found = record_id(compact)
        leaf = leaf_hash(entry_of(compact))
        with self._lock:
            known = self._indexes.get(found)
            demand(
                known in {None, index},
                "I7",
                f"record {found.hex()} was at index {known}, now at {index}",
            )
            holder = self._leaves.get(index)
            demand(
                holder in {None, leaf},
                "I1",
                f"index {index} was given to leaf {(holder or b'').hex()}, now to {leaf.hex()}",
            )
            demand(not (is_new and found in self._new), "I7", f"index {index} was new twice")
            if is_new:
                self._new.add(found)
            elif known is None and retried:
                self.count("integrated, answer lost")
            self.last_ack_at = at
            if known is None:
                self._indexes[found] = index
                self._leaves[index] = leaf
                self._db.execute(
                    "INSERT INTO acks VALUES (?, ?, ?, ?, ?)",
                    (found, index, compact, self.life, retried),
                )
            self.count("acknowledgements")
            self.keep_receipt(receipt)

    def keep_receipt(self, receipt: bytes) -> None:
        with self._lock:
            digest = int.from_bytes(sha256(receipt)[:7], "big")
            self._db.execute(
                "INSERT OR IGNORE INTO receipts VALUES (?, ?)", (digest, zlib.compress(receipt, 1))
            )
            self._save_sometimes()

    def count(self, name: str, by: int = 1) -> None:
        with self._lock:
            self.counts[name] = self.counts.get(name, 0) + by

    # --- what anybody was told ---------------------------------------------------------------

    def saw_note(self, note: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO notes VALUES (?)", (note,))
            self._save_sometimes()

    def saw_final(self, anchor_id: int, facts: str) -> None:
        """Note an anchor that was reported final; what it says may never change."""
        with self._lock:
            row = self._db.execute("SELECT facts FROM finals WHERE anchor_id = ?", (anchor_id,))
            known = row.fetchone()
            demand(
                known is None or known[0] == facts,
                "I6",
                f"anchor {anchor_id} was final as {known}, now {facts}",
            )
            self._db.execute("INSERT OR IGNORE INTO finals VALUES (?, ?)", (anchor_id, facts))

    # --- the campaign ------------------------------------------------------------------------

    def killed(self, target: str, moment: str) -> None:
        with self._lock:
            self._db.execute("INSERT INTO kills (target, moment) VALUES (?, ?)", (target, moment))
            self.save()

    def kills(self) -> int:
        with self._lock:
            found: int = self._db.execute("SELECT count(*) FROM kills").fetchone()[0]
            return found

    def took(self, name: str, seconds: float) -> None:
        """Note how long something took, to be told as ``name``."""
        with self._lock:
            self._db.execute("INSERT INTO times VALUES (?, ?)", (name, seconds))

    def times(self) -> dict[str, list[float]]:
        """Return all that was noted, sorted, by name."""
        found: dict[str, list[float]] = {}
        with self._lock:
            for name, seconds in self._db.execute("SELECT name, seconds FROM times ORDER BY 1, 2"):
                found.setdefault(name, []).append(seconds)
        return found

    def save(self) -> None:
        with self._lock:
            self._db.executemany("REPLACE INTO counts VALUES (?, ?)", list(self.counts.items()))
            self._db.commit()
            self._unsaved = 0

    def close(self) -> None:
        with self._lock:
            self.save()
            self._db.close()

    def _save_sometimes(self) -> None:
        self._unsaved += 1
        if self._unsaved >= _COMMIT_EVERY:
            self.save()

    # --- for the auditor ---------------------------------------------------------------------

    def leaves(self) -> dict[int, bytes]:
        """Return index -> leaf hash of everything acknowledged."""
        with self._lock:
            return dict(self._leaves)

    def acknowledged(self) -> int:
        return len(self._indexes)

    def index_of(self, compact: bytes) -> int | None:
        with self._lock:
            return self._indexes.get(record_id(compact))

    def notes(self) -> list[str]:
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT note FROM notes")]

    def finals(self) -> dict[int, str]:
        with self._lock:
            return dict(self._db.execute("SELECT anchor_id, facts FROM finals"))

    def receipts(self) -> Iterator[bytes]:
        """Yield every different receipt ever returned; nobody may write meanwhile."""
        for (octets,) in self._db.execute("SELECT octets FROM receipts"):
            yield zlib.decompress(octets)

    def at_risk(self, each: int) -> list[bytes]:
        """Return the records acknowledged last in each life, and all that took a second try."""
        ranked = (
            "SELECT compact, retried, row_number() OVER"
            " (PARTITION BY life ORDER BY leaf_index DESC) AS place FROM acks"
        )
        question = f"SELECT compact FROM ({ranked}) WHERE retried OR place <= ?"
        with self._lock:
            return [row[0] for row in self._db.execute(question, (each,))]
