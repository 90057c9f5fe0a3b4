"""Whether the ledger takes records now: high-water marks, read-only mode, damage that was found.

    damage       found by the scrub; every process stops signing until a person has cleared it
    forced       ``serve --read-only``: this process, until it ends
    read-only    an operator's word in the database: every process, over restarts
    disk         free space is below the mark; by itself, and back by itself with a quarter to spare

Each refuses before anything is promised. What was taken on before is either integrated, signed and
answered, or refused whole: the writer asks once more, the database too, before each batch.
"""

from __future__ import annotations

import logging
import shutil
import threading
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    DamagedLogError,
    ProvenanceError,
    ReadOnlyError,
    StorageFullError,
    UnavailableError,
)
from provenance.ledger.ports import Mode
from provenance.service.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.ledger.ports import ModeStore

__all__ = ["DiskMark", "LedgerMode"]

_logger = logging.getLogger(__name__)

_LONGEST_DAMAGE: Final = 500


class DiskMark:
    """The high-water mark of the disk that a folder lies on."""

    def __init__(
        self, folder: Path, least_bytes: int, *, free: Callable[[Path], int] | None = None
    ) -> None:
        """Watch the disk of ``folder``.

        Args:
            least_bytes: with less free space than this nothing more is promised.
            free: says how much is free; the operating system if it is not given.
        """
        self._folder = folder
        self._least = least_bytes
        self._free = free or _free_bytes
        self._is_short = False

    @property
    def folder(self) -> Path:
        """The folder whose disk it is."""
        return self._folder

    def free_bytes(self) -> int:
        """Return the free space."""
        return self._free(self._folder)

    def shortage(self) -> str:
        """Say how much is free, and how much has to be before anything is promised again."""
        least = self._least + self._least // 4
        return (
            f"{self.free_bytes()} bytes are free where the ledger lies, below the mark of "
            f"{self._least} (high_water.disk_bytes); it takes records again from {least} on"
        )

    def is_short(self) -> bool:
        """Tell whether the disk counts as full.

        Once it does, it takes a quarter more than the mark to count as free again: at the mark
        itself the two would alternate with every batch.
        """
        least = self._least + self._least // 4 if self._is_short else self._least
        self._is_short = self.free_bytes() < least
        return self._is_short


class LedgerMode:
    """The writer's gate (``service.writer.Gate``), for any thread."""

    def __init__(self, disk: DiskMark, store: ModeStore, *, forced: bool = False) -> None:
        """Join the reasons; ``forced`` makes this process read-only for as long as it lives."""
        self._disk = disk
        self._store = store
        self._forced = forced
        self._mode = Mode()
        self._unstored: str | None = None
        self._away: UnavailableError | None = None
        self._lock = threading.Lock()
        self._said: str | None = None

    @property
    def damage(self) -> str | None:
        """What the scrub found, None while nothing is known to be damaged."""
        return self._unstored or self._mode.damage

    def check(self) -> None:
        """Refuse by what this process knows; never waits.

        Raises:
            DamagedLogError: something stored is damaged.
            ReadOnlyError: the ledger is in read-only mode.
            StorageFullError: the disk is short.
        """
        if (damage := self.damage) is not None:
            raise DamagedLogError(f"the scrub found damage: {damage}")
        if self._forced:
            raise ReadOnlyError("this service was started read-only")
        if self._mode.read_only:
            raise ReadOnlyError(f"the operator made the ledger read-only: {self._mode.reason}")
        if self._disk.is_short():
            raise StorageFullError(self._disk.shortage())

    def check_now(self) -> None:
        """Refuse by what the database says too; ``check`` knows it from then on.

        Raises:
            UnavailableError: one of those of ``check``, or the database is away.
        """
        self.refresh()
        self.check()

    def refresh(self) -> None:
        """Ask the database, and say in the log what has changed.

        Raises:
            UnavailableError: it is away, as ``database`` says until it is back.
        """
        try:
            with self._lock:
                if self._unstored is not None:
                    self._store.mark_damage(self._unstored)
                    self._unstored = None
                self._mode = self._store.mode()
        except UnavailableError as error:
            self._away = error
            raise
        self._away = None
        self._say_what_changed()

    def note_damage(self, damage: str) -> None:
        """Stop signing at once, here and, as soon as it is stored, in every process.

        What a damaged database says of itself may quote the damage: any bytes, of any length.
        """
        damage = ascii(damage)[1:-1][:_LONGEST_DAMAGE]
        is_new = damage != self.damage  # while it cannot be stored, the scrub finds it every second
        if is_new:
            _logger.critical(
                "nothing is signed any more, the scrub found damage: %s",
                damage,
                extra={"code": DamagedLogError.code},
            )
        with self._lock:
            self._unstored = damage
        try:
            self.refresh()
        except ProvenanceError as error:
            # this process has stopped already; storing it is tried again at every look
            if is_new:
                _logger.critical("the damage could not be written down: %s", error)

    def standing(self) -> tuple[bool, str]:
        """Say whether mode and disk let records be taken, and if not why."""
        try:
            self.check()
        except UnavailableError as error:
            return False, error.code
        return True, "taking records"

    def database(self) -> tuple[bool, str]:
        """Say whether the ledger's database answered when it was asked last, a second ago."""
        away = self._away
        return (True, "answers") if away is None else (False, away.code)

    def disk(self) -> tuple[bool, str]:
        """Say whether there is room."""
        return (False, "full") if self._disk.is_short() else (True, "free")

    def free_bytes(self) -> int:
        """Return the free space where the ledger lies."""
        return self._disk.free_bytes()

    def measures(self) -> Iterator[Measure]:
        """Return the gauge of the disk."""
        free = float(self._disk.free_bytes())
        yield Measure("disk_free_bytes", free, "Free space where the ledger lies")

    def _say_what_changed(self) -> None:
        code: str | None = None
        try:
            self.check()
        except UnavailableError as error:
            code = error.code
            if code != self._said:
                # with the folder, which whoever sends a record is not told
                _logger.warning("no records are taken in %s: %s", self._disk.folder, error)
        if code is None and self._said is not None:
            _logger.info("records are taken again")
        self._said = code


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
