"""What earlier readings of a deposit's files left, and what an interrupted one has come to.

Beside a deposit's receipt, for each reading (the time is when it ended)::

    fixity-20261122T230500Z.json           the report
    fixity-20261122T230500Z.records        the signed record, until somebody deletes it
    fixity-20261122T230500Z.receipt.json   its receipt, once it is in a log

Hidden beside them, and named after the deposit: a lock, so that two runs at once do not read
the same files twice, and how far a reading has come. That is written after each portion of the
files, is of use on this machine only, and is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.errors import FileAccessError, MalformedError
from provenance.files import atomic
from provenance.files.lock import FolderLock
from provenance.files.recheck import Rechecked
from provenance.fixity_report import MAX_REPORT_BYTES, BadFile, FixityReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Begun", "FixityState", "Names", "newest_report", "unsent", "when_due"]

DAY_SECONDS: Final = 86_400

MOST_DAYS_BEGUN: Final = 30
"""A reading that was broken off longer ago is begun anew."""

NOTHING_YET: Final = Rechecked()

_FORMAT = "provenance-fixity-begun"


@dataclass(frozen=True, slots=True)
class Names:
    """Where one reading is kept: report, signed record, and receipt of that."""

    report: Path

    @property
    def records(self) -> Path:
        """The signed record, as ``deposit --resume`` takes it."""
        return self.report.with_name(f"{self._stem}.records")

    @property
    def receipt(self) -> Path:
        """The receipt of the record."""
        return self.report.with_name(f"{self._stem}.receipt.json")

    @property
    def _stem(self) -> str:
        return self.report.name.removesuffix(".json")

    @property
    def is_free(self) -> bool:
        """Tell whether none of the three is there."""
        return not any(path.exists() for path in (self.report, self.records, self.receipt))


@dataclass(frozen=True, slots=True)
class Begun:
    """A reading under way: what was asked, and what has come of it so far."""

    data: bytes
    """SHA-256 of the absolute path of what is read: another copy is another reading."""
    asked: str
    count: int
    """Files that are due."""
    seed: bytes | None
    started_unix: int
    so_far: Rechecked = NOTHING_YET

    def may_go_on(self, wanted: Begun, *, has_own_seed: bool) -> bool:
        """Tell whether ``wanted`` is the same reading, so that it may go on from here.

        Args:
            wanted: what is asked now, with its own seed.
            has_own_seed: whether somebody asked for that very seed.
        """
        same = (self.data, self.asked, self.count) == (wanted.data, wanted.asked, wanted.count)
        age = wanted.started_unix - self.started_unix
        return (
            same
            and (self.seed is None) is (wanted.seed is None)
            and (not has_own_seed or self.seed == wanted.seed)
            and 0 <= age <= MOST_DAYS_BEGUN * DAY_SECONDS
        )


class FixityState:
    """The lock of a deposit's reading and how far it has come, in one folder."""

    def __init__(self, folder: Path, record: bytes) -> None:
        """Use ``folder`` for the deposit with that record id, 32 bytes."""
        self._folder = folder
        self._record = record
        self._begun = folder / f".fixity-{record.hex()[:16]}.begun"

    def lock(self) -> FolderLock:
        """Take the lock.

        Raises:
            LockedError: another run is reading the same deposit.
            FileAccessError: the folder cannot be written.
        """
        path = self._begun.with_suffix(".lock")
        try:
            return FolderLock(path, purpose="read the files of this deposit again")
        except OSError as error:
            raise FileAccessError(f"{path}: {error.strerror}") from error

    def begun(self) -> Begun | None:
        """Return what a run before this one has come to; None when there is nothing of use."""
        try:
            octets = self._begun.read_bytes()
            return _parse(octets, self._record)
        except (OSError, MalformedError):
            return None  # then it is read from the start

    def keep(self, begun: Begun) -> None:
        """Keep how far this run has come.

        Raises:
            FileAccessError: it cannot be written.
        """
        try:
            atomic.write_bytes(self._begun, _dump(begun, self._record), mode=atomic.PRIVATE)
        except OSError as error:
            raise FileAccessError(f"{self._begun}: {error.strerror}") from error

    def end(self) -> None:
        """Forget the run: its report is written."""
        self._begun.unlink(missing_ok=True)

    def names(self, now_unix: int) -> Names:
        """Return names for a reading that ends now, none of them taken."""
        stem = f"fixity-{datetime.fromtimestamp(now_unix, UTC):%Y%m%dT%H%M%SZ}"
        number = 1
        while not (names := Names(self._folder / f"{stem}{_mark(number)}.json")).is_free:
            number += 1
        return names


def _mark(number: int) -> str:
    return "" if number == 1 else f"-{number}"


def _kept(folder: Path) -> Iterator[Names]:
    """Yield the readings whose report was signed, oldest first."""
    for path in sorted(folder.glob("fixity-*.json")):
        names = Names(path)
        if not path.name.endswith(".receipt.json") and (
            names.records.exists() or names.receipt.exists()
        ):
            yield names


def newest_report(folder: Path, record: bytes) -> FixityReport | None:
    """Return the newest report about a deposit in a folder; None when there is none.

    What cannot be read counts as none: it is then read again.
    """
    newest: FixityReport | None = None
    for names in _kept(folder):
        try:
            report = FixityReport.parse(names.report.read_bytes())
        except (OSError, MalformedError):
            continue
        if report.record == record and (newest is None or newest.ended_unix <= report.ended_unix):
            newest = report
    return newest


def when_due(newest: FixityReport | None, days: int) -> int:
    """Return when files are to be read again, in POSIX seconds; 0 when they never were."""
    return 0 if newest is None else newest.ended_unix + days * DAY_SECONDS


def unsent(folder: Path) -> list[Names]:
    """Return the readings whose record has no receipt yet, oldest first."""
    return [names for names in _kept(folder) if not names.receipt.exists()]


# --- how far it has come ------------------------------------------------------------------


def _dump(begun: Begun, record: bytes) -> bytes:
    so_far = begun.so_far
    members: dict[str, object] = {"format": _FORMAT, "v": 1, "record": record.hex()}
    members |= {"data": begun.data.hex(), "asked": begun.asked, "count": begun.count}
    members["seed"] = None if begun.seed is None else begun.seed.hex()
    members |= {"started": begun.started_unix, "until": so_far.until, "failed": so_far.failed}
    members |= {"missing": so_far.missing, "bytes": so_far.length}
    members["bad"] = [one.to_json() for one in so_far.bad]
    return strict_json.dump(members) + b"\n"


def _parse(octets: bytes, record: bytes) -> Begun:
    value = strict_json.parse(octets, max_bytes=MAX_REPORT_BYTES, max_depth=3)
    members = strict_json.Members(value)
    members.literal("format", _FORMAT)
    members.literal("v", 1)
    members.literal("record", record.hex())
    begun = Begun(
        data=members.hex32("data"),
        asked=members.text("asked"),
        count=members.integer("count", low=1),
        seed=members.nullable("seed", members.hex32),
        started_unix=members.integer("started"),
        so_far=Rechecked(
            failed=members.integer("failed"),
            missing=members.integer("missing"),
            length=members.integer("bytes"),
            bad=tuple(map(BadFile.read, members.objects("bad"))),
            until=members.text("until", max_length=1 << 16),
        ),
    )
    members.done()
    return begun
